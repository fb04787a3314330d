/*
 * columns: how much room text takes on a terminal, and lines that fit.
 *
 * Characters of East Asian scripts take two columns, marks that join the one
 * before them none, all others one.  Text is UTF-8 and printable, as text.h
 * leaves it.  Pure, and independent of the locale.
 */
#ifndef BASE_COLUMNS_H
#define BASE_COLUMNS_H

#include <stddef.h>

#include "base/buf.h"

/* The columns of the `n` bytes at `p`. */
size_t columns_of(const char *p, size_t n);

/*
 * Puts `text` as lines of up to `width` columns, with LF after each: the first
 * begins with `first`, the others with as many blanks.  A line ends at a blank,
 * before or after a wide character, or, where there is neither, in mid-word.
 */
void columns_wrap(
    struct buf *out, const char *first, const char *text, size_t width);

#endif
