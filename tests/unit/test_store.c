#include "config.h"

#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/conf.h"
#include "oauth/store.h"
#include "spools.h"

#define NOBODY "no-such-user"
#define USER "me@a.example"

static void
test_place(void **state)
{
	static const struct {
		struct store_site site;
		const char *user, *want;
	} cases[] = {
		{ { CONF_DEFAULT_PATH, "/x", "/h", NOBODY }, "u",
		    STORE_SYSTEM "/u.json" },
		{ { "/my.ini", "/x", "/h", NOBODY }, USER,
		    "/x/outpost/oauth/me%40a.example.json" },
		{ { "/my.ini", "x", "/h", NOBODY }, "..",
		    "/h/.local/state/outpost/oauth/...json" },
		{ { "/my.ini", "", "/h", NOBODY }, "/etc/passwd",
		    "/h/.local/state/outpost/oauth/%2Fetc%2Fpasswd.json" },
		{ { "/my.ini", NULL, "/h", NOBODY }, "a b%",
		    "/h/.local/state/outpost/oauth/a%20b%25.json" },
		{ { "/my.ini", "x", "h", NOBODY }, "u", NULL },
		{ { "/my.ini", NULL, NULL, NOBODY }, "u", NULL },
	};
	struct store s;
	struct result res;
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		store_init(&s);
		status = store_place(&s, &cases[i].site, cases[i].user, &res);
		if (cases[i].want == NULL) {
			assert_int_equal(status, -1);
			assert_int_equal(res.kind, RESULT_CONFIG);
		} else {
			assert_int_equal(status, 0);
			assert_string_equal(s.path.data, cases[i].want);
		}
		store_clear(&s);
	}
}

static void
test_long_name(void **state)
{
	const struct store_site site = { "/my.ini", "/x", NULL, NOBODY };
	char user[300] = "";
	struct result res;
	struct store s;

	(void)state;
	memset(user, 'x', sizeof user - 1);
	store_init(&s);
	assert_int_equal(store_place(&s, &site, user, &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	store_clear(&s);
}

static void
begin(struct store *s, const char *dir)
{
	const struct store_site site = { "/my.ini", dir, NULL, NOBODY };
	struct result res;

	store_init(s);
	if (store_place(s, &site, USER, &res) == -1)
		fail_msg("%s", res.text);
}

static int
load(const char *dir, struct token *t, struct result *res)
{
	struct store s;
	int status;

	begin(&s, dir);
	token_init(t);
	status = store_open(&s, res);
	if (status == 0)
		status = store_load(&s, t, USER, res);
	store_clear(&s);
	return status;
}

static void
save(const char *dir, const char *access)
{
	struct result res;
	struct store s;
	struct token t;

	begin(&s, dir);
	token_init(&t);
	buf_puts(&t.user, USER);
	buf_puts(&t.provider, "p");
	buf_puts(&t.client_id, "c");
	buf_puts(&t.token_url, "u");
	buf_puts(&t.scope, "s");
	buf_puts(&t.refresh, "r");
	buf_puts(&t.access, access);
	if (store_make(&s, &res) == -1 || store_open(&s, &res) == -1 ||
	    store_lock(&s, deadline_in(1000, -1), &res) == -1 ||
	    store_prepare(&s, &res) == -1 || store_save(&s, &t, &res) == -1)
		fail_msg("%s", res.text);
	token_clear(&t);
	store_clear(&s);
}

static void
assert_kept(const char *dir, const char *access)
{
	struct result res;
	struct token t;

	if (load(dir, &t, &res) == -1)
		fail_msg("%s", res.text);
	assert_string_equal(t.access.data, access);
	token_clear(&t);
}

static void
test_keep(void **state)
{
	char dir[256];
	struct result res;
	struct store s;
	struct token t;

	(void)state;
	spools_make(dir);
	assert_int_equal(load(dir, &t, &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	save(dir, "one");
	assert_kept(dir, "one");
	save(dir, "two");
	assert_kept(dir, "two");
	assert_int_equal(spools_count(dir, "outpost/oauth"), 1);
	begin(&s, dir);
	assert_int_equal(store_open(&s, &res), 0);
	assert_int_equal(store_lock(&s, deadline_in(0, -1), &res), 0);
	assert_int_equal(store_remove(&s, &res), 0);
	assert_int_equal(store_remove(&s, &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	store_clear(&s);
	assert_int_equal(spools_count(dir, "outpost/oauth"), 0);
	spools_remove(dir);
}

/* Of what was prepared and not used nothing is left; what somebody left who
 * was killed is no hindrance. */
static void
test_prepare(void **state)
{
	char dir[256], left[512];
	struct result res;
	struct store s;
	FILE *f;

	(void)state;
	spools_make(dir);
	save(dir, "one");
	snprintf(
	    left, sizeof left, "%s/outpost/oauth/me%%40a.example.new", dir);
	assert_non_null(f = fopen(left, "w"));
	fclose(f);
	begin(&s, dir);
	assert_int_equal(store_open(&s, &res), 0);
	assert_int_equal(store_lock(&s, deadline_in(0, -1), &res), 0);
	assert_int_equal(store_prepare(&s, &res), 0);
	assert_int_equal(access(left, F_OK), 0);
	store_clear(&s);
	assert_int_equal(access(left, F_OK), -1);
	assert_kept(dir, "one");
	spools_remove(dir);
}

static void
test_lock(void **state)
{
	char dir[256];
	struct store one, other;
	struct result res;

	(void)state;
	spools_make(dir);
	save(dir, "one");
	begin(&one, dir);
	begin(&other, dir);
	assert_int_equal(store_open(&one, &res), 0);
	assert_int_equal(store_open(&other, &res), 0);
	assert_int_equal(store_lock(&one, deadline_in(0, -1), &res), 0);
	assert_int_equal(store_lock(&other, deadline_in(120, -1), &res), -1);
	assert_int_equal(res.kind, RESULT_BUSY);
	store_clear(&one);
	assert_int_equal(store_lock(&other, deadline_in(0, -1), &res), 0);
	store_clear(&other);
	spools_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
