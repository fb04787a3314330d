/*
 * base64: bytes as text, and back (RFC 4648, section 4).  Leaves no copies.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends the base64 of the `n` bytes at `p`, in one line. */
void base64_encode(struct buf *out, const void *p, size_t n);

/* Appends what the `n` characters at `p` stand for.  False: they are not
 * base64, padding and all, or it does not fit; some of it may be there. */
bool base64_decode(struct buf *out, const char *p, size_t n);

#endif
