/*
 * result: how a step ended.  The one error type.
 *
 * A function that can fail returns 0 or -1 and takes a struct result last; it
 * is filled exactly when -1 is returned, at the place of failure, with the
 * system's or library's words taken there.  A row of the table (result_kinds.h) gives each
 * kind its exit status (sysexits), its enhanced status code (RFC 3463), and
 * whether trying again may help.  The exit status, the line on stderr and the
 * line in the log are all made from this struct and nothing else.
 */
#ifndef BASE_RESULT_H
#define BASE_RESULT_H

#include <stdbool.h>
#include <sysexits.h>

#include "base/language.h"
#include "base/result_kinds.h"

enum result_kind {
#define RESULT_ENUM(kind, code, status, lasting, en, zh) RESULT_##kind,
	RESULT_KINDS(RESULT_ENUM)
#undef RESULT_ENUM
	    RESULT_KIND_COUNT
};

#define RESULT_TEXT_MAX 768 /* bytes, the NUL included */
#define RESULT_STATUS_MAX 12 /* "5.123.123" */
#define RESULT_STAGE_MAX 12 /* "GREETING" */

struct result {
	enum result_kind kind;
	int reply; /* SMTP reply code, or 0 */
	char status[RESULT_STATUS_MAX]; /* enhanced status code */
	char stage[RESULT_STAGE_MAX]; /* SMTP command that was answered, in
					 * capitals, or "" */
	char text[RESULT_TEXT_MAX]; /* printable, one line */
};

/* Makes a result of `kind` with the text printf makes, escaped and bounded.
 * The only maker.  Returns -1. */
int result_fail(struct result *res, enum result_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes `res` the result of a success. */
void result_ok(struct result *res);

/* Puts "what: " before the text, once, and changes nothing else.
 * Returns -1, so that a caller can pass the failure on. */
int result_context(struct result *res, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the two say the same in every member. */
bool result_equal(const struct result *a, const struct result *b);

/* What the table says of a kind. */
int result_exit_status(enum result_kind kind);
bool result_is_temporary(enum result_kind kind);
const char *result_kind_name(enum result_kind kind); /* "LOST" */
/* DEFERRED for a name that is not in the table: of another version. */
enum result_kind result_kind_find(const char *name);
const char *result_advice(enum result_kind kind, enum language language);

#endif
