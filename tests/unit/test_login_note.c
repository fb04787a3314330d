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

struct place {
	char dir[256];
	struct spool spool;
};

static void
begin(struct place *p)
{
	spools_make(p->dir);
	p->spool = (struct spool){ .dir = p->dir,
		.fds = { -1, -1, -1, -1, -1 } };
	p->spool.fds[SPOOL_STATE] = open(p->dir, O_RDONLY | O_DIRECTORY);
	assert_int_not_equal(p->spool.fds[SPOOL_STATE], -1);
}

static void
end(struct place *p)
{
	close(p->spool.fds[SPOOL_STATE]);
	spools_remove(p->dir);
}

static void
test_noted(void **state)
{
	const struct state_key key = { "", "secret", 6 },
			       changed = { "", "secrex", 6 },
			       other = { "other", "secret", 6 };
	struct result res;
	struct place p;

	(void)state;
	begin(&p);
	assert_int_equal(login_load(&p.spool, &key), 0);
	assert_int_equal(login_note(&p.spool, &key, 2, &res), 0);
	assert_int_equal(login_load(&p.spool, &key), 2);
	assert_int_equal(login_load(&p.spool, &changed), 0);
	assert_int_equal(login_load(&p.spool, &other), 0);
	assert_int_equal(login_note(&p.spool, &changed, 1, &res), 0);
	assert_int_equal(login_load(&p.spool, &changed), 1);
	assert_int_equal(login_load(&p.spool, &key), 0);
	end(&p);
}

/* Whatever byte of it is wrong, or missing, it says nothing. */
static void
test_damaged(void **state)
{
	const struct state_key key = { "", "secret", 6 };
	struct result res;
	struct place p;
	char file[300], whole[256];
	ssize_t size;
	int fd;

	(void)state;
	begin(&p);
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
	end(&p);
}

/* No room for it, or nowhere to put it. */
static void
test_fails(void **state)
{
	const struct state_key key = { "", "secret", 6 };
	struct result res;
	struct place p;

	(void)state;
	begin(&p);
	close(p.spool.fds[SPOOL_STATE]);
	p.spool.fds[SPOOL_STATE] = open("/dev/null", O_RDONLY);
	assert_int_equal(login_note(&p.spool, &key, 2, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_non_null(strstr(res.text, "state/login.default"));
	assert_int_equal(login_load(&p.spool, &key), 0);
	end(&p);
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
