#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/fit.h"
#include "spools.h"

#define TEXT \
	"Subject: s\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: text/plain; charset=UTF-8\r\n" \
	"Content-Transfer-Encoding: 8bit\r\n\r\nmany words in gr\xc3\xbc\r\n"
#define SIGNED \
	"MIME-Version: 1.0\r\nContent-Type: multipart/signed; " \
	"boundary=b\r\n\r\n--b\r\n\r\ngr\xc3\xbc\r\n--b\r\n\r\nsign\r\n--b--" \
	"\r\n"

static struct envelope env;
static struct fit fit;

static void
begin(bool is_8bit, bool is_long)
{
	struct result res;

	envelope_init(&env);
	assert_int_equal(envelope_add(&env, "a@x.example", NULL, &res), 0);
	env.is_8bit = is_8bit;
	env.is_long = is_long;
}

static void
end(void)
{
	fit_clear(&fit);
	envelope_clear(&env);
}

/* Which way each kind of mail goes. */
static void
test_ways(void **state)
{
	static const struct {
		unsigned flags;
		bool is_8bit, is_long, changed;
	} ways[] = {
		{ 0, false, false, false },
		{ CAPS_8BITMIME, false, false, false },
		{ CAPS_8BITMIME, true, false, false },
		{ 0, true, false, true },
		{ 0, false, true, true },
		{ CAPS_8BITMIME, true, true, true },
	};
	struct source given = spools_text(TEXT, sizeof TEXT - 21);

	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		const struct caps caps = { .flags = ways[i].flags };
		const struct source *sent;

		begin(ways[i].is_8bit, ways[i].is_long);
		sent = fit_mail(&fit, &env, &given, &caps);
		assert_int_equal(sent != &given, ways[i].changed);
		assert_int_equal(envelope_count(&env, RCPT_PENDING), 1);
		end();
	}
}

static void
test_narrow(void **state)
{
	static const char want[] =
	    "Subject: s\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=UTF-8\r\n"
	    "Content-Transfer-Encoding: "
	    "quoted-printable\r\n\r\nmany words in gr=C3=BC\r\n";
	const struct caps caps = { .flags = 0 };
	struct source given = spools_text(TEXT, sizeof TEXT - 21);
	const struct source *sent;
	struct result res;
	char text[512];
	size_t got;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin(true, false);
		sent = fit_mail(&fit, &env, &given, &caps);
		assert_int_equal(sent->size, sizeof want - 1);
		assert_int_equal(sent->header, sizeof want - 1 - 24);
		assert_int_equal(
		    sent->read(sent->arg, 0, text, sizeof text, &got, &res), 0);
		assert_int_equal(got, sizeof want - 1);
		assert_memory_equal(text, want, got);
		end();
	}
}

static int
broken(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	(void)arg;
	(void)off;
	(void)p;
	(void)n;
	*got = 0;
	return result_fail(res, RESULT_STORAGE, "it broke");
}

/* What cannot be made fit is FAILED; what cannot be read is DEFERRED. */
static void
test_unfit(void **state)
{
	const struct caps caps = { .flags = 0 };
	struct source given = spools_text(SIGNED, 64);

	(void)state;
	begin(true, false);
	assert_ptr_equal(fit_mail(&fit, &env, &given, &caps), &given);
	assert_int_equal(env.rcpts[0].state, RCPT_FAILED);
	assert_int_equal(
	    envelope_result(&env, env.rcpts)->kind, RESULT_CONVERSION);
	end();
	given = (struct source){ broken, NULL, 10, 0 };
	begin(true, false);
	assert_ptr_equal(fit_mail(&fit, &env, &given, &caps), &given);
	assert_int_equal(env.rcpts[0].state, RCPT_DEFERRED);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_unfit),
	};

	return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}
