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

#include "delivery/judge.h"

static const char rules[] = "[one]\n"
			    "stage = MAIL\n"
			    "match = 550 enough\n"
			    "class = wait\n"
			    "wait = 5m\n"
			    "[two]\n"
			    "match = 550 no code\n"
			    "en = Get a code.\n";
static const char other[] = "[three]\nmatch = 550 enough\nclass = fail\n";

static char path[] = "/tmp/outpost-judge-XXXXXX";

static void
write_rules(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd == -1 || close(fd) == -1 ||
	    setenv("OUTPOST_PROVIDERS", path, 1) == -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static enum result_kind
ask(struct judge *j, const char *stage, const char *reply)
{
	const struct smtp_judge judge = judge_by(j);

	return judge.judge(judge.arg, stage, reply);
}

static void
test_kinds(void **state)
{
	struct judge j = { .read = false };

	(void)state;
	write_rules(rules);
	assert_int_equal(ask(&j, "MAIL", "550 enough"), RESULT_RATE);
	assert_int_equal(ask(&j, "MAIL", "550 no code"), RESULT_OK);
	assert_int_equal(ask(&j, "MAIL", "550 what"), RESULT_OK);
	assert_int_equal(ask(&j, "RCPT", "550 enough"), RESULT_OK);
	judge_clear(&j);
	assert_null(judge_by(NULL).judge);
}

/* Not before they are needed, and once. */
static void
test_read(void **state)
{
	struct judge j = { .read = false };

	(void)state;
	write_rules(rules);
	assert_false(j.read);
	assert_int_equal(ask(&j, "MAIL", "550 enough"), RESULT_RATE);
	write_rules(other);
	assert_int_equal(ask(&j, "MAIL", "550 enough"), RESULT_RATE);
	judge_clear(&j);
	assert_int_equal(ask(&j, "MAIL", "550 enough"), RESULT_REFUSED);
	judge_clear(&j);
}

/* Missing, or broken: nothing is known. */
static void
test_no_rules(void **state)
{
	struct judge j = { .read = false };

	(void)state;
	write_rules("[x\n");
	assert_int_equal(ask(&j, "MAIL", "550 enough"), RESULT_OK);
	write_rules(rules);
	assert_int_equal(ask(&j, "MAIL", "550 enough"), RESULT_OK);
	judge_clear(&j);
}

/* A result that was made of a reply, and may have been kept since. */
static void
test_results(void **state)
{
	static const struct {
		enum result_kind kind;
		int reply;
		const char *text;
		const char *rule; /* its section, or NULL */
		long wait;
	} cases[] = {
		{ RESULT_RATE, 550, "h refused MAIL FROM:<a@b>: 550 enough",
		    "one", 300 },
		{ RESULT_RATE, 550,
		    "me: paused until 2026-01-01 10:00:00 after: h refused "
		    "MAIL FROM:<a@b>: 550 5.7.1 enough",
		    "one", 300 },
		/* it was given up since */
		{ RESULT_EXPIRED, 550, "h: 550 enough", "one", 0 },
		/* what it was judged by is not there any more */
		{ RESULT_RATE, 550, "h: 550 what", NULL, 900 },
		{ RESULT_SPAM, 550, "h: 550 what", NULL, 600 },
		{ RESULT_AUTH, 550, "h: 550 no code", "two", 0 },
		/* not the smarthost's words, or not where they are */
		{ RESULT_LOST, 0, "h: 550 enough", NULL, 0 },
		{ RESULT_RATE, 550, "550 enough", NULL, 900 },
		{ RESULT_DEFERRED, 450, "h: 450 550 enough", NULL, 0 },
		{ RESULT_DEFERRED, 550, "", NULL, 0 },
	};
	struct judge j = { .read = false };
	const struct provider_rule *rule;
	struct result res;

	(void)state;
	write_rules(rules);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)result_fail(&res, cases[i].kind, "%s", cases[i].text);
		res.reply = cases[i].reply;
		strlcpy(res.stage, "MAIL", sizeof res.stage);
		rule = judge_rule(&j, &res);
		if (cases[i].rule == NULL)
			assert_null(rule);
		else
			assert_string_equal(rule->section, cases[i].rule);
		assert_int_equal(judge_wait(&j, &res), cases[i].wait);
		assert_null(judge_rule(NULL, &res));
	}
	judge_clear(&j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_no_rules),
		cmocka_unit_test(test_results),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
