#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "delivery/sender_map.h"

#define OUML "\xc3\xb6"

struct fixture {
	struct identity id;
	struct sender_map map;
};

static void
put(struct buf *b, const char *s)
{
	buf_init(b, 2048);
	buf_puts(b, s);
}

static void
fixture_make(struct fixture *f, const char *text)
{
	struct result res;

	memset(f, 0, sizeof *f);
	put(&f->id.login, "alice");
	put(&f->id.name, "");
	put(&f->id.host, "web1.internal");
	put(&f->id.mailname, "");
	put(&f->id.domain, "d.example");
	put(&f->id.account, "me@163.com");
	put(&f->id.local, "");
	put(&f->id.ehlo, "");
	if (sender_map_parse(&f->map, "map", text, strlen(text), &res) == -1)
		fail_msg("%s", res.text);
}

static void
fixture_clear(struct fixture *f)
{
	sender_map_clear(&f->map);
	identity_clear(&f->id);
}

static const char rules[] =
    "# who we are\n"
    "root: ops@x.example\n"
    "cron-*:\n"
    "\tCron of web1 <cron@x.example> # and more\n"
    "\"www data\": web@x.example\n"
    "*@*.internal: \"Inner, Inc.\" <noreply@x.example>\n"
    "a@d.example: one@x.example\n"
    "*b*c@y.example: two@x.example\n"
    "a*: three@x.example\n"
    "ab*: never@x.example\n"
    "**@z.example: four@x.example\n"
    "j" OUML "rg: J" OUML "rg <five@x.example>\n";

static void
test_find(void **state)
{
	static const struct {
		const char *spec, *address, *name;
	} cases[] = {
		{ "root", "ops@x.example", "" },
		{ "ROOT", "ops@x.example", "" },
		{ "root@localhost", "ops@x.example", "" },
		{ "root@web1", "ops@x.example", "" },
		{ "root@web1.internal", "ops@x.example", "" },
		/* others have addresses in the domain for bare names */
		{ "root@d.example", NULL, NULL },
		{ "root@other.example", NULL, NULL },
		{ "rootx", NULL, NULL },
		{ "roo", NULL, NULL },
		{ "", NULL, NULL },
		{ "cron-", "cron@x.example", "Cron of web1" },
		{ "cron-daily@web1", "cron@x.example", "Cron of web1" },
		{ "cron", NULL, NULL },
		{ "xcron-a", NULL, NULL },
		{ "bob@db.internal", "noreply@x.example", "Inner, Inc." },
		{ "bob@DB.Internal", "noreply@x.example", "Inner, Inc." },
		{ "bob@internal", NULL, NULL },
		{ "bob@db.internal.example", NULL, NULL },
		{ "a", "one@x.example", "" },
		{ "a@d.example", "one@x.example", "" },
		{ "a@localhost", "three@x.example", "" },
		{ "abc", "three@x.example", "" },
		{ "bc@y.example", "two@x.example", "" },
		{ "xbbxcc@y.example", "two@x.example", "" },
		{ "xbcx@y.example", NULL, NULL },
		{ "@z.example", "four@x.example", "" },
		{ "j" OUML "rg", "five@x.example", "J" OUML "rg" },
		{ "\"root\"@[1.2.3.4]", NULL, NULL },
	};
	struct fixture f;

	(void)state;
	fixture_make(&f, rules);
	assert_int_equal(f.map.left_out, 0);
	assert_int_equal(f.map.count, 10);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct sender_rule *rule = sender_map_find(
		    &f.map, &f.id, cases[i].spec);

		if ((rule != NULL) != (cases[i].address != NULL))
			fail_msg("%s: %s", cases[i].spec,
			    rule != NULL ? rule->address : "nothing");
		if (rule == NULL)
			continue;
		assert_string_equal(rule->address, cases[i].address);
		assert_string_equal(rule->name, cases[i].name);
	}
	assert_true(sender_map_gives(&f.map, "ops@X.example"));
	assert_false(sender_map_gives(&f.map, "root"));
	fixture_clear(&f);
}

/* Lines that are left out, and what is said of them. */
static void
test_bad_rules(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "root\n", "map:1: expected `name: target`" },
		{ "\nroot:\n", "map:2: " },
		{ "root: \"a\n", "map:1: a quote is not closed" },
		{ "root: ops\n", "map:1: root: what it becomes must be" },
		{ "root: a@@b\n", "map:1: root: what it becomes must be" },
		{ "root: <>\n", "map:1: root: what it becomes must be" },
		{ "root: @x.example\n", "map:1: root: what it" },
		{ "root: |cat\n", "map:1: root: what it becomes must be" },
		{ "root: /dev/null\n", "map:1: root: what it becomes" },
		{ "root: :include:/a\n", "map:1: root: what it becomes" },
		{ "root: a@x.example b@x.example\n", "map:1: root: what it" },
		{ "root: g: a@x.example;\n", "map:1: root: what it" },
		{ "root: a@\xcc\x88.example\n", "map:1: root: what it" },
		{ "a: a@x.example\nroot: a@x.example, b@x.example\n",
		    "map:2: root: one address is wanted" },
		{ "root: Ops, Inc <a@x.example>\n",
		    "map:1: root: one address is wanted" },
		{ "a: a@x.example\nA: b@x.example\n",
		    "map:2: the alias was given" },
		{ "*@\xcc\x88.example: a@x.example\n",
		    "map:1: *@\xcc\x88.example: the pattern's domain" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;

		fixture_make(&f, cases[i].text);
		if (f.map.left_out != 1 ||
		    strstr(f.map.complaint.text, cases[i].want) !=
			f.map.complaint.text)
			fail_msg("%s: %s", cases[i].text, f.map.complaint.text);
		assert_int_equal(f.map.complaint.kind, RESULT_CONFIG);
		assert_null(sender_map_find(&f.map, &f.id, "root"));
		fixture_clear(&f);
	}
}

/* One bad rule does not touch the others; the first is told of. */
static void
test_others_stay(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, "b: b@@b\na: c@@c\nroot: ops@x.example\nrubbish\n");
	assert_int_equal(f.map.left_out, 3);
	assert_int_equal(f.map.count, 1);
	assert_non_null(sender_map_find(&f.map, &f.id, "root"));
	fixture_clear(&f);
}

static void
test_long(void **state)
{
	char text[3 * 1024];
	struct fixture f;

	(void)state;
	memset(text, 'a', sizeof text);
	snprintf(text + 2000, sizeof text - 2000, ": a@x.example\n");
	fixture_make(&f, text);
	assert_int_equal(f.map.count, 0);
	assert_int_equal(f.map.left_out, 1);
	fixture_clear(&f);
}

/* Stars that come back again and again take no more than quadratic time. */
static void
test_many_stars(void **state)
{
	char text[1100] = "";
	char spec[900];
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < 500; i++)
		memcpy(text + 2 * i, "*a", 3);
	memcpy(text + 1000, "b: a@x.example\n", 16);
	memset(spec, 'a', sizeof spec);
	spec[sizeof spec - 1] = '\0';
	fixture_make(&f, text);
	assert_int_equal(f.map.count, 1);
	assert_null(sender_map_find(&f.map, &f.id, spec));
	spec[sizeof spec - 2] = 'b';
	assert_non_null(sender_map_find(&f.map, &f.id, spec));
	fixture_clear(&f);
}

static void
test_domains_beyond_ascii(void **state)
{
	struct fixture f;
	const struct sender_rule *rule;

	(void)state;
#ifndef HAVE_LIBIDN2
	skip();
#endif
	fixture_make(&f, "*@" OUML ".example: a@b" OUML ".example\n");
	rule = sender_map_find(&f.map, &f.id, "x@xn--nda.example");
	assert_non_null(rule);
	assert_string_equal(rule->address, "a@xn--b-1ga.example");
	fixture_clear(&f);
}

static void
test_load(void **state)
{
	char path[] = "/tmp/outpost-map-XXXXXX", text[200];
	struct sender_map map;
	struct result res;
	struct conf conf;
	int fd = mkstemp(path), n;

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, "a: a@x.example\n", 15), 15);
	close(fd);
	n = snprintf(text, sizeof text,
	    "[smarthost]\nhost = h\n[sender]\nmap = %s\n", path);
	assert_int_equal(
	    conf_parse(&conf, "test.ini", text, (size_t)n, &res), 0);
	assert_int_equal(sender_map_load(&map, &conf, &res), 0);
	assert_int_equal(map.count, 1);
	sender_map_clear(&map);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sender_map_load(&map, &conf, &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	assert_string_equal(
	    res.text, "test.ini:4: [sender] map: there is no such file");
	sender_map_clear(&map);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(sender_map_load(&map, &conf, &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	sender_map_clear(&map);
	assert_int_equal(rmdir(path), 0);
	conf_clear(&conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_others_stay),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_many_stars),
		cmocka_unit_test(test_domains_beyond_ascii),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
