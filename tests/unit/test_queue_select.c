#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/queue_select.h"

static void
test_select(void **state)
{
	static const struct {
		struct options_select selects[2];
		size_t count;
		bool want;
	} rows[] = {
		{ { { 0 } }, 0, true },
		{ { { 'I', false, "gjq" } }, 1, true },
		{ { { 'I', false, "GJQ" } }, 1, true },
		{ { { 'I', false, "zzz" } }, 1, false },
		{ { { 'I', true, "zzz" } }, 1, true },
		{ { { 'I', true, "svk" } }, 1, false },
		{ { { 'R', false, "ONE@" } }, 1, true },
		{ { { 'R', false, "two@x.example" } }, 1, true },
		{ { { 'R', false, "two@x.example." } }, 1, false },
		{ { { 'R', false, "root" } }, 1, true }, /* as it was asked */
		{ { { 'R', true, "root" } }, 1, false },
		{ { { 'R', false, "from@" } }, 1, false },
		{ { { 'S', false, "from@" } }, 1, true },
		{ { { 'S', false, "back@" } }, 1, true },
		{ { { 'S', false, "one@" } }, 1, false },
		{ { { 'S', true, "back@" } }, 1, false },
		{ { { 'I', false, "gjq" }, { 'R', false, "one" } }, 2, true },
		{ { { 'I', false, "gjq" }, { 'R', true, "one" } }, 2, false },
		{ { { 'I', false, "zzz" }, { 'R', false, "one" } }, 2, false },
	};
	static const char id[] = "01lgjqkq0av6dciov5svk";
	struct result res;
	struct entry e;

	(void)state;
	entry_init(&e);
	memcpy(e.id, id, sizeof id);
	e.return_to = strdup("back@x.example");
	assert_int_equal(
	    envelope_set_sender(&e.env, "from@x.example", &res), 0);
	assert_int_equal(
	    envelope_add(&e.env, "one@x.example", "root", &res), 0);
	assert_int_equal(envelope_add(&e.env, "two@x.example", NULL, &res), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct options o = { .nselects = rows[i].count };

		memcpy(o.selects, rows[i].selects, sizeof rows[i].selects);
		if (queue_select(&e, &o) != rows[i].want)
			fail_msg("row %zu", i);
	}
	entry_clear(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
