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

#include "spool/login.h"
#include "spools.h"

static void
test_noted(void **state)
{
	const struct state_key key = { "", "secret", 6 },
			       changed = { "", "secrex", 6 },
			       other = { "other", "secret", 6 };
	struct result res;
	struct spools_place p;

	(void)state;
	spools_open_place(&p);
	assert_int_equal(login_load(&p.spool, &key), 0);
	assert_int_equal(login_note(&p.spool, &key, 2, &res), 0);
	assert_int_equal(login_load(&p.spool, &key), 2);
	assert_int_equal(login_load(&p.spool, &changed), 0);
	assert_int_equal(login_load(&p.spool, &other), 0);
	assert_int_equal(login_note(&p.spool, &changed, 1, &res), 0);
	assert_int_equal(login_load(&p.spool, &changed), 1);
	assert_int_equal(login_load(&p.spool, &key), 0);
	spools_close_place(&p);
}

/* Whatever byte of it is wrong, or missing, it says nothing. */
static void
test_damaged(void **state)
{
	const struct state_key key = { "", "secret", 6 };
	struct result res;
	struct spools_place p;
	char file[300], whole[256];
	ssize_t size;
	int fd;

	(void)state;
	spools_open_place(&p);
	assert_int_equal(login_note(&p.spool, &key, 2, &res), 0);
	snprintf(file, sizeof file, "%s/login.default", p.dir);
	fd = open(file, O_RDWR);
	assert_int_not_equal(fd, -1);
	size = pread(fd, whole, sizeof whole, 0);
	assert_true(size > 32);
	for (ssize_t i = 0; i < size; i++) {
		whole[i] ^= 1;
		assert_int_equal(pwrite(fd, whole, (size_t)size, 0), size);
		assert_int_equal(login_load(&p.spool, &key), 0);
		whole[i] ^= 1;
	}
	assert_int_equal(pwrite(fd, whole, (size_t)size, 0), size);
	assert_int_equal(login_load(&p.spool, &key), 2);
	assert_int_equal(ftruncate(fd, size - 1), 0);
	assert_int_equal(login_load(&p.spool, &key), 0);
	close(fd);
	spools_close_place(&p);
}

/* No room for it, or nowhere to put it. */
static void
test_fails(void **state)
{
	const struct state_key key = { "", "secret", 6 };
	struct result res;
	struct spools_place p;

	(void)state;
	spools_open_place(&p);
	close(p.spool.fds[SPOOL_STATE]);
	p.spool.fds[SPOOL_STATE] = open("/dev/null", O_RDONLY);
	assert_int_equal(login_note(&p.spool, &key, 2, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_non_null(strstr(res.text, "state/login.default"));
	assert_int_equal(login_load(&p.spool, &key), 0);
	spools_close_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noted),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
