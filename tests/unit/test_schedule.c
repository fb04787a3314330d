#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/schedule.h"

#define MINUTE INT64_C(60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const struct conf_times retry = { { 60000, 300000, 900000, 1800000 },
	4 };

static void
test_wait(void **state)
{
	static const struct {
		uint32_t attempts;
		int64_t step;
	} cases[] = {
		{ 0, 1 * MINUTE },
		{ 1, 1 * MINUTE },
		{ 2, 5 * MINUTE },
		{ 3, 15 * MINUTE },
		{ 4, 30 * MINUTE },
		{ 5, 30 * MINUTE },
		{ UINT32_MAX, 30 * MINUTE },
	};
	static const uint32_t randoms[] = { 0, 1, 12, 13, 1000000007,
		UINT32_MAX - 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t step = cases[i].step;

		assert_int_equal(
		    schedule_wait(&retry, cases[i].attempts, 0), step);
		for (size_t k = 0; k < sizeof randoms / sizeof *randoms; k++) {
			int64_t wait = schedule_wait(
			    &retry, cases[i].attempts, randoms[k]);

			assert_true(wait >= step && wait <= step + step / 5);
		}
	}
}

/* All of the fifth is used, and no more. */
static void
test_jitter(void **state)
{
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (uint32_t random = 0; random < 1000; random++) {
		int64_t wait = schedule_wait(&retry, 1, random);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_int_equal(least, 60);
	assert_int_equal(most, 72);
}

/* The longest step need not be the last. */
static void
test_longest(void **state)
{
	static const struct conf_times falling = { { 3600000, 60000 }, 2 },
				       tiny = { { 1 }, 1 };

	(void)state;
	assert_int_equal(schedule_longest(&retry), 36 * MINUTE);
	assert_int_equal(schedule_longest(&falling), 72 * MINUTE);
	assert_int_equal(schedule_longest(&tiny), 1);
}

/* A step of less than a second is one. */
static void
test_short_steps(void **state)
{
	static const struct {
		long ms;
		int64_t want;
	} cases[] = { { 0, 1 }, { 1, 1 }, { 999, 1 }, { 1000, 1 }, { 1001, 2 },
		{ 4999, 5 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct conf_times one = { { cases[i].ms }, 1 };

		assert_int_equal(schedule_wait(&one, 1, 0), cases[i].want);
	}
}

static void
test_due(void **state)
{
	static const struct {
		int64_t next, now;
		bool want;
	} cases[] = {
		{ 0, 0, true },
		{ 1000, 999, false },
		{ 1000, 1000, true },
		{ 1000, 1001, true },
		/* the longest step, with all of its fifth, is less than what
		 * may be asked for */
		{ 1000000 + 36 * MINUTE, 1000000, false },
		{ 1000000 + HOUR, 1000000, false },
		{ 1000000 + HOUR + 1, 1000000, true },
		/* the clock was set back by a year */
		{ 2000000000, 2000000000 - 365 * DAY, true },
		{ INT64_MAX, 0, true },
		{ INT64_MAX, INT64_MIN, true },
		{ INT64_MIN, INT64_MAX, true },
		{ INT64_MAX, INT64_MAX, true },
		{ INT64_MAX, INT64_MAX - 1, false },
		{ INT64_MIN + 1, INT64_MIN, false },
	};
	/* the longest step need not be the last */
	static const struct conf_times odd = { { 3600000, 60000 }, 2 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
		    schedule_is_due(cases[i].next, cases[i].now, &retry),
		    cases[i].want);
	assert_false(schedule_is_due(72 * MINUTE, 0, &odd));
	assert_true(schedule_is_due(72 * MINUTE + 1, 0, &odd));
}

/* What was scheduled is never taken for the work of a clock set back. */
static void
test_due_fits_wait(void **state)
{
	(void)state;
	for (uint32_t attempts = 1; attempts < 8; attempts++)
		for (uint32_t random = 0; random < 400; random++) {
			int64_t wait = schedule_wait(&retry, attempts, random);

			assert_false(schedule_is_due(wait, 0, &retry));
			assert_true(schedule_is_due(wait, wait, &retry));
		}
}

static void
test_over(void **state)
{
	static const struct {
		int64_t created, now;
		long lifetime;
		uint32_t attempts;
		bool want;
	} cases[] = {
		{ 1000, 1000 + 5 * DAY, 432000000, 5, true },
		{ 1000, 1000 + 5 * DAY, 432000000, 4, false },
		{ 1000, 1000 + 5 * DAY - 1, 432000000, 5, false },
		{ 1000, 1000 + 5 * DAY - 1, 432000000, UINT32_MAX, false },
		{ 1000, 1000 + 900 * DAY, 432000000, 0, false },
		{ 1000, 1000 + 900 * DAY, 432000000, UINT32_MAX, true },
		/* made in what is now the future */
		{ 2000000000, 1000, 432000000, 100, false },
		{ INT64_MAX, INT64_MIN, 432000000, 100, false },
		{ INT64_MIN, INT64_MAX, 432000000, 100, true },
		{ 0, INT64_MAX, LONG_MAX, 5, true },
		{ 0, 0, 0, 5, true },
		{ 0, 0, 0, 4, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
		    schedule_is_over(cases[i].created, cases[i].now,
			cases[i].lifetime, cases[i].attempts),
		    cases[i].want);
}

static void
test_login_pause(void **state)
{
	static const struct {
		uint32_t failures;
		int64_t want;
	} cases[] = {
		{ 0, 30 * MINUTE },
		{ 1, 30 * MINUTE },
		{ 2, 1 * HOUR },
		{ 3, 2 * HOUR },
		{ 4, 4 * HOUR },
		{ 5, 8 * HOUR },
		{ 6, 16 * HOUR },
		{ 7, 24 * HOUR },
		{ 8, 24 * HOUR },
		{ UINT32_MAX, 24 * HOUR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
		    schedule_login_pause(cases[i].failures), cases[i].want);
}

/* To midnight in Beijing, at any time of the day. */
static void
test_day_pause(void **state)
{
	static const struct {
		int64_t now;
		uint32_t random;
		int64_t want;
	} cases[] = {
		/* 2025-06-12T16:00:00Z is midnight there */
		{ 1749744000, 0, DAY },
		{ 1749744000 - 1, 0, 1 },
		{ 1749744000 + 1, 0, DAY - 1 },
		{ 1749744000 - 16 * HOUR, 0, 16 * HOUR },
		{ 1749744000 + 8 * HOUR - 1, 0, 16 * HOUR + 1 },
		{ 1749744000, SCHEDULE_DAY_JITTER, DAY + 10 * MINUTE },
		{ 1749744000, SCHEDULE_DAY_JITTER + 1, DAY },
		{ 0, 0, 16 * HOUR },
		{ -1, 0, 16 * HOUR + 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
		    schedule_day_pause(cases[i].now, cases[i].random),
		    cases[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_short_steps),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_due_fits_wait),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_login_pause),
		cmocka_unit_test(test_day_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
