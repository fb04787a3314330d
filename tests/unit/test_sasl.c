#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/caps.h"
#include "smtp/sasl.h"

#define LOGIN CAPS_AUTH_LOGIN
#define PLAIN CAPS_AUTH_PLAIN

static const struct {
	enum sasl_want want;
	unsigned offered;
	const char *name; /* NULL: refused */
} choices[] = {
	{ SASL_AUTO, LOGIN | PLAIN, "PLAIN" },
	{ SASL_AUTO, LOGIN, "LOGIN" },
	{ SASL_AUTO, PLAIN, "PLAIN" },
	{ SASL_LOGIN, LOGIN | PLAIN, "LOGIN" },
	{ SASL_PLAIN, LOGIN | PLAIN, "PLAIN" },
	{ SASL_LOGIN, PLAIN, NULL },
	{ SASL_PLAIN, LOGIN, NULL },
	/* after HELO */
	{ SASL_AUTO, 0, "LOGIN" },
	{ SASL_LOGIN, 0, "LOGIN" },
	{ SASL_PLAIN, 0, "PLAIN" },
};

static void
test_choose(void **state)
{
	struct sasl s = { 0 };
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
		int rc = sasl_choose(
		    &s, choices[i].want, choices[i].offered, &res);

		if (choices[i].name == NULL) {
			assert_int_equal(rc, -1);
			assert_int_equal(res.kind, RESULT_NO_AUTH);
			assert_non_null(strstr(res.text, "PLAIN"));
			assert_non_null(strstr(res.text, "LOGIN"));
		} else {
			assert_int_equal(rc, 0);
			assert_string_equal(sasl_name(&s), choices[i].name);
		}
	}
}

static struct sasl
make(enum sasl_want want, const char *user, const char *password)
{
	struct sasl s = { .user = user,
		.password = password,
		.password_len = strlen(password) };
	struct result res;

	assert_int_equal(sasl_choose(&s, want, LOGIN | PLAIN, &res), 0);
	return s;
}

static void
test_login(void **state)
{
	struct sasl s = make(SASL_LOGIN, "a@b", "s3cret; \xe9");
	struct buf out;
	size_t secret;

	(void)state;
	buf_init(&out, 4096);
	sasl_start(&s, &out, &secret);
	assert_string_equal(out.data, "LOGIN");
	assert_int_equal(secret, out.len);
	buf_reset(&out);
	assert_true(sasl_answer(&s, &out));
	assert_string_equal(out.data, "YUBi");
	buf_reset(&out);
	assert_true(sasl_answer(&s, &out));
	assert_string_equal(out.data, "czNjcmV0OyDp");
	buf_reset(&out);
	assert_false(sasl_answer(&s, &out));
	assert_false(sasl_answer(&s, &out));
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

static void
test_plain(void **state)
{
	struct sasl s = make(SASL_PLAIN, "tim", "tanstaaftanstaaf");
	struct buf out;
	size_t secret;

	(void)state;
	buf_init(&out, 4096);
	sasl_start(&s, &out, &secret);
	/* the example of RFC 4616 section 4 */
	assert_string_equal(out.data, "PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
	assert_int_equal(secret, strlen("PLAIN "));
	assert_false(sasl_answer(&s, &out));
	buf_free(&out);
}

/* Where the command would be too long the response has a line of its own. */
static void
test_plain_long(void **state)
{
	char password[4096 + 1];
	struct sasl s;
	struct buf out;
	size_t secret, n, steps = 0;

	(void)state;
	buf_init(&out, 65536);
	for (n = 300; n < sizeof password; n += n < 400 ? 1 : 500) {
		memset(password, 'p', n);
		password[n] = '\0';
		s = make(SASL_PLAIN, "user", password);
		buf_reset(&out);
		sasl_start(&s, &out, &secret);
		assert_true(strlen("AUTH ") + out.len + 2 <= 512);
		if (secret < out.len)
			continue;
		assert_string_equal(out.data, "PLAIN");
		assert_true(sasl_answer(&s, &out));
		assert_int_equal(out.len - 5, (1 + 4 + 1 + n + 2) / 3 * 4);
		assert_false(sasl_answer(&s, &out));
		steps++;
	}
	assert_true(steps > 0);
	assert_false(buf_failed(&out));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_plain_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
