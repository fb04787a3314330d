#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "delivery/advice.h"

static const char rules[] = "[one]\n"
			    "stage = AUTH\n"
			    "match = 535 no code\n"
			    "en = Get a code.\n"
			    "zh = \350\257\267\n"
			    "[two]\n"
			    "match = 550 code\n"
			    "en = code.\n"
			    "zh = \347\240\201\n";

static int
set_up(void **state)
{
	static char path[] = "/tmp/outpost-advice-XXXXXX";
	int fd = mkstemp(path);

	*state = path;
	if (fd == -1 ||
	    write(fd, rules, sizeof rules - 1) != (ssize_t)sizeof rules - 1)
		return -1;
	return close(fd) == -1 ? -1 : setenv("OUTPOST_PROVIDERS", path, 1);
}

static int
tear_down(void **state)
{
	return unlink(*state);
}

static void
add(struct buf *all, enum result_kind kind, int reply, const char *text,
    enum language language)
{
	struct judge judge = { .read = false };
	struct result res;

	(void)result_fail(&res, kind, "%s", text);
	res.reply = reply;
	strlcpy(res.stage, "AUTH", sizeof res.stage);
	advice_add(all, &judge, &res, language);
	judge_clear(&judge);
}

static void
test_add(void **state)
{
	static const struct {
		enum result_kind kind;
		int reply;
		const char *text;
		enum language language;
		const char *want;
	} cases[] = {
		{ RESULT_AUTH, 535, "h: 535 no code", LANGUAGE_ENGLISH,
		    "Get a code.\n" },
		{ RESULT_AUTH, 535, "h: 535 no code", LANGUAGE_CHINESE,
		    "\350\257\267\n" },
		/* not the smarthost's words */
		{ RESULT_BUG, 0, "h: 535 no code", LANGUAGE_ENGLISH,
		    "Please report this.\n" },
		/* nobody knows them */
		{ RESULT_BUG, 535, "h: 535 what", LANGUAGE_ENGLISH,
		    "Please report this.\n" },
		{ RESULT_REFUSED, 535, "h: 535 what", LANGUAGE_ENGLISH, "" },
	};
	struct buf all;

	(void)state;
	buf_init(&all, 1000);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&all);
		add(&all, cases[i].kind, cases[i].reply, cases[i].text,
		    cases[i].language);
		assert_string_equal(all.data, cases[i].want);
	}
	buf_free(&all);
}

/* Each is said once, also where one is the end of another. */
static void
test_once(void **state)
{
	struct buf all;

	(void)state;
	buf_init(&all, 1000);
	for (size_t i = 0; i < 2; i++) {
		add(&all, RESULT_AUTH, 535, "h: 535 no code", LANGUAGE_ENGLISH);
		add(&all, RESULT_REFUSED, 550, "h: 550 code", LANGUAGE_ENGLISH);
		add(&all, RESULT_BUG, 0, "", LANGUAGE_ENGLISH);
		add(&all, RESULT_LOST, 0, "", LANGUAGE_ENGLISH);
	}
	assert_string_equal(
	    all.data, "Get a code.\ncode.\nPlease report this.\n");
	buf_free(&all);
}

/* Without the file there is what is known of the kind. */
static void
test_no_file(void **state)
{
	struct buf all;

	(void)state;
	buf_init(&all, 1000);
	assert_int_equal(setenv("OUTPOST_PROVIDERS", "/nonexistent", 1), 0);
	add(&all, RESULT_BUG, 535, "535 no code", LANGUAGE_ENGLISH);
	assert_string_equal(all.data, "Please report this.\n");
	buf_free(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
