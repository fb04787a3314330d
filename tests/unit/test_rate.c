#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "spool/rate.h"
#include "spools.h"

#define NOW INT64_C(1700000000)

static void
test_minutes(void **state)
{
	static const struct {
		int64_t at;
		long max, wait;
	} steps[] = {
		{ NOW, 3, 0 },
		{ NOW + 1, 3, 0 },
		{ NOW + 20, 3, 0 },
		{ NOW + 20, 3, 40 },
		{ NOW + 59, 3, 1 },
		/* who allows more may send more */
		{ NOW + 59, 4, 0 },
		{ NOW + 60, 1, 0 },
		{ NOW + 60, 1, 60 },
		/* the clock was set back, and forth */
		{ NOW - 1000000, 1, 0 },
		{ NOW - 999999, 1, 59 },
		{ NOW + 1000000, 1, 0 },
	};
	struct spools_place p;

	(void)state;
	spools_open_place(&p);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		assert_int_equal(
		    rate_take(&p.spool, "", steps[i].max, steps[i].at),
		    steps[i].wait);
	/* another account has its own */
	assert_int_equal(rate_take(&p.spool, "work", 1, NOW + 1000000), 0);
	assert_int_equal(rate_take(&p.spool, "work", 1, NOW + 1000000), 60);
	spools_close_place(&p);
}

/* What makes no sense limits nobody. */
static void
test_damaged(void **state)
{
	char file[300], whole[256];
	struct spools_place p;
	ssize_t size;
	int fd;

	(void)state;
	spools_open_place(&p);
	assert_int_equal(rate_take(&p.spool, "", 1, NOW), 0);
	snprintf(file, sizeof file, "%s/rate.default", p.dir);
	fd = open(file, O_RDWR);
	size = pread(fd, whole, sizeof whole, 0);
	assert_true(size > 8);
	for (ssize_t i = 0; i < size; i++) {
		bool is_time = i >= 8 && i < 16;

		whole[i] ^= 0x40;
		assert_int_equal(pwrite(fd, whole, (size_t)size, 0), size);
		if (!is_time)
			assert_int_equal(rate_take(&p.spool, "", 1, NOW), 0);
		whole[i] ^= 0x40;
	}
	assert_int_equal(ftruncate(fd, 3), 0);
	assert_int_equal(rate_take(&p.spool, "", 1, NOW), 0);
	close(fd);
	close(p.spool.fds[SPOOL_STATE]);
	p.spool.fds[SPOOL_STATE] = open("/dev/null", O_RDONLY);
	assert_int_equal(rate_take(&p.spool, "", 1, NOW), 0);
	assert_int_equal(rate_take(&p.spool, "", 1, NOW), 0);
	spools_close_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minutes),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
