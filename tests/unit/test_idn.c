#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/idn.h"

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define OUML "\xc3\xb6"
#define DOMAIN_200 A60 "." A60 "." A60 ".aaaaaaaaaaaaaaaaa"

static void
test_ascii_passes(void **state)
{
	static const char *const cases[] = {
		"",
		"a",
		"a@b.example",
		"a@B.Example",
		"a@b_c.example",
		"a@[IPv6:::1]",
		"a@xn--nothing-at-all-",
		"j" OUML "rg",
		"j" OUML "rg@b.example",
		"\"@" OUML "\"@b.example",
	};
	char out[ADDRESS_MAX];
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
		    idn_to_ascii(cases[i], out, sizeof out, &res), 0);
		assert_string_equal(out, cases[i]);
	}
}

/* Domains, and the A-labels they are in; NULL: none. */
static const struct {
	const char *what, *in, *out;
} domains[] = {
	{ "a letter", "a@b" OUML ".example", "a@xn--b-1ga.example" },
	{ "no domain of its own", "@" OUML ".example", "@xn--nda.example" },
	{ "case", "A@B\xc3\x96.Example", "A@xn--b-1ga.example" },
	{ "composed", "a@bo\xcc\x88.example", "a@xn--b-1ga.example" },
	{ "sharp s", "a@fa\xc3\x9f.example", "a@xn--fa-hia.example" },
	{ "Chinese", "a@\xe4\xbe\x8b\xe5\xad\x90.\xe4\xb8\xad\xe5\x9b\xbd",
	    "a@xn--fsqu00a.xn--fiqs8s" },
	{ "wide full stop",
	    "a@\xe4\xbe\x8b\xe5\xad\x90\xe3\x80\x82"
	    "cn",
	    "a@xn--fsqu00a.cn" },
	{ "full stop at the end", "a@" OUML ".example\xe3\x80\x82",
	    "a@xn--nda.example" },
	{ "wide letters", "a@\xef\xbd\x81.example", "a@a.example" },
	{ "quoted local part", "\"a@b\"@" OUML ".example",
	    "\"a@b\"@xn--nda.example" },
	{ "local part beyond ASCII", OUML "@" OUML ".example",
	    OUML "@xn--nda.example" },
	{ "wide at", "a@b\xef\xbc\xa0" OUML ".example", NULL },
	{ "wide angle", "a@b\xef\xbc\x9e.example", NULL },
	{ "wide blank", "a@b\xe3\x80\x80.example", NULL },
	{ "blank", "a@b\xc2\xa0" OUML ".example", NULL },
	{ "line separator", "a@b\xe2\x80\xa8.example", NULL },
	{ "control", "a@b\xc2\x85.example", NULL },
	{ "no ASCII host", "a@" OUML ".b_c.example", NULL },
	{ "ASCII that is no letter", "a@" OUML ".b!c.example", NULL },
	{ "slash", "a@" OUML "\xe2\x88\x95.example\xc3\xa9/", NULL },
	{ "not UTF-8", "a@b\xf6.example", NULL },
	{ "surrogate", "a@b\xed\xa0\x80.example", NULL },
	{ "nothing", "a@\xc2\xad", NULL },
	{ "no label", "a@" OUML "..example", NULL },
	{ "no first label", "a@." OUML ".example", NULL },
	{ "hyphen", "a@-" OUML ".example", NULL },
	{ "mark first", "a@\xcc\x88.example", NULL },
	{ "joiner alone", "a@a\xe2\x80\x8d" OUML ".example", NULL },
	{ "two directions", "a@\xd7\x90" OUML ".example", NULL },
	{ "bad A-label", "a@xn--\xc3\xa9.example", NULL },
	{ "long label", "a@" A60 OUML ".example", NULL },
	{ "long domain",
	    "a@" OUML "." DOMAIN_200 "." A10 A10 A10 A10 ".example", NULL },
};

static void
test_domains(void **state)
{
	char out[ADDRESS_MAX];
	struct result res;

	(void)state;
#ifndef HAVE_LIBIDN2
	skip();
#endif
	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
		int rc = idn_to_ascii(domains[i].in, out, sizeof out, &res);

		if (rc != (domains[i].out != NULL ? 0 : -1))
			fail_msg("%s: %s", domains[i].what,
			    rc == 0 ? out : res.text);
		if (rc == 0)
			assert_string_equal(out, domains[i].out);
		else
			assert_int_equal(res.kind, RESULT_UTF8_ADDRESS);
	}
}

static void
test_locale_is_no_matter(void **state)
{
	(void)state;
	(void)setlocale(LC_ALL, "C");
	test_domains(state);
}

static void
test_size(void **state)
{
	static const char spec[] = "a@b.example";
	char out[sizeof spec];
	struct result res;

	(void)state;
	assert_int_equal(idn_to_ascii(spec, out, sizeof out, &res), 0);
	assert_int_equal(idn_to_ascii(spec, out, sizeof out - 1, &res), -1);
	assert_int_equal(res.kind, RESULT_ADDRESS);
#ifdef HAVE_LIBIDN2
	assert_int_equal(
	    idn_to_ascii("a@" OUML ".a", out, sizeof out, &res), 0);
	assert_int_equal(
	    idn_to_ascii("a@" OUML ".ab", out, sizeof out, &res), -1);
	assert_int_equal(res.kind, RESULT_ADDRESS);
#endif
}

static void
test_in_place(void **state)
{
	static const struct {
		const char *in, *out;
		bool is_8bit;
	} cases[] = {
		{ "a@b.example", "a@b.example", false },
		{ "<>", "", false },
		{ "a", "a", false },
		{ OUML "@b.example", OUML "@b.example", true },
		{ OUML "@" OUML ".example", OUML "@" OUML ".example", true },
#ifdef HAVE_LIBIDN2
		{ "a@" OUML ".example", "a@xn--nda.example", false },
#endif
	};
	struct address addr;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *in = cases[i].in;

		assert_int_equal(address_one(&addr, in, strlen(in), &res), 0);
		assert_int_equal(idn_put_ascii(&addr, &res), 0);
		assert_string_equal(addr.spec, cases[i].out);
		assert_int_equal(addr.is_8bit, cases[i].is_8bit);
	}
}

/* What is no name, and without libidn2 every domain beyond ASCII. */
static void
test_refused(void **state)
{
	static const char in[] = "a@" OUML "..example";
	struct address addr = { .spec = "a@" OUML "..example",
		.local_len = 1,
		.has_domain = true,
		.is_8bit = true };
	struct result res;

	(void)state;
	assert_int_equal(idn_put_ascii(&addr, &res), -1);
	assert_int_equal(res.kind, RESULT_UTF8_ADDRESS);
	assert_non_null(strstr(res.text, OUML "..example"));
	assert_string_equal(addr.spec, in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascii_passes),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_locale_is_no_matter),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_refused),
	};

	(void)setlocale(LC_ALL, "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
