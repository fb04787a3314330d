#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "smtp/session_parts.h"

/* The message, piece by piece, with what goes before it and behind. */

struct body {
	struct dots dots;
	bool is_chunk; /* goes as it is, after BDAT */
	bool begun; /* something of it was written */
	uint64_t off; /* read so far */
	size_t len; /* octets of the piece at hand, as they go out */
};

/* The message whose turn it is: of the oldest mail, since all before it are
 * settled by the time a body is due. */
static const struct source *
message(const struct session *s)
{
	return s->given[0]->message;
}

/* Where a piece lies, so that there is room before it and behind. */
static char *
piece(struct session *s)
{
	return s->wire + SESSION_ROOM;
}

static void
show_progress(const struct session *s, uint64_t done)
{
	const struct session_watch *watch = &s->rules.watch;

	if (watch->progress != NULL)
		watch->progress(watch->arg, done, message(s)->size);
}

static void
show_remark(const struct session *s)
{
	char remark[64];
	int n = snprintf(remark, sizeof remark, "message, %llu octets",
	    (unsigned long long)message(s)->size);

	session_show(s, '*', remark, (size_t)n);
}

static bool
is_cancelled(const struct session *s)
{
	struct pollfd p = { .fd = s->until.cancel, .events = POLLIN };

	return p.fd != -1 && poll(&p, 1, 0) > 0;
}

/* Reads the next piece; `off` moves on by less than one at the end. */
static int
read_piece(struct session *s, struct body *b)
{
	const struct source *from = message(s);
	uint64_t left = from->size - b->off;
	size_t n = left < SMTP_PIECE ? (size_t)left : SMTP_PIECE, got = 0;
	char *to = b->is_chunk ? piece(s) : s->raw;
	struct result res;

	b->len = 0;
	if (n > 0 && from->read(from->arg, b->off, to, n, &got, &res) == -1) {
		smtp_broke(s->client, &res);
		return -1;
	}
	b->off += got;
	b->len = b->is_chunk ? got : dots_push(&b->dots, s->raw, got, piece(s));
	return 0;
}

static void
show_piece(const struct session *s, struct body *b)
{
	size_t before = smtp_output_before(s->client);

	session_show_output(s, 0, before);
	if (!b->begun)
		show_remark(s);
	b->begun = true;
	session_show_output(s, before, smtp_output_shown(s->client)->len);
}

/* Writes the piece, with the output before it and behind: in one, where it
 * fits. */
static int
write_piece(struct session *s, struct body *b, struct deadline until)
{
	const struct buf *out = smtp_output(s->client);
	size_t before = smtp_output_before(s->client);
	size_t behind = out->len - before;
	char *begin = piece(s), *end = begin + b->len;

	show_piece(s, b);
	if (before > SESSION_ROOM) {
		if (session_write(s, out->data, before, until) == -1)
			return -1;
	} else {
		begin -= before;
		memcpy(begin, out->data, before);
	}
	if (behind <= SESSION_ROOM - 2) {
		memcpy(end, out->data + before, behind);
		end += behind;
		behind = 0;
	}
	if (session_write(s, begin, (size_t)(end - begin), until) == -1)
		return -1;
	if (behind > 0 &&
	    session_write(s, out->data + before, behind, until) == -1)
		return -1;
	smtp_sent(s->client);
	show_progress(s, b->off);
	return 0;
}

/* Whether the machine agrees that this was all of the message.  To a chunk that
 * has begun it need not add anything: then the answer is what it wants next. */
static bool
is_whole(const struct session *s, const struct body *b)
{
	enum smtp_todo next = smtp_next(s->client);

	return next == SMTP_TODO_SEND ||
	    (b->is_chunk && b->begun && next == SMTP_TODO_READ);
}

/* The last piece, and with it what the machine adds. */
static void
end_message(struct session *s, struct body *b)
{
	struct result res;

	if (is_cancelled(s)) {
		(void)result_fail(&res, RESULT_INTERRUPTED, "interrupted");
		smtp_broke(s->client, &res);
		return;
	}
	if (b->off == message(s)->size && smtp_asks_next(s->client))
		(void)session_ask_next(s);
	smtp_body_read(s->client, b->off);
	if (!is_whole(s, b))
		return;
	if (b->dots.mid_line) {
		/* never true of clean lines; but the dot stands alone */
		memcpy(piece(s) + b->len, "\r\n", 2);
		b->len += 2;
	}
	if (write_piece(s, b, session_in(s, s->rules.timeout, -1)) == 0 &&
	    s->feed->idle != NULL)
		s->feed->idle(s->feed->arg);
}

void
session_write_message(struct session *s)
{
	struct body b = { .is_chunk = smtp_next(s->client) == SMTP_TODO_CHUNK };
	uint64_t before;

	s->begun = true;
	for (;;) {
		if (session_has_input(s)) {
			session_read_reply(s);
			return;
		}
		before = b.off;
		if (read_piece(s, &b) == -1)
			return;
		/* fewer only at the end, wherever that is */
		if (b.off == message(s)->size || b.off - before < SMTP_PIECE)
			break;
		if (write_piece(s, &b, session_limit(s)) == -1)
			return;
	}
	end_message(s, &b);
}
