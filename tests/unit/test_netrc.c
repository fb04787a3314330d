#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/netrc.h"

static const struct netrc_account account = {
	"a.example b.example:465 [::1]:25 srv:d.example", "me"
};

static int
find(const char *text, size_t n, struct buf *password, struct result *res)
{
	struct buf in;
	int status;

	buf_init(&in, NETRC_FILE_MAX);
	buf_init(password, NETRC_WORD_MAX);
	buf_add(&in, text, n);
	status = netrc_find(&in, "netrc", &account, password, res);
	buf_free(&in);
	return status;
}

#define A "machine a.example login me "

static void
test_found(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ A "password pw", "pw" },
		{ A "password pw\n", "pw" },
		{ "machine\r\n\ta.example\r\nlogin\tme\r\npassword pw\r\n",
		    "pw" },
		{ "machine a.example password pw login me", "pw" },
		{ "machine B.Example login me password pw", "pw" },
		{ "machine b.example login me password pb\n" A "password pa",
		    "pb" },
		{ "machine [::1] login me password pw", "pw" },
		{ A "account x password pw", "pw" },
		{ A "account password password pw", "pw" },
		{ "machine a.example login you password no\n" A "password pw",
		    "pw" },
		{ "machine c.example login me password no\n" A "password pw",
		    "pw" },
		{ A "password pw machine a.example login me password no",
		    "pw" },
		{ "machine d.example login me password pw", "pw" },
		{ "machine srv:d.example login me password pw", "" },
		{ "default login me password pw", "pw" },
		{ A "password pw\ndefault login me password no", "pw" },
		{ "default login you password no\n" A "password pw", "pw" },
		{ A "password \"\"\ndefault login me password pw", "pw" },
		{ A "password \"a \\\"b\\\" \\\\ \\n\\r\\t\\q\"",
		    "a \"b\" \\ \n\r\tq" },
		{ A "password a\"b\\c,d", "a\"b\\c,d" },
		{ A "password #pw # password no\n", "#pw" },
		{ "# " A "password no\n" A "#x\npassword pw", "pw" },
		{ "unknown " A "password pw", "pw" },
		{ "macdef init\n" A "password no\n\n" A "password pw", "pw" },
		{ "macdef m\r\n" A "password no\r\n\r\n" A "password pw",
		    "pw" },
		{ "macdef m\n\n" A "password pw", "pw" },
		{ A "password \xe5\xaf\x86\xff", "\xe5\xaf\x86\xff" },
		{ "", "" },
		{ "\n \n#\n#", "" },
		{ A, "" },
		{ A "password", "" },
		{ "password pw", "" },
		{ "machine a.example password pw", "" },
		{ "default password pw", "" },
		{ "machine a.example login ME password pw", "" },
		{ "machine a login me password pw", "" },
		{ "machine a.example.com login me password pw", "" },
		{ "machine \"\" login me password pw", "" },
		{ A "machine c.example login me password pw", "" },
		{ "macdef m\n" A "password pw\n", "" },
		{ "macdef", "" },
		{ "macdef m", "" },
		{ "machine", "" },
	};
	struct buf password;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (find(cases[i].in, strlen(cases[i].in), &password, &res) ==
		    -1)
			fail_msg("%s: %s", cases[i].in, res.text);
		if (strcmp(password.data, cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].in, password.data);
		buf_free(&password);
	}
}

static void
test_broken(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *want;
	} cases[] = {
#define BYTES(text) text, sizeof text - 1
		{ BYTES(A "\npassword \"hunter2"),
		    "netrc:2: a quote that is not closed" },
		{ BYTES("\n\n\"hunter2\n\""),
		    "netrc:3: a quote that is not closed" },
		{ BYTES("\"hunter2\\"), "netrc:1: a quote that is not closed" },
		{ BYTES("\"hunter2\\\n\""),
		    "netrc:1: a quote that is not closed" },
		{ BYTES("\"hunter2\\\""),
		    "netrc:1: a quote that is not closed" },
		{ BYTES(A "\0password hunter2"), "netrc: a NUL byte" },
		{ BYTES(A "password hunter2\0"), "netrc: a NUL byte" },
	};
	struct buf password;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
		    find(cases[i].in, cases[i].n, &password, &res), -1);
		assert_int_equal(res.kind, RESULT_CONFIG);
		assert_string_equal(res.text, cases[i].want);
		buf_free(&password);
	}
}

static void
test_sizes(void **state)
{
	static char text[NETRC_WORD_MAX + sizeof A + 16];
	struct buf password;
	struct result res;
	size_t n = sizeof A "password " - 1;

	(void)state;
	memcpy(text, A "password ", n);
	memset(text + n, 'x', NETRC_WORD_MAX + 1);
	assert_int_equal(find(text, n + NETRC_WORD_MAX, &password, &res), 0);
	assert_int_equal(password.len, NETRC_WORD_MAX);
	buf_free(&password);
	assert_int_equal(
	    find(text, n + NETRC_WORD_MAX + 1, &password, &res), -1);
	assert_string_equal(res.text, "netrc:1: a word is too long");
	buf_free(&password);
}

/* Wherever the text is cut, something is made of it. */
static void
test_cut(void **state)
{
	static const char whole[] = "macdef m\nx\n\n" A
				    "#\npassword \"p\\\"w\" default login me";
	struct buf password;
	struct result res;

	(void)state;
	for (size_t n = 0; n < sizeof whole; n++) {
		if (find(whole, n, &password, &res) == 0)
			assert_true(password.len == 0 ||
			    strcmp(password.data, "p\"w") == 0);
		else
			assert_string_equal(
			    res.text, "netrc:5: a quote that is not closed");
		buf_free(&password);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
