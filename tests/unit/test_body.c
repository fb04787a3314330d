#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/body.h"
#include "spools.h"

static const struct {
	const char *text, *charset;
	size_t longest;
} cases[] = {
	{ "", "us-ascii", 0 },
	{ "\r\n", "us-ascii", 0 },
	{ "a\r\nbcd\r\n\r\n", "us-ascii", 3 },
	{ "gr\xc3\xbc\xc3\x9f"
	  "e\r\n",
	    "UTF-8", 7 },
	{ "\xb1\xb8\xb7\xdd\r\n", "GB18030", 4 },
	{ "\xff\r\n", "unknown-8bit", 1 },
};

/* Fed whole, byte by byte, and in two pieces at each place. */
static void
test_cases(void **state)
{
	static const struct charset_choices choices = { { "GB18030", "" } };
	struct body_facts facts;
	struct body_scan scan;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i].text;
		size_t n = strlen(text);

		for (size_t cut = 0; cut <= n; cut++) {
			assert_int_equal(
			    body_scan_begin(&scan, &choices, &res), 0);
			body_scan_push(&scan, text, cut);
			body_scan_push(&scan, text + cut, n - cut);
			body_scan_end(&scan, &facts);
			assert_string_equal(facts.charset, cases[i].charset);
			assert_int_equal(facts.longest, cases[i].longest);
		}
		assert_int_equal(body_is_8bit(&facts),
		    strcmp(facts.charset, "us-ascii") != 0);
	}
}

/* A line of any length, in pieces of any size. */
static void
test_lengths(void **state)
{
	static const struct charset_choices none = { { "", "" } };
	static char text[3000];
	struct body_facts facts;
	struct body_scan scan;
	struct result res;

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t n = 995; n < 1002; n++) {
		for (size_t piece = 1; piece < 1100; piece += 7) {
			assert_int_equal(
			    body_scan_begin(&scan, &none, &res), 0);
			for (size_t i = 0; i < n; i += piece)
				body_scan_push(
				    &scan, text, n - i < piece ? n - i : piece);
			body_scan_push(&scan, "\r\nb\r\n", 5);
			body_scan_end(&scan, &facts);
			assert_int_equal(facts.longest, n);
		}
	}
}

static int
cut_off(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	(void)n;
	(void)res;
	*got = off < 5 ? 1 : 0;
	*p = *(char *)arg;
	return 0;
}

static int
broken(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	(void)arg;
	(void)off;
	(void)p;
	(void)n;
	*got = 0;
	return result_fail(res, RESULT_INPUT, "it broke");
}

static void
test_look(void **state)
{
	static const struct charset_choices none = { { "", "" } };
	struct source s = spools_text("Subject: \xff\r\n\r\nabc\r\n", 14);
	struct body_facts facts;
	struct result res;
	char c = 'x';

	(void)state;
	assert_int_equal(body_look(&facts, &s, s.header, &none, &res), 0);
	assert_false(body_is_8bit(&facts));
	assert_int_equal(facts.longest, 3);
	s = (struct source){ cut_off, &c, 10, 0 };
	assert_int_equal(body_look(&facts, &s, 0, &none, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	s.read = broken;
	assert_int_equal(body_look(&facts, &s, 0, &none, &res), -1);
	assert_int_equal(res.kind, RESULT_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_look),
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
