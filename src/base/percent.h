/*
 * percent: bytes as they stand in a URL, in a form, and in names of files
 * (RFC 3986, section 2.1).
 */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stddef.h>

#include "base/buf.h"

/* Appends the `n` bytes at `p`; all but letters, digits and "-._~" as %XX. */
void percent_encode(struct buf *out, const void *p, size_t n);

#endif
