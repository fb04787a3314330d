#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
test_append(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_string_equal(b.data, "");
	buf_puts(&b, "one");
	buf_putc(&b, ' ');
	buf_printf(&b, "%d-%s", 2, "three");
	buf_add(&b, "\0x", 2);
	assert_int_equal(b.len, 13);
	assert_memory_equal(b.data, "one 2-three\0x", 14);
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_free(&b);
	assert_string_equal(b.data, "");
}

/* Past the limit nothing changes, and nothing more is taken. */
static void
test_limit_is_sticky(void **state)
{
	struct buf b;

	(void)state;
	for (size_t max = 0; max < 200; max++) {
		buf_init(&b, max);
		for (size_t i = 0; i < max; i++)
			buf_putc(&b, 'x');
		assert_false(buf_failed(&b));
		assert_int_equal(b.len, max);
		buf_printf(&b, "%s", "yy");
		assert_true(buf_failed(&b));
		buf_add(&b, "", 0);
		assert_int_equal(b.len, max);
		buf_reset(&b);
		assert_false(buf_failed(&b));
		buf_free(&b);
	}
}

static void
test_huge_append_does_not_wrap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	buf_puts(&b, "abc");
	buf_add(&b, "x", SIZE_MAX - 1);
	assert_true(buf_failed(&b));
	assert_string_equal(b.data, "abc");
	buf_free(&b);
}

static void
test_splice(void **state)
{
	static const struct {
		const char *in;
		size_t off, n;
		const char *with, *want;
	} cases[] = {
		{ "hello", 0, 0, "oh ", "oh hello" },
		{ "hello", 5, 0, "!", "hello!" },
		{ "hello", 1, 3, "", "ho" },
		{ "hello", 1, 3, "allelujah", "hallelujaho" },
		{ "hello", 0, 5, "x", "x" },
		{ "", 0, 0, "x", "x" },
		{ "hello", 6, 0, "x", "hello" },
		{ "hello", 3, 3, "x", "hello" },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_init(&b, 100);
		buf_puts(&b, cases[i].in);
		buf_splice(&b, cases[i].off, cases[i].n, cases[i].with,
		    strlen(cases[i].with));
		assert_string_equal(b.data, cases[i].want);
		assert_int_equal(b.len, strlen(cases[i].want));
		buf_free(&b);
	}
}

static void
test_consume(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_consume(&b, 1);
	buf_puts(&b, "abcdef");
	buf_consume(&b, 2);
	assert_string_equal(b.data, "cdef");
	buf_consume(&b, 100);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_limit_is_sticky),
		cmocka_unit_test(test_huge_append_does_not_wrap),
		cmocka_unit_test(test_splice),
		cmocka_unit_test(test_consume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
