#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/check_parts.h"
#include "cli/check_print.h"

#define COUNT(table) (sizeof table / sizeof *table)

/* What a check tells, kept. */
struct told {
	size_t count;
	enum check_stage stage;
	enum check_verdict verdict;
	long ms;
	char text[1000], advice[1000];
	enum result_kind kind; /* OK: none */
};

static void
keep(void *arg, const struct check_result *r)
{
	struct told *t = arg;

	t->count++;
	t->stage = r->stage;
	t->verdict = r->verdict;
	t->ms = r->ms;
	snprintf(t->text, sizeof t->text, "%s", r->text);
	snprintf(t->advice, sizeof t->advice, "%s", r->advice);
	t->kind = r->why != NULL ? r->why->kind : RESULT_OK;
}

static struct told told;
static const struct check_rules rules = { .done = keep, .arg = &told };

static void
make(struct check *c)
{
	*c = (struct check){
		.rules = &rules, .host = "", .account = "", .now = 1000
	};
	told = (struct told){ .count = 0 };
	buf_init(&c->text, 1000);
	buf_init(&c->advice, 1000);
}

static void
release(struct check *c)
{
	buf_free(&c->text);
	buf_free(&c->advice);
}

static size_t
count_places(const char *text)
{
	size_t n = 0;

	for (; (text = strstr(text, "{}")) != NULL; text += 2)
		n++;
	return n;
}

/* Each is there in each language, and takes as many texts. */
static void
words(void **state)
{
	const char *en, *zh;

	(void)state;
	for (int i = 0; i < CHECK_WORD_COUNT; i++) {
		en = check_words((enum check_word)i, LANGUAGE_ENGLISH);
		zh = check_words((enum check_word)i, LANGUAGE_CHINESE);
		if (en == NULL || zh == NULL)
			fail_msg("word %d is missing", i);
		assert_int_equal(count_places(en), count_places(zh));
		assert_null(strchr(en, '\n'));
		assert_null(strchr(zh, '\n'));
	}
	for (int i = 0; i < CHECK_STAGE_COUNT; i++)
		assert_string_not_equal(
		    check_stage_name((enum check_stage)i), "");
}

/* The worst that is found is the verdict, the first failure the reason. */
static void
stages(void **state)
{
	struct result res;
	struct check c;

	(void)state;
	make(&c);
	check_begin(&c, CHECK_STAGE_DNS);
	check_note(&c, CHECK_SAYS_FOUND, "a\x1b[1m", "b", NULL);
	check_end_at(&c, 1025);
	assert_string_equal(told.text, "a\\x1b[1m: b");
	assert_int_equal(told.stage, CHECK_STAGE_DNS);
	assert_int_equal(told.verdict, CHECK_OK);
	assert_int_equal(told.ms, 25);
	assert_int_equal(c.status, EX_OK);

	check_begin(&c, CHECK_STAGE_TCP);
	check_warn(&c, CHECK_SAYS_BLANKS, NULL);
	(void)result_fail(&res, RESULT_CONNECT, "one");
	check_fail(&c, &res);
	(void)result_fail(&res, RESULT_BUG, "two");
	check_fail_bare(&c, &res);
	check_warn(&c, CHECK_SAYS_BLANKS, NULL);
	check_wrong(&c, CHECK_SAYS_NO_FOLDER, "three", NULL);
	check_end_at(&c, 1125);
	assert_int_equal(told.verdict, CHECK_FAILED);
	assert_int_equal(told.kind, RESULT_CONNECT);
	assert_int_equal(told.ms, 100);
	assert_string_equal(
	    told.advice, result_advice(RESULT_CONNECT, LANGUAGE_ENGLISH));
	assert_non_null(strstr(told.text, "\none\ntwo\nthe password"));
	assert_int_equal(c.status, EX_TEMPFAIL);

	/* an advice for each; a kind that has none leaves no empty line */
	check_begin(&c, CHECK_STAGE_PERMISSIONS);
	check_wrong(&c, CHECK_SAYS_NO_FOLDER, "/x", NULL);
	check_advise(&c, CHECK_DO_MODE, "0700", "/x", NULL);
	(void)result_fail(&res, RESULT_LOST, "lost");
	check_fail(&c, &res);
	check_end_at(&c, 1125);
	assert_string_equal(told.text, "/x is missing\nlost");
	assert_string_equal(told.advice, "Run: chmod 0700 /x");
	assert_int_equal(told.kind, RESULT_CONFIG);
	assert_int_equal(c.status, EX_TEMPFAIL);
	assert_int_equal(told.count, 3);
	release(&c);
}

static void
links(void **state)
{
	char dir[] = "/tmp/outpost-test-check-XXXXXX", path[64], other[64];
	struct check c;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/sendmail", dir);
	snprintf(other, sizeof other, "%s/other", dir);

	make(&c);
	check_begin(&c, CHECK_STAGE_LINKS);
	check_link(&c, path, CHECK_USEFUL, "/proc/self/exe");
	assert_int_equal(c.verdict, CHECK_OK);
	assert_string_equal(c.advice.data, "");
	check_link(&c, path, CHECK_NEEDED, "/proc/self/exe");
	assert_int_equal(c.verdict, CHECK_WARNING);
	assert_non_null(strstr(c.advice.data, "ln -s /"));

	check_begin(&c, CHECK_STAGE_LINKS);
	assert_int_equal(symlink("/proc/self/exe", path), 0);
	check_link(&c, path, CHECK_NEEDED, "/proc/self/exe");
	assert_int_equal(c.verdict, CHECK_OK);
	assert_non_null(strstr(c.text.data, "is this program"));

	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/bin/sh", other), 0);
	assert_int_equal(symlink(other, path), 0);
	check_link(&c, path, CHECK_USEFUL, "/proc/self/exe");
	assert_int_equal(c.verdict, CHECK_WARNING);
	assert_non_null(strstr(c.text.data, "another program"));
	assert_non_null(strstr(c.advice.data, "ln -sf /"));
	assert_int_equal(unlink(path) + unlink(other) + rmdir(dir), 0);
	release(&c);
}

static const struct result auth = { RESULT_AUTH, 535, "5.7.8", "AUTH",
	"no \"way\"" };

static const struct check_result results[] = {
	{ CHECK_STAGE_DNS, "mx", "", CHECK_OK, 7, "mx: 192.0.2.1", "", NULL },
	{ CHECK_STAGE_AUTH, "mx", "", CHECK_FAILED, 1234, "no \"way\"\nat all",
	    "do \\ this", &auth },
	{ CHECK_STAGE_TCP, "mx", "work", CHECK_SKIPPED, 0, "x", "", NULL },
};

/* Shows the first `n` of them; what is printed is the caller's to free. */
static char *
show(enum check_layout layout, enum language language, size_t n, int status)
{
	struct check_print p;
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	check_print_begin(&p, f, layout, language);
	assert_false(p.colour);
	for (size_t i = 0; i < n; i++)
		check_print_stage(&p, &results[i]);
	check_print_end(&p, status);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
prints(void **state)
{
	static const struct {
		enum check_layout layout;
		enum language language;
		size_t n;
		int status;
		const char *text;
	} rows[] = {
		{ CHECK_LAYOUT_TEXT, LANGUAGE_ENGLISH, 1, 0,
		    "DNS             ok            7 ms\n"
		    "    mx: 192.0.2.1\n\nAll is well.\n" },
		{ CHECK_LAYOUT_TEXT, LANGUAGE_ENGLISH, 2, 75,
		    "DNS             ok            7 ms\n    mx: 192.0.2.1\n"
		    "AUTH            FAILED     1234 ms\n    no \"way\"\n"
		    "    at all\n  > do \\ this\n\nSee what failed.\n" },
		{ CHECK_LAYOUT_TEXT, LANGUAGE_ENGLISH, 3, 75,
		    "DNS             ok            7 ms\n    mx: 192.0.2.1\n"
		    "AUTH            FAILED     1234 ms\n    no \"way\"\n"
		    "    at all\n  > do \\ this\n[smarthost work]\n"
		    "TCP             skipped       0 ms\n    x\n"
		    "\nSee what failed.\n" },
		{ CHECK_LAYOUT_TEXT, LANGUAGE_CHINESE, 1, 0,
		    "DNS             \u6b63\u5e38          7 ms\n"
		    "    mx: 192.0.2.1\n\n\u4e00\u5207\u6b63\u5e38\u3002\n" },
		{ CHECK_LAYOUT_JSON, LANGUAGE_ENGLISH, 0, 0,
		    "{\"stages\":[\n],\"ok\":true,\"exit\":0}\n" },
		{ CHECK_LAYOUT_JSON, LANGUAGE_ENGLISH, 2, 75,
		    "{\"stages\":[\n"
		    "{\"stage\":\"dns\",\"host\":\"mx\",\"account\":\"\","
		    "\"verdict\":\"ok\","
		    "\"ms\":7,\"text\":[\"mx: 192.0.2.1\"],\"advice\":[],"
		    "\"kind\":null,\"status\":null,\"reply\":null},\n"
		    "{\"stage\":\"auth\",\"host\":\"mx\",\"account\":\"\","
		    "\"verdict\":\"failed\",\"ms\":1234,"
		    "\"text\":[\"no \\\"way\\\"\",\"at all\"],"
		    "\"advice\":[\"do \\\\ this\"],\"kind\":\"AUTH\","
		    "\"status\":\"5.7.8\",\"reply\":535}\n"
		    "],\"ok\":false,\"exit\":75}\n" },
	};
	char *text;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		text = show(rows[i].layout, rows[i].language, rows[i].n,
		    rows[i].status);
		assert_string_equal(text, rows[i].text);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(stages),
		cmocka_unit_test(links),
		cmocka_unit_test(prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
