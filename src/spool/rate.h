/*
 * rate: no more mails of an account in a minute than it allows.
 *
 * A small file in state/ says when the minute began and how many mails were
 * sent in it, by whatever process.  What is lost, damaged, or of a clock that
 * was set, begins a new minute; where nothing can be written, nothing is
 * limited.
 */
#ifndef SPOOL_RATE_H
#define SPOOL_RATE_H

#include "spool/spool.h"

#define RATE_MINUTE 60 /* seconds */

/* Takes one of the `max` mails that `account` ("": the first one) may send in a
 * minute.  0: it may go; else the seconds until the next minute begins. */
long rate_take(
    const struct spool *s, const char *account, long max, int64_t now);

#endif
