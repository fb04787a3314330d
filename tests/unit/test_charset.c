#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/charset.h"

#define A100 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A600 A100 A100 A100 A100 A100 A100

static void
usable(void **state)
{
	static const struct {
		const char *name;
		bool want;
	} rows[] = {
		{ "GB18030", true },
		{ "gbk", true },
		{ "GB2312", true },
		{ "BIG5", true },
		{ "EUC-JP", true },
		{ "EUC-KR", true },
		{ "CP932", true },
		{ "ISO-8859-1", true },
		{ "iso-8859-15", true },
		{ "windows-1252", true },
		{ "KOI8-R", true },
		{ "US-ASCII", true },
		{ "", false },
		{ "UTF-8", false },
		{ "utf8", false },
		{ "UTF-7", false },
		{ "UTF-16", false },
		{ "UTF-16LE", false },
		{ "UTF-32", false },
		{ "UCS-2", false },
		{ "WCHAR_T", false },
		{ "ISO-2022-JP", false },
		{ "ISO-2022-KR", false },
		{ "HZ", false },
		{ "EBCDIC-US", false },
		{ "IBM037", false },
		{ "no-such-charset", false },
		{ "GB18030//TRANSLIT", false },
		{ "GB18030//IGNORE", false },
		{ "/etc/x", false },
		{ "../x", false },
		{ "-", false },
		{ "GB 18030", false },
		{ "GB18030\n", false },
		{ "ISO-8859-1ISO-8859-1ISO-8859-1ISO-8859-1.", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (charset_is_usable(rows[i].name) != rows[i].want)
			print_error("%s\n", rows[i].name);
		assert_int_equal(charset_is_usable(rows[i].name), rows[i].want);
	}
}

static void
choose(void **state)
{
	static const struct {
		const char *configured, *locales[3], *first, *second;
	} rows[] = {
		{ NULL, { NULL, NULL, NULL }, "", "" },
		{ "", { "", "", "" }, "", "" },
		{ "GBK", { NULL, NULL, "de_DE.ISO-8859-15@euro" }, "GBK",
		    "ISO-8859-15" },
		{ NULL, { "", "zh_CN.GB18030@stroke", "C" }, "GB18030", "" },
		{ NULL, { "C", "zh_CN.GB18030", NULL }, "", "" },
		{ "UTF-16", { "zh_CN.UTF-8", NULL, NULL }, "", "" },
		{ "Big5", { "POSIX", NULL, NULL }, "Big5", "" },
		{ "eucJP", { "ja_JP.eucJP", NULL, NULL }, "eucJP", "EUC-JP" },
		{ NULL, { "de_DE.iso88591", NULL, NULL }, "ISO-8859-1", "" },
		{ NULL, { "ru_RU.KOI8-R", NULL, NULL }, "KOI8-R", "" },
		{ NULL, { "ru_RU.cp1251", NULL, NULL }, "windows-1251", "" },
		{ NULL, { "x.ISO8859-99", NULL, NULL }, "", "" },
		{ NULL, { "zh_CN.", NULL, NULL }, "", "" },
		{ NULL, { "zh_CN.@x", NULL, NULL }, "", "" },
		{ NULL, { "x.GBK//TRANSLIT", NULL, NULL }, "", "" },
	};
	struct charset_choices c;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		charset_choose(&c, rows[i].configured, rows[i].locales);
		assert_string_equal(c.names[0], rows[i].first);
		assert_string_equal(c.names[1], rows[i].second);
	}
}

static const struct {
	const char *in, *first, *second, *name, *utf8;
} texts[] = {
	{ "", "GB18030", "", CHARSET_ASCII, "" },
	{ "abc\r\n", "GB18030", "", CHARSET_ASCII, "abc\r\n" },
	{ "caf\303\251", "ISO-8859-1", "", CHARSET_UTF8, "caf\303\251" },
	{ A600 "\344\270\255\346\226\207" A600 "\360\237\230\200 x", "GB18030",
	    "", CHARSET_UTF8,
	    A600 "\344\270\255\346\226\207" A600 "\360\237\230\200 x" },
	{ "caf\303", "", "", CHARSET_UNKNOWN, "caf\303" },
	{ "caf\303", "GB18030", "", CHARSET_UNKNOWN, "caf\303" },
	{ "caf\303", "GB18030", "ISO-8859-1", "ISO-8859-1", "caf\303\203" },
	{ "\355\240\200", "", "", CHARSET_UNKNOWN, "\355\240\200" },
	{ "caf\351", "GB18030", "", CHARSET_UNKNOWN, "caf\351" },
	{ "caf\351 x", "GB18030", "ISO-8859-1", "ISO-8859-1", "caf\303\251 x" },
	{ "\326\320\316\304", "GB18030", "ISO-8859-1", "GB18030",
	    "\344\270\255\346\226\207" },
	/* trail bytes in the range of ASCII */
	{ "\201\134 \2010\2060 a", "GB18030", "", "GB18030",
	    "\344\271\227 \302\270 a" },
	{ A600 "\201\134" A600 "\201\134" A600, "GB18030", "", "GB18030",
	    A600 "\344\271\227" A600 "\344\271\227" A600 },
	{ A600 "\201\134" A600 "\201", "GB18030", "", CHARSET_UNKNOWN,
	    A600 "\201\134" A600 "\201" },
	{ "\203\134\203\134", "CP932", "", "CP932",
	    "\343\202\275\343\202\275" },
	{ "\245\134", "BIG5", "", "BIG5", "\345\212\237" },
	/* C1 */
	{ "a\200\237", "ISO-8859-1", "", "ISO-8859-1", "a\302\200\302\237" },
	{ "\326\320\316\304", "US-ASCII", "", CHARSET_UNKNOWN,
	    "\326\320\316\304" },
};

static void
make_choices(struct charset_choices *c, size_t i)
{
	strlcpy(c->names[0], texts[i].first, CHARSET_NAME_MAX);
	strlcpy(c->names[1], texts[i].second, CHARSET_NAME_MAX);
}

/* What the `n` bytes at `p` are when they come in pieces: all up to `cut`,
 * then `step` bytes at a time. */
static void
check_pieces(const struct charset_choices *c, const char *p, size_t n,
    size_t cut, size_t step, const char *want)
{
	struct charset_scan *scan;
	struct result res;

	assert_int_equal(charset_scan_new(&scan, c, &res), 0);
	charset_scan_push(scan, p, cut);
	for (size_t i = cut; i < n; i += step)
		charset_scan_push(scan, p + i, n - i < step ? n - i : step);
	assert_string_equal(charset_scan_name(scan), want);
	charset_scan_free(scan);
}

static void
pieces(void **state)
{
	struct charset_choices c;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t n = strlen(texts[i].in);

		make_choices(&c, i);
		for (size_t step = 1; step < 8; step++)
			check_pieces(
			    &c, texts[i].in, n, 0, step, texts[i].name);
		for (size_t cut = 0; cut <= n; cut += n > 200 ? 37 : 1)
			check_pieces(
			    &c, texts[i].in, n, cut, n + 1, texts[i].name);
	}
	charset_scan_free(NULL);
}

static void
to_utf8(void **state)
{
	struct charset_choices c;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		make_choices(&c, i);
		assert_string_equal(
		    charset_to_utf8(&out, texts[i].in, strlen(texts[i].in), &c),
		    texts[i].name);
		assert_string_equal(out.data, texts[i].utf8);
	}
	assert_string_equal(
	    charset_to_utf8(&out, "\351", 1, NULL), CHARSET_UNKNOWN);
	buf_free(&out);
	buf_init(&out, 3);
	(void)charset_to_utf8(&out, "abcd", 4, NULL);
	assert_true(buf_failed(&out));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usable),
		cmocka_unit_test(choose),
		cmocka_unit_test(pieces),
		cmocka_unit_test(to_utf8),
	};

	return cmocka_run_group_tests_name("charset", tests, NULL, NULL);
}
