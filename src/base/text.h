/*
 * text: makes bytes from anywhere fit to be shown to a person.
 *
 * Valid UTF-8 passes; controls, DEL, the C1 range, direction overrides and
 * bytes that are not UTF-8 become \xNN, so that nothing from a smarthost, an
 * argument or a mail reaches a terminal, a log or a record as more than text.
 * Pure, and independent of the locale.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/* Length in bytes of the well-formed UTF-8 character (RFC 3629) at the start
 * of the `n` bytes at `p`; 0 when there is none (bad byte, cut off, too
 * long a form, surrogate, beyond U+10FFFF) or `n` is 0. */
size_t text_utf8_length(const char *p, size_t n);

/* Writes the `n` bytes at `p` to `dst` of `size` bytes, escaped and NUL
 * terminated; what does not fit is left off at a whole character and "..."
 * put in its place.  LF and CR become a blank.  Returns `dst`. */
char *text_escape(char *dst, size_t size, const char *p, size_t n);

#endif
