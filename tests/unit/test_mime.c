#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mail/mime.h"

#define B10 "0123456789"
#define B70 B10 B10 B10 B10 B10 B10 B10

static const struct {
	const char *body, *type, *subtype, *charset, *boundary;
	bool valid;
} types[] = {
	{ "", "text", "plain", "", "", false },
	{ " text/html", "text", "html", "", "", true },
	{ " Text/HTML; Charset=UTF-8", "text", "html", "UTF-8", "", true },
	{ " text/plain; charset=\"us-ascii\"", "text", "plain", "us-ascii", "",
	    true },
	{ "text/plain ; charset = utf-8 ;", "text", "plain", "utf-8", "",
	    true },
	{ "\r\n text/plain;\r\n\tcharset=utf-8", "text", "plain", "utf-8", "",
	    true },
	{ "(a (b) \\) c) text (x) / (y) plain (z); (q) charset (r) = (s) "
	  "koi8-r (t)",
	    "text", "plain", "koi8-r", "", true },
	{ "text/plain; name=\"a; charset=no\"; charset=yes", "text", "plain",
	    "yes", "", true },
	{ "text/plain; name; charset=yes", "text", "plain", "yes", "", true },
	{ "text/plain; =; ; charset=yes", "text", "plain", "yes", "", true },
	{ "text/plain; charset=a; charset=b", "text", "plain", "a", "", true },
	{ "text/plain; charset=; charset=b", "text", "plain", "", "", true },
	{ "text/plain; charset=\"\"", "text", "plain", "", "", true },
	{ "text/plain; charset=\351\350", "text", "plain", "\351\350", "",
	    true },
	{ "text/plain; charset=\"x", "text", "plain", "x", "", true },
	{ "text/plain charset=x", "text", "plain", "", "", true },
	{ "text/plain; xcharset=x; charset2=y", "text", "plain", "", "", true },
	{ "text", "text", "plain", "", "", false },
	{ "text; charset=x", "text", "plain", "x", "", false },
	{ "/plain", "text", "plain", "", "", false },
	{ "multipart/", "text", "plain", "", "", false },
	{ "te xt/plain", "text", "plain", "", "", false },
	{ "multipart/mixed; boundary=a_b=c", "multipart", "mixed", "", "a_b=c",
	    true },
	{ "multipart/mixed; boundary=\"a b\\\"c\"", "multipart", "mixed", "",
	    "a b\"c", true },
	{ "multipart/mixed; boundary=\"a\r\n b\"", "multipart", "mixed", "",
	    "a b", true },
	{ "multipart/mixed; boundary=----=_(x)", "multipart", "mixed", "",
	    "----=_(x)", true },
	{ "multipart/mixed; BOUNDARY=" B70, "multipart", "mixed", "", B70,
	    true },
	{ "multipart/mixed; boundary=" B70 "1", "multipart", "mixed", "", "",
	    true },
	{ "multipart/mixed; boundary=\"" B70 "1\"", "multipart", "mixed", "",
	    "", true },
	{ "multipart/mixed; boundary=\"a \"", "multipart", "mixed", "", "",
	    true },
	{ "multipart/mixed; boundary=\"\"", "multipart", "mixed", "", "",
	    true },
	{ "multipart/mixed; boundary=\303\251", "multipart", "mixed", "", "",
	    true },
	{ "multipart/mixed; boundary*=us-ascii''a", "multipart", "mixed", "",
	    "", true },
	{ "multipart/mixed; boundary*0=a; boundary*1=b", "multipart", "mixed",
	    "", "", true },
	{ "multipart/mixed; boundary=\"\"; boundary=b", "multipart", "mixed",
	    "", "", true },
	{ "(", "text", "plain", "", "", false },
	{ "(\\", "text", "plain", "", "", false },
	{ "a/b;\"\\", "a", "b", "", "", true },
	{ B70 B10 "/b", "text", "plain", "", "", false },
};

/* Parses a copy of exactly its size. */
static void
parse(struct mime_type *type, const char *body)
{
	size_t n = strlen(body);
	char *copy = malloc(n > 0 ? n : 1);

	assert_non_null(copy);
	memcpy(copy, body, n);
	mime_parse_type(type, copy, n);
	free(copy);
}

static void
content_type(void **state)
{
	struct mime_type type;

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		parse(&type, types[i].body);
		assert_int_equal(type.valid, types[i].valid);
		assert_string_equal(type.type, types[i].type);
		assert_string_equal(type.subtype, types[i].subtype);
		assert_string_equal(type.charset, types[i].charset);
		assert_string_equal(type.boundary, types[i].boundary);
	}
}

/* Where the charset stands, so that another can be put there. */
static void
charset_place(void **state)
{
	static const struct {
		const char *body, *value;
	} rows[] = {
		{ "text/plain", "" },
		{ "text/plain; charset=", "" },
		{ "text/plain; charset= us-ascii; x=y", "us-ascii" },
		{ "text/plain; charset=\"us-ascii\" ; x=y", "\"us-ascii\"" },
	};
	struct mime_type type;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		parse(&type, rows[i].body);
		assert_int_equal(type.charset_end - type.charset_start,
		    strlen(rows[i].value));
		assert_memory_equal(rows[i].body + type.charset_start,
		    rows[i].value, strlen(rows[i].value));
	}
}

static void
is_and_ascii(void **state)
{
	static const char *const ascii[] = { "us-ascii", "US-ASCII", "ascii",
		"ANSI_X3.4-1968", "ansi_x3.4-1986", "ISO646-US",
		"ISO_646.irv:1991", "646", "us", "cp367", "IBM367" };
	struct mime_type type;

	(void)state;
	mime_default_type(&type);
	assert_true(mime_is(&type, "text", "plain"));
	assert_true(mime_is(&type, "text", NULL));
	assert_false(mime_is(&type, "text", "html"));
	assert_false(mime_is(&type, "texts", NULL));
	assert_true(mime_is_ascii(&type));
	for (size_t i = 0; i < sizeof ascii / sizeof *ascii; i++) {
		strcpy(type.charset, ascii[i]);
		assert_true(mime_is_ascii(&type));
	}
	strcpy(type.charset, "utf-8");
	assert_false(mime_is_ascii(&type));
}

static void
encodings(void **state)
{
	static const struct {
		const char *body;
		enum mime_encoding encoding;
	} rows[] = {
		{ "", MIME_7BIT },
		{ " \r\n ", MIME_7BIT },
		{ " (none)", MIME_7BIT },
		{ " 7bit", MIME_7BIT },
		{ "7BIT", MIME_7BIT },
		{ "7-bit", MIME_7BIT },
		{ "8bit\r\n", MIME_8BIT },
		{ "8-bit", MIME_8BIT },
		{ "binary (x)", MIME_BINARY },
		{ "(x) Quoted-Printable;", MIME_QUOTED_PRINTABLE },
		{ "\r\n\tBASE64", MIME_BASE64 },
		{ "\"base64\"", MIME_BASE64 },
		{ "base64(x)", MIME_BASE64 },
		{ "x-uuencode", MIME_OTHER },
		{ "base 64", MIME_OTHER },
		{ "8bits", MIME_OTHER },
		{ "\"", MIME_OTHER },
		{ B70 B70, MIME_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
		    mime_parse_encoding(rows[i].body, strlen(rows[i].body)),
		    rows[i].encoding);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_type),
		cmocka_unit_test(charset_place),
		cmocka_unit_test(is_and_ascii),
		cmocka_unit_test(encodings),
	};

	return cmocka_run_group_tests_name("mime", tests, NULL, NULL);
}
