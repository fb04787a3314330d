#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "smtp/client_login.h"
#include "smtp/session_parts.h"

/* The lines to and fro: written, read, masked, shown. */

#define LAST_WORDS 1000 /* ms for what is said after a failed write */
#define SHOWN_MAX 1024
#define SEALED "334 ********"

void
session_show(const struct session *s, char who, const char *p, size_t n)
{
	const struct session_watch *watch = &s->rules.watch;
	char line[SHOWN_MAX];

	if (watch->line != NULL)
		watch->line(
		    watch->arg, who, text_escape(line, sizeof line, p, n));
}

void
session_show_output(const struct session *s, size_t from, size_t to)
{
	const char *text = smtp_output_shown(s->client)->data;
	const char *p = text + from, *end;

	for (; p < text + to && (end = strstr(p, "\r\n")) != NULL; p = end + 2)
		session_show(s, 'C', p, (size_t)(end - p));
}

void
session_passed(
    const struct session *s, enum smtp_state state, const struct reply *reply)
{
	const struct session_watch *watch = &s->rules.watch;

	if (watch->passed != NULL)
		watch->passed(watch->arg, state, reply, s->client);
}

static void
show_reply(const struct session *s)
{
	char words[SHOWN_MAX - 4], line[SHOWN_MAX];
	const char *p, *mark;
	size_t n;

	if (smtp_is_sealed(s->client, &s->reply)) {
		session_show(s, 'S', SEALED, strlen(SEALED));
		return;
	}
	for (size_t i = 0; s->rules.watch.line != NULL && i < s->reply.lines;
	     i++) {
		p = reply_line(&s->reply, i, &n);
		reply_show(p, n, words, sizeof words);
		mark = i + 1 < s->reply.lines ? "-" : n > 0 ? " " : "";
		snprintf(
		    line, sizeof line, "%03d%s%s", s->reply.code, mark, words);
		session_show(s, 'S', line, strlen(line));
	}
}

struct deadline
session_in(const struct session *s, long ms, int cancel)
{
	struct deadline d = deadline_in(ms, cancel);

	d.alarm = s->until.alarm;
	return d;
}

struct deadline
session_limit(const struct session *s)
{
	int cancel = s->until.cancel;

	if (s->failed && s->begun)
		return session_in(s, LAST_WORDS, cancel);
	if (s->failed)
		return deadline_earlier(
		    s->until, session_in(s, LAST_WORDS, cancel));
	/* from here on the message may have been taken: to break off would be
	 * to risk a second copy, so the wait is the longest of all (RFC 5321
	 * section 4.5.3.2.6: twice what the others are) and cannot be ended */
	if (smtp_is_out(s->client))
		return session_in(s, 2 * s->rules.timeout, -1);
	if (s->begun)
		return session_in(s, s->rules.timeout, cancel);
	return deadline_earlier(
	    s->until, session_in(s, s->rules.timeout, cancel));
}

bool
session_has_input(const struct session *s)
{
	return s->in_pos < s->in_len || stream_has_input(s->stream);
}

static void
mask(const struct session *s, struct buf *b)
{
	if (s->rules.secret != NULL)
		secret_mask(s->rules.secret, b->data, b->len);
}

/* Whether what was to be the greeting begins like a record of TLS (RFC 8446
 * section 5.1): then `why` there is none is that. */
static bool
speaks_tls(const struct session *s, struct result *why)
{
	const struct buf *said = &s->reply.partial;

	if (smtp_awaited(s->client) != SMTP_GREETING || said->len < 2 ||
	    said->data[0] < 20 || said->data[0] > 23 || said->data[1] != 3)
		return false;
	(void)result_fail(why, RESULT_NO_GREETING,
	    "%s: the server on this port speaks TLS from the start",
	    s->rules.plan.host);
	return true;
}

/* More bytes into `in`; -1 when there are none and the machine knows why. */
static int
fill(struct session *s, struct deadline until)
{
	struct result res;

	s->in_pos = s->in_len = 0;
	if (stream_read(
		s->stream, s->in, sizeof s->in, &s->in_len, until, &res) == 0) {
		if (s->in_len > 0)
			return 0;
		(void)result_fail(
		    &res, RESULT_LOST, "connection closed by the server");
	}
	s->in_len = 0;
	if (res.kind == RESULT_LOST || res.kind == RESULT_TIMEOUT)
		(void)speaks_tls(s, &res);
	smtp_broke(s->client, &res);
	return -1;
}

/* What cannot be read as a reply is shown in the reason, for it often tells
 * what the server really is. */
static void
malformed(struct session *s, const struct result *why)
{
	struct buf *line = &s->reply.partial;
	struct result res;
	char shown[128];

	mask(s, line);
	session_show(s, 'S', line->data, line->len);
	if (!speaks_tls(s, &res))
		(void)result_fail(&res, RESULT_PROTOCOL, "%s (\"%s\")",
		    why->text,
		    text_escape(shown, sizeof shown, line->data, line->len));
	smtp_broke(s->client, &res);
}

/* Secrets are masked in what was put together from the bytes as they came,
 * before anybody looks at it: so it does not matter how they came. */
void
session_read_reply(struct session *s)
{
	enum smtp_state awaited = smtp_awaited(s->client);
	struct deadline until = session_limit(s);
	enum reply_push got = REPLY_MORE;
	struct result res;
	size_t used;

	reply_reset(&s->reply);
	while (got == REPLY_MORE) {
		if (s->in_pos == s->in_len && fill(s, until) == -1)
			return;
		got = reply_push(&s->reply, s->in + s->in_pos,
		    s->in_len - s->in_pos, &used, &res);
		s->in_pos += used;
	}
	if (got == REPLY_MALFORMED) {
		malformed(s, &res);
		return;
	}
	mask(s, &s->reply.text);
	show_reply(s);
	smtp_replied(s->client, &s->reply);
	session_passed(s, awaited, &s->reply);
}

int
session_write(struct session *s, const char *p, size_t n, struct deadline until)
{
	struct result res;

	if (stream_write(s->stream, p, n, until, &res) == 0)
		return 0;
	if (res.kind == RESULT_LOST || res.kind == RESULT_TIMEOUT) {
		s->failed = true;
		smtp_unwritten(s->client, &res);
	} else {
		smtp_broke(s->client, &res);
	}
	return -1;
}

void
session_send_output(struct session *s)
{
	const struct buf *out = smtp_output(s->client);

	if (session_has_input(s)) {
		/* a command is due and no reply is: this is out of turn */
		session_read_reply(s);
		return;
	}
	session_show_output(s, 0, smtp_output_shown(s->client)->len);
	if (session_write(s, out->data, out->len, session_limit(s)) == 0)
		smtp_sent(s->client);
}
