#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "mail/header_names.h"
#include "mail/message_words.h"

#define LONG_NAME "Lang-und-l\303\244nger-und-am-l\303\244ngsten-heisst-sie"

struct row {
	const char *in, *want;
};

static const struct charset_choices gb = { { "GB18030", "" } };

static void
check(const struct row *rows, size_t n, enum words_left left)
{
	struct buf out;

	buf_init(&out, 100000);
	for (size_t i = 0; i < n; i++) {
		enum words_left got;

		buf_reset(&out);
		got = message_words(&out, rows[i].in, strlen(rows[i].in), NULL);
		assert_string_equal(out.data, rows[i].want);
		assert_int_equal(got, left);
		assert_false(buf_failed(&out));
	}
	buf_free(&out);
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows), WORDS_LEFT_NONE)

static void
ascii(void **state)
{
	static const char *const rows[] = { "Subject: a  b\r\n\tc \r\n",
		"Subject: =?utf-8?Q?x?= =?bad\r\n", "To: a@@b,\r\n",
		"To: \"Q\" <a@x> (c)\r\n",
		"Content-Type: text/plain; name=\"a b\"\r\n", "X:\r\n",
		"X :a\r\n", "X: a", "", "none\r\n", "\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct row row = { rows[i], rows[i] };

		check(&row, 1, WORDS_LEFT_NONE);
	}
}

static void
text(void **state)
{
	static const struct row rows[] = {
		{ "Subject: \303\266\r\n", "Subject: =?UTF-8?B?w7Y=?=\r\n" },
		{ "Subject:\303\266\r\n", "Subject:=?UTF-8?B?w7Y=?=\r\n" },
		{ "Subject: a  wxyzz\303\266  b \r\n",
		    "Subject: a  =?UTF-8?Q?wxyzz=C3=B6?=  b \r\n" },
		/* a run, with the white space in it */
		{ "X: wxyzz\303\266 \t abc\303\266\r\n ghi\303\266 b\r\n c\r\n",
		    "X: =?UTF-8?B?d3h5enrDtiAJIGFiY8O2IGdoacO2?= b\r\n c\r\n" },
		/* folds around it stay */
		{ "X: a\r\n wxyzz\303\266\r\n\tb\r\n",
		    "X: a\r\n =?UTF-8?Q?wxyzz=C3=B6?=\r\n\tb\r\n" },
		/* next to encoded words */
		{ "X: =?utf-8?Q?a?= wxyzz\303\266 =?utf-8?Q?b?= c\r\n",
		    "X: =?utf-8?Q?a?= =?UTF-8?B?IHd4eXp6w7Yg?= =?utf-8?Q?b?= "
		    "c\r\n" },
		{ "X: =?utf-8?Q?\303\266?= x\r\n",
		    "X: =?UTF-8?B?PT91dGYtOD9RP8O2Pz0=?= x\r\n" },
		{ "X: =?x?= =?u?X?a?= =?u?q?= \303\266 =??q?a?= =?u?b\r\n",
		    "X: =?x?= =?u?X?a?= =?u?q?= =?UTF-8?B?w7Y=?= =??q?a?= "
		    "=?u?b\r\n" },
		{ "X: =?u?b?\?= \303\266\r\n",
		    "X: =?u?b?\?= =?UTF-8?B?IMO2?=\r\n" },
		/* not in UTF-8 */
		{ "Subject: caf\351 x\r\n",
		    "Subject: =?unknown-8bit?Q?caf=E9?= x\r\n" },
		/* a full line goes on */
		{ "Subject: a word and a word and a word and a word and "
		  "wxyzz\303\266 b\r\n",
		    "Subject: a word and a word and a word and a word and\r\n "
		    "=?UTF-8?Q?wxyzz=C3=B6?= b\r\n" },
		{ "Subject: wxyzz\303\266 then many and many and many words "
		  "more, and more\r\n",
		    "Subject: =?UTF-8?Q?wxyzz=C3=B6?= then many and many and "
		    "many words more, and\r\n more\r\n" },
		/* white space that would fill a line goes into the word */
		{ "X: a                              wxyzz\303\266\r\n",
		    "X: a =?UTF-8?Q?_____________________________"
		    "wxyzz=C3=B6?=\r\n" },
		/* where words are not allowed there is nothing better */
		{ "Message-ID: <wxyzz\303\266@x>\r\n",
		    "Message-ID: =?UTF-8?Q?<wxyzz=C3=B6@x>?=\r\n" },
		{ "Received: by x (wxyzz\303\266) ; y\r\n",
		    "Received: by x =?UTF-8?B?KHd4eXp6w7Yp?= ; y\r\n" },
	};

	(void)state;
	CHECK(rows);
}

static void
addresses(void **state)
{
	static const struct row rows[] = {
		{ "From: J\303\266rg <a@x>\r\n",
		    "From: =?UTF-8?B?SsO2cmc=?= <a@x>\r\n" },
		{ "to:J\303\266rg<a@x>,b@x,c@x (d)\r\n",
		    "to: =?UTF-8?B?SsO2cmc=?= <a@x>,b@x,c@x (d)\r\n" },
		{ "To: \"J\303\266 \\\"x\\\"\" \"M\303\266\" <a@x>\r\n",
		    "To: =?UTF-8?B?SsO2ICJ4IiBNw7Y=?= <a@x>\r\n" },
		{ "To: \"A, B\" J\303\266rg M. \"C\" <a@x>, \"q\" <b@x>\r\n",
		    "To: \"A, B\" =?UTF-8?B?SsO2cmc=?= M. \"C\" <a@x>, \"q\" "
		    "<b@x>\r\n" },
		{ "To: M.J\303\266rg@x <a@x>\r\n",
		    "To: =?UTF-8?B?TS5Kw7ZyZ0B4?= <a@x>\r\n" },
		{ "To: =?utf-8?Q?a?= J\303\266rg <a@x>\r\n",
		    "To: =?utf-8?Q?a?= =?UTF-8?B?IErDtnJn?= <a@x>\r\n" },
		/* comments */
		{ "To: a@x (wxyzz\303\266 b (c\\) \303\266)), b@x (c)\r\n",
		    "To: a@x (=?UTF-8?Q?wxyzz=C3=B6?= b (c\\) "
		    "=?UTF-8?B?w7Y=?=)), b@x (c)\r\n" },
		{ "To: J\303\266rg(c)M\303\266(d)<a@x>\r\n",
		    "To: =?UTF-8?B?SsO2cmc=?= (c) =?UTF-8?B?TcO2?= "
		    "(d)<a@x>\r\n" },
		{ "To: (\303\266) a@x\r\n", "To: (=?UTF-8?B?w7Y=?=) a@x\r\n" },
		{ "To: <a (\303\266) @x>, <a@x (\303\266)>\r\n",
		    "To: <a@x>, <a@x>\r\n" },
		{ "To: <@\303\266:a@x>\r\n", "To: <a@x>\r\n" },
		/* groups */
		{ "Cc: J\303\266rg: a@x, J\303\266 <b@x>;, \303\266 x:;\r\n",
		    "Cc: =?UTF-8?B?SsO2cmc=?= : a@x, =?UTF-8?B?SsO2?= <b@x>;,"
		    "\r\n =?UTF-8?B?w7Y=?= x:;\r\n" },
		/* folds */
		{ "To: J\303\266rg\r\n\t<a@x>,\r\n b@x ,\r\n c@x\r\n",
		    "To: =?UTF-8?B?SsO2cmc=?=\r\n\t<a@x>,\r\n b@x ,\r\n "
		    "c@x\r\n" },
		{ "Resent-To: " LONG_NAME " <somebody.somewhere@x>, b@x\r\n",
		    "Resent-To: =?UTF-8?Q?Lang-und-l=C3=A4nger-und-am-l=C3=A4"
		    "ngsten-heisst-sie?=\r\n "
		    "<somebody.somewhere@x>, b@x\r\n" },
		{ "To: J\303\266rg <a@x>,somebody.or.other@x,"
		  "somebody.else@x,Somebody-else <c@x>\r\n",
		    "To: =?UTF-8?B?SsO2cmc=?= <a@x>,somebody.or.other@x,"
		    "somebody.else@x,\r\n Somebody-else <c@x>\r\n" },
		{ "Reply-To: J\366rg <a@x>\r\n",
		    "Reply-To: =?unknown-8bit?Q?J=F6rg?= <a@x>\r\n" },
		/* no list */
		{ "To: J\303\266rg, a@@b <c@x>\r\n",
		    "To: =?UTF-8?B?SsO2cmcs?= a@@b <c@x>\r\n" },
		{ "To: \366@x\r\n", "To: =?unknown-8bit?B?9kB4?=\r\n" },
		{ "Errors-To: \"\303\266\r\n",
		    "Errors-To: =?UTF-8?B?IsO2?=\r\n" },
	};
	static const struct row left[] = {
		{ "To: \303\266@x, J\303\266 <b@x>\r\n",
		    "To: \303\266@x, =?UTF-8?B?SsO2?= <b@x>\r\n" },
		{ "Mail-Followup-To: \"\303\266 x\"@x\r\n",
		    "Mail-Followup-To: \"\303\266 x\"@x\r\n" },
		{ "Sender: \303\266\r\n", "Sender: \303\266\r\n" },
	};

	(void)state;
	CHECK(rows);
	check(left, sizeof left / sizeof *left, WORDS_LEFT_ADDRESS);
}

static void
parameters(void **state)
{
	static const struct row rows[] = {
		{ "Content-Disposition: attachment; filename=\"\303\266 "
		  "b\"\r\n",
		    "Content-Disposition: attachment; "
		    "filename*=UTF-8''%C3%B6%20b\r\n" },
		{ "Content-Type: text/plain;name=\303\266 (1).txt ;\r\n"
		  "\tcharset=\"utf-8\"\r\n",
		    "Content-Type: text/plain; "
		    "name*=UTF-8''%C3%B6%20%281%29.txt"
		    ";\r\n\tcharset=\"utf-8\"\r\n" },
		{ "content-type: a/b; x=\"a;\\\"b\"; name=\"\303\266;\\\"x\"; "
		  "y=z\r\n",
		    "content-type: a/b; x=\"a;\\\"b\"; "
		    "name*=UTF-8''%C3%B6%3B%22x; y=z\r\n" },
		{ "Content-Disposition: attachment; filename=\"\351\"\r\n",
		    "Content-Disposition: attachment; "
		    "filename*=unknown-8bit''%E9\r\n" },
		/* continued */
		{ "Content-Disposition: attachment;\r\n filename=\"\303\266"
		  "\303\266\303\266\303\266\303\266\303\266\303\266\303\266"
		  "\303\266\303\266.txt\"; size=1\r\n",
		    "Content-Disposition: attachment;\r\n "
		    "filename*0*=UTF-8''%C3%B6%C3%B6%C3%B6%C3%B6%C3%B6%C3%B6"
		    "%C3%B6%C3%B6%C3%B6;\r\n"
		    " filename*1*=%C3%B6.txt; size=1\r\n" },
		/* both forms */
		{ "Content-Disposition: attachment; filename=\"\303\266\"; "
		  "filename*=UTF-8''%C3%B6\r\n",
		    "Content-Disposition: attachment; "
		    "filename*=UTF-8''%C3%B6\r\n" },
		/* raw in what is extended already */
		{ "Content-Disposition: a; filename*=UTF-8''\303\266%20b\r\n",
		    "Content-Disposition: a;\r\n "
		    "filename*=UTF-8''%C3%B6%20b\r\n" },
		{ "Content-Disposition: a; filename*0=\"\303\266 \"; "
		  "filename*1=\"%\303\266\"\r\n",
		    "Content-Disposition: a;\r\n "
		    "filename*0*=UTF-8''%C3%B6%20;\r\n "
		    "filename*1*=%25%C3%B6\r\n" },
		/* no parameters */
		{ "Content-Type: te\303\266xt; x; \303\266=y; =\303\266\r\n",
		    "Content-Type: =?UTF-8?B?dGXDtnh0?=; x; "
		    "=?UTF-8?B?w7Y9eQ==?=;\r\n =?UTF-8?B?PcO2?=\r\n" },
		{ "Content-Type: a/b; name=\"\303\266\r\n",
		    "Content-Type: a/b; name*=UTF-8''%C3%B6\r\n" },
	};

	(void)state;
	CHECK(rows);
}

static void
charsets(void **state)
{
	static const struct row rows[] = {
		{ "Subject: \326\320\316\304 a\r\n",
		    "Subject: =?UTF-8?B?5Lit5paH?= a\r\n" },
		{ "To: \"\201\134\" <a@x>\r\n",
		    "To: =?UTF-8?B?5LmX?= <a@x>\r\n" },
		{ "Content-Disposition: a; filename=\"\201\134.txt\"\r\n",
		    "Content-Disposition: a; "
		    "filename*=UTF-8''%E4%B9%97.txt\r\n" },
		{ "Subject: \303\266\r\n", "Subject: =?UTF-8?B?w7Y=?=\r\n" },
		{ "Subject: a\351\r\n",
		    "Subject: =?unknown-8bit?Q?a=E9?=\r\n" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&out);
		(void)message_words(&out, rows[i].in, strlen(rows[i].in), &gb);
		assert_string_equal(out.data, rows[i].want);
	}
	buf_free(&out);
}

/* Lines with encoded words are short, but for blanks at their end, and where
 * the syntax has no place for a fold. */
static void
assert_short(const char *p, enum header_kind kind)
{
	const char *end;

	for (; *p != '\0'; p = end + 2) {
		const char *word = strstr(p, "=?UTF-8?");
		size_t n;

		end = strstr(p, "\r\n");
		assert_non_null(end);
		n = (size_t)(end - p);
		while (n > 0 && ascii_is_blank(p[n - 1]))
			n--;
		assert_true(n > 0);
		if (word != NULL && word < end &&
		    (kind == HEADER_TEXT || kind == HEADER_STRUCTURED))
			assert_true(n <= 76);
	}
}

/* However the pieces stand: ASCII, short lines where words are, nothing that
 * is only white space, and it ends as a field does. */
static void
any_mixture(void **state)
{
	static const char *const names[] = { "Subject:", "To:",
		"Content-Type: a/b", "Message-ID:", "X-A-name-that-is-long:" };
	static const char *const pieces[] = { " ", "\t", "\r\n y", "x",
		"\303\266", "\366", "\"", "\\", "(", ")", "<", ">", "@", ",",
		";", ":", "=", "*0", "=?utf-8?Q?x?=", " name=", "a@x",
		"abcdefghijklmnopqr" };
	const size_t count = sizeof pieces / sizeof *pieces;
	uint32_t seed = 1;
	struct buf in, out;

	(void)state;
	buf_init(&in, 100000);
	buf_init(&out, 1000000);
	for (size_t i = 0; i < 60000; i++) {
		enum words_left left;

		buf_reset(&in);
		buf_reset(&out);
		buf_puts(&in, names[i % (sizeof names / sizeof *names)]);
		for (size_t k = 0; k < i % 40; k++) {
			seed = seed * 1664525 + 1013904223;
			buf_puts(&in, pieces[(seed >> 16) % count]);
		}
		buf_puts(&in, "\r\n");
		left = message_words(&out, in.data, in.len, &gb);
		assert_false(buf_failed(&out));
		assert_short(out.data,
		    header_name_kind(
			header_name_find(in.data, strcspn(in.data, ":"))));
		for (size_t k = 0; k < out.len; k++)
			assert_true(left == WORDS_LEFT_ADDRESS ||
			    !ascii_is_8bit(out.data[k]));
	}
	buf_free(&in);
	buf_free(&out);
}

/* However little room there is. */
static void
full(void **state)
{
	static const char *const rows[] = { "Subject: a \303\266 b\r\n",
		"To: \"\303\266\" <a@x> (\303\266)\r\n",
		"Content-Type: a/b; name=\303\266; x=\"\303\266\"\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool fits = false;

		for (size_t max = 0; !fits; max++) {
			struct buf out;

			assert_true(max < 200);
			buf_init(&out, max);
			(void)message_words(
			    &out, rows[i], strlen(rows[i]), NULL);
			fits = !buf_failed(&out);
			assert_true(out.len <= max);
			buf_free(&out);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii),
		cmocka_unit_test(text),
		cmocka_unit_test(addresses),
		cmocka_unit_test(parameters),
		cmocka_unit_test(charsets),
		cmocka_unit_test(any_mixture),
		cmocka_unit_test(full),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
