/*
 * recode_parts: what the two passes of recode share.  Internal to recode.
 */
#ifndef MAIL_RECODE_PARTS_H
#define MAIL_RECODE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "mail/encode.h"
#include "mail/lines.h"
#include "mail/mime_walk.h"
#include "mail/recode.h"

/* What becomes of the bytes of an entity that are its own. */
enum recode_body {
	RECODE_KEEP,
	RECODE_QP,
	RECODE_BASE64,
	RECODE_ESCAPE, /* already quoted-printable: what does not fit */
	RECODE_STRIP, /* already base64: what is none goes, lines are broken */
	RECODE_TIDY, /* around parts, where bytes mean nothing */
	RECODE_BODY_COUNT
};

/* What its Content-Transfer-Encoding must say. */
enum recode_label {
	RECODE_LABEL_SAME,
	RECODE_LABEL_7BIT,
	RECODE_LABEL_QP,
	RECODE_LABEL_BASE64
};

/* What is decided for an entity. */
struct recode_part {
	enum recode_body body : 8;
	enum recode_label label : 8;
	bool has_8bit; /* bytes above 127 */
	bool encodes; /* a message: itself or a part of it is encoded */
};

/* Text that is looked at. */
struct recode_count {
	size_t column; /* of the line as it is */
	size_t width; /* and as it would be in quoted-printable */
	bool has_8bit, has_long;
	uint64_t octets, qp; /* in all, and in quoted-printable */
};

/* Text that is written. */
struct recode_text {
	struct encode_qp qp;
	struct encode_base64 base64;
	struct folds folds; /* around parts */
	/* quoted-printable or base64 that was there already */
	size_t column;
	bool equals; /* a "=" that waits for what follows it */
	size_t escape; /* digits after it that must stay with it */
};

/* A message on its way. */
struct recode_job {
	enum recode_want want;
	struct recode_part parts[RECODE_PARTS_MAX + 1];
	struct recode_count count; /* first pass */
	/* second pass */
	const struct recode_sink *sink;
	struct buf out; /* what is not written yet */
	struct recode_text text;
	bool mid_line; /* the last byte was no line end */
	bool open_header; /* what was written last is a header without a
			   * blank line: what follows must not join it */
};

extern mime_handler *const recode_survey[MIME_EVENT_COUNT];
extern mime_handler *const recode_write[MIME_EVENT_COUNT];

/* Looks at text, in any pieces. */
void recode_count(struct recode_count *c, const char *p, size_t n);

/* Whether what was looked at does not fit. */
bool recode_is_unfit(
    const struct recode_job *job, const struct recode_count *c);

/* Appends the field that is told, made fit.  Kinds: CONVERSION, SYSTEM. */
int recode_field(const struct recode_job *job, const struct mime_walk *w,
    const char *p, size_t n, struct buf *out, struct result *res)
    __attribute__((warn_unused_result));

/* Hands over what waits in `out`. */
int recode_flush(struct recode_job *job, struct result *res)
    __attribute__((warn_unused_result));

#endif
