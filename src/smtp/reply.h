/*
 * reply: reads SMTP replies (RFC 5321 section 4.2) out of a stream of bytes,
 * and makes results of them.
 *
 * Fed any way the bytes come.  Bounded in line length, lines and bytes.
 * Strict where it matters (three digits 2-5 / 0-5 / 0-9, the same code on every
 * line, a final line, and a newline at the end of it), lenient where servers
 * differ (no text, LF alone, trailing blanks, 8-bit text).  Pure.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"

#define REPLY_LINE_MAX 8192
#define REPLY_LINES_MAX 200
#define REPLY_BYTES_MAX 65536

struct reply {
	int code; /* 0: none yet */
	char status[RESULT_STATUS_MAX]; /* enhanced code, or "" */
	/* each line's text after the code and its separator, enhanced code
	 * included, LF ended */
	struct buf text;
	size_t lines;
	struct buf partial; /* the parser's own: the current line */
};

enum reply_push {
	REPLY_MORE,
	/* a whole reply; *used bytes were taken; reply_reset comes before the
	 * next */
	REPLY_DONE,
	/* the result says how, `partial` holds the line at fault; nothing
	 * more can be read */
	REPLY_MALFORMED
};

void reply_init(struct reply *r);

/* Forgets the last reply, to read the next. */
void reply_reset(struct reply *r);

/* Takes bytes up to the end of one reply.  Kind PROTOCOL. */
enum reply_push reply_push(struct reply *r, const char *p, size_t n,
    size_t *used, struct result *res) __attribute__((warn_unused_result));

/* Line `i` of the text, without its end. */
const char *reply_line(const struct reply *r, size_t i, size_t *len);

/*
 * The reply as text on one line: "550 5.1.1 words", lines joined by a blank,
 * escaped and bounded.  What is not UTF-8 is taken for GB18030, in which
 * Chinese servers speak, where it can be that.
 */
void reply_words(const struct reply *r, char *dst, size_t size);

/* The same of a part of it, such as a line: without the code. */
void reply_show(const char *p, size_t n, char *dst, size_t size);

/*
 * Makes a result of `kind` from the reply: its code, its enhanced status
 * where it has one whose class fits its first digit, else the kind's status
 * with that digit, the stage, and the text "<what>: 550 5.1.1 words", lines
 * joined by a blank.  `what` says who answered what, as in "smtp.163.com
 * refused RCPT TO:<a@b>".  Returns -1.
 */
int reply_fail(const struct reply *r, enum result_kind kind, const char *stage,
    const char *what, struct result *res);

void reply_clear(struct reply *r);

#endif
