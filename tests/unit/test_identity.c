#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "config/conf.h"
#include "delivery/identity.h"

static int
load(struct identity *id, struct conf *conf, const char *text,
    struct result *res)
{
	assert_int_equal(
	    conf_parse(conf, "test.ini", text, strlen(text), res), 0);
	return identity_load(id, conf, getuid(), res);
}

static void
put(struct buf *b, const char *s)
{
	buf_init(b, 256);
	buf_puts(b, s);
}

static void
test_from_configuration(void **state)
{
	static const struct {
		const char *text, *account, *domain, *local, *error;
	} cases[] = {
		{ "[smarthost]\nhost = h\nuser = me@163.com\npassword = x\n"
		  "[sender]\ndomain = d.example\n",
		    "me@163.com", "d.example", "", NULL },
		{ "[smarthost]\nhost = h\nuser = apikey\npassword = x\n"
		  "[sender]\ndomain = d.example\nrewrite = local\n",
		    "", "d.example", "", NULL },
		{ "[smarthost]\nhost = h\nuser = apikey\npassword = x\n"
		  "[sender]\naddress = a@b.example\ndomain = d.example\n"
		  "[recipients]\nlocal = Me <me@x.example>\n",
		    "a@b.example", "d.example", "me@x.example", NULL },
#ifdef HAVE_LIBIDN2
		{ "[smarthost]\nhost = h\nuser = me@\xc3\xb6.example\n"
		  "password = x\n[sender]\ndomain = b\xc3\xb6.example\n"
		  "[recipients]\nlocal = me@\xc3\xb6.example\n",
		    "me@xn--nda.example", "xn--b-1ga.example",
		    "me@xn--nda.example", NULL },
		{ "[smarthost]\nhost = h\n[sender]\n"
		  "address = \xc3\xb6@\xc3\xb6.example\ndomain = d.example\n",
		    "\xc3\xb6@xn--nda.example", "d.example", "", NULL },
#endif
		{ "[smarthost]\nhost = h\n[sender]\n"
		  "address = \xc3\xb6@x.example\ndomain = d.example\n",
		    "\xc3\xb6@x.example", "d.example", "", NULL },
		{ "[smarthost]\nhost = h\n[sender]\naddress = "
		  "a@\xcc\x88.example\n",
		    NULL, NULL, NULL, "address" },
		{ "[smarthost]\nhost = h\n[sender]\ndomain = "
		  "\xcc\x88.example\n",
		    NULL, NULL, NULL, "domain" },
		{ "[smarthost]\nhost = h\n[sender]\naddress = nobody\n", NULL,
		    NULL, NULL, "address" },
		{ "[smarthost]\nhost = h\n[sender]\naddress = <>\n", NULL, NULL,
		    NULL, "address" },
		{ "[smarthost]\nhost = h\n[sender]\ndomain = a b\n", NULL, NULL,
		    NULL, "domain" },
		{ "[smarthost]\nhost = h\n[recipients]\nlocal = root\n", NULL,
		    NULL, NULL, "local" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct identity id;
		struct conf conf;
		struct result res;
		int rc = load(&id, &conf, cases[i].text, &res);

		if (cases[i].error == NULL) {
			assert_int_equal(rc, 0);
			assert_string_equal(id.account.data, cases[i].account);
			assert_string_equal(id.domain.data, cases[i].domain);
			assert_string_equal(id.local.data, cases[i].local);
		} else {
			assert_int_equal(rc, -1);
			assert_int_equal(res.kind, RESULT_CONFIG);
			assert_non_null(strstr(res.text, "test.ini:"));
			assert_non_null(strstr(res.text, cases[i].error));
		}
		identity_clear(&id);
		conf_clear(&conf);
	}
}

static void
test_this_machine(void **state)
{
	static const char text[] = "[smarthost]\nhost = h\n";
	struct identity id;
	struct conf conf;
	struct result res;

	(void)state;
	assert_int_equal(load(&id, &conf, text, &res), 0);
	assert_int_not_equal(id.login.len, 0);
	assert_int_not_equal(id.host.len, 0);
	assert_int_not_equal(id.domain.len, 0);
	assert_false(ascii_begins(id.ehlo.data, "localhost"));
	assert_true(identity_is_local(&id, "root"));
	identity_clear(&id);
	conf_clear(&conf);
}

static void
test_is_local(void **state)
{
	static const struct {
		const char *host, *mailname, *domain, *spec;
		bool want;
	} cases[] = {
		/* every machine */
		{ "web1.example.com", "", "example.com", "root", true },
		{ "web1.example.com", "", "example.com", "a@localhost", true },
		{ "web1.example.com", "", "example.com", "a@LOCALHOST", true },
		{ "web1.example.com", "", "example.com",
		    "a@localhost.localdomain", true },
		{ "web1.example.com", "", "example.com", "a@localhost.com",
		    false },
		/* the host name as it is, and its first label */
		{ "web1.example.com", "", "d.example", "a@web1.example.com",
		    true },
		{ "web1.example.com", "", "d.example", "a@Web1.Example.COM",
		    true },
		{ "web1.example.com", "", "d.example", "a@WEB1", true },
		{ "web1.example.com", "", "d.example", "a@web12", false },
		{ "web1.example.com", "", "d.example", "a@web", false },
		{ "web1.example.com", "", "d.example", "a@web1.other.net",
		    false },
		{ "web1.example.com", "", "d.example", "a@example.com", false },
		{ "web1.example.com", "", "d.example", "a@web1.", false },
		/* the first label before the domain for bare names */
		{ "web1", "", "example.com", "a@web1.example.com", true },
		{ "web1.other.net", "", "example.com", "a@web1.example.com",
		    true },
		{ "web1", "", "example.com", "a@web1.example.com.au", false },
		{ "web1", "", "example.com", "a@web1.sub.example.com", false },
		/* the domain for bare names is never this machine itself */
		{ "web1", "", "example.com", "a@example.com", false },
		{ "web1", "", "web1.example.com", "a@web1.example.com", false },
		{ "mycorp", "", "mycorp.com", "a@mycorp.com", false },
		{ "mycorp", "", "mycorp.com", "a@mycorp.mycorp.com", true },
		{ "163", "", "example.com", "a@163.com", false },
		{ "163", "", "163.com", "a@163.com", false },
		/* the mail name */
		{ "web1", "web1.example.com", "web1.example.com",
		    "a@web1.example.com", true },
		{ "WEB1", "web1.example.com", "d.example", "a@WEB1.example.com",
		    true },
		{ "web1.lan", "web1.example.com", "d.example",
		    "a@web1.example.com", true },
		{ "mycorp", "mycorp.com", "mycorp.com", "a@mycorp.com", false },
		{ "web1", "example.com", "example.com", "a@example.com",
		    false },
		{ "web1", "web12.example.com", "d.example",
		    "a@web12.example.com", false },
		{ "web1", "mail.example.com", "mail.example.com",
		    "a@mail.example.com", false },
		/* quoted local parts */
		{ "web1", "", "example.com", "\"a@web1\"@other.net", false },
		{ "web1", "", "example.com", "\"a@other.net\"", true },
		{ "web1", "", "example.com", "\"a@other.net\"@web1", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct identity id;

		memset(&id, 0, sizeof id);
		put(&id.host, cases[i].host);
		put(&id.mailname, cases[i].mailname);
		put(&id.domain, cases[i].domain);
		if (identity_is_local(&id, cases[i].spec) != cases[i].want)
			fail_msg("%s on %s, mail name %s, domain %s",
			    cases[i].spec, cases[i].host, cases[i].mailname,
			    cases[i].domain);
		buf_free(&id.host);
		buf_free(&id.mailname);
		buf_free(&id.domain);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_configuration),
		cmocka_unit_test(test_this_machine),
		cmocka_unit_test(test_is_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
