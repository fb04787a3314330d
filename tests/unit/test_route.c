#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/pattern.h"
#include "delivery/route.h"

static const struct {
	const char *pattern, *text;
	bool fits;
} patterns[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", true },
	{ "***", "abc", true },
	{ "a", "A", true },
	{ "a", "ab", false },
	{ "ab", "a", false },
	{ "*@x.example", "me@X.Example", true },
	{ "*@x.example", "@x.example", true },
	{ "*@x.example", "me@x.example.org", false },
	{ "a*b*c", "aXbYbZc", true },
	{ "a*b*c", "aXbYbZ", false },
	{ "*ab", "aab", true },
	{ "*aab", "aaaab", true },
	{ "a*", "a", true },
	{ "?", "a", false },
	{ "[a]", "a", false },
	{ "\\*", "*", false },
};

static void
test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		if (pattern_fits(patterns[i].pattern,
			strlen(patterns[i].pattern), patterns[i].text,
			strlen(patterns[i].text)) != patterns[i].fits)
			fail_msg(
			    "%s of %s", patterns[i].pattern, patterns[i].text);
}

/* A star must not cost more than the product of both lengths. */
static void
test_long_pattern(void **state)
{
	char pattern[4001], text[200001];

	(void)state;
	for (size_t i = 0; i < sizeof pattern - 1; i++)
		pattern[i] = i % 2 == 0 ? '*' : 'a';
	memset(text, 'a', sizeof text);
	assert_false(pattern_fits("*a*a*a*a*a*a*a*a*b", 18, text, sizeof text));
	assert_true(
	    pattern_fits(pattern, sizeof pattern - 1, text, sizeof text));
}

static const char accounts[] =
    "[smarthost]\nhost = a\nuser = me@163.com\nauth = off\n"
    "[smarthost shop]\nhost = b\nuser = shop@s.example\nauth = off\n"
    "senders = *@s.example  web@x.example\n"
    "[smarthost same]\nhost = c\nuser = me@163.com\nauth = off\n"
    "senders = *@x.example me@163.com\nfallback = yes\n"
    "[smarthost token]\nhost = d\nuser = apikey\nauth = off\n"
    "[sender token]\naddress = Token <t@t.example>\n";

static const struct {
	const char *spec;
	size_t at;
} routed[] = {
	{ "", 0 },
	{ "root@web1", 0 },
	{ "me@163.com", 0 },
	{ "ME@163.com", 0 },
	{ "shop@s.example", 1 },
	{ "other@S.example", 1 },
	{ "web@x.example", 1 },
	{ "mail@x.example", 2 },
	{ "x.example", 0 },
	{ "t@t.example", 3 },
	{ "apikey", 0 },
};

struct fixture {
	struct conf conf;
	struct identity id[CONF_ACCOUNTS_MAX];
	struct routes routes;
};

static void
begin(struct fixture *f, const char *text)
{
	struct result res;

	memset(f, 0, sizeof *f);
	if (conf_parse(&f->conf, "t", text, strlen(text), &res) == -1)
		fail_msg("%s", res.text);
	for (const struct conf *c = &f->conf; c != NULL; c = c->next) {
		struct identity *id = &f->id[f->routes.count];

		assert_int_equal(identity_load(id, c, 0, &res), 0);
		f->routes.at[f->routes.count++] = (struct route){ c, id };
	}
}

static void
end(struct fixture *f)
{
	for (size_t i = 0; i < f->routes.count; i++)
		identity_clear(&f->id[i]);
	conf_clear(&f->conf);
}

static void
test_find(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, accounts);
	for (size_t i = 0; i < sizeof routed / sizeof *routed; i++)
		if (route_find(&f.routes, routed[i].spec) != routed[i].at)
			fail_msg("%s", routed[i].spec);
	end(&f);
}

/* A sender that cannot be is nobody's: what is wrong is told elsewhere. */
static void
test_choose(void **state)
{
	static const struct {
		const char *given;
		size_t at;
	} cases[] = { { NULL, 0 }, { "<>", 0 }, { "a b c", 0 },
		{ "x\n@s.example", 0 }, { "web@x.example", 1 },
		{ "Web <web@x.example>", 1 } };
	const struct aliases aliases = { 0 };
	const struct sender_map senders = { 0 };
	struct fixture f;
	struct rewrite rw;

	(void)state;
	begin(&f, accounts);
	rw = (struct rewrite){ &f.conf, &f.id[0], &aliases, &senders };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
		    route_choose(&f.routes, &rw, cases[i].given), cases[i].at);
	end(&f);
}

static void
test_fallback(void **state)
{
	static const char two[] = "[smarthost]\nhost = a\nfallback = yes\n"
				  "[smarthost b]\nhost = b\n"
				  "[smarthost c]\nhost = c\nfallback = yes\n";
	static const size_t wanted[] = { 2, 2, 0 };
	struct fixture f;

	(void)state;
	begin(&f, accounts);
	assert_int_equal(route_fallback(&f.routes, 0), 2);
	assert_int_equal(route_fallback(&f.routes, 3), 2);
	assert_int_equal(route_fallback(&f.routes, 2), 2);
	end(&f);
	begin(&f, two);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(route_fallback(&f.routes, i), wanted[i]);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_long_pattern),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_fallback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
