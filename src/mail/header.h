/*
 * header: the one header parser.
 *
 * Takes clean lines (lines.h) as they come, keeps the fields whole and in
 * order, to the byte, and tells where the body begins.  The same parse finds
 * the recipients, removes Bcc and rewrites From, so that no two readings of a
 * header can differ.
 *
 * A field is 1 to 100 bytes of 33..126 but for the colon, optional blanks,
 * and a colon; then continuation lines that begin with a blank.  Leading
 * mbox lines ("From word date", ">From word date", the date beginning with a
 * day of the week) are dropped.  The first line that is none of these ends
 * the header and belongs to the body; so does one that begins with "--", or
 * whose first HEADER_SCAN_MAX bytes do not tell.  A blank-only line inside a
 * field is dropped.  (CONTRACT of sendmail, and RFC 5322 section 4.5.)
 *
 * Pure.  The struct owns its memory.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"
#include "mail/header_names.h"

#define HEADER_MAX (2 * 1024 * 1024) /* bytes of the whole header */
#define HEADER_FIELDS_MAX 10000
#define HEADER_NAME_MAX 100 /* bytes of a field name */
#define HEADER_SCAN_MAX 65536 /* bytes that must tell what a line is */

struct field {
	enum header_name name;
	size_t start, end; /* in header.raw: all of it with its last CRLF */
	size_t body; /* in header.raw: the byte after the colon */
};

struct header {
	struct buf raw; /* all fields, CRLF line ends */
	struct field *fields;
	size_t count, room;
	/* the parser's own */
	size_t line; /* in raw: where the current line begins */
	bool known; /* it is part of the header */
	size_t look; /* how long it must be to be looked at again */
	bool ended;
};

enum header_push {
	HEADER_MORE, /* all bytes taken; more may come */
	HEADER_ENDED, /* the body begins: see header_push */
	HEADER_FAILED /* the result says why */
};

void header_init(struct header *h);

/*
 * Takes `n` bytes of clean lines.  HEADER_ENDED: the body begins with the
 * bytes of `held` (at most HEADER_SCAN_MAX of the line that was no field;
 * empty after a blank line), goes on with what is left of `p` after the first
 * *used bytes, and is not to be pushed here.  `held` is emptied first.
 * HEADER_FAILED: kind DATA, the header is larger than HEADER_MAX or
 * HEADER_FIELDS_MAX; kind SYSTEM, no memory.
 */
enum header_push header_push(struct header *h, const char *p, size_t n,
    size_t *used, struct buf *held, struct result *res)
    __attribute__((warn_unused_result));

/* Ends the input; a started field or line is completed.  As header_push
 * otherwise: HEADER_ENDED always, unless it failed. */
enum header_push header_finish(struct header *h, struct buf *held,
    struct result *res) __attribute__((warn_unused_result));

/* Number of fields called `name` that are not empty (white space only). */
size_t header_count(const struct header *h, enum header_name name);

/* First field called `name` that is not empty, or NULL. */
const struct field *header_find(const struct header *h, enum header_name name);

/* Whether any Resent- field is there. */
bool header_is_resent(const struct header *h);

/* The text after the colon, without the last CRLF; folds are still in it. */
const char *field_body(
    const struct header *h, const struct field *f, size_t *len);

/* Whether the body of `f` is nothing but white space. */
bool field_is_empty(const struct header *h, const struct field *f);

void header_clear(struct header *h);

#endif
