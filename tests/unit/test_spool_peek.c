#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "spools.h"

static void
make_folder(const char *dir, const char *name, mode_t mode)
{
	char path[300];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(mkdir(path, mode), 0);
}

static void
test_what_there_is(void **state)
{
	char dir[256];
	struct result res;
	struct spool s;

	(void)state;
	spools_make(dir);
	make_folder(dir, "queue", 0700);
	make_folder(dir, "drop", 0700);
	assert_int_equal(spool_peek(&s, dir, SPOOL_FAILED, &res), 0);
	assert_int_not_equal(s.fds[SPOOL_QUEUE], -1);
	assert_int_not_equal(s.fds[SPOOL_DROP], -1);
	assert_int_equal(s.fds[SPOOL_FAILED], -1);
	assert_int_equal(s.fds[SPOOL_STATE], -1);
	spool_close(&s);
	assert_int_equal(spools_count(dir, "."), 2);
	spools_remove(dir);
}

static void
test_nothing_there(void **state)
{
	char dir[256];
	struct result res;
	struct spool s;

	(void)state;
	spools_make(dir);
	spools_remove(dir);
	assert_int_equal(spool_peek(&s, dir, SPOOL_QUEUE, &res), 0);
	for (size_t i = 0; i < SPOOL_FOLDER_COUNT; i++)
		assert_int_equal(s.fds[i], -1);
	spool_close(&s);
	assert_int_equal(access(dir, F_OK), -1);
}

static void
test_strange(void **state)
{
	char dir[256], path[300];
	struct result res;
	struct spool s;

	(void)state;
	spools_make(dir);
	snprintf(path, sizeof path, "%s/queue", dir);
	assert_int_equal(symlink("/", path), 0);
	assert_int_equal(spool_peek(&s, dir, SPOOL_QUEUE, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	/* but where it is not needed */
	assert_int_equal(spool_peek(&s, dir, SPOOL_FAILED, &res), 0);
	assert_int_equal(s.fds[SPOOL_QUEUE], -1);
	spool_close(&s);
	assert_int_equal(spool_peek(&s, "/dev/null", SPOOL_QUEUE, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	spools_remove(dir);
}

static void
test_closed(void **state)
{
	char dir[256];
	struct result res;
	struct spool s;

	(void)state;
	if (geteuid() == 0) /* to whom nothing is */
		skip();
	spools_make(dir);
	make_folder(dir, "queue", 0);
	assert_int_equal(spool_peek(&s, dir, SPOOL_QUEUE, &res), -1);
	assert_int_equal(res.kind, RESULT_NOPERM);
	spools_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_there_is),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
