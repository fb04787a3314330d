#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/columns.h"

static void
counts(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} rows[] = {
		{ "", 0 }, { "abc", 3 }, { "\xc3\xa9", 1 }, /* e with acute */
		{ "e\xcc\x81", 1 }, /* the same in two */
		{ "\u914d\u7f6e", 4 }, /* CJK */
		{ "\uff1a", 2 }, /* full width colon */
		{ "\u3002", 2 }, /* ideographic full stop */
		{ "\uac00\u3042", 4 }, /* Hangul, Kana */
		{ "\U00020000", 2 }, { "\U0001f600", 2 },
		{ "\u2026\u2192", 2 }, /* ellipsis, arrow */
		{ "\xff\xc3", 2 }, /* no UTF-8: a column each */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(columns_of(rows[i].text, strlen(rows[i].text)),
		    rows[i].columns);
}

static void
wraps(void **state)
{
	static const struct {
		const char *first, *text;
		size_t width;
		const char *lines;
	} rows[] = {
		{ "  ", "", 10, "  \n" },
		{ "", "one two", 10, "one two\n" },
		{ "", "one two", 7, "one two\n" },
		{ "", "one two", 6, "one\ntwo\n" },
		{ "> ", "one two three", 9, "> one two\n  three\n" },
		{ "", "one  two", 4, "one\ntwo\n" },
		{ "", "abcdefgh ij", 3, "abc\ndef\ngh\nij\n" },
		{ "", "\u4e00\u4e01\u4e02", 4, "\u4e00\u4e01\n\u4e02\n" },
		{ "", "\u4e00\u4e01\u4e02", 5, "\u4e00\u4e01\n\u4e02\n" },
		{ "", "ab\u4e00cd", 4, "ab\u4e00\ncd\n" },
		{ "", "abc\u4e00d", 4, "abc\n\u4e00d\n" },
		/* not before what closes */
		{ "", "\u4e00\u4e01\u3002", 4, "\u4e00\n\u4e01\u3002\n" },
		/* nor before a mark */
		{ "", "\u4e00\u4e01\ufe00", 4, "\u4e00\u4e01\ufe00\n" },
		/* too narrow for anything: a character a line */
		{ "    ", "\u4e00b", 2, "    \u4e00\n    b\n" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&out);
		columns_wrap(&out, rows[i].first, rows[i].text, rows[i].width);
		assert_string_equal(out.data, rows[i].lines);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(wraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
