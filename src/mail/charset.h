/*
 * charset: which character set text is in that does not say so.
 *
 * Nothing is guessed.  Text that is well-formed UTF-8 is UTF-8; else it is in
 * the first of the sets named by configuration and locale that it is valid
 * in; else nobody knows, and it is called so (RFC 1428).  Conversion is
 * iconv(3)'s, whose tables are the system's.
 *
 * Knows nothing of headers and bodies.  Independent of the locale: its name
 * is handed in.
 */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"

#define CHARSET_NAME_MAX 41 /* bytes of a name, the NUL included */
#define CHARSET_ASCII "us-ascii"
#define CHARSET_UTF8 "UTF-8"
#define CHARSET_UNKNOWN "unknown-8bit" /* RFC 1428 section 3 */
#define CHARSET_CHOICES 2

/* Where to look for text that is not UTF-8, in this order; "" is none.  Only
 * usable ones are put here (charset_choose). */
struct charset_choices {
	char names[CHARSET_CHOICES][CHARSET_NAME_MAX];
};

/*
 * Whether mail text can be in the set `name`: letters, digits and "-_.:"
 * only, known to iconv, not UTF-8 itself, and one in which every ASCII
 * character is its own byte where a character begins (so not UTF-16, nor
 * what is switched by escapes).
 */
bool charset_is_usable(const char *name);

/*
 * Fills in the choices: `configured` ([message] charset, or NULL or ""), then
 * the codeset of the locale named by the first of `locales` (values of
 * LC_ALL, LC_CTYPE and LANG; each may be NULL or "") that says anything, as
 * in "zh_CN.GB18030@stroke".  What is not usable is left out.
 */
void charset_choose(struct charset_choices *choices, const char *configured,
    const char *const locales[3]);

/* Text that is being looked at, in any pieces. */
struct charset_scan;

/* Kind SYSTEM: no memory. */
int charset_scan_new(struct charset_scan **scan,
    const struct charset_choices *choices, struct result *res)
    __attribute__((warn_unused_result));
void charset_scan_push(struct charset_scan *scan, const char *p, size_t n);

/* What all that was pushed is in: CHARSET_ASCII when it has no bytes above
 * 127, CHARSET_UTF8, a name among the choices, or CHARSET_UNKNOWN.  Borrowed
 * from the scan, or constant. */
const char *charset_scan_name(const struct charset_scan *scan);

void charset_scan_free(struct charset_scan *scan); /* accepts NULL */

/*
 * Replaces what is in `out` by the `n` bytes at `p` in UTF-8, and says what
 * they were in, as charset_scan_name does.  CHARSET_UNKNOWN: `out` has them
 * as they are.  `out` may have failed afterwards.
 */
const char *charset_to_utf8(struct buf *out, const char *p, size_t n,
    const struct charset_choices *choices);

#endif
