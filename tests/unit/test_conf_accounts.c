#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/conf.h"
#include "dumps.h"

#define FIRST "[smarthost]\nhost = a.example\nuser = a@163.com\npassword = x\n"
#define WORK \
	"[smarthost work]\nhost = b.example\nuser = b@work.example\n" \
	"password = y\nsenders = *@work.example\n"

static int
parse(struct conf *conf, const char *text, struct result *res)
{
	return conf_parse(conf, "t.ini", text, strlen(text), res);
}

/* Whatever the order of the sections. */
static const char *const two[] = {
	FIRST WORK "[sender]\nname = All\naddress = me@163.com\n"
		   "[sender work]\nname = Work\n[log]\nsyslog = off\n",
	"[log]\nsyslog = off\n[sender work]\nname = Work\n[sender]\n"
	"name = All\naddress = me@163.com\n" WORK FIRST,
	"[log]\nsyslog = off\n" WORK "[sender]\naddress = me@163.com\n" FIRST
	"[ sender  work ]\nname = Work\n[sender]\nname = All\n",
};

static void
test_two(void **state)
{
	struct result res;
	struct conf c;

	(void)state;
	for (size_t i = 0; i < sizeof two / sizeof *two; i++) {
		if (parse(&c, two[i], &res) == -1)
			fail_msg("%zu: %s", i, res.text);
		assert_string_equal(c.account, "");
		assert_string_equal(c.smarthost.host, "a.example");
		assert_string_equal(c.smarthost.senders, "");
		assert_string_equal(c.sender.name, "All");
		assert_string_equal(c.sender.address, "me@163.com");
		assert_string_equal(c.log.syslog, "off");
		assert_non_null(c.next);
		assert_null(c.next->next);
		assert_string_equal(c.next->account, "work");
		assert_string_equal(c.next->smarthost.host, "b.example");
		assert_string_equal(c.next->smarthost.user, "b@work.example");
		assert_string_equal(
		    c.next->smarthost.senders, "*@work.example");
		assert_string_equal(c.next->sender.name, "Work");
		assert_string_equal(c.next->sender.address, "");
		assert_string_equal(c.next->log.syslog, "off");
		conf_clear(&c);
	}
}

/* Where none is without a name, the first in the file is the first. */
static void
test_names_only(void **state)
{
	struct result res;
	struct conf c;

	(void)state;
	assert_int_equal(
	    parse(&c, WORK "[smarthost b]\nhost = c.example\nfallback = yes\n",
		&res),
	    0);
	assert_string_equal(c.account, "work");
	assert_int_equal(c.smarthost.fallback, 0);
	assert_string_equal(c.next->account, "b");
	assert_int_equal(c.next->smarthost.fallback, 1);
	assert_string_equal(c.next->smarthost.user, "");
	assert_null(c.next->next);
	conf_clear(&c);
}

static const struct {
	const char *in, *want;
} refused[] = {
	{ FIRST "[smarthost work]\nuser = b\n",
	    "t.ini: [smarthost work] host: must be set" },
	{ FIRST WORK "[smarthost work]\nport = 0\n",
	    "t.ini:11: [smarthost work] port: must be a number" },
	{ FIRST WORK "[smarthost work]\nhost = c\n",
	    "t.ini:11: host in [smarthost work] was set on line 6 already" },
	{ FIRST WORK "[sender]\nname = a\n[sender]\nname = b\n",
	    "t.ini:13: name in [sender] was set on line 11 already" },
	{ FIRST "[sender work]\nname = a\n",
	    "t.ini: [smarthost work] host: must be set" },
	{ FIRST WORK "[sender work]\ndomain = x.example\n",
	    "t.ini:11: unknown key domain in [sender work]" },
	{ FIRST WORK "[smarthost work]\nuzer = x\n",
	    "t.ini:11: unknown key uzer in [smarthost work]; was user in "
	    "[smarthost] meant?" },
	{ FIRST "[queue work]\ndirectory = /x\n",
	    "t.ini:5: unknown section [queue work]" },
	{ FIRST "[smarthost a b]\n", "t.ini:5: unknown section" },
	{ FIRST "[smarthost a/b]\n", "t.ini:5: unknown section" },
	{ FIRST "[smarthost a.b]\n", "t.ini:5: unknown section" },
	{ FIRST "[smarthost abcdefghijklmnopqrstuvwxyz0123456]\n",
	    "t.ini:5: unknown section" },
};

static void
test_refused(void **state)
{
	struct result res;
	struct conf c;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		if (parse(&c, refused[i].in, &res) != -1)
			fail_msg("%s: taken", refused[i].in);
		assert_int_equal(res.kind, RESULT_CONFIG);
		if (strstr(res.text, refused[i].want) == NULL)
			fail_msg("%s: %s", refused[i].want, res.text);
		conf_clear(&c);
	}
}

static void
test_many(void **state)
{
	struct result res;
	struct buf text;
	struct conf c;

	(void)state;
	for (int n = CONF_ACCOUNTS_MAX; n <= CONF_ACCOUNTS_MAX + 1; n++) {
		buf_init(&text, 65536);
		buf_puts(&text, FIRST);
		for (int i = 1; i < n; i++)
			buf_printf(
			    &text, "[smarthost a%d]\nhost = h%d\n", i, i);
		assert_int_equal(parse(&c, text.data, &res),
		    n == CONF_ACCOUNTS_MAX ? 0 : -1);
		if (n > CONF_ACCOUNTS_MAX)
			assert_non_null(strstr(res.text, "more than 16"));
		conf_clear(&c);
		buf_free(&text);
	}
}

/* What is written reads back to the same. */
static void
test_dump(void **state)
{
	static const char *const files[] = { FIRST WORK
		"[sender]\nname = All\n",
		WORK "[smarthost b]\nhost = c\n[sender b]\naddress = x@y.z\n"
		     "[sender]\ndomain = d.example\nname = All\n" };
	struct buf once, again;
	struct result res;
	struct conf c;
	char *at;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		buf_init(&once, 65536);
		buf_init(&again, 65536);
		assert_int_equal(parse(&c, files[i], &res), 0);
		dump_values(&c, &once);
		conf_clear(&c);
		assert_non_null(
		    strstr(once.data, "[smarthost work]\nprovider"));
		assert_null(strstr(once.data, "password = y"));
		/* the masks would be passwords as good as any */
		while ((at = strstr(once.data, "********")) != NULL)
			memcpy(at, "secret!!", 8);
		if (parse(&c, once.data, &res) == -1)
			fail_msg("%s", res.text);
		dump_values(&c, &again);
		conf_clear(&c);
		while ((at = strstr(again.data, "********")) != NULL)
			memcpy(at, "secret!!", 8);
		assert_string_equal(once.data, again.data);
		buf_free(&once);
		buf_free(&again);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_names_only),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
