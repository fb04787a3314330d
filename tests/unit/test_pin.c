#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/pin.h"

/* The pin of three bytes "abc", in its forms. */
#define BASE64 "sha256//ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define HEX "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define COLONS \
	"BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:" \
	"B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD"
/* of 32 bytes that are 0 */
#define ZERO "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define FOUR ZERO " " ZERO " " ZERO " " ZERO " "

#define ABC "sha256//ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa"

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		int want; /* how many pins, or -1 */
		int have; /* whether that of "abc" is among them */
	} cases[] = {
		{ "", 0, 0 },
		{ " \t ", 0, 0 },
		{ BASE64, 1, 1 },
		{ HEX, 1, 1 },
		{ COLONS, 1, 1 },
		{ "  " COLONS "\t ", 1, 1 },
		{ ZERO, 1, 0 },
		{ ZERO " " BASE64, 2, 1 },
		{ ZERO "  " HEX " " COLONS, 3, 1 },
		{ FOUR FOUR FOUR FOUR, 16, 0 },
		{ FOUR FOUR FOUR FOUR HEX, -1, 0 },
		{ HEX "0", -1, 0 },
		{ HEX "00", -1, 0 },
		{ HEX ":", -1, 0 },
		{ ":" HEX, -1, 0 },
		{ "ba::7816", -1, 0 },
		{ "b:a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20"
		  "015ad",
		    -1, 0 },
		{ "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f200"
		  "15ad",
		    -1, 0 },
		{ "ba7816", -1, 0 },
		{ "x", -1, 0 },
		{ HEX "," HEX, -1, 0 },
		{ HEX ";" BASE64, -1, 0 },
		{ "sha256//", -1, 0 },
		{ "sha256/" HEX, -1, 0 },
		{ "SHA256//ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", -1,
		    0 },
		{ "sha256//" HEX, -1, 0 },
		{ ABC "0", -1, 0 }, /* the end is missing */
		{ ABC "0==", -1, 0 },
		{ ABC "1=", -1, 0 }, /* bits that belong to nothing */
		{ ABC "==", -1, 0 },
		{ ABC "00", -1, 0 },
		{ ABC "-=", -1, 0 },
		{ ABC "0=" HEX, -1, 0 },
	};
	struct pins pins;
	struct pin abc;

	(void)state;
	pin_make(&abc, "abc", 3);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int rv = pins_parse(&pins, cases[i].text);

		if ((rv == -1 ? -1 : (int)pins.n) != cases[i].want)
			fail_msg("%s: %d, %zu", cases[i].text, rv, pins.n);
		if (rv == 0)
			assert_int_equal(pins_have(&pins, &abc), cases[i].have);
	}
}

static void
test_write(void **state)
{
	char text[PIN_TEXT_SIZE];
	struct pin pin;

	(void)state;
	pin_make(&pin, "abc", 3);
	pin_write(text, &pin);
	assert_string_equal(text, BASE64);
	assert_int_equal(strlen(text), sizeof text - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
