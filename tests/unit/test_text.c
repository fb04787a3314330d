#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void
test_utf8_length(void **state)
{
	static const struct {
		const char *in;
		size_t want;
	} cases[] = {
		{ "", 0 },
		{ "a", 1 },
		{ "\xc3\xbc", 2 },
		{ "\xe5\xa4\x87", 3 },
		{ "\xf0\x9f\x93\xab", 4 },
		{ "\xc3", 0 }, /* cut off */
		{ "\xe5\xa4", 0 },
		{ "\xf0\x9f\x93", 0 },
		{ "\x80", 0 }, /* continuation alone */
		{ "\xc0\xaf", 0 }, /* too long a form */
		{ "\xe0\x80\xaf", 0 },
		{ "\xf0\x80\x80\xaf", 0 },
		{ "\xed\xa0\x80", 0 }, /* surrogate */
		{ "\xf4\x90\x80\x80", 0 }, /* beyond U+10FFFF */
		{ "\xff", 0 },
		{ "\xc3(", 0 },
		{ "\xe5\xa4(", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
		    text_utf8_length(cases[i].in, strlen(cases[i].in)),
		    cases[i].want);
}

static void
test_escape(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "plain", "plain" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "a\r\nb", "a  b" }, { "a\033[31mb", "a\\x1b[31mb" },
		{ "tab\there", "tab\\x09here" }, { "\x7f", "\\x7f" },
		{ "\xc2\x9b", "\\xc2\\x9b" }, /* CSI in C1 */
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "\xe2\x80\xae!", "\\xe2\\x80\\xae!" }, /* override */
		{ "\xe2\x81\xa6!", "\\xe2\\x81\\xa6!" }, /* isolate */
		{ "\xe2\x82\xac", "\xe2\x82\xac" },
		{ "\xc7\xeb", "\\xc7\\xeb" }, /* GBK */
	};
	char out[100];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(text_escape(out, sizeof out, cases[i].in,
					strlen(cases[i].in)),
		    cases[i].want);
	text_escape(out, sizeof out, "a\0b", 3);
	assert_string_equal(out, "a\\x00b");
}

/* Whatever the room, the result fits, ends in NUL and cuts no character. */
static void
test_escape_is_bounded(void **state)
{
	static const char in[] = "ab\xc3\xbc\033\xe5\xa4\x87 and more of it";
	char out[64];

	(void)state;
	for (size_t size = 1; size < sizeof out; size++) {
		memset(out, 'X', sizeof out);
		text_escape(out, size, in, sizeof in - 1);
		assert_non_null(memchr(out, '\0', size));
		for (size_t i = 0; out[i] != '\0';) {
			size_t n = text_utf8_length(out + i, strlen(out + i));

			assert_int_not_equal(n, 0);
			i += n;
		}
		assert_int_equal(out[size], 'X');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_length),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
