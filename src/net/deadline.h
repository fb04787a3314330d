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

/* What is to be done once, in the middle of waiting, when a time passes. */
struct deadline_alarm {
	int64_t at; /* ms on the monotonic clock */
	bool rung; /* it was called */
	/* 0: the wait goes on; -1: it fails with what is in `res` */
	int (*ring)(void *arg, struct result *res);
	void *arg;
};

struct deadline {
	int64_t at; /* ms on the monotonic clock */
	struct deadline_alarm *alarm; /* or NULL; borrowed */
	int cancel; /* descriptor that becomes readable to end it all, or
			 * -1; borrowed */
};

/* `ms` from now, without an alarm. */
struct deadline deadline_in(long ms, int cancel);

/* The earlier of the two; `cancel` and `alarm` are a's. */
struct deadline deadline_earlier(struct deadline a, struct deadline b);

/* Milliseconds left, 0 when it has passed, fit for poll(2). */
int deadline_left(struct deadline d);

/* The same until it passes or its alarm is to ring, whichever is first. */
int deadline_next(struct deadline d);

/* Rings the alarm when its time has come: for those who wait by themselves.
 * 0, also when it has not, or what the alarm made of it. */
int deadline_ring(struct deadline d, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Waits until `fd` has one of `events` (poll's), and returns those it has.
 * -1: kind TIMEOUT (also when `fd` is ready, but too late, so that a peer that
 * drips cannot go on for ever) or INTERRUPTED, or SYSTEM, or what the alarm
 * made of it.
 */
int deadline_poll(struct deadline d, int fd, short events, struct result *res)
    __attribute__((warn_unused_result));

#endif
