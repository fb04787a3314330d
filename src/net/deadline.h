/*
 * deadline: until when to wait, and what ends waiting early.
 *
 * On the monotonic clock, so a clock that is set does no harm.
 */
#ifndef NET_DEADLINE_H
#define NET_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

struct deadline {
	int64_t at; /* ms on the monotonic clock */
	int cancel; /* descriptor that becomes readable to end it all, or
			 * -1; borrowed */
};

/* `ms` from now. */
struct deadline deadline_in(long ms, int cancel);

/* The earlier of the two; `cancel` is a's. */
struct deadline deadline_earlier(struct deadline a, struct deadline b);

/* Milliseconds left, 0 when it has passed, fit for poll(2). */
int deadline_left(struct deadline d);

/*
 * Waits until `fd` has one of `events` (poll's), and returns those it has.
 * -1: kind TIMEOUT (also when `fd` is ready, but too late, so that a peer that
 * drips cannot go on for ever) or INTERRUPTED, or SYSTEM.
 */
int deadline_poll(struct deadline d, int fd, short events, struct result *res)
    __attribute__((warn_unused_result));

#endif
