#include "config.h"

#include <bsd/string.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "spool/names.h"
#include "spools.h"

struct place {
	char dir[256];
	struct spool s;
};

static int
set_up(void **state)
{
	static struct place place;
	struct result res;

	spools_make(place.dir);
	if (spool_open(&place.s, place.dir, &res) == -1)
		fail_msg("%s", res.text);
	*state = &place;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *place = *state;

	spool_close(&place->s);
	spools_remove(place->dir);
	return 0;
}

static void
make_file(struct place *place, const char *name)
{
	int fd = openat(
	    place->s.fds[SPOOL_QUEUE], name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd != -1);
	close(fd);
}

static const struct {
	const char *name;
	bool is_id;
} names[] = {
	{ "0123456789abcdefghijk", true },
	{ "000000000000000000000", true },
	{ "vvvvvvvvvvvvvvvvvvvvv", true },
	{ "", false },
	{ "0123456789abcdefghij", false },
	{ "0123456789abcdefghijkl", false },
	{ "0123456789abcdefghijw", false },
	{ "0123456789abcdefghijK", false },
	{ "0123456789abcdefghij/", false },
	{ ".123456789abcdefghijk", false },
	{ "0123456789abcdefghijk.1", false },
	{ "\xc3\xa9"
	  "23456789abcdefghijk",
	    false },
};

static void
test_is_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_int_equal(names_is_id(names[i].name), names[i].is_id);
}

static void
id_of(char id[ENTRY_ID_MAX], size_t i)
{
	snprintf(id, ENTRY_ID_MAX, "%021zu", i);
}

#define FILES (2 * NAMES_BATCH + 904) /* the search for the first overflows */

/* All of them in order, in batches, wherever one begins. */
static void
test_batches(void **state)
{
	struct place *place = *state;
	char after[ENTRY_ID_MAX] = "", id[ENTRY_ID_MAX];
	struct result res;
	struct names n;
	size_t seen = 0;

	/* in an order that is neither theirs nor its reverse */
	for (size_t i = 0; i < FILES; i++) {
		id_of(id, i * 2731 % FILES);
		make_file(place, id);
	}
	do {
		size_t left = FILES - seen;

		assert_int_equal(
		    names_list(&n, &place->s, SPOOL_QUEUE, after, &res), 0);
		assert_int_equal(
		    n.count, left < NAMES_BATCH ? left : NAMES_BATCH);
		assert_int_equal(n.strange, 0);
		for (size_t i = 0; i < n.count; i++) {
			id_of(id, seen++);
			assert_string_equal(n.names[i], id);
		}
		if (n.count > 0)
			strlcpy(after, n.names[n.count - 1], sizeof after);
		left = n.count;
		names_clear(&n);
		if (left == 0)
			break;
	} while (seen <= FILES);
	assert_int_equal(seen, FILES);
}

static void
test_strange(void **state)
{
	struct place *place = *state;
	struct result res;
	struct names n;

	make_file(place, "bad\nname");
	assert_int_equal(names_list(&n, &place->s, SPOOL_QUEUE, "", &res), 0);
	assert_int_equal(n.count, 0);
	assert_int_equal(n.strange, 1);
	assert_string_equal(n.first_strange, "bad name");
	names_clear(&n);
	make_file(place, "core");
	make_file(place, ".hidden");
	make_file(place, "000000000000000000001");
	assert_int_equal(names_list(&n, &place->s, SPOOL_QUEUE, "", &res), 0);
	assert_int_equal(n.count, 1);
	assert_int_equal(n.strange, 2);
	names_clear(&n);
	assert_int_equal(names_list(&n, &place->s, SPOOL_DROP, "", &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	names_clear(&n);
}

static void
set_age(struct place *place, const char *name, int64_t changed)
{
	struct timespec times[2] = { { .tv_sec = changed },
		{ .tv_sec = changed } };

	assert_int_equal(utimensat(place->s.fds[SPOOL_QUEUE], name, times,
			     AT_SYMLINK_NOFOLLOW),
	    0);
}

static bool
is_there(struct place *place, const char *name)
{
	return faccessat(place->s.fds[SPOOL_QUEUE], name, F_OK,
		   AT_SYMLINK_NOFOLLOW) == 0;
}

#define OLD "000000000000000000001"
#define BUSY "000000000000000000002"
#define YOUNG "000000000000000000003"
#define LINK "000000000000000000004"

static void
test_sweep(void **state)
{
	struct place *place = *state;
	int dirfd = place->s.fds[SPOOL_QUEUE], fd;
	struct result res;
	size_t removed;

	make_file(place, OLD);
	make_file(place, BUSY);
	make_file(place, YOUNG);
	make_file(place, "strange");
	make_file(place, ".unfinished");
	assert_int_equal(symlinkat("/etc/passwd", dirfd, LINK), 0);
	set_age(place, OLD, 1000);
	set_age(place, BUSY, 1000);
	set_age(place, YOUNG, 2000);
	set_age(place, LINK, 1000);
	set_age(place, "strange", 1000);
	fd = openat(dirfd, BUSY, O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	/* 0: entries stay, whatever their age */
	assert_int_equal(
	    names_sweep(&place->s, SPOOL_QUEUE, INT64_MAX, 0, &removed, &res),
	    0);
	assert_int_equal(removed, 0);
	assert_true(is_there(place, OLD));
	assert_int_equal(
	    names_sweep(&place->s, SPOOL_QUEUE, 2500, 1500, &removed, &res), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(
	    names_sweep(&place->s, SPOOL_QUEUE, 2501, 1500, &removed, &res), 0);
	assert_int_equal(removed, 1);
	assert_false(is_there(place, OLD));
	assert_true(is_there(place, BUSY));
	assert_true(is_there(place, YOUNG));
	assert_true(is_there(place, LINK));
	assert_true(is_there(place, "strange"));
	/* young by its ctime, which nobody sets */
	set_age(place, ".unfinished", 1000);
	assert_true(is_there(place, ".unfinished"));
	close(fd);
	assert_int_equal(
	    names_sweep(&place->s, SPOOL_QUEUE, 2501, 1500, &removed, &res), 0);
	assert_int_equal(removed, 1);
	assert_false(is_there(place, BUSY));
	assert_true(is_there(place, ".unfinished"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_id),
		TEST(test_batches),
		TEST(test_strange),
		TEST(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
