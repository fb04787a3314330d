#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/date.h"

static const struct {
	time_t when;
	long offset;
	const char *want;
} rows[] = {
	{ 1795351409, 28800, "Sun, 22 Nov 2026 20:43:29 +0800" },
	{ 0, 0, "Thu, 01 Jan 1970 00:00:00 +0000" },
	{ 0, -18000, "Wed, 31 Dec 1969 19:00:00 -0500" },
	{ 951782400, 20700, "Tue, 29 Feb 2000 05:45:00 +0545" },
	{ 951782400, -12600, "Mon, 28 Feb 2000 20:30:00 -0330" },
	{ 1234567890, 59, "Fri, 13 Feb 2009 23:32:29 +0000" },
	{ 1234567890, 14 * 3600L, "Sat, 14 Feb 2009 13:31:30 +1400" },
};

static void
format(void **state)
{
	char got[DATE_MAX];

	(void)state;
	/* month and day names are English in any locale that is there */
	(void)setlocale(LC_ALL, "");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		time_t local = rows[i].when + rows[i].offset;
		struct tm tm;

		assert_non_null(gmtime_r(&local, &tm));
		date_format(got, &tm, rows[i].offset);
		assert_string_equal(got, rows[i].want);
	}
}

static void
leap_second(void **state)
{
	struct tm tm = { .tm_sec = 60,
		.tm_min = 59,
		.tm_hour = 23,
		.tm_mday = 31,
		.tm_mon = 11,
		.tm_year = 116,
		.tm_wday = 6 };
	char got[DATE_MAX];

	(void)state;
	date_format(got, &tm, 0);
	assert_string_equal(got, "Sat, 31 Dec 2016 23:59:60 +0000");
}

static void
nonsense_is_bounded(void **state)
{
	struct tm tm;
	char got[DATE_MAX];

	(void)state;
	memset(&tm, 0x7f, sizeof tm);
	date_format(got, &tm, INT64_MAX);
	assert_true(strlen(got) < DATE_MAX);
	memset(&tm, 0xff, sizeof tm);
	date_format(got, &tm, INT64_MIN);
	assert_true(strlen(got) < DATE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format),
		cmocka_unit_test(leap_second),
		cmocka_unit_test(nonsense_is_bounded),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
