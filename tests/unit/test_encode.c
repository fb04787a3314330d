#include "config.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "mail/encode.h"

#define U "UTF-8"

static const struct {
	const char *in;
	enum encode_place place;
	const char *charset;
	size_t column;
	const char *want;
} words[] = {
	{ "", ENCODE_PHRASE, U, 0, "" },
	{ "J\303\266e", ENCODE_PHRASE, U, 6, "=?UTF-8?Q?J=C3=B6e?=" },
	{ "J\303\266rg M", ENCODE_PHRASE, U, 6, "=?UTF-8?Q?J=C3=B6rg_M?=" },
	{ "aaaaaaaaaa_?", ENCODE_PHRASE, U, 6, "=?UTF-8?Q?aaaaaaaaaa=5F=3F?=" },
	{ "\344\270\255\346\226\207", ENCODE_PHRASE, U, 6,
	    "=?UTF-8?B?5Lit5paH?=" },
	{ "J\366e", ENCODE_PHRASE, "unknown-8bit", 6,
	    "=?unknown-8bit?B?SvZl?=" },
	{ "\377\376", ENCODE_TEXT, "unknown-8bit", 6,
	    "=?unknown-8bit?B?//4=?=" },
	{ "a\r\nb\001\177c", ENCODE_PHRASE, U, 6, "=?UTF-8?Q?a__b__c?=" },
	{ "abcdef\t\001", ENCODE_COMMENT, U, 6, "=?UTF-8?Q?abcdef__?=" },
	{ "abcdef\t\001", ENCODE_TEXT, U, 6, "=?UTF-8?Q?abcdef=09=01?=" },
	{ "a.b,c(d)\"\303\266", ENCODE_TEXT, U, 6,
	    "=?UTF-8?Q?a.b,c(d)\"=C3=B6?=" },
	{ "abcdefgh(d)\303\266", ENCODE_COMMENT, U, 6,
	    "=?UTF-8?B?YWJjZGVmZ2goZCnDtg==?=" },
	{ "x", ENCODE_PHRASE, U, 52, "\r\n =?UTF-8?Q?x?=" },
	{ "x", ENCODE_PHRASE, U, 51, "=?UTF-8?Q?x?=" },
	{ "x", ENCODE_TEXT, U, 52, "=?UTF-8?Q?x?=" },
	{ "x", ENCODE_PHRASE, U, 1000, "\r\n =?UTF-8?Q?x?=" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ENCODE_TEXT, U, 51,
	    "=?UTF-8?Q?aaaaaaaaaaaaa?=\r\n "
	    "=?UTF-8?Q?aaaaaaaaaaaaaaaaaaaaaaaaaaa?=" },
};

/* Makes `out` a line of `column` bytes. */
static void
begin_line(struct buf *out, size_t column)
{
	buf_reset(out);
	buf_puts(out, "x\r\n");
	while (encode_column(out) < column && column < 200)
		buf_putc(out, '.');
	for (size_t i = 0; column >= 200 && i < column; i++)
		buf_putc(out, '.');
}

static void
encoded_words(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 2000);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t before;

		begin_line(&out, words[i].column);
		before = out.len;
		encode_words(&out, words[i].place, words[i].charset,
		    words[i].in, strlen(words[i].in));
		assert_string_equal(out.data + before, words[i].want);
		assert_int_equal(encode_has_room(words[i].place,
				     words[i].charset, words[i].column),
		    *words[i].want != '\r');
	}
	buf_free(&out);
}

/* Decodes the payload of one word to `out`. */
static void
decode_word(struct buf *out, char encoding, const char *p, size_t n)
{
	unsigned char plain[80];
	unsigned byte;

	if (encoding == 'B') {
		int got = EVP_DecodeBlock(
		    plain, (const unsigned char *)p, (int)n);

		assert_true(got >= 0);
		for (size_t i = n; i > 0 && p[i - 1] == '='; i--)
			got--;
		buf_add(out, plain, (size_t)got);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '=') {
			assert_int_equal(sscanf(p + i + 1, "%2x", &byte), 1);
			buf_putc(out, (char)byte);
			i += 2;
		} else {
			buf_putc(out, p[i] == '_' ? ' ' : p[i]);
		}
	}
}

/* Decodes what encode_words() wrote, and looks at its form. */
static void
decode(struct buf *out, const char *p, size_t column)
{
	while (*p != '\0') {
		const char *begin, *end;
		size_t before = out->len, len;

		if (strncmp(p, "\r\n ", 3) == 0)
			p += 3, column = 1;
		begin = p;
		assert_int_equal(strncmp(p, "=?UTF-8?", 8), 0);
		assert_true(p[8] == 'Q' || p[8] == 'B');
		assert_int_equal(p[9], '?');
		end = strstr(p + 10, "?=");
		assert_non_null(end);
		p = end + 2;
		assert_true(p - begin <= 75);
		assert_true(column + (size_t)(p - begin) <= 76);
		assert_true(*p == '\0' || *p == '\r');
		decode_word(
		    out, begin[8], begin + 10, (size_t)(end - begin - 10));
		/* whole characters in each word */
		for (size_t i = before; i < out->len; i += len) {
			len = text_utf8_length(out->data + i, out->len - i);
			assert_int_not_equal(len, 0);
		}
	}
}

static void
words_come_back(void **state)
{
	static const char *const pieces[] = { "a", " ", "\303\251",
		"\344\270\255", "\360\237\230\200", "=", "ab\303\251 ",
		"a\360\237\230\200" };
	struct buf out, back;
	char in[600];

	(void)state;
	buf_init(&out, 10000);
	buf_init(&back, 10000);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		size_t n = strlen(pieces[i]);

		for (size_t len = 0; len + n < sizeof in; len += n) {
			memcpy(in + len, pieces[i], n);
			in[len + n] = '\0';
			begin_line(&out, len % 90);
			buf_reset(&back);
			encode_words(&out,
			    (enum encode_place)(len % (ENCODE_COMMENT + 1)),
			    "UTF-8", in, len + n);
			decode(&back, out.data + 3 + len % 90, len % 90);
			assert_string_equal(back.data, in);
		}
	}
	buf_free(&out);
	buf_free(&back);
}

static void
full_buffer(void **state)
{
	struct buf out;

	(void)state;
	for (size_t max = 0; max < 40; max++) {
		buf_init(&out, max);
		encode_words(&out, ENCODE_PHRASE, "UTF-8",
		    "J\303\266rg J\303\266rg", 11);
		assert_true(out.len <= max);
		assert_int_equal(buf_failed(&out), max < 28);
		buf_free(&out);
	}
}

static void
xtext(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	encode_xtext(&out, "");
	assert_string_equal(out.data, "");
	encode_xtext(&out, "aZ09!~-<>\"");
	assert_string_equal(out.data, "aZ09!~-<>\"");
	buf_reset(&out);
	encode_xtext(&out, "a+b=c d\r\n\t\177\303\251");
	assert_string_equal(out.data, "a+2Bb+3Dc+20d+0D+0A+09+7F+C3+A9");
	buf_free(&out);
}

#define A10 "aaaaaaaaaa"
#define A70 A10 A10 A10 A10 A10 A10 A10

static const struct {
	const char *in, *want;
} texts[] = {
	{ "", "" },
	{ "a", "a" },
	{ "a\n", "a\r\n" },
	{ "a\r\n", "a\r\n" },
	{ "a\r\n\r\n\nb", "a\r\n\r\n\r\nb" },
	{ "a=b", "a=3Db" },
	/* a line is continued */
	{ "Now's the time for all folk to come to the aid of their "
	  "country, or so one says",
	    "Now's the time for all folk to come to the aid of their "
	    "country, or so one =\r\nsays" },
	{ "caf\303\251 \344\270\255\n", "caf=C3=A9 =E4=B8=AD\r\n" },
	{ "a \n", "a=20\r\n" },
	{ "a  \n", "a =20\r\n" },
	{ "a\t\r\n", "a=09\r\n" },
	{ "a \t", "a =09" },
	{ " ", "=20" },
	{ " a\tb", " a\tb" },
	{ "a\rb\r", "a=0Db=0D" },
	{ "a\r\r\n", "a=0D\r\n" },
	{ "a \rb", "a=20=0Db" },
	{ "\001\177", "=01=7F" },
	{ "--b\n--b--\na-b", "=2D-b\r\n=2D-b--\r\na-b" },
	/* how long a line may be */
	{ A70 "12345", A70 "12345" },
	{ A70 "123456", A70 "12345=\r\n6" },
	{ A70 "12345\n6", A70 "12345\r\n6" },
	{ A70 "12345-", A70 "12345=\r\n=2D" },
	{ A70 "12=", A70 "12=3D" },
	{ A70 "123=", A70 "123=\r\n=3D" },
	{ A70 "12345 \n", A70 "12345=\r\n=20\r\n" },
};

static void
quoted_printable(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t n = strlen(texts[i].in);

		for (size_t cut = 0; cut <= n; cut++) {
			struct encode_qp qp = { 0 };

			buf_reset(&out);
			encode_qp(&qp, &out, texts[i].in, cut);
			encode_qp(&qp, &out, texts[i].in + cut, n - cut);
			encode_qp_end(&qp, &out);
			assert_string_equal(out.data, texts[i].want);
		}
	}
	buf_free(&out);
}

/* Every byte, NUL too, comes out as RFC 2045 has it. */
static void
quoted_printable_bytes(void **state)
{
	struct buf out;
	char want[4];

	(void)state;
	buf_init(&out, 100);
	for (int c = 0; c < 256; c++) {
		struct encode_qp qp = { 0 };
		char in[3] = { 'a', (char)c, 'a' };

		buf_reset(&out);
		encode_qp(&qp, &out, in, 3);
		if ((c >= 33 && c <= 126 && c != '=') || c == ' ' || c == '\t')
			snprintf(want, sizeof want, "%c", c);
		else if (c == '\n')
			snprintf(want, sizeof want, "\r\n");
		else
			snprintf(want, sizeof want, "=%02X", (unsigned)c);
		assert_int_equal(out.len, strlen(want) + 2);
		assert_memory_equal(out.data + 1, want, strlen(want));
	}
	buf_free(&out);
}

static void
base64(void **state)
{
	static const struct {
		size_t n;
		const char *want;
	} rows[] = {
		{ 0, "" },
		{ 1, "AA==" },
		{ 2, "AAE=" },
		{ 3, "AAEC" },
		{ 4, "AAECAw==" },
		{ 57,
		    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygp"
		    "KissLS4vMDEyMzQ1Njc4" },
		{ 58,
		    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygp"
		    "KissLS4vMDEyMzQ1Njc4\r\nOQ==" },
	};
	struct buf out;
	char in[58];

	(void)state;
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (char)i;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t cut = 0; cut <= rows[i].n; cut++) {
			struct encode_base64 b64 = { 0 };

			buf_reset(&out);
			encode_base64(&b64, &out, in, cut);
			encode_base64(&b64, &out, in + cut, rows[i].n - cut);
			encode_base64_end(&b64, &out);
			assert_string_equal(out.data, rows[i].want);
		}
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoded_words),
		cmocka_unit_test(words_come_back),
		cmocka_unit_test(full_buffer),
		cmocka_unit_test(xtext),
		cmocka_unit_test(quoted_printable),
		cmocka_unit_test(quoted_printable_bytes),
		cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
