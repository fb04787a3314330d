#include "config.h"

#include "delivery/schedule.h"

#define JITTER_SHARE 5 /* a step grows by up to one part in so many */
#define LOGIN_PAUSE_FIRST (INT64_C(30) * 60)
#define LOGIN_PAUSE_MAX (INT64_C(24) * 60 * 60)
#define DAY (INT64_C(24) * 60 * 60)
#define BEIJING (INT64_C(8) * 60 * 60) /* ahead of UTC */

/* Whole seconds of step `i`, one at least, so that nothing spins. */
static int64_t
step_seconds(const struct conf_times *retry, size_t i)
{
	int64_t seconds = ((int64_t)retry->ms[i] + 999) / 1000;

	return seconds > 0 ? seconds : 1;
}

int64_t
schedule_wait(
    const struct conf_times *retry, uint32_t attempts, uint32_t random)
{
	size_t i = attempts > 0 ? attempts - 1 : 0;
	int64_t step, more;

	step = step_seconds(retry, i < retry->count ? i : retry->count - 1);
	more = step / JITTER_SHARE;
	return step + (int64_t)((uint64_t)random % ((uint64_t)more + 1));
}

/* Seconds from `from` to `to`, as far as they can be told. */
static int64_t
seconds_between(int64_t from, int64_t to)
{
	int64_t seconds;

	if (!__builtin_sub_overflow(to, from, &seconds))
		return seconds;
	return to > from ? INT64_MAX : INT64_MIN;
}

int64_t
schedule_longest(const struct conf_times *retry)
{
	int64_t longest = 0;

	for (size_t i = 0; i < retry->count; i++) {
		int64_t step = step_seconds(retry, i);

		if (step + step / JITTER_SHARE > longest)
			longest = step + step / JITTER_SHARE;
	}
	return longest;
}

bool
schedule_is_due(int64_t next, int64_t now, const struct conf_times *retry)
{
	int64_t longest = schedule_longest(retry);

	if (longest < SCHEDULE_WORD_MAX)
		longest = SCHEDULE_WORD_MAX;
	return next <= now || seconds_between(now, next) > longest;
}

bool
schedule_is_over(int64_t created, int64_t now, long lifetime, uint32_t attempts)
{
	return attempts >= SCHEDULE_ATTEMPTS_MIN &&
	    seconds_between(created, now) >= lifetime / 1000;
}

int64_t
schedule_login_pause(uint32_t failures)
{
	int64_t pause = LOGIN_PAUSE_FIRST;

	while (failures > 1 && pause < LOGIN_PAUSE_MAX) {
		pause *= 2;
		failures--;
	}
	return pause < LOGIN_PAUSE_MAX ? pause : LOGIN_PAUSE_MAX;
}

int64_t
schedule_day_pause(int64_t now, uint32_t random)
{
	int64_t gone = ((now % DAY) + DAY + BEIJING) % DAY;

	return DAY - gone + (int64_t)(random % (SCHEDULE_DAY_JITTER + 1));
}
