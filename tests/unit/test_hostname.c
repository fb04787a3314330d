#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hostname.h"

#define X49 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X63 X49 "xxxxxxxxxxxxxx"
#define LONGEST X63 "." X63 "." X63 "." X49 "xxxxxxxxxxxx" /* 253 */

static void
valid(void **state)
{
	static const char *const good[] = { "a", "a.b", "A-b_c.d", "163.com",
		"_submission._tcp.example.com", X63, LONGEST, "1.2.3.4a" };
	static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "-a",
		"a-", "a.-b", "a b", "a\tb", "a/b", "a:b", "a@b", "\xc3\xa4.de",
		"1.2.3.4", "1", "a.1", X63 "x", LONGEST "x", "a\\.b", "a\n" };

	(void)state;
	assert_int_equal(strlen(LONGEST), HOSTNAME_MAX);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!hostname_is_valid(good[i]))
			fail_msg("not taken: %s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (hostname_is_valid(bad[i]))
			fail_msg("taken: %s", bad[i]);
}

static void
within(void **state)
{
	static const struct {
		const char *name, *domain;
		bool want;
	} rows[] = {
		{ "example.com", "example.com", true },
		{ "EXAMPLE.com", "example.COM", true },
		{ "mail.example.com", "example.com", true },
		{ "a.b.Example.Com", "example.com", true },
		{ "badexample.com", "example.com", false },
		{ "example.com.evil.test", "example.com", false },
		{ "com", "example.com", false },
		{ "", "example.com", false },
		{ "example.com", "", false },
		{ ".example.com", "example.com", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (hostname_is_within(rows[i].name, rows[i].domain) !=
		    rows[i].want)
			fail_msg("%s in %s", rows[i].name, rows[i].domain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid),
		cmocka_unit_test(within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
