#include "config.h"

#include <bsd/sys/endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "mail/address.h"
#include "spool/entry_format.h"
#include "spool/file.h"

/* Gathers what is written into large pieces.  An error is sticky. */
struct writer {
	int fd;
	char *piece; /* FORMAT_PIECE bytes */
	size_t len;
	uint64_t at; /* in the file: the end of the piece */
	int error; /* errno of the first write that failed */
	struct sha256 sha;
};

static void
flush(struct writer *w)
{
	if (w->error == 0 && file_write(w->fd, w->piece, w->len) == -1)
		w->error = errno;
	w->len = 0;
}

/* Counts `n` bytes that were put at the end of the piece. */
static void
advance(struct writer *w, size_t n)
{
	w->len += n;
	w->at += n;
	if (w->len == FORMAT_PIECE)
		flush(w);
}

/* Appends what the checksum does not cover. */
static void
put_uncovered(struct writer *w, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0) {
		size_t room = FORMAT_PIECE - w->len;
		size_t m = n < room ? n : room;

		memcpy(w->piece + w->len, from, m);
		advance(w, m);
		from += m;
		n -= m;
	}
}

static void
put(struct writer *w, const void *p, size_t n)
{
	sha256_add(&w->sha, p, n);
	put_uncovered(w, p, n);
}

static void
put_u16(struct writer *w, size_t value)
{
	unsigned char bytes[2];

	be16enc(bytes, (uint16_t)value);
	put(w, bytes, sizeof bytes);
}

/* Appends the type and length of a record. */
static void
put_record(struct writer *w, enum format_type type, size_t n)
{
	unsigned char bytes[FORMAT_RECORD];

	bytes[0] = (unsigned char)type;
	be32enc(bytes + 1, (uint32_t)n);
	put(w, bytes, sizeof bytes);
}

static int
fail_string(const char *name, const char *wrong, struct result *res)
{
	return result_fail(
	    res, RESULT_BUG, "the %s of the mail %s", name, wrong);
}

static int
check_string(
    const struct entry *e, const struct format_rule *rule, struct result *res)
{
	const char *s = *(char *const *)((const char *)e + rule->member);
	const char *wrong = s == NULL
	    ? NULL
	    : format_check(s, strlen(s), rule->max, rule->chars);

	return wrong == NULL ? 0 : fail_string(rule->name, wrong, res);
}

static int
check_recipient(const struct rcpt *rcpt, struct result *res)
{
	size_t n = strlen(rcpt->address);
	const char *wrong = n == 0
	    ? "is empty"
	    : format_check(rcpt->address, n, ADDRESS_MAX, FORMAT_TEXT);

	if (wrong == NULL && rcpt->asked != NULL)
		wrong = format_check(
		    rcpt->asked, strlen(rcpt->asked), ADDRESS_MAX, FORMAT_TEXT);
	return wrong == NULL ? 0 : fail_string("recipient", wrong, res);
}

/* Nothing is written that could not be read again. */
static int
check(const struct entry *e, const struct source *message, struct result *res)
{
	for (unsigned type = FORMAT_ORIGIN; type < FORMAT_TYPE_COUNT; type++) {
		const struct format_rule *rule = format_rule(type);

		if (rule->chars != FORMAT_BINARY &&
		    check_string(e, rule, res) == -1)
			return -1;
	}
	for (size_t i = 0; i < e->env.count; i++)
		if (check_recipient(&e->env.rcpts[i], res) == -1)
			return -1;
	if (e->return_to == NULL && e->origin != ENTRY_DROP)
		return fail_string("return address", "is missing", res);
	if (message->size > ENTRY_SIZE_MAX || message->header > message->size)
		return fail_string("size", "cannot be", res);
	return 0;
}

/* The head block, with the same in both slots. */
static void
put_head(struct writer *w, struct entry *e, struct format_slot *slot)
{
	unsigned char head[FORMAT_HEAD] = { 0 };

	memcpy(head, FORMAT_MAGIC, FORMAT_MAGIC_SIZE);
	be32enc(head + FORMAT_MAGIC_SIZE, ENTRY_VERSION);
	slot->schedule = e->schedule;
	for (slot->serial = 0; slot->serial < FORMAT_SLOTS; slot->serial++) {
		format_put_slot(head + format_slot_at(slot->serial), slot);
		e->serial = slot->serial;
	}
	put_uncovered(w, head, sizeof head);
	sha256_add(&w->sha, head + FORMAT_MAGIC_SIZE, 4);
}

static void
put_origin(struct writer *w, const struct entry *e)
{
	unsigned char bytes[14];

	bytes[0] = (unsigned char)e->origin;
	bytes[1] = (unsigned char)((e->env.is_8bit ? FORMAT_8BIT : 0) |
	    (e->env.is_long ? FORMAT_LONG : 0) |
	    (e->env.is_utf8 ? FORMAT_UTF8 : 0) |
	    (e->env.require_tls ? FORMAT_REQUIRE_TLS : 0));
	be64enc(bytes + 2, (uint64_t)e->created);
	be32enc(bytes + 10, e->uid);
	put_record(w, FORMAT_ORIGIN, sizeof bytes);
	put(w, bytes, sizeof bytes);
}

/* A string that is empty and need not be there is not. */
static void
put_string(struct writer *w, const struct entry *e, enum format_type type,
    const struct format_rule *rule)
{
	const char *s = *(char *const *)((const char *)e + rule->member);
	size_t n = s == NULL ? 0 : strlen(s);

	if (rule->least == 0 && (s == NULL || n < rule->min))
		return;
	put_record(w, type, n);
	put(w, s == NULL ? "" : s, n);
}

static void
put_recipient(struct writer *w, struct entry *e, size_t i)
{
	static const unsigned char open = 0;
	const struct rcpt *rcpt = &e->env.rcpts[i];
	const char *asked = rcpt->asked == NULL ? "" : rcpt->asked;
	size_t n = strlen(rcpt->address), m = strlen(asked);

	put_record(w, FORMAT_RECIPIENT, 3 + n + m);
	e->states_at[i] = w->at;
	put_uncovered(w, &e->states[i], 1);
	sha256_add(&w->sha, &open, 1);
	put_u16(w, n);
	put(w, rcpt->address, n);
	put(w, asked, m);
}

static void
put_records(struct writer *w, struct entry *e, const struct source *message)
{
	unsigned char sizes[16];

	put_origin(w, e);
	for (unsigned type = FORMAT_ORIGIN; type < FORMAT_TYPE_COUNT; type++)
		if (format_rule(type)->chars != FORMAT_BINARY)
			put_string(w, e, type, format_rule(type));
	for (size_t i = 0; i < e->env.count; i++)
		put_recipient(w, e, i);
	be64enc(sizes, message->size);
	be64enc(sizes + 8, message->header);
	put_record(w, FORMAT_MESSAGE, sizeof sizes);
	put(w, sizes, sizeof sizes);
}

static int
put_message(struct writer *w, const struct source *message, struct result *res)
{
	size_t got;

	for (uint64_t off = 0; off < message->size && w->error == 0;
	     off += got) {
		uint64_t left = message->size - off;
		size_t room = FORMAT_PIECE - w->len;
		char *to = w->piece + w->len;

		if (message->read(message->arg, off, to,
			left < room ? (size_t)left : room, &got, res) == -1)
			return -1;
		if (got == 0)
			return result_fail(res, RESULT_STORAGE,
			    "the message ended before its end");
		sha256_add(&w->sha, to, got);
		advance(w, got);
	}
	return 0;
}

static void
put_end(struct writer *w)
{
	unsigned char sum[SHA256_SIZE];

	sha256_end(&w->sha, sum);
	put_uncovered(w, FORMAT_END, FORMAT_MAGIC_SIZE);
	put_uncovered(w, sum, sizeof sum);
	flush(w);
}

/* Makes `e` one whose recipients have the state bytes to be written. */
static int
set_states(struct entry *e, struct format_slot *slot, struct result *res)
{
	size_t n = e->env.count > 0 ? e->env.count : 1;
	unsigned char *states = calloc(n, sizeof *states);

	/* What another file said, or held, says nothing of this one. */
	free(e->bytes);
	free(e->states);
	free(e->states_at);
	e->bytes = NULL;
	e->states = NULL;
	e->states_at = calloc(n, sizeof *e->states_at);
	if (states == NULL || e->states_at == NULL) {
		free(states);
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the recipients");
	}
	format_choose(e, slot);
	for (size_t i = 0; i < e->env.count; i++)
		states[i] = format_chosen(e, i, slot);
	e->states = states;
	return 0;
}

static int
write_all(struct writer *w, struct entry *e, const struct source *message,
    struct result *res)
{
	struct format_slot slot;

	if (set_states(e, &slot, res) == -1)
		return -1;
	sha256_begin(&w->sha);
	put_head(w, e, &slot);
	put_records(w, e, message);
	e->message_at = w->at;
	e->size = message->size;
	e->header = message->header;
	if (put_message(w, message, res) == -1)
		return -1;
	put_end(w);
	if (w->error != 0)
		return result_fail(
		    res, RESULT_STORAGE, "%s", strerror(w->error));
	return 0;
}

int
entry_write(
    struct entry *e, int fd, const struct source *message, struct result *res)
{
	struct writer w = { .fd = fd };
	int done;

	e->fd = fd;
	if (check(e, message, res) == -1)
		return -1;
	w.piece = malloc(FORMAT_PIECE);
	if (w.piece == NULL)
		return result_fail(
		    res, RESULT_SYSTEM, "no memory to keep the mail");
	done = write_all(&w, e, message, res);
	free(w.piece);
	return done;
}
