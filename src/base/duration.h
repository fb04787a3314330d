/*
 * duration: times as people write them, 10s or 1h30m, in milliseconds.
 *
 * Units are ms, s, m, h, d and w.  Pure.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include "base/buf.h"

#define DURATION_SECOND 1000L
#define DURATION_MINUTE 60000L
#define DURATION_DAY 86400000L

/*
 * Reads the time that `text` begins with into *ms: numbers with their units,
 * which are added; a number without one is of `bare` milliseconds.  Returns
 * what follows, or NULL: no number, no such unit, or more than `max`.
 */
const char *duration_read(const char *text, long bare, long max, long *ms);

/* The time that `text` is; or -1, as above. */
long duration_parse(const char *text, long bare, long max);

/* Appends `ms` as a number of the largest unit up to a day that divides it. */
void duration_add(struct buf *out, long ms);

#endif
