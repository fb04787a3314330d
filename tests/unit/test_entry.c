#include "config.h"

#include <bsd/string.h>
#include <bsd/sys/endian.h>
#include <fcntl.h>
#include <setjmp.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "mail/address.h"
#include "spools.h"

/* Places in the file, as doc/SPOOL.md has them. */
#define HEAD 4096
#define SLOT 2032
#define SLOT_AT(i) ((i) % 2 == 0 ? 16 : 2048)
#define END 40

static int
new_file(void)
{
	int fd = memfd_create("entry", MFD_CLOEXEC);

	assert_true(fd != -1);
	return fd;
}

/* A file whose bytes are these. */
static int
file_of(const char *p, size_t n)
{
	int fd = new_file();

	assert_int_equal(write(fd, p, n), (ssize_t)n);
	return fd;
}

/* All bytes of a file, to be freed. */
static char *
bytes_of(int fd, size_t *n)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *p = malloc((size_t)size + 1);

	assert_non_null(p);
	assert_int_equal(pread(fd, p, (size_t)size, 0), size);
	*n = (size_t)size;
	return p;
}

static void
write_entry(struct entry *e, const struct source *message)
{
	struct result res;

	if (entry_write(e, new_file(), message, &res) == -1)
		fail_msg("%s", res.text);
}

/* Reads a copy of the descriptor's file. */
static void
read_back(struct entry *e, int fd)
{
	struct result res;

	entry_init(e);
	if (entry_read(e, dup(fd), ENTRY_WHOLE, &res) == -1)
		fail_msg("%s", res.text);
}

/* The bytes of a small entry with a result for its first recipient. */
static char *
sample_bytes(size_t *n)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct result res;
	struct entry e;
	char *p;

	spools_entry(&e);
	result_fail(&res, RESULT_RECIPIENT, "no such user");
	envelope_settle(&e.env, 0, RCPT_FAILED, &res);
	write_entry(&e, &text);
	p = bytes_of(e.fd, n);
	entry_clear(&e);
	return p;
}

static void
assert_message(struct entry *e, const char *want)
{
	struct source m = entry_message(e);
	struct result res;
	char p[256];
	size_t got;

	assert_int_equal(m.size, strlen(want));
	assert_int_equal(m.read(m.arg, 0, p, sizeof p, &got, &res), 0);
	assert_int_equal(got, strlen(want));
	assert_memory_equal(p, want, got);
	assert_int_equal(m.read(m.arg, 3, p, 2, &got, &res), 0);
	assert_int_equal(got, 2);
	assert_memory_equal(p, want + 3, 2);
	assert_int_equal(m.read(m.arg, m.size, p, 2, &got, &res), 0);
	assert_int_equal(got, 0);
	assert_int_equal(m.read(m.arg, UINT64_MAX, p, 2, &got, &res), 0);
	assert_int_equal(got, 0);
}

static void
test_round_trip(void **state)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct entry a, b;

	(void)state;
	spools_entry(&a);
	write_entry(&a, &text);
	assert_int_equal(a.header, SPOOLS_HEADER);
	read_back(&b, a.fd);
	spools_assert_same(&a, &b);
	assert_true(b.schedule.next == a.schedule.next);
	assert_true(b.schedule.last == a.schedule.last);
	assert_int_equal(b.schedule.attempts, a.schedule.attempts);
	assert_true(b.schedule.held);
	assert_int_equal(b.env.nresults, 0);
	assert_int_equal(envelope_count(&b.env, RCPT_PENDING), 2);
	assert_non_null(b.bytes);
	assert_message(&a, SPOOLS_MESSAGE);
	assert_message(&b, SPOOLS_MESSAGE);
	entry_clear(&a);
	entry_clear(&b);
}

/* What may be missing, and who may have nothing. */
static void
test_bare(void **state)
{
	struct source text = spools_text("", 0);
	struct entry a, b;

	(void)state;
	entry_init(&a);
	a.origin = ENTRY_DROP;
	a.created = INT64_MIN;
	write_entry(&a, &text);
	read_back(&b, a.fd);
	assert_null(b.return_to);
	assert_string_equal(b.message_id, "");
	assert_string_equal(b.env.sender, "");
	assert_null(b.env.dsn.notify);
	assert_null(b.env.dsn.ret);
	assert_null(b.env.dsn.envid);
	assert_int_equal(b.env.count, 0);
	assert_int_equal(b.size, 0);
	assert_true(b.created == INT64_MIN);
	assert_false(b.env.is_8bit);
	entry_clear(&b);
	entry_clear(&a);
	entry_init(&a);
	a.return_to = strdup("");
	write_entry(&a, &text);
	read_back(&b, a.fd);
	assert_string_equal(b.return_to, "");
	entry_clear(&a);
	entry_clear(&b);
}

static const uint64_t sizes[] = { 2, 60000, 61000, 61300, 65536, 65537, 131072,
	200000, 1000003 };

/* Of messages that are smaller and larger than a piece. */
static void
test_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint64_t size = sizes[i];
		struct source octets = spools_octets(&size), m;
		struct entry a, b;
		struct result res;
		char p[777];
		size_t got;

		spools_entry(&a);
		write_entry(&a, &octets);
		read_back(&b, a.fd);
		m = entry_message(&b);
		assert_int_equal(m.size, size);
		for (uint64_t off = 0; off < size; off += got) {
			assert_int_equal(
			    m.read(m.arg, off, p, sizeof p, &got, &res), 0);
			assert_true(got > 0);
			for (size_t k = 0; k < got; k++)
				if (p[k] != spools_octet(size, off + k))
					fail_msg("octet %zu", (size_t)off + k);
		}
		entry_clear(&a);
		entry_clear(&b);
	}
}

static void
add_many(struct entry *e, size_t n)
{
	struct result res;
	char address[64];

	for (size_t i = 0; i < n; i++) {
		snprintf(address, sizeof address, "user%zu@host.example", i);
		assert_int_equal(envelope_add(&e->env, address, NULL, &res), 0);
	}
}

/* Their states and results, over two saves. */
static void
test_many(void **state)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct entry a, b;
	struct result bad, later;

	(void)state;
	spools_entry(&a);
	add_many(&a, 10000);
	result_fail(&bad, RESULT_RECIPIENT, "no such user");
	result_fail(&later, RESULT_DEFERRED, "later");
	write_entry(&a, &text);
	for (size_t i = 0; i < a.env.count; i++) {
		static const enum rcpt_state states[] = { RCPT_DELIVERED,
			RCPT_FAILED, RCPT_DEFERRED };

		envelope_settle(&a.env, i, states[i % 3],
		    i % 3 == 1	     ? &bad
			: i % 3 == 2 ? &later
				     : NULL);
	}
	assert_int_equal(entry_save(&a, &bad), 0);
	read_back(&b, a.fd);
	spools_assert_same(&a, &b);
	assert_int_equal(b.env.nresults, 2);
	for (size_t i = 0; i < b.env.count; i++) {
		const struct rcpt *rcpt = &b.env.rcpts[i];

		assert_int_equal(rcpt->state,
		    i % 3 == 0	     ? RCPT_DELIVERED
			: i % 3 == 1 ? RCPT_FAILED
				     : RCPT_PENDING);
		if (i % 3 != 0)
			assert_string_equal(b.env.results[rcpt->result].text,
			    i % 3 == 1 ? "no such user" : "later");
	}
	entry_clear(&a);
	entry_clear(&b);
}

/* More results than are kept; long ones; and those that nobody has now. */
static void
test_results(void **state)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct entry a, b;
	struct result res;
	char words[RESULT_TEXT_MAX];

	(void)state;
	spools_entry(&a);
	add_many(&a, 6);
	write_entry(&a, &text);
	for (size_t i = 0; i < 6; i++) {
		memset(words, 'a' + (int)i, sizeof words - 1);
		words[sizeof words - 1] = '\0';
		result_fail(&res, RESULT_REFUSED, "%s", words);
		res.reply = 550 + (int)i;
		strlcpy(res.stage, "RCPT", sizeof res.stage);
		strlcpy(res.status, "5.7.1", sizeof res.status);
		envelope_settle(&a.env, i, RCPT_DEFERRED, &res);
	}
	assert_int_equal(entry_save(&a, &res), 0);
	read_back(&b, a.fd);
	assert_int_equal(b.env.nresults, ENTRY_RESULTS_MAX);
	for (size_t i = 0; i < 6; i++) {
		size_t k = i < ENTRY_RESULTS_MAX ? i : ENTRY_RESULTS_MAX - 1;
		const struct result *got =
		    &b.env.results[b.env.rcpts[i].result];

		assert_int_equal(got->kind, RESULT_REFUSED);
		assert_int_equal(got->reply, 550 + (int)k);
		assert_string_equal(got->stage, "RCPT");
		assert_string_equal(got->status, "5.7.1");
		assert_int_equal(got->text[0], 'a' + (int)k);
		assert_true(strlen(got->text) > 400);
		assert_string_equal(got->text + strlen(got->text) - 3, "...");
	}
	/* never tried, and never failed */
	assert_true(b.env.rcpts[6].result >= b.env.nresults);
	/* The old ones make room; a pending one keeps its own. */
	for (size_t i = 1; i < 6; i++)
		envelope_settle(&b.env, i, RCPT_DEFERRED, &res);
	assert_int_equal(entry_save(&b, &res), 0);
	entry_clear(&a);
	read_back(&a, b.fd);
	assert_int_equal(a.env.nresults, 2);
	assert_int_equal(a.env.results[a.env.rcpts[0].result].reply, 550);
	assert_int_equal(a.env.results[a.env.rcpts[5].result].reply, 555);
	assert_string_equal(a.env.results[1].text, res.text);
	entry_clear(&a);
	entry_clear(&b);
}

/* Alternating results are not kept more than once each. */
static void
test_shared(void **state)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct entry a, b;
	struct result res[3];

	(void)state;
	spools_entry(&a);
	add_many(&a, 10);
	for (size_t i = 0; i < 3; i++)
		result_fail(&res[i], RESULT_RECIPIENT, "no %zu", i);
	for (size_t i = 0; i < 12; i++)
		envelope_settle(&a.env, i, RCPT_FAILED, &res[i % 3]);
	write_entry(&a, &text);
	read_back(&b, a.fd);
	assert_int_equal(b.env.nresults, 3);
	for (size_t i = 0; i < 12; i++)
		assert_string_equal(
		    b.env.results[b.env.rcpts[i].result].text, res[i % 3].text);
	entry_clear(&a);
	entry_clear(&b);
}

/* A save that was torn anywhere costs itself and no more. */
static void
test_torn_slot(void **state)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct entry a, b;
	struct result res;
	char *old, *new;
	size_t n, m;

	(void)state;
	spools_entry(&a);
	write_entry(&a, &text);
	for (int64_t round = 1; round < 5; round++) {
		old = bytes_of(a.fd, &n);
		a.schedule.next = round;
		assert_int_equal(entry_save(&a, &res), 0);
		new = bytes_of(a.fd, &m);
		assert_int_equal(n, m);
		for (size_t cut = 0; cut <= SLOT; cut += 8) {
			int fd;

			memcpy(old + SLOT_AT(round + 1),
			    new + SLOT_AT(round + 1), cut);
			fd = file_of(old, n);
			read_back(&b, fd);
			close(fd);
			assert_true(b.schedule.next ==
			    (cut == SLOT	? round
				    : round > 1 ? round - 1
						: 1700000060));
			entry_clear(&b);
		}
		assert_memory_equal(old, new, n);
		free(old);
		free(new);
	}
	entry_clear(&a);
}

static void
test_both_torn(void **state)
{
	struct entry e;
	struct result res;
	size_t n;
	char *p = sample_bytes(&n);

	(void)state;
	p[SLOT_AT(0) + 100] ^= 1;
	p[SLOT_AT(1) + 100] ^= 1;
	entry_init(&e);
	assert_int_equal(
	    entry_read(&e, file_of(p, n), ENTRY_ENVELOPE, &res), -1);
	assert_int_equal(res.kind, RESULT_CORRUPT);
	assert_string_equal(res.text, "byte 0: both states are damaged");
	entry_clear(&e);
	free(p);
}

/* Whether what is read of the bytes is accepted. */
static bool
is_accepted(const char *p, size_t n, enum entry_depth depth, struct entry *e,
    struct result *res)
{
	int done;

	entry_init(e);
	done = entry_read(e, file_of(p, n), depth, res);
	if (done == -1)
		assert_true(
		    res->kind == RESULT_CORRUPT || res->kind == RESULT_NEWER);
	return done == 0;
}

/*
 * Every single bit that is wrong: refused, but for those of the slots, where
 * the other one is used, and of the number of a result in a state byte.
 */
static void
test_flips(void **state)
{
	size_t n, accepted = 0;
	char *p = sample_bytes(&n);
	struct entry whole, e;
	struct result res;

	(void)state;
	assert_true(is_accepted(p, n, ENTRY_WHOLE, &whole, &res));
	for (size_t bit = 0; bit < 8 * n; bit++) {
		size_t at = bit / 8;
		bool is_slot = (at >= 16 && at < 2048) ||
		    (at >= 2048 && at < 2048 + SLOT);

		p[at] = (char)(p[at] ^ 1 << bit % 8);
		if (is_accepted(p, n, ENTRY_WHOLE, &e, &res)) {
			spools_assert_same(&whole, &e);
			assert_int_equal(e.env.rcpts[0].state, RCPT_FAILED);
			assert_int_equal(e.env.rcpts[1].state, RCPT_PENDING);
			assert_true(is_slot || at == e.states_at[0] ||
			    at == e.states_at[1]);
			accepted += !is_slot;
		} else if (is_slot) {
			fail_msg("bit %zu: %s", bit, res.text);
		}
		entry_clear(&e);
		p[at] = (char)(p[at] ^ 1 << bit % 8);
	}
	assert_int_equal(accepted, 2 * 5);
	entry_clear(&whole);
	free(p);
}

static void
test_cut_off(void **state)
{
	size_t n;
	char *p = sample_bytes(&n);
	struct entry e;
	struct result res;

	(void)state;
	for (size_t cut = 0; cut < n; cut++)
		for (int depth = ENTRY_ENVELOPE; depth <= ENTRY_WHOLE;
		     depth++) {
			assert_false(is_accepted(p, cut, depth, &e, &res));
			assert_int_equal(res.kind, RESULT_CORRUPT);
			entry_clear(&e);
		}
	free(p);
}

/* A file that is made by hand: the records between a good head and an end. */
struct handmade {
	char bytes[HEAD + 70000];
	size_t len;
};

static void
begin(struct handmade *h)
{
	size_t n;
	char *p = sample_bytes(&n);

	memcpy(h->bytes, p, HEAD);
	h->len = HEAD;
	free(p);
}

static void
add(struct handmade *h, const char *p, size_t n)
{
	assert_true(h->len + n <= sizeof h->bytes);
	memcpy(h->bytes + h->len, p, n);
	h->len += n;
}

static void
add_record(struct handmade *h, unsigned type, const char *p, size_t n)
{
	unsigned char head[5] = { (unsigned char)type };

	be32enc(head + 1, (uint32_t)n);
	add(h, (char *)head, sizeof head);
	add(h, p, n);
}

static void
add_end(struct handmade *h)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *sha = EVP_MD_CTX_new();

	EVP_DigestInit_ex(sha, EVP_sha256(), NULL);
	EVP_DigestUpdate(sha, h->bytes + 8, 4);
	EVP_DigestUpdate(sha, h->bytes + HEAD, h->len - HEAD);
	EVP_DigestFinal_ex(sha, sum, NULL);
	EVP_MD_CTX_free(sha);
	add(h, "the end\n", 8);
	add(h, (char *)sum, 32);
}

#define ORIGIN "\x01\0\0\0\x0e\x02\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SENDER "\x02\0\0\0\0"
#define RCPT "\x08\0\0\0\x06\0\0\x03"
#define MESSAGE "\x09\0\0\0\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0"
#define PARTS(s) s, sizeof(s) - 1

/* Records, with a message of two octets after them, and what is said. */
static const struct {
	const char *bytes;
	size_t len;
	const char *wrong; /* NULL: nothing is */
} records[] = {
	{ PARTS(ORIGIN SENDER MESSAGE "\r\n"), NULL },
	{ PARTS(ORIGIN SENDER RCPT "a@b" MESSAGE "\r\n"), NULL },
	{ PARTS(ORIGIN SENDER RCPT "a@b" RCPT "c@b" MESSAGE "\r\n"), NULL },
	{ PARTS(ORIGIN SENDER "\x08\0\0\0\x08\0\0\x03"
			      "a@bxy" MESSAGE "\r\n"),
	    NULL },
	{ PARTS(ORIGIN MESSAGE "\r\n"), "no sender record" },
	{ PARTS(SENDER MESSAGE "\r\n"), "no origin record" },
	{ PARTS(SENDER ORIGIN MESSAGE "\r\n"),
	    "origin record after a sender record" },
	{ PARTS(ORIGIN SENDER SENDER MESSAGE "\r\n"),
	    "more than 1 sender records" },
	{ PARTS(ORIGIN ORIGIN SENDER MESSAGE "\r\n"),
	    "more than 1 origin records" },
	{ PARTS(ORIGIN SENDER), "unknown record type 116" },
	{ PARTS(ORIGIN SENDER MESSAGE "a"),
	    "41 bytes follow where there should be 42" },
	{ PARTS(ORIGIN SENDER MESSAGE "abc"),
	    "43 bytes follow where there should be 42" },
	{ PARTS("\0\0\0\0\0" ORIGIN SENDER MESSAGE "\r\n"),
	    "unknown record type 0" },
	{ PARTS(ORIGIN SENDER "\x0a\0\0\0\0" MESSAGE "\r\n"),
	    "unknown record type 10" },
	{ PARTS(ORIGIN SENDER "\xff\0\0\0\0" MESSAGE "\r\n"),
	    "unknown record type 255" },
	{ PARTS(ORIGIN "\x02\x80\0\0\0" MESSAGE "\r\n"),
	    "sender record of 2147483648 bytes" },
	{ PARTS(ORIGIN "\x02\xff\xff\xff\xff" MESSAGE "\r\n"),
	    "sender record of 4294967295 bytes" },
	{ PARTS(ORIGIN "\x02\0\0\x04\x01" MESSAGE "\r\n"),
	    "sender record of 1025 bytes" },
	{ PARTS(ORIGIN "\x02\0\0\x04\0" MESSAGE "\r\n"),
	    "the file ends within the records" },
	{ PARTS(ORIGIN "\x02\0\0\0\x03"
		       "a\0b" MESSAGE "\r\n"),
	    "the sender holds a control character" },
	{ PARTS(ORIGIN "\x02\0\0\0\x03"
		       "a\nb" MESSAGE "\r\n"),
	    "the sender holds a control character" },
	{ PARTS(ORIGIN SENDER RCPT "a\nb" MESSAGE "\r\n"),
	    "the recipient holds a control character" },
	{ PARTS(ORIGIN SENDER RCPT "a\0b" MESSAGE "\r\n"),
	    "the recipient holds a control character" },
	{ PARTS(ORIGIN SENDER "\x08\0\0\0\x08\0\0\x03"
			      "a@bx\r" MESSAGE "\r\n"),
	    "the recipient holds a control character" },
	{ PARTS(ORIGIN SENDER RCPT "a@b" RCPT "a@B" MESSAGE "\r\n"),
	    "the same recipient twice" },
	{ PARTS(ORIGIN SENDER "\x08\0\0\0\x06\0\0\x04"
			      "a@b" MESSAGE "\r\n"),
	    "the recipient has a wrong length" },
	{ PARTS(ORIGIN SENDER "\x08\0\0\0\x06\0\0\0"
			      "a@b" MESSAGE "\r\n"),
	    "the recipient has a wrong length" },
	{ PARTS(ORIGIN SENDER "\x08\0\0\0\x06\x01\0\x03"
			      "a@b" MESSAGE "\r\n"),
	    "unknown state of a recipient" },
	{ PARTS(ORIGIN SENDER "\x08\0\0\0\x03\0\0\0" MESSAGE "\r\n"),
	    "recipient record of 3 bytes" },
	{ PARTS(ORIGIN SENDER "\x05\0\0\0\x02"
			      "A " MESSAGE "\r\n"),
	    "the notify holds a character that it may not" },
	{ PARTS(ORIGIN SENDER "\x07\0\0\0\x02"
			      "A\x80" MESSAGE "\r\n"),
	    "the envid holds a character that it may not" },
	{ PARTS(ORIGIN SENDER "\x04\0\0\0\0" MESSAGE "\r\n"),
	    "message id record of 0 bytes" },
	{ PARTS("\x01\0\0\0\x0e\x03\0\0\0\0\0\0\0\0\0\0\0\0\0" SENDER MESSAGE
		"ab"),
	    "unknown origin 3" },
	{ PARTS("\x01\0\0\0\x0e\x02\x10\0\0\0\0\0\0\0\0\0\0\0\0" SENDER MESSAGE
		"ab"),
	    "unknown flags 16" },
	{ PARTS("\x01\0\0\0\x0e\0\0\0\0\0\0\0\0\0\0\0\0\0\0" SENDER MESSAGE
		"\r\n"),
	    "no return address record" },
	{ PARTS(
	      ORIGIN SENDER "\x09\0\0\0\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03"
			    "ab"),
	    "the message has a size that cannot be" },
	{ PARTS(ORIGIN SENDER "\x09\0\0\0\x10\xff\xff\xff\xff\xff\xff\xff\xff"
			      "\0\0\0\0\0\0\0\0"
			      "ab"),
	    "the message has a size that cannot be" },
	{ PARTS(ORIGIN SENDER MESSAGE "\r\n" MESSAGE "\r\n"),
	    "65 bytes follow where there should be 42" },
};

static void
test_records(void **state)
{
	static struct handmade h;
	struct entry e;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
		const char *wrong = records[i].wrong;
		bool accepted;

		begin(&h);
		add(&h, records[i].bytes, records[i].len);
		add_end(&h);
		accepted = is_accepted(h.bytes, h.len, ENTRY_WHOLE, &e, &res);
		if (accepted != (wrong == NULL))
			fail_msg("row %zu: %s", i, accepted ? "" : res.text);
		if (!accepted && strstr(res.text, wrong) == NULL)
			fail_msg("row %zu: %s", i, res.text);
		entry_clear(&e);
	}
}

static void
test_after_the_end(void **state)
{
	static struct handmade h;
	struct entry e;
	struct result res;

	(void)state;
	begin(&h);
	add(&h, PARTS(ORIGIN SENDER MESSAGE "\r\n"));
	add_end(&h);
	assert_true(is_accepted(h.bytes, h.len, ENTRY_WHOLE, &e, &res));
	entry_clear(&e);
	add(&h, h.bytes + h.len - END, END);
	assert_false(is_accepted(h.bytes, h.len, ENTRY_ENVELOPE, &e, &res));
	assert_int_equal(res.kind, RESULT_CORRUPT);
	entry_clear(&e);
}

/* A record that lies across the first piece that is read. */
static void
test_across(void **state)
{
	static struct handmade h;
	char address[512];
	struct entry e;
	struct result res;
	size_t n = 0;

	(void)state;
	begin(&h);
	add(&h, PARTS(ORIGIN SENDER));
	for (; h.len < 65536 + 1000; n++) {
		memset(address, 'x', sizeof address);
		address[0] = 0;
		be16enc(address + 1, sizeof address - 3);
		address[3] = (char)('a' + n / 16 % 16);
		address[4] = (char)('a' + n % 16);
		add_record(&h, 8, address, sizeof address);
	}
	add(&h, PARTS(MESSAGE "\r\n"));
	add_end(&h);
	assert_true(is_accepted(h.bytes, h.len, ENTRY_WHOLE, &e, &res));
	assert_int_equal(e.env.count, n);
	assert_null(e.bytes);
	assert_int_equal(e.size, 2);
	entry_clear(&e);
	h.bytes[65536 + 20] ^= 1;
	assert_false(is_accepted(h.bytes, h.len, ENTRY_WHOLE, &e, &res));
	entry_clear(&e);
}

static void
test_version(void **state)
{
	size_t n;
	char *p = sample_bytes(&n);
	struct entry e;
	struct result res;

	(void)state;
	p[11] = 2;
	assert_false(is_accepted(p, n, ENTRY_WHOLE, &e, &res));
	assert_int_equal(res.kind, RESULT_NEWER);
	assert_string_equal(
	    res.text, "its format is version 2, and this outpost knows 1");
	entry_clear(&e);
	p[11] = 0;
	assert_false(is_accepted(p, n, ENTRY_WHOLE, &e, &res));
	assert_int_equal(res.kind, RESULT_CORRUPT);
	entry_clear(&e);
	p[0] = 'O';
	assert_false(is_accepted(p, n, ENTRY_WHOLE, &e, &res));
	assert_string_equal(res.text, "byte 0: this is no mail of outpost's");
	entry_clear(&e);
	free(p);
}

static void
put_long_id(struct entry *e)
{
	free(e->message_id);
	e->message_id = calloc(1, ENTRY_MESSAGE_ID_MAX + 2);
	assert_non_null(e->message_id);
	memset(e->message_id, 'x', ENTRY_MESSAGE_ID_MAX + 1);
}

static void
put_newline(struct entry *e)
{
	e->env.rcpts[1].address[1] = '\n';
}

static void
put_asked(struct entry *e)
{
	e->env.rcpts[0].asked[1] = '\x7f';
}

static void
put_sender(struct entry *e)
{
	e->env.sender[0] = '\t';
}

static void
put_notify(struct entry *e)
{
	e->env.dsn.notify[0] = ' ';
}

static void
put_nowhere(struct entry *e)
{
	free(e->return_to);
	e->return_to = NULL;
}

/* What the writer refuses, and says. */
static const struct {
	void (*put)(struct entry *e);
	const char *said;
} refused[] = {
	{ put_long_id, "the message id of the mail is too long" },
	{ put_newline, "the recipient of the mail holds a control character" },
	{ put_asked, "the recipient of the mail holds a control character" },
	{ put_sender, "the sender of the mail holds a control character" },
	{ put_notify,
	    "the notify of the mail holds a character that it may not" },
	{ put_nowhere, "the return address of the mail is missing" },
};

static void
test_refused(void **state)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct entry e;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		spools_entry(&e);
		refused[i].put(&e);
		assert_int_equal(entry_write(&e, new_file(), &text, &res), -1);
		assert_int_equal(res.kind, RESULT_BUG);
		assert_string_equal(res.text, refused[i].said);
		assert_int_equal(lseek(e.fd, 0, SEEK_END), 0);
		entry_clear(&e);
	}
}

static int
read_nothing(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	(void)p;
	(void)n;
	if (arg != NULL && off == 0)
		return result_fail(res, RESULT_INPUT, "no message");
	*got = 0;
	return 0;
}

/* Messages that cannot be read, and files that cannot be written. */
static void
test_faults(void **state)
{
	struct source none = { .read = read_nothing, .size = 10 };
	uint64_t size = 300000;
	struct source octets = spools_octets(&size);
	struct rlimit old, low;
	struct entry e;
	struct result res;
	int done;

	(void)state;
	spools_entry(&e);
	assert_int_equal(entry_write(&e, new_file(), &none, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	entry_clear(&e);
	none.arg = &none;
	spools_entry(&e);
	assert_int_equal(entry_write(&e, new_file(), &none, &res), -1);
	assert_int_equal(res.kind, RESULT_INPUT);
	entry_clear(&e);
	spools_entry(&e);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = old;
	low.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	done = entry_write(&e, new_file(), &octets, &res);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(done, -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_string_equal(res.text, "File too large");
	entry_clear(&e);
}

/* A save that fails leaves what was there; the next one does all of it. */
static void
test_save_fails(void **state)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct entry a, b;
	struct result res;
	int fd;

	(void)state;
	spools_entry(&a);
	write_entry(&a, &text);
	strlcpy(a.id, "name", sizeof a.id);
	fd = a.fd;
	a.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(a.fd != -1);
	a.schedule.next = 5;
	envelope_settle(&a.env, 0, RCPT_DELIVERED, NULL);
	assert_int_equal(entry_save(&a, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_string_equal(
	    res.text, "cannot save the state of name: No space left on device");
	close(a.fd);
	a.fd = fd;
	read_back(&b, fd);
	assert_true(b.schedule.next == 1700000060);
	assert_int_equal(b.env.rcpts[0].state, RCPT_PENDING);
	entry_clear(&b);
	assert_int_equal(entry_save(&a, &res), 0);
	assert_int_equal(entry_sync(&a, &res), 0);
	read_back(&b, fd);
	assert_true(b.schedule.next == 5);
	assert_int_equal(b.env.rcpts[0].state, RCPT_DELIVERED);
	entry_clear(&a);
	entry_clear(&b);
}

static void
test_shrinks(void **state)
{
	uint64_t size = 200000;
	struct source octets = spools_octets(&size), m;
	struct entry e;
	struct result res;
	char p[1000];
	size_t got;

	(void)state;
	spools_entry(&e);
	write_entry(&e, &octets);
	assert_int_equal(ftruncate(e.fd, 100000), 0);
	m = entry_message(&e);
	assert_int_equal(m.read(m.arg, 0, p, sizeof p, &got, &res), 0);
	assert_int_equal(got, sizeof p);
	assert_int_equal(m.read(m.arg, 150000, p, sizeof p, &got, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	entry_clear(&e);
}

static int
ignore_signal(void **state)
{
	(void)state;
	return signal(SIGXFSZ, SIG_IGN) == SIG_ERR ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_torn_slot),
		cmocka_unit_test(test_both_torn),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_after_the_end),
		cmocka_unit_test(test_across),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_save_fails),
		cmocka_unit_test(test_shrinks),
	};

	return cmocka_run_group_tests(tests, ignore_signal, NULL);
}
