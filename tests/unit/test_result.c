#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/result.h"

/* Each row's status class says the same as its lasting. */
static void
test_table(void **state)
{
	struct result res;

	(void)state;
	for (int kind = RESULT_OK + 1; kind < RESULT_KIND_COUNT; kind++) {
		assert_int_equal(
		    result_fail(&res, (enum result_kind)kind, "why"), -1);
		assert_int_equal(res.kind, kind);
		assert_int_equal(
		    res.status[0], result_is_temporary(res.kind) ? '4' : '5');
		assert_true(ascii_is_digit(res.status[2]));
		assert_string_equal(res.text, "why");
		assert_int_not_equal(result_exit_status(res.kind), 0);
		if (result_is_temporary(res.kind))
			assert_int_equal(
			    result_exit_status(res.kind), EX_TEMPFAIL);
		/* advice is there in both languages, or in none */
		assert_int_equal(
		    *result_advice(res.kind, LANGUAGE_ENGLISH) == '\0',
		    *result_advice(res.kind, LANGUAGE_CHINESE) == '\0');
	}
}

static void
test_text_is_escaped_and_bounded(void **state)
{
	char big[5000];
	struct result res;

	(void)state;
	assert_int_equal(result_fail(&res, RESULT_DATA, "a\nb\033"), -1);
	assert_string_equal(res.text, "a b\\x1b");
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	assert_int_equal(result_fail(&res, RESULT_DATA, "%s", big), -1);
	assert_int_equal(strlen(res.text), RESULT_TEXT_MAX - 1);
	assert_string_equal(res.text + RESULT_TEXT_MAX - 4, "...");
}

static void
test_context(void **state)
{
	struct result res;

	(void)state;
	assert_int_equal(result_fail(&res, RESULT_DATA, "why"), -1);
	assert_int_equal(result_context(&res, "in %s", "this"), -1);
	assert_string_equal(res.text, "in this: why");
	assert_int_equal(res.kind, RESULT_DATA);
	assert_string_equal(res.status, "5.6.0");
}

static void
test_ok(void **state)
{
	struct result res;

	(void)state;
	assert_int_equal(result_fail(&res, RESULT_DATA, "why"), -1);
	result_ok(&res);
	assert_int_equal(res.kind, RESULT_OK);
	assert_int_equal(result_exit_status(res.kind), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_text_is_escaped_and_bounded),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_ok),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
