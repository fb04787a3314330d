/*
 * schedule: when a mail is tried again, and when it is given up.
 *
 * Pure: times and randomness are handed in.
 */
#ifndef DELIVERY_SCHEDULE_H
#define DELIVERY_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"

/* Attempts that must really have been made before a mail is given up: a clock
 * that was set, or a machine that was off, ends no mail's life. */
#define SCHEDULE_ATTEMPTS_MIN 5

/* Seconds to wait after the `attempts`th attempt (from 1): the step of
 * `retry`, or its last one, and up to a fifth more as `random` has it. */
int64_t schedule_wait(
    const struct conf_times *retry, uint32_t attempts, uint32_t random);

/* The most that schedule_wait can give, whichever step is the longest. */
int64_t schedule_longest(const struct conf_times *retry);

/* What a mail may have to wait at the most because of what was said of it,
 * whatever the table. */
#define SCHEDULE_WORD_MAX (60 * 60) /* seconds */

/* Whether what is due at `next` is due at `now`: also when it is further off
 * than the longest step, or what was said of it, can make it, since the clock was
 * set back then. */
bool schedule_is_due(int64_t next, int64_t now, const struct conf_times *retry);

/* Whether a mail of `created`, tried `attempts` times (those of its account
 * that failed for all of its mail counted), has had its life of `lifetime` ms. */
bool schedule_is_over(
    int64_t created, int64_t now, long lifetime, uint32_t attempts);

/* Seconds that a refused log-in pauses an account: 30 minutes, doubling with
 * each of `failures` (from 1) to 24 hours. */
int64_t schedule_login_pause(uint32_t failures);

/* Seconds until the provider's day is over, which is that of Beijing (UTC+8),
 * and up to SCHEDULE_DAY_JITTER more, as `random` has it. */
#define SCHEDULE_DAY_JITTER (10 * 60)
int64_t schedule_day_pause(int64_t now, uint32_t random);

#endif
