/*
 * body: what a message's body holds, as far as its header has to say so: the
 * character set it is in, and how long its lines are.
 *
 * Looks at it in any pieces, as it is taken in.  Pure but for what reads it.
 */
#ifndef MAIL_BODY_H
#define MAIL_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "mail/charset.h"
#include "mail/source.h"

struct body_facts {
	char charset[CHARSET_NAME_MAX]; /* as charset_scan_name says */
	size_t longest; /* octets of the longest line, CRLF not counted */
};

struct body_scan {
	struct charset_scan *charset;
	size_t column; /* octets of the current line */
	size_t longest;
};

/* `choices` are borrowed until body_scan_end.  Kind SYSTEM: no memory. */
int body_scan_begin(struct body_scan *s, const struct charset_choices *choices,
    struct result *res) __attribute__((warn_unused_result));

/* Takes `n` bytes of lines that are clean but for their length. */
void body_scan_push(struct body_scan *s, const char *p, size_t n);

/* Ends it and releases what it holds; `facts` may be NULL. */
void body_scan_end(struct body_scan *s, struct body_facts *facts);

/* Looks at what follows the first `skip` octets of `message`.  Kinds SYSTEM,
 * those of reading, and STORAGE: it ends early. */
int body_look(struct body_facts *facts, const struct source *message,
    uint64_t skip, const struct charset_choices *choices, struct result *res)
    __attribute__((warn_unused_result));

bool body_is_8bit(const struct body_facts *facts);

#endif
