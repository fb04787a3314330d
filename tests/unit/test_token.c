#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/token.h"

static void
fill(struct token *t)
{
	token_init(t);
	buf_puts(&t->user, "me \"\xe5\xaf\x86\"@a");
	buf_puts(&t->provider, "p");
	buf_puts(&t->client_id, "c");
	buf_puts(&t->token_url, "https://t.example/");
	buf_puts(&t->scope, "x y");
	buf_puts(&t->access, "a");
	buf_puts(&t->refresh, "r\\");
	t->expires = 4102444800;
}

static void
test_round_trip(void **state)
{
	struct token t, back;
	struct result res;
	struct buf text;

	(void)state;
	fill(&t);
	token_init(&back);
	buf_init(&text, TOKEN_FILE_MAX);
	assert_int_equal(token_write(&t, &text, &res), 0);
	assert_int_equal(text.data[text.len - 1], '\n');
	if (token_read(&back, &text, "f", &res) == -1)
		fail_msg("%s", res.text);
	assert_string_equal(back.user.data, t.user.data);
	assert_string_equal(back.provider.data, "p");
	assert_string_equal(back.tenant.data, "");
	assert_string_equal(back.client_id.data, "c");
	assert_string_equal(back.client_secret.data, "");
	assert_string_equal(back.token_url.data, "https://t.example/");
	assert_string_equal(back.scope.data, "x y");
	assert_string_equal(back.granted.data, "");
	assert_string_equal(back.access.data, "a");
	assert_string_equal(back.refresh.data, "r\\");
	assert_int_equal(back.expires, 4102444800);
	token_clear(&t);
	token_clear(&back);
	buf_free(&text);
}

static void
test_not_utf8(void **state)
{
	struct result res;
	struct token t;
	struct buf text;

	(void)state;
	fill(&t);
	buf_puts(&t.user, "\xff");
	buf_init(&text, TOKEN_FILE_MAX);
	assert_int_equal(token_write(&t, &text, &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	assert_string_equal(res.text, "the user is not UTF-8");
	token_clear(&t);
	buf_free(&text);
}

#define BEGIN "{\"version\": 1, \"user\": \"u\", \"provider\": \"p\", "
#define MIDDLE "\"client_id\": \"c\", \"token_url\": \"t\", \"scope\": \"s\", "

static void
test_broken(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "", "f: not the file of a token" },
		{ "[]", "f: not the file of a token" },
		{ "{} {}", "f: not the file of a token" },
		{ "{\"version\": 2}",
		    "f: written by another version of "
		    "outpost" },
		{ BEGIN MIDDLE "\"access_token\": \"a\"}",
		    "f: there is no refresh_token in it" },
		{ BEGIN MIDDLE "\"access_token\": \"a\", \"refresh_token\": 1}",
		    "f: there is no refresh_token in it" },
		{ BEGIN MIDDLE "\"access_token\": \"a\\n\", "
			       "\"refresh_token\": \"r\"}",
		    "f: the access_token is not fit to be one" },
	};
	struct result res;
	struct token t;
	struct buf text;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		token_init(&t);
		buf_init(&text, TOKEN_FILE_MAX);
		buf_puts(&text, cases[i].in);
		assert_int_equal(token_read(&t, &text, "f", &res), -1);
		assert_int_equal(res.kind, RESULT_CONFIG);
		assert_string_equal(res.text, cases[i].want);
		token_clear(&t);
		buf_free(&text);
	}
}

static void
test_fresh(void **state)
{
	struct token t;

	(void)state;
	fill(&t);
	t.expires = 1000;
	assert_true(token_is_fresh(&t, 1000 - TOKEN_SPARE));
	assert_false(token_is_fresh(&t, 1000 - TOKEN_SPARE + 1));
	t.expires = 0;
	assert_false(token_is_fresh(&t, 1000));
	t.expires = INT64_MIN;
	assert_false(token_is_fresh(&t, 1000));
	token_clear(&t);
}

static void
test_take(void **state)
{
	struct answer_grant g;
	struct result res;
	struct token t;

	(void)state;
	fill(&t);
	answer_grant_init(&g);
	buf_puts(&g.access, "new");
	g.lifetime = 10;
	assert_int_equal(token_take(&t, &g, 1000, &res), 0);
	assert_string_equal(t.access.data, "new");
	assert_string_equal(t.refresh.data, "r\\");
	assert_string_equal(t.granted.data, "");
	assert_int_equal(t.expires, 1010);
	buf_puts(&g.refresh, "other");
	buf_puts(&g.scope, "x");
	g.lifetime = 0;
	assert_int_equal(token_take(&t, &g, 1000, &res), 0);
	assert_string_equal(t.refresh.data, "other");
	assert_string_equal(t.granted.data, "x");
	assert_int_equal(t.expires, 0);
	answer_grant_clear(&g);
	token_clear(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
