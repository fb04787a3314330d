#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/rewrite.h"

static const char alias_text[] = "root: admin\n"
				 "admin: Joe <joe@x.example>, carol\n"
				 "carol: \\carol, carol@y.example\n"
				 "self: self, other@x.example\n"
				 "loop: loop2\n"
				 "loop2: loop\n"
				 "file: /var/log/mail\n"
				 "pipe: \"|/bin/true now\", ok@x.example\n"
				 "incl: :include:/etc/list\n"
				 "bad: a@@b\n"
				 "Postmaster: root\n"
				 "ops: ann@x.example bob@y.example\n"
				 "semi: a@x.example; \\carol; self\n"
				 "rubbish: a@x.example rubbish, b@x.example\n"
				 "part: a@x.example; b@@c\n"
				 "null: a@x.example; <>\n"
				 "none: nobody:;\n"
				 "j\xc3\xb6rg: \xc3\xb6@x.example, bob\n"
				 "nolabel: a@\xcc\x88.example\n";

struct fixture {
	struct conf conf;
	struct identity id;
	struct aliases aliases;
	struct sender_map senders;
	struct rewrite rw;
	struct envelope env;
};

static void
put(struct buf *b, const char *s)
{
	buf_init(b, 2048);
	buf_puts(b, s);
}

static void
fixture_make(struct fixture *f, long policy, const char *local)
{
	struct result res;

	memset(f, 0, sizeof *f);
	f->conf.sender.rewrite = policy;
	put(&f->id.login, "alice");
	put(&f->id.name, "Alice");
	put(&f->id.host, "web1");
	put(&f->id.mailname, "");
	put(&f->id.domain, "d.example");
	put(&f->id.account, "me@163.com");
	put(&f->id.local, local);
	put(&f->id.ehlo, "");
	assert_int_equal(aliases_parse(&f->aliases, "aliases", alias_text,
			     sizeof alias_text - 1, &res),
	    0);
	f->rw = (struct rewrite){ &f->conf, &f->id, &f->aliases, &f->senders };
	envelope_init(&f->env);
}

static void
fixture_clear(struct fixture *f)
{
	envelope_clear(&f->env);
	aliases_clear(&f->aliases);
	identity_clear(&f->id);
}

/* Each recipient as "address" or "!address" when it failed, by commas. */
static void
describe(const struct envelope *env, struct buf *out)
{
	for (size_t i = 0; i < env->count; i++)
		buf_printf(out, "%s%s%s", i > 0 ? "," : "",
		    env->rcpts[i].state == RCPT_FAILED ? "!" : "",
		    env->rcpts[i].address);
}

static void
test_recipients(void **state)
{
	static const struct {
		const char *local, *list, *want;
	} cases[] = {
		{ "", "a@x.example, b@y.example", "a@x.example,b@y.example" },
		{ "", "a@x.example, a@X.EXAMPLE, A@x.example",
		    "a@x.example,A@x.example" },
		{ "", "bob", "bob@d.example" },
		{ "", "bob@web1", "bob@d.example" },
		{ "me@163.com", "bob@localhost, eve", "me@163.com" },
		{ "", "root", "joe@x.example,carol@d.example,carol@y.example" },
		{ "", "POSTMASTER, Admin",
		    "joe@x.example,carol@d.example,carol@y.example" },
		{ "", "\\root", "root@d.example" },
		{ "", "self", "self@d.example,other@x.example" },
		{ "", "loop, a@x.example", "!loop,a@x.example" },
		{ "", "file", "!file" },
		{ "", "pipe", "!pipe,ok@x.example" },
		{ "", "incl, bad", "!incl,!bad" },
		{ "", "ops", "ann@x.example,bob@y.example" },
		{ "", "semi",
		    "a@x.example,carol@d.example,self@d.example,"
		    "other@x.example" },
		{ "", "rubbish", "!rubbish,b@x.example" },
		{ "", "part, c@x.example", "!part,c@x.example" },
		{ "", "null, none", "!null,!none" },
		{ "", "undisclosed-recipients:;", "" },
		{ "", "\"a b\"@x.example", "\"a b\"@x.example" },
		{ "", "\"a@b\"", "\"a@b\"@d.example" },
		{ "", "\"a@b\"@x.example", "\"a@b\"@x.example" },
		{ "me@163.com", "\"a@b\"", "me@163.com" },
		{ "", "\xc3\xb6@x.example", "\xc3\xb6@x.example" },
		{ "", "\xc3\xb6@\xc3\xb6.example",
		    "\xc3\xb6@\xc3\xb6.example" },
		{ "", "\xc3\xb6", "\xc3\xb6@d.example" },
		{ "", "j\xc3\xb6rg", "\xc3\xb6@x.example,bob@d.example" },
		{ "", "nolabel, a@x.example", "!nolabel,a@x.example" },
#ifdef HAVE_LIBIDN2
		{ "",
		    "a@\xc3\xb6.example, a@XN--NDA.example, a@\xc3\x96.example",
		    "a@xn--nda.example" },
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		struct result res;
		struct buf got;

		fixture_make(&f, CONF_REWRITE_ALWAYS, cases[i].local);
		buf_init(&got, 4096);
		if (rewrite_recipients(&f.rw, cases[i].list,
			strlen(cases[i].list), &f.env, &res) == -1)
			fail_msg("%s: %s", cases[i].list, res.text);
		describe(&f.env, &got);
		assert_string_equal(got.data, cases[i].want);
		buf_free(&got);
		fixture_clear(&f);
	}
}

static void
test_no_address(void **state)
{
	static const struct {
		const char *list;
		enum result_kind kind;
	} cases[] = {
		{ "a@@b", RESULT_ADDRESS },
		{ "<>", RESULT_ADDRESS },
		{ "a@x.example, b@", RESULT_ADDRESS },
		{ "a@x.example, j\xf6rg@x.example", RESULT_ADDRESS },
		{ "a@x.example, a@\xc3\xb6..example", RESULT_ADDRESS },
		{ "b@x.example, a@\xcc\x88.example", RESULT_UTF8_ADDRESS },
		{ "Joe User a@x.example", RESULT_ADDRESS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		struct result res;

		fixture_make(&f, CONF_REWRITE_ALWAYS, "");
		assert_int_equal(rewrite_recipients(&f.rw, cases[i].list,
				     strlen(cases[i].list), &f.env, &res),
		    -1);
		assert_int_equal(res.kind, cases[i].kind);
		fixture_clear(&f);
	}
}

/* A failed alias says which file, line and alias. */
static void
test_alias_errors_are_named(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ "loop", "aliases:6: alias loop: loop2 leads to loop" },
		{ "file", "aliases:7: alias file: delivery to a file" },
		{ "pipe", "aliases:8: alias pipe: delivery to a command" },
		{ "incl", "aliases:9: alias incl: an included list" },
		{ "bad", "aliases:10: alias bad: not an address: a@@b" },
		{ "part",
		    "aliases:15: alias part: not an address: "
		    "a@x.example; b@@c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		struct result res;

		fixture_make(&f, CONF_REWRITE_ALWAYS, "");
		assert_int_equal(rewrite_recipients(&f.rw, cases[i].name,
				     strlen(cases[i].name), &f.env, &res),
		    0);
		assert_int_equal(f.env.nresults, 1);
		assert_int_equal(f.env.results[0].kind, RESULT_ALIAS);
		if (strstr(f.env.results[0].text, cases[i].want) == NULL)
			fail_msg(
			    "%s: %s", cases[i].name, f.env.results[0].text);
		fixture_clear(&f);
	}
}

static void
test_sender(void **state)
{
	static const struct {
		long policy;
		const char *given, *sender, *asked;
	} cases[] = {
		{ CONF_REWRITE_ALWAYS, NULL, "me@163.com", "alice@d.example" },
		{ CONF_REWRITE_ALWAYS, "root@localhost", "me@163.com",
		    "root@localhost" },
		{ CONF_REWRITE_ALWAYS, "", "me@163.com", "alice@d.example" },
		{ CONF_REWRITE_LOCAL, NULL, "me@163.com", "alice@d.example" },
		{ CONF_REWRITE_LOCAL, "bob", "me@163.com", "bob@d.example" },
		{ CONF_REWRITE_LOCAL, "b@x.example", "b@x.example",
		    "b@x.example" },
		{ CONF_REWRITE_LOCAL, "<>", "", "alice@d.example" },
		{ CONF_REWRITE_NEVER, NULL, "alice@d.example",
		    "alice@d.example" },
		{ CONF_REWRITE_NEVER, "bob", "bob@d.example", "bob@d.example" },
		{ CONF_REWRITE_NEVER, "<>", "", "alice@d.example" },
		{ CONF_REWRITE_NEVER, "\"a@b\"", "\"a@b\"@d.example",
		    "\"a@b\"@d.example" },
		{ CONF_REWRITE_NEVER, "Name <s@s.example>", "s@s.example",
		    "s@s.example" },
		{ CONF_REWRITE_NEVER, "o quoted@example.com",
		    "\"o quoted\"@example.com", "\"o quoted\"@example.com" },
		{ CONF_REWRITE_NEVER, "\xc3\xb6@x.example",
		    "\xc3\xb6@x.example", "\xc3\xb6@x.example" },
#ifdef HAVE_LIBIDN2
		{ CONF_REWRITE_NEVER, "a@\xc3\xb6.example", "a@xn--nda.example",
		    "a@xn--nda.example" },
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		struct result res;
		struct buf asked;
		const struct sender_rule *rule;

		fixture_make(&f, cases[i].policy, "");
		buf_init(&asked, 2048);
		if (rewrite_sender(&f.rw, cases[i].given, &f.env, &asked, &rule,
			&res) == -1)
			fail_msg("%s: %s", cases[i].given, res.text);
		assert_string_equal(f.env.sender, cases[i].sender);
		assert_string_equal(asked.data, cases[i].asked);
		buf_free(&asked);
		fixture_clear(&f);
	}
}

/* What the map says comes before the policy. */
static void
test_mapped_sender(void **state)
{
	static const char map[] = "alice: Alice <ann@x.example>\n"
				  "b*@y.example: bob@x.example\n"
				  "root: root@d.example\n"
				  "*@d.example: all@x.example\n";
	static const struct {
		long policy;
		const char *given, *sender, *asked;
		unsigned line; /* 0: no rule */
	} cases[] = {
		{ CONF_REWRITE_ALWAYS, NULL, "ann@x.example", "alice@d.example",
		    1 },
		{ CONF_REWRITE_ALWAYS, "", "me@163.com", "alice@d.example", 0 },
		{ CONF_REWRITE_NEVER, "<>", "", "alice@d.example", 0 },
		{ CONF_REWRITE_LOCAL, "ALICE@web1", "ann@x.example",
		    "ALICE@web1", 1 },
		{ CONF_REWRITE_NEVER, "B. <b.x@y.example>", "bob@x.example",
		    "b.x@y.example", 2 },
		{ CONF_REWRITE_ALWAYS, "ann@x.example", "ann@x.example",
		    "ann@x.example", 0 },
		{ CONF_REWRITE_ALWAYS, "carol", "all@x.example",
		    "carol@d.example", 4 },
		{ CONF_REWRITE_ALWAYS, "carol@z.example", "me@163.com",
		    "carol@z.example", 0 },
		{ CONF_REWRITE_ALWAYS, "root", "root@d.example",
		    "root@d.example", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct sender_rule *rule;
		struct fixture f;
		struct result res;
		struct buf asked;

		fixture_make(&f, cases[i].policy, "");
		buf_init(&asked, 2048);
		assert_int_equal(sender_map_parse(&f.senders, "map", map,
				     sizeof map - 1, &res),
		    0);
		assert_int_equal(rewrite_sender(&f.rw, cases[i].given, &f.env,
				     &asked, &rule, &res),
		    0);
		assert_string_equal(f.env.sender, cases[i].sender);
		assert_string_equal(asked.data, cases[i].asked);
		assert_int_equal(rule != NULL ? rule->line : 0, cases[i].line);
		buf_free(&asked);
		sender_map_clear(&f.senders);
		fixture_clear(&f);
	}
}

static void
test_bad_sender(void **state)
{
	static const char *const cases[] = {
		"a@@b",
		"a@b> SIZE=1 AUTH=<>",
		"a@b\r\nRCPT TO:<c@d>",
		"a@b, c@d",
		"a b",
		"<a@b",
		"a;b c@d",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		struct result res;
		struct buf asked;
		const struct sender_rule *rule;

		fixture_make(&f, CONF_REWRITE_ALWAYS, "");
		buf_init(&asked, 2048);
		assert_int_equal(rewrite_sender(&f.rw, cases[i], &f.env, &asked,
				     &rule, &res),
		    -1);
		assert_int_equal(res.kind, RESULT_ADDRESS);
		buf_free(&asked);
		fixture_clear(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_alias_errors_are_named),
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_mapped_sender),
		cmocka_unit_test(test_bad_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
