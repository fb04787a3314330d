#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mail/envelope.h"

static void
test_sender(void **state)
{
	struct envelope env;
	struct result res;

	(void)state;
	envelope_init(&env);
	assert_null(env.sender);
	assert_int_equal(envelope_set_sender(&env, "a@b", &res), 0);
	assert_int_equal(envelope_set_sender(&env, "", &res), 0);
	assert_string_equal(env.sender, "");
	envelope_clear(&env);
	assert_null(env.sender);
	envelope_clear(&env);
}

static const struct {
	const char *a, *b;
	size_t count;
} pairs[] = {
	{ "a@x.example", "a@x.example", 1 },
	{ "a@x.example", "a@X.Example", 1 },
	{ "a@x.example", "A@x.example", 2 },
	{ "a@x.example", "b@x.example", 2 },
	{ "\"a@B\"@x", "\"a@b\"@x", 2 },
	{ "\"a@b\"@x", "\"a@b\"@X", 1 },
	{ "\"a@B\"", "\"a@b\"", 2 },
	{ "\"a@B\"", "\"a@B\"", 1 },
	{ "\"a@b\"", "\"a@b\"@x", 2 },
	{ "root", "root", 1 },
	{ "root", "Root", 2 },
	{ "root", "root@x", 2 },
	{ "a@\xc3\xa9.x", "a@\xc3\xa9.X", 1 },
};

static void
test_duplicates(void **state)
{
	struct envelope env;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		envelope_init(&env);
		assert_int_equal(
		    envelope_add(&env, pairs[i].a, "root", &res), 0);
		assert_int_equal(envelope_add(&env, pairs[i].b, NULL, &res), 0);
		assert_int_equal(env.count, pairs[i].count);
		assert_string_equal(env.rcpts[0].address, pairs[i].a);
		assert_string_equal(env.rcpts[0].asked, "root");
		assert_int_equal(env.rcpts[0].state, RCPT_PENDING);
		if (env.count == 2)
			assert_null(env.rcpts[1].asked);
		envelope_clear(&env);
	}
}

/* As many as there may be, each twice, in order; and then one too many. */
static void
test_many(void **state)
{
	struct envelope env;
	struct result res;
	char address[64];

	(void)state;
	envelope_init(&env);
	for (size_t i = 0; i < 2 * ENVELOPE_RECIPIENTS_MAX; i++) {
		snprintf(address, sizeof address, "user%zu@%s", i / 2,
		    i % 2 == 0 ? "host.example" : "HOST.example");
		assert_int_equal(envelope_add(&env, address, NULL, &res), 0);
	}
	assert_int_equal(env.count, ENVELOPE_RECIPIENTS_MAX);
	assert_string_equal(env.rcpts[0].address, "user0@host.example");
	assert_string_equal(env.rcpts[ENVELOPE_RECIPIENTS_MAX - 1].address,
	    "user99999@host.example");
	assert_int_equal(
	    envelope_add(&env, "user7@host.example", NULL, &res), 0);
	assert_int_equal(envelope_add(&env, "one@too.many", NULL, &res), -1);
	assert_int_equal(res.kind, RESULT_DATA);
	assert_int_equal(env.count, ENVELOPE_RECIPIENTS_MAX);
	assert_int_equal(
	    envelope_count(&env, RCPT_PENDING), ENVELOPE_RECIPIENTS_MAX);
	envelope_clear(&env);
}

static void
add_some(struct envelope *env, size_t n)
{
	struct result res;
	char address[32];

	envelope_init(env);
	for (size_t i = 0; i < n; i++) {
		snprintf(address, sizeof address, "u%zu@x", i);
		assert_int_equal(envelope_add(env, address, NULL, &res), 0);
	}
}

static void
test_settle(void **state)
{
	struct envelope env;
	struct result a, b;

	(void)state;
	add_some(&env, 5);
	result_fail(&a, RESULT_RECIPIENT, "no such user");
	result_fail(&b, RESULT_DEFERRED, "try later");
	envelope_settle(&env, 0, RCPT_FAILED, &a);
	envelope_settle(&env, 1, RCPT_FAILED, &a);
	envelope_settle(&env, 2, RCPT_DEFERRED, &b);
	envelope_settle(&env, 3, RCPT_SENT, NULL);
	assert_int_equal(env.nresults, 2);
	assert_int_equal(env.rcpts[0].result, env.rcpts[1].result);
	assert_string_equal(
	    env.results[env.rcpts[0].result].text, "no such user");
	assert_string_equal(env.results[env.rcpts[2].result].text, "try later");
	assert_int_equal(envelope_count(&env, RCPT_FAILED), 2);
	assert_int_equal(envelope_count(&env, RCPT_DEFERRED), 1);
	assert_int_equal(envelope_count(&env, RCPT_SENT), 1);
	assert_int_equal(envelope_count(&env, RCPT_PENDING), 1);
	assert_int_equal(envelope_count(&env, RCPT_DELIVERED), 0);
	envelope_clear(&env);
}

static void
test_settle_all(void **state)
{
	struct envelope env;
	struct result res, *p = &res;

	(void)state;
	add_some(&env, 100);
	result_fail(&res, RESULT_LOST, "gone");
	envelope_settle(&env, 7, RCPT_ACCEPTED, NULL);
	envelope_settle_all(&env, RCPT_PENDING, RCPT_DEFERRED, p);
	envelope_settle_all(&env, RCPT_ACCEPTED, RCPT_DELIVERED, NULL);
	assert_int_equal(env.nresults, 1);
	assert_int_equal(envelope_count(&env, RCPT_DEFERRED), 99);
	assert_int_equal(envelope_count(&env, RCPT_DELIVERED), 1);
	assert_int_equal(env.rcpts[7].state, RCPT_DELIVERED);
	assert_int_equal(env.results[env.rcpts[99].result].kind, RESULT_LOST);
	envelope_clear(&env);
}

/* Results that differ in one member are two. */
static void
test_results_differ(void **state)
{
	struct envelope env;
	struct result res[5];

	(void)state;
	add_some(&env, 6);
	for (size_t i = 0; i < 5; i++)
		result_fail(&res[i], RESULT_REFUSED, "no");
	res[1].reply = 550;
	res[2].kind = RESULT_RECIPIENT;
	res[3].status[0] = '4';
	res[4].stage[0] = 'R';
	res[4].stage[1] = '\0';
	/* bytes behind the NUL are no difference */
	memset(res[4].text + 3, 'x', 8);
	for (size_t i = 0; i < 5; i++)
		envelope_settle(&env, i, RCPT_FAILED, &res[i]);
	assert_int_equal(env.nresults, 5);
	memset(res[4].text + 3, 'y', 8);
	envelope_settle(&env, 5, RCPT_FAILED, &res[4]);
	assert_int_equal(env.nresults, 5);
	assert_int_equal(env.rcpts[5].result, 4);
	envelope_clear(&env);
}

static void
test_dsn(void **state)
{
	struct envelope env;

	(void)state;
	envelope_init(&env);
	env.dsn.notify = strdup("NEVER");
	env.dsn.ret = strdup("HDRS");
	env.dsn.envid = strdup("id");
	envelope_clear(&env);
	assert_null(env.dsn.notify);
	assert_null(env.dsn.ret);
	assert_null(env.dsn.envid);
}

static void
test_earlier(void **state)
{
	struct envelope env;
	struct result res;
	char address[] = "0@x";

	(void)state;
	envelope_init(&env);
	for (int i = RCPT_PENDING; i <= RCPT_FAILED; i++) {
		address[0] = (char)('0' + i);
		assert_int_equal(envelope_add(&env, address, NULL, &res), 0);
		env.rcpts[i].state = (enum rcpt_state)i;
		env.rcpts[i].earlier = i == RCPT_PENDING;
	}
	envelope_note_earlier(&env);
	for (int i = RCPT_PENDING; i <= RCPT_FAILED; i++)
		assert_int_equal(env.rcpts[i].earlier,
		    i == RCPT_DELIVERED || i == RCPT_FAILED);
	envelope_clear(&env);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_settle_all),
		cmocka_unit_test(test_results_differ),
		cmocka_unit_test(test_dsn),
		cmocka_unit_test(test_earlier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
