#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/reply.h"

#define MALFORMED (-1)
#define MORE 0

static const struct {
	const char *name, *in;
	int code; /* or MALFORMED, or MORE */
	const char *status, *text;
} replies[] = {
	{ "one line", "250 ok\r\n", 250, "", "ok\n" },
	{ "no text", "250\r\n", 250, "", "\n" },
	{ "blank and no text", "334 \r\n", 334, "", "\n" },
	{ "LF alone", "220 hi\n", 220, "", "hi\n" },
	{ "CR CR LF", "220 hi\r\r\n", 220, "", "hi\n" },
	{ "trailing blanks", "250 AUTH LOGIN  \r\n", 250, "", "AUTH LOGIN\n" },
	{ "8-bit", "535 \xc7\xeb\xff\r\n", 535, "", "\xc7\xeb\xff\n" },
	{ "lines", "250-a\r\n250-b\r\n250 c\r\n", 250, "", "a\nb\nc\n" },
	{ "bare last line", "250-a\r\n250\r\n", 250, "", "a\n\n" },
	{ "status", "550 5.1.1 no\r\n", 550, "5.1.1", "5.1.1 no\n" },
	{ "long status", "450 4.123.999\r\n", 450, "4.123.999", "4.123.999\n" },
	{ "status of the first", "550-5.7.1 a\n550 5.7.8 b\n", 550, "5.7.1",
	    "5.7.1 a\n5.7.8 b\n" },
	{ "no status: digits", "550 5.1234.1 x\n", 550, "", "5.1234.1 x\n" },
	{ "no status: class", "250 3.0.0 x\n", 250, "", "3.0.0 x\n" },
	{ "no status: glued", "550 5.1.1x\n", 550, "", "5.1.1x\n" },
	{ "no status: version", "220 2.1 x\n", 220, "", "2.1 x\n" },
	{ "end before the newline", "250 ok", MORE, NULL, NULL },
	{ "end after a CR", "250 ok\r", MORE, NULL, NULL },
	{ "end in the middle", "250-a\r\n250-b\r\n", MORE, NULL, NULL },
	{ "nothing", "", MORE, NULL, NULL },
	{ "first digit 1", "150 x\r\n", MALFORMED, NULL, NULL },
	{ "first digit 8", "850 x\r\n", MALFORMED, NULL, NULL },
	{ "second digit 6", "260 x\r\n", MALFORMED, NULL, NULL },
	{ "two digits", "99\r\n", MALFORMED, NULL, NULL },
	{ "four digits", "2500 x\r\n", MALFORMED, NULL, NULL },
	{ "cut", "25\r\n", MALFORMED, NULL, NULL },
	{ "leading blank", " 250 x\r\n", MALFORMED, NULL, NULL },
	{ "no separator", "250ok\r\n", MALFORMED, NULL, NULL },
	{ "tab", "250\tok\r\n", MALFORMED, NULL, NULL },
	{ "overflow", "99999999999999999999 x\r\n", MALFORMED, NULL, NULL },
	{ "empty line", "\r\n", MALFORMED, NULL, NULL },
	{ "another protocol", "HTTP/1.1 400 Bad\r\n", MALFORMED, NULL, NULL },
	{ "two codes", "250-a\r\n251 b\r\n", MALFORMED, NULL, NULL },
	{ "garbage in the middle", "250-a\r\nwhat\r\n", MALFORMED, NULL, NULL },
};

/* Feeds `n` bytes in two parts (the first of `at` bytes), or one by one when
 * `at` is SIZE_MAX. */
static enum reply_push
feed(struct reply *r, const char *p, size_t n, size_t at, size_t *total)
{
	enum reply_push got = REPLY_MORE;
	struct result res;
	size_t used, piece;

	for (*total = 0; *total < n && got == REPLY_MORE; *total += used) {
		piece = at == SIZE_MAX ? 1
		    : *total < at      ? at - *total
				       : n - *total;
		got = reply_push(r, p + *total, piece, &used, &res);
		assert_true(used <= piece);
		if (got == REPLY_MALFORMED)
			assert_int_equal(res.kind, RESULT_PROTOCOL);
	}
	return got;
}

static void
check(size_t i, size_t at)
{
	size_t n = strlen(replies[i].in), total;
	enum reply_push got;
	struct reply r;

	reply_init(&r);
	got = feed(&r, replies[i].in, n, at, &total);
	if (replies[i].code == MALFORMED) {
		assert_int_equal(got, REPLY_MALFORMED);
	} else if (replies[i].code == MORE) {
		assert_int_equal(got, REPLY_MORE);
	} else {
		assert_int_equal(got, REPLY_DONE);
		assert_int_equal(total, n);
		assert_int_equal(r.code, replies[i].code);
		assert_string_equal(r.status, replies[i].status);
		assert_string_equal(r.text.data, replies[i].text);
	}
	reply_clear(&r);
}

static void
test_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		print_message("%s\n", replies[i].name);
		for (size_t at = 1; at <= strlen(replies[i].in); at++)
			check(i, at);
		check(i, SIZE_MAX);
	}
}

static void
test_many_in_one(void **state)
{
	static const char in[] = "250 a\r\n550-b\r\n550 c\r\n354 d\r\n";
	static const int codes[] = { 250, 550, 354 };
	struct result res;
	struct reply r;
	size_t at = 0, used;

	(void)state;
	reply_init(&r);
	for (size_t i = 0; i < 3; i++) {
		reply_reset(&r);
		assert_int_equal(
		    reply_push(&r, in + at, strlen(in) - at, &used, &res),
		    REPLY_DONE);
		assert_int_equal(r.code, codes[i]);
		at += used;
	}
	assert_int_equal(at, strlen(in));
	reply_clear(&r);
}

static void
test_nul(void **state)
{
	static const char bad[] = "25\0 x\r\n", good[] = "250 a\0b\r\n";
	struct result res;
	struct reply r;
	size_t used;

	(void)state;
	reply_init(&r);
	assert_int_equal(
	    reply_push(&r, bad, sizeof bad - 1, &used, &res), REPLY_MALFORMED);
	reply_reset(&r);
	assert_int_equal(
	    reply_push(&r, good, sizeof good - 1, &used, &res), REPLY_DONE);
	reply_fail(&r, RESULT_DEFERRED, "MAIL", "x", &res);
	assert_string_equal(res.text, "x: 250 a\\x00b");
	reply_clear(&r);
}

/* What comes without end is cut at a bound. */
static void
test_bounds(void **state)
{
	static const struct {
		const char *unit;
		size_t limit; /* bytes after which it must have ended */
	} floods[] = {
		{ "x", REPLY_LINE_MAX + 1 },
		{ "250-\r\n", (REPLY_LINES_MAX + 1) * 6 },
		{ "250-0123456789012345678901234567890123456789012345678901234"
		  "567890123456789012345678901234567890123456789012345678901234"
		  "567890123456789012345678901234567890123456789012345678901234"
		  "567890123456789012345678901234567890123456789012345678901234"
		  "567890123456789012345678901234567890123456789012345678901234"
		  "567890123456789012345678901234567890123456789012345678901234"
		  "567890123456789012345678901234567890123456789012345678901234"
		  "567890123456789012345678901234567890123456789012345678901234"
		  "\r\n",
		    REPLY_BYTES_MAX + 4096 },
	};
	struct result res;
	struct reply r;
	size_t used, total;

	(void)state;
	for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
		enum reply_push got = REPLY_MORE;

		reply_init(&r);
		for (total = 0; got == REPLY_MORE; total += used) {
			assert_true(total <= floods[i].limit);
			got = reply_push(&r, floods[i].unit,
			    strlen(floods[i].unit), &used, &res);
		}
		assert_int_equal(got, REPLY_MALFORMED);
		assert_true(r.text.cap <= 2 * REPLY_BYTES_MAX);
		reply_clear(&r);
	}
}

static const struct {
	const char *in;
	enum result_kind kind;
	const char *status, *text;
} results[] = {
	{ "550 5.1.1 no such user\r\n", RESULT_RECIPIENT, "5.1.1",
	    "h: 550 5.1.1 no such user" },
	{ "550 no\r\n", RESULT_RECIPIENT, "5.1.1", "h: 550 no" },
	{ "535 no\r\n", RESULT_AUTH, "5.7.8", "h: 535 no" },
	{ "450 5.1.1 contradicts\r\n", RESULT_DEFERRED, "4.0.0",
	    "h: 450 5.1.1 contradicts" },
	{ "552 x\r\n", RESULT_DEFERRED, "5.0.0", "h: 552 x" },
	{ "535-5.7.8 not\r\n535-5.7.8  accepted.\r\n535 5.7.8\r\n", RESULT_AUTH,
	    "5.7.8", "h: 535 5.7.8 not accepted." },
	{ "554\r\n", RESULT_REFUSED, "5.6.0", "h: 554" },
	{ "554 a\033[2Jb\rc\xff\r\n", RESULT_REFUSED, "5.6.0",
	    "h: 554 a\\x1b[2Jb c\\xff" },
	{ "554 \xe8\xaf\xb7\r\n", RESULT_REFUSED, "5.6.0",
	    "h: 554 \xe8\xaf\xb7" },
	/* in GBK, as QQ speaks, and bytes that are nothing */
	{ "535 \xc7\xeb\xca\xb9\xd3\xc3\xca\xda\xc8\xa8\xc2\xeb\xb5\xc7\xc2\xbc"
	  "\xa1\xa3\r\n",
	    RESULT_AUTH, "5.7.8",
	    "h: 535 "
	    "\xe8\xaf\xb7\xe4\xbd\xbf\xe7\x94\xa8\xe6\x8e\x88\xe6\x9d\x83"
	    "\xe7\xa0\x81\xe7\x99\xbb\xe5\xbd\x95\xe3\x80\x82" },
	{ "535-5.7.8 \xc7\xeb\r\n535 5.7.8 \xa1\xa3\r\n", RESULT_AUTH, "5.7.8",
	    "h: 535 5.7.8 \xe8\xaf\xb7 \xe3\x80\x82" },
	{ "535 \xff\xfe\r\n", RESULT_AUTH, "5.7.8", "h: 535 \\xff\\xfe" },
	{ "354 %s%n\r\n", RESULT_PROTOCOL, "4.5.0", "h: 354 %s%n" },
};

static void
test_fail(void **state)
{
	struct result res;
	struct reply r;
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
		reply_init(&r);
		assert_int_equal(reply_push(&r, results[i].in,
				     strlen(results[i].in), &used, &res),
		    REPLY_DONE);
		assert_int_equal(
		    reply_fail(&r, results[i].kind, "RCPT", "h", &res), -1);
		assert_int_equal(res.kind, results[i].kind);
		assert_int_equal(res.reply, r.code);
		assert_string_equal(res.stage, "RCPT");
		assert_string_equal(res.status, results[i].status);
		assert_string_equal(res.text, results[i].text);
		reply_clear(&r);
	}
}

/* The longest reply makes a bounded text. */
static void
test_fail_bounded(void **state)
{
	char in[1024];
	struct result res;
	struct reply r;
	size_t used;

	(void)state;
	memset(in, 'x', sizeof in);
	memcpy(in, "550 ", 4);
	in[sizeof in - 1] = '\n';
	reply_init(&r);
	assert_int_equal(
	    reply_push(&r, in, sizeof in, &used, &res), REPLY_DONE);
	reply_fail(&r, RESULT_REFUSED, "DOT", "smtp.example", &res);
	assert_true(strlen(res.text) < RESULT_TEXT_MAX);
	assert_non_null(strstr(res.text, "550 xxx"));
	assert_non_null(strstr(res.text, "..."));
	reply_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_many_in_one),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_fail_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
