#include "config.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "mail/lines.h"
#include "spool/entry.h"

/* Places in the file, as doc/SPOOL.md has them. */
#define HEAD 4096
#define SLOT_AT 16
#define SLOT 2032
#define SUM 8
#define END 40

#define SIZE 65536 /* bytes of an input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
new_file(void)
{
	int fd = memfd_create("entry", MFD_CLOEXEC);

	assert(fd != -1);
	return fd;
}

static size_t
read_file(int fd, unsigned char *p, size_t n)
{
	ssize_t got = pread(fd, p, n, 0);

	assert(got >= 0);
	return (size_t)got;
}

static int
read_nothing(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	(void)arg;
	(void)off;
	(void)p;
	(void)n;
	(void)res;
	*got = 0;
	return 0;
}

/* A good file, for what is good in others. */
static size_t
make_sample(unsigned char *p, size_t n)
{
	struct source nothing = { .read = read_nothing };
	struct result res;
	struct entry e;
	size_t got;

	entry_init(&e);
	e.origin = ENTRY_DROP;
	assert(envelope_add(&e.env, "a@b", "c", &res) == 0);
	assert(entry_write(&e, new_file(), &nothing, &res) == 0);
	got = read_file(e.fd, p, n);
	entry_clear(&e);
	return got;
}

/* Puts the slot that is to be read where it belongs, with a right checksum. */
static void
put_slot(unsigned char *file, const uint8_t *slot, size_t n)
{
	uint8_t sum[EVP_MAX_MD_SIZE];

	memset(file + HEAD / 2, 0, SLOT);
	memcpy(file + SLOT_AT, slot, n < SLOT - SUM ? n : SLOT - SUM);
	EVP_Digest(file + SLOT_AT, SLOT - SUM, sum, NULL, EVP_sha256(), NULL);
	memcpy(file + SLOT_AT + SLOT - SUM, sum, SUM);
}

/*
 * Makes the file that an input stands for.  Byte 0: 0, the rest is the file;
 * 1, it is the records and the message, between a good head and an end mark;
 * 2, it is a slot.
 */
static size_t
make_file(unsigned char *file, const uint8_t *data, size_t size)
{
	unsigned kind = size == 0 ? 0 : data[0] % 3;
	size_t n = size == 0 ? 0 : size - 1;

	if (kind == 0) {
		if (n > 0)
			memcpy(file, data + 1, n);
		return n;
	}
	if (kind == 2) {
		size_t len = make_sample(file, HEAD + SIZE);

		put_slot(file, data + 1, n);
		return len;
	}
	make_sample(file, HEAD + SIZE);
	memcpy(file + HEAD, data + 1, n);
	memset(file + HEAD + n, 0, END);
	return HEAD + n + END;
}

static void
read_entry(struct entry *e, int fd, enum entry_depth depth)
{
	struct result res;
	int copy = dup(fd);

	assert(copy != -1);
	entry_init(e);
	assert(entry_read(e, copy, depth, &res) == 0);
}

/* Writes what was read as a new mail; its bytes.  A result that a pending
 * recipient has is one that it got. */
static size_t
write_again(const unsigned char *bytes, size_t n, unsigned char *again)
{
	struct result res;
	struct source m;
	struct entry e, source;
	int from = new_file();
	size_t got;

	assert(write(from, bytes, n) == (ssize_t)n);
	read_entry(&source, from, ENTRY_ENVELOPE);
	m = entry_message(&source);
	read_entry(&e, from, ENTRY_ENVELOPE);
	close(e.fd);
	for (size_t i = 0; i < e.env.count; i++)
		if (e.env.rcpts[i].state == RCPT_PENDING &&
		    e.env.rcpts[i].result < e.env.nresults)
			e.env.rcpts[i].state = RCPT_DEFERRED;
	assert(entry_write(&e, new_file(), &m, &res) == 0);
	got = read_file(e.fd, again, HEAD + SIZE + END);
	entry_clear(&source);
	entry_clear(&e);
	close(from);
	return got;
}

/* Sets the state bytes of a file to 0. */
static void
clear_states(unsigned char *bytes, const struct entry *e)
{
	for (size_t i = 0; i < e->env.count; i++)
		bytes[e->states_at[i]] = 0;
}

/* Whether the lines of the message are what may go out. */
static bool
is_clean(const unsigned char *bytes, const struct entry *e)
{
	const char *message = (const char *)bytes + e->message_at;
	struct lines_check lines = { 0 };

	return lines_check_push(&lines, message, e->size) &&
	    lines_check_end(&lines);
}

/* The whole file is accepted just when its message is clean. */
static void
read_whole(struct entry *e, int fd, const unsigned char *bytes)
{
	struct result res;
	int rc;

	entry_init(e);
	rc = entry_read(e, dup(fd), ENTRY_WHOLE, &res);
	entry_clear(e);
	read_entry(e, fd, ENTRY_ENVELOPE);
	assert((rc == 0) == is_clean(bytes, e));
	assert(entry_verify(e, &res) == rc);
	assert(rc == 0 || res.kind == RESULT_CORRUPT);
}

/* Whatever was accepted is written to the same bytes again, but for the head
 * and the checksum; and those bytes, to exactly themselves. */
static void
check_accepted(unsigned char *bytes, size_t n, const struct entry *e)
{
	static unsigned char first[HEAD + SIZE + END], second[sizeof first];
	struct entry whole;
	int fd = new_file();

	assert(write_again(bytes, n, first) == n);
	assert(write(fd, first, n) == (ssize_t)n);
	read_whole(&whole, fd, first);
	assert(write_again(first, n, second) == n);
	assert(memcmp(first, second, n) == 0);
	assert(whole.env.count == e->env.count);
	for (size_t i = 0; i < e->env.count; i++)
		assert(whole.env.rcpts[i].state == e->env.rcpts[i].state);
	assert(whole.schedule.next == e->schedule.next);
	clear_states(bytes, e);
	clear_states(first, &whole);
	assert(memcmp(bytes + HEAD, first + HEAD, n - HEAD - END) == 0);
	entry_clear(&whole);
	close(fd);
}

/* What was accepted can be changed, and then is what it was changed to. */
static void
check_saved(struct entry *e)
{
	struct result res;
	struct entry saved;

	result_fail(&res, RESULT_DEFERRED, "not now");
	envelope_settle_all(&e->env, RCPT_PENDING, RCPT_DEFERRED, &res);
	e->schedule.attempts++;
	assert(entry_save(e, &res) == 0);
	read_entry(&saved, e->fd, ENTRY_ENVELOPE);
	assert(saved.schedule.attempts == e->schedule.attempts);
	assert(saved.serial == e->serial);
	assert(envelope_count(&saved.env, RCPT_PENDING) ==
	    envelope_count(&e->env, RCPT_DEFERRED));
	entry_clear(&saved);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char bytes[HEAD + SIZE + END];
	struct result res;
	struct entry e;
	size_t n;
	int fd;

	if (size > SIZE - HEAD)
		return 0;
	n = make_file(bytes, data, size);
	fd = new_file();
	assert(write(fd, bytes, n) == (ssize_t)n);
	entry_init(&e);
	if (entry_read(&e, dup(fd), ENTRY_WHOLE, &res) == -1)
		assert(res.kind == RESULT_CORRUPT || res.kind == RESULT_NEWER);
	entry_clear(&e);
	if (entry_read(&e, fd, ENTRY_ENVELOPE, &res) == 0) {
		check_accepted(bytes, n, &e);
		check_saved(&e);
	}
	entry_clear(&e);
	return 0;
}
