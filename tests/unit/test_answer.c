#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/answer.h"

#define SERVER "s.example"

static void
note(struct secret *s, const char *text)
{
	secret_init(s);
	buf_puts(&s->password, text);
	secret_note(s, "");
}

/* Hands the text to one of the two readers. */
static int
read_text(struct answer_device *d, struct answer_grant *g,
    enum answer_verdict *verdict, long status, const char *text,
    struct result *res)
{
	struct secret hidden[2];
	struct answer a = { SERVER, status, NULL, hidden, 2 };
	struct buf body;
	int rc;

	note(&hidden[0], "c0de");
	note(&hidden[1], "s3cret");
	buf_init(&body, 65536);
	buf_puts(&body, text);
	a.body = &body;
	rc = d != NULL ? answer_device(d, &a, res)
		       : answer_grant(g, verdict, &a, res);
	buf_free(&body);
	secret_clear(&hidden[0]);
	secret_clear(&hidden[1]);
	return rc;
}

#define URL "\"verification_uri\": \"v\", "
#define DEVICE "{\"device_code\": \"c\", \"user_code\": \"u 1\", "

static void
test_device(void **state)
{
	static const struct {
		const char *in;
		long interval, lifetime;
	} cases[] = {
		{ DEVICE URL "\"expires_in\": 1}", 5, 1 },
		{ DEVICE "\"verification_url\": \"v\", \"interval\": 0, "
			 "\"expires_in\": \"60\"}",
		    0, 60 },
		{ DEVICE URL "\"verification_url\": \"x\", "
			     "\"interval\": 7, \"expires_in\": 900, "
			     "\"more\": [{}]}",
		    7, 900 },
		{ DEVICE URL "\"interval\": \"3\", \"expires_in\": 1e300}", 3,
		    ANSWER_TIME_MAX },
		{ DEVICE URL "\"interval\": -1, \"expires_in\": 1.5}", 0, 1 },
	};
	struct answer_device d;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		answer_device_init(&d);
		if (read_text(&d, NULL, NULL, 200, cases[i].in, &res) == -1)
			fail_msg("%s: %s", cases[i].in, res.text);
		assert_string_equal(d.code.data, "c");
		assert_string_equal(d.user_code.data, "u 1");
		assert_string_equal(d.url.data, "v");
		assert_int_equal(d.interval, cases[i].interval);
		assert_int_equal(d.lifetime, cases[i].lifetime);
		answer_device_clear(&d);
	}
}

#define PENDING "{\"error\": \"authorization_pending\"}"

static void
test_no_device(void **state)
{
	static const struct {
		long status;
		const char *in;
		enum result_kind kind;
		const char *want;
	} cases[] = {
		{ 200, "{}", RESULT_PROTOCOL,
		    SERVER ": the answer has no device_code" },
		{ 200, DEVICE "\"x\": 1}", RESULT_PROTOCOL,
		    SERVER ": the answer has no verification_uri" },
		{ 200, DEVICE "\"verification_uri\": \"a b\"}", RESULT_PROTOCOL,
		    SERVER ": the answer's verification_uri has strange "
			   "characters" },
		{ 200, DEVICE "\"verification_uri\": \"\\u001b[1m\"}",
		    RESULT_PROTOCOL,
		    SERVER ": the answer's verification_uri has strange "
			   "characters" },
		{ 200, DEVICE URL "\"expires_in\": 0}", RESULT_PROTOCOL,
		    SERVER ": the answer has no expires_in" },
		{ 200, DEVICE URL "\"interval\": 1}", RESULT_PROTOCOL,
		    SERVER ": the answer has no expires_in" },
		{ 400, PENDING, RESULT_PROTOCOL,
		    SERVER ": answered with status 400 and an answer to "
			   "another question" },
		{ 401, "{\"error\": \"invalid_client\"}", RESULT_CONFIG,
		    SERVER " said invalid_client" },
		{ 404, "", RESULT_PROTOCOL,
		    SERVER ": answered with status 404 and something that is "
			   "not JSON" },
	};
	struct answer_device d;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		answer_device_init(&d);
		assert_int_equal(read_text(&d, NULL, NULL, cases[i].status,
				     cases[i].in, &res),
		    -1);
		assert_string_equal(res.text, cases[i].want);
		assert_int_equal(res.kind, cases[i].kind);
		answer_device_clear(&d);
	}
}

static void
test_grant(void **state)
{
	static const struct {
		const char *in, *access, *refresh, *scope;
		long lifetime;
	} cases[] = {
		{ "{\"access_token\": \"a\"}", "a", "", "", 0 },
		{ "{\"access_token\": \"a\", \"token_type\": \"bearer\", "
		  "\"refresh_token\": \"r\", \"scope\": \"x y\", "
		  "\"expires_in\": 3599}",
		    "a", "r", "x y", 3599 },
		{ " {\"access_token\":\"\\u0061\",\"refresh_token\":null,"
		  "\"scope\":\"\",\"expires_in\":\"60\",\"id_token\":{}}\n",
		    "a", "", "", 60 },
	};
	enum answer_verdict verdict;
	struct answer_grant g;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		answer_grant_init(&g);
		if (read_text(NULL, &g, &verdict, 200, cases[i].in, &res) == -1)
			fail_msg("%s: %s", cases[i].in, res.text);
		assert_int_equal(verdict, ANSWER_GRANTED);
		assert_string_equal(g.access.data, cases[i].access);
		assert_string_equal(g.refresh.data, cases[i].refresh);
		assert_string_equal(g.scope.data, cases[i].scope);
		assert_int_equal(g.lifetime, cases[i].lifetime);
		answer_grant_clear(&g);
	}
}

static void
test_verdicts(void **state)
{
	static const struct {
		long status;
		const char *in;
		enum answer_verdict want;
	} cases[] = {
		{ 400, PENDING, ANSWER_PENDING },
		{ 428, PENDING, ANSWER_PENDING },
		{ 200, PENDING, ANSWER_PENDING },
		{ 400, "{\"error\": \"slow_down\", \"access_token\": \"a\"}",
		    ANSWER_SLOW_DOWN },
		{ 403, "{\"error\": \"slow_down\"}", ANSWER_SLOW_DOWN },
	};
	enum answer_verdict verdict;
	struct answer_grant g;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		answer_grant_init(&g);
		assert_int_equal(read_text(NULL, &g, &verdict, cases[i].status,
				     cases[i].in, &res),
		    0);
		assert_int_equal(verdict, cases[i].want);
		assert_int_equal(g.access.len, 0);
		answer_grant_clear(&g);
	}
}

#define SAYS(code, words) \
	"{\"error\": \"" code "\", \"error_description\": \"" words "\"}"

static void
test_no_grant(void **state)
{
	static const struct {
		long status;
		const char *in;
		enum result_kind kind;
		const char *want;
	} cases[] = {
		{ 400, SAYS("invalid_grant", "AADSTS70008: c0de expired"),
		    RESULT_NOPERM,
		    "run `outpost oauth login` again: " SERVER
		    " said invalid_grant: AADSTS70008: **** expired" },
		{ 400, SAYS("access_denied", ""), RESULT_NOPERM,
		    "the login was refused: " SERVER " said access_denied" },
		{ 503, SAYS("temporarily_unavailable", "s3cret"),
		    RESULT_DEFERRED,
		    "the server is not available: " SERVER
		    " said temporarily_unavailable: ******" },
		{ 400, SAYS("x", "a\\nb \\u202e czNjcmV0 c%30de"),
		    RESULT_CONFIG,
		    SERVER " said x: a b \\xe2\\x80\\xae ******** c%30de" },
		{ 500, SAYS("x", "y"), RESULT_DEFERRED, SERVER " said x: y" },
		{ 400, "{\"error\": {\"code\": 400}}", RESULT_PROTOCOL,
		    SERVER ": answered with status 400 and no error code" },
		{ 400, "{\"error\": \"\"}", RESULT_PROTOCOL,
		    SERVER ": answered with status 400 and no error code" },
		{ 200, "[]", RESULT_PROTOCOL,
		    SERVER ": answered with status 200 and something that is "
			   "not JSON" },
		{ 200, "{\"access_token\": \"a\", \"access_token\": \"b\"}",
		    RESULT_PROTOCOL,
		    SERVER ": answered with status 200 and something that is "
			   "not JSON" },
		{ 301, "", RESULT_PROTOCOL,
		    SERVER ": answered with a redirect (status 301), which is "
			   "not followed" },
		{ 429, "<html>", RESULT_DEFERRED,
		    SERVER ": answered with status 429" },
		{ 200, "{\"access_token\": \"\"}", RESULT_PROTOCOL,
		    SERVER ": the answer has no access_token" },
		{ 200, "{\"access_token\": \"a b\"}", RESULT_PROTOCOL,
		    SERVER ": the answer's access_token has strange "
			   "characters" },
		{ 200, "{\"access_token\": \"a\", \"refresh_token\": 1}",
		    RESULT_PROTOCOL,
		    SERVER ": the answer has no refresh_token" },
		{ 200, "{\"access_token\": \"a\", \"token_type\": \"mac\"}",
		    RESULT_PROTOCOL,
		    SERVER ": the token is of another type than Bearer" },
	};
	enum answer_verdict verdict;
	struct answer_grant g;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		answer_grant_init(&g);
		assert_int_equal(read_text(NULL, &g, &verdict, cases[i].status,
				     cases[i].in, &res),
		    -1);
		assert_string_equal(res.text, cases[i].want);
		assert_int_equal(res.kind, cases[i].kind);
		answer_grant_clear(&g);
	}
}

/* Wherever it is cut off, it is no answer. */
static void
test_cut(void **state)
{
	static const char whole[] =
	    "{\"access_token\": \"a\\u00e9\", \"expires_in\": 1}";
	enum answer_verdict verdict;
	char text[sizeof whole];
	struct answer_grant g;
	struct result res;

	(void)state;
	for (size_t n = 0; n < sizeof whole - 1; n++) {
		memcpy(text, whole, n);
		text[n] = '\0';
		answer_grant_init(&g);
		assert_int_equal(
		    read_text(NULL, &g, &verdict, 200, text, &res), -1);
		assert_int_equal(res.kind, RESULT_PROTOCOL);
		answer_grant_clear(&g);
	}
}

/* Of deep nesting no harm comes. */
static void
test_deep(void **state)
{
	static char text[60001];
	enum answer_verdict verdict;
	struct answer_grant g;
	struct result res;

	(void)state;
	memset(text, '[', sizeof text - 1);
	answer_grant_init(&g);
	assert_int_equal(read_text(NULL, &g, &verdict, 200, text, &res), -1);
	answer_grant_clear(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_no_device),
		cmocka_unit_test(test_grant),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_no_grant),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
