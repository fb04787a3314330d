#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/duration.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define HOUR (60 * DURATION_MINUTE)

/* A number alone is minutes here; -1: refused. */
static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		long max, want;
	} cases[] = {
		{ "0", LONG_MAX, 0 },
		{ "90", LONG_MAX, 90 * DURATION_MINUTE },
		{ "250ms", LONG_MAX, 250 },
		{ "7s", LONG_MAX, 7 * DURATION_SECOND },
		{ "30m", LONG_MAX, 30 * DURATION_MINUTE },
		{ "1h30m", LONG_MAX, 90 * DURATION_MINUTE },
		{ "1h30", LONG_MAX, 90 * DURATION_MINUTE },
		{ "2d", LONG_MAX, 2 * DURATION_DAY },
		{ "1w1d1h1m1s1ms", LONG_MAX,
		    8 * DURATION_DAY + HOUR + DURATION_MINUTE +
			DURATION_SECOND + 1 },
		{ "1d", DURATION_DAY, DURATION_DAY },
		{ "24h1ms", DURATION_DAY, -1 },
		{ "25h", DURATION_DAY, -1 },
		{ "0000000000000000000000001s", LONG_MAX, DURATION_SECOND },
		{ "9223372036854775807ms", LONG_MAX, LONG_MAX },
		{ "9223372036854775808ms", LONG_MAX, -1 },
		{ "9223372036854775807s", LONG_MAX, -1 },
		{ "9223372036854775807ms1ms", LONG_MAX, -1 },
		{ "99999999999999999999", LONG_MAX, -1 },
		{ "", LONG_MAX, -1 },
		{ "m", LONG_MAX, -1 },
		{ "-1m", LONG_MAX, -1 },
		{ "+1m", LONG_MAX, -1 },
		{ " 1m", LONG_MAX, -1 },
		{ "1 m", LONG_MAX, -1 },
		{ "1m ", LONG_MAX, -1 },
		{ "1M", LONG_MAX, -1 },
		{ "1.5h", LONG_MAX, -1 },
		{ "1hm", LONG_MAX, -1 },
		{ "1y", LONG_MAX, -1 },
		{ "5", 4, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (duration_parse(cases[i].text, DURATION_MINUTE,
			cases[i].max) != cases[i].want)
			fail_msg("\"%s\"", cases[i].text);
}

/* What comes after a time is the reader's. */
static void
test_read(void **state)
{
	static const char text[] = "5m30 1h";
	const char *rest;
	long ms;

	(void)state;
	rest = duration_read(text, DURATION_SECOND, LONG_MAX, &ms);
	assert_ptr_equal(rest, text + 4);
	assert_int_equal(ms, 5 * DURATION_MINUTE + 30 * DURATION_SECOND);
	assert_null(duration_read(rest, DURATION_SECOND, LONG_MAX, &ms));
}

/* What is written is read as the same time. */
static void
test_add(void **state)
{
	static const struct {
		long ms;
		const char *want;
	} cases[] = {
		{ 1, "1ms" },
		{ 1500, "1500ms" },
		{ DURATION_SECOND, "1s" },
		{ 90 * DURATION_SECOND, "90s" },
		{ HOUR, "1h" },
		{ 36 * HOUR, "36h" },
		{ 7 * DURATION_DAY, "7d" },
		{ LONG_MAX, "9223372036854775807ms" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 64);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_reset(&out);
		duration_add(&out, cases[i].ms);
		assert_string_equal(out.data, cases[i].want);
		assert_int_equal(
		    duration_parse(out.data, 1, LONG_MAX), cases[i].ms);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
