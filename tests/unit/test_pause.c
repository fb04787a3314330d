#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "spool/pause.h"
#include "spools.h"

#define NOW INT64_C(1700000000)

struct place {
	char dir[256];
	struct spool spool;
	struct result why;
};

static int
set_up(void **state)
{
	static struct place place;

	spools_make(place.dir);
	place.spool = (struct spool){ .dir = place.dir,
		.fds = { -1, -1, -1, -1, -1 } };
	place.spool.fds[SPOOL_STATE] = open(place.dir, O_RDONLY | O_DIRECTORY);
	(void)result_fail(&place.why, RESULT_AUTH, "log-in refused: 535 no");
	place.why.reply = 535;
	strlcpy(place.why.status, "5.7.8", sizeof place.why.status);
	strlcpy(place.why.stage, "AUTH", sizeof place.why.stage);
	*state = &place;
	return place.spool.fds[SPOOL_STATE] == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct place *place = *state;

	close(place->spool.fds[SPOOL_STATE]);
	spools_remove(place->dir);
	return 0;
}

static int64_t
ten_times(uint32_t failures, const void *arg)
{
	assert_string_equal(arg, "arg");
	return 10 * (int64_t)failures;
}

static struct state_key
key_of(const char *account, const char *secret)
{
	return (struct state_key){ account, secret, strlen(secret) };
}

static void
note(struct place *place, const struct state_key *key, enum pause_cause cause,
    int64_t now, struct pause *p)
{
	struct result res;

	assert_int_equal(pause_note(&place->spool, key, p, cause, &place->why,
			     now, ten_times, "arg", &res),
	    0);
}

static void
assert_none(struct place *place, const struct state_key *key)
{
	struct pause p;

	memset(&p, 0xff, sizeof p);
	pause_load(&place->spool, key, &p);
	assert_int_equal(p.cause, PAUSE_NONE);
	assert_int_equal(p.failures, 0);
	assert_int_equal(p.until, 0);
	assert_int_equal(p.why.kind, RESULT_OK);
}

static void
assert_is(const struct pause *p, enum pause_cause cause, uint32_t failures,
    int64_t since, int64_t until)
{
	assert_int_equal(p->cause, cause);
	assert_int_equal(p->failures, failures);
	assert_int_equal(p->since, since);
	assert_int_equal(p->until, until);
	assert_int_equal(p->why.kind, RESULT_AUTH);
	assert_int_equal(p->why.reply, 535);
	assert_string_equal(p->why.status, "5.7.8");
	assert_string_equal(p->why.stage, "AUTH");
	assert_string_equal(p->why.text, "log-in refused: 535 no");
}

static void
test_row(void **state)
{
	static const struct {
		enum pause_cause cause;
		int64_t now;
		uint32_t failures;
		int64_t since;
	} steps[] = {
		{ PAUSE_LOGIN, NOW, 1, NOW },
		{ PAUSE_LOGIN, NOW + 5, 2, NOW },
		{ PAUSE_LOGIN, NOW + 99, 3, NOW },
		{ PAUSE_HOST, NOW + 100, 1, NOW + 100 },
		{ PAUSE_HOST, NOW + 50, 2, NOW + 100 },
		{ PAUSE_LOGIN, NOW + 200, 1, NOW + 200 },
	};
	struct state_key key = key_of("row", "s");
	struct pause p;

	assert_none(*state, &key);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		int64_t until = steps[i].now + 10 * steps[i].failures;

		note(*state, &key, steps[i].cause, steps[i].now, &p);
		assert_is(&p, steps[i].cause, steps[i].failures, steps[i].since,
		    until);
		memset(&p, 0xff, sizeof p);
		pause_load(&((struct place *)*state)->spool, &key, &p);
		assert_is(&p, steps[i].cause, steps[i].failures, steps[i].since,
		    until);
	}
}

/* Another password ends it, and is a row of its own. */
static void
test_keys(void **state)
{
	struct state_key old = key_of("key", "old"), new = key_of("key", "new");
	struct state_key other = key_of("KEY", "old");
	struct pause p;

	note(*state, &old, PAUSE_LOGIN, NOW, &p);
	note(*state, &old, PAUSE_LOGIN, NOW, &p);
	assert_none(*state, &new);
	assert_none(*state, &other);
	note(*state, &new, PAUSE_LOGIN, NOW + 1, &p);
	assert_is(&p, PAUSE_LOGIN, 1, NOW + 1, NOW + 11);
	assert_none(*state, &old);
}

/* Who only looks needs no password. */
static void
test_peek(void **state)
{
	struct state_key key = key_of("peek", "secret");
	struct place *place = *state;
	struct pause p;

	pause_peek(&place->spool, "peek", &p);
	assert_int_equal(p.cause, PAUSE_NONE);
	note(place, &key, PAUSE_LOGIN, NOW, &p);
	memset(&p, 0xff, sizeof p);
	pause_peek(&place->spool, "peek", &p);
	assert_is(&p, PAUSE_LOGIN, 1, NOW, NOW + 10);
}

static void
test_first_account(void **state)
{
	struct state_key first = key_of("", "s"),
			 named = key_of("default", "s");
	struct place *place = *state;
	struct pause p;
	struct stat st;

	note(place, &first, PAUSE_HOST, NOW, &p);
	assert_none(place, &named);
	assert_int_equal(fstatat(place->spool.fds[SPOOL_STATE], "pause.default",
			     &st, AT_SYMLINK_NOFOLLOW),
	    0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
test_clear(void **state)
{
	struct state_key key = key_of("clear", "s");
	struct place *place = *state;
	struct pause p;
	struct result res;

	assert_int_equal(pause_clear(&place->spool, &key, &res), 0);
	note(place, &key, PAUSE_HOST, NOW, &p);
	assert_int_equal(pause_clear(&place->spool, &key, &res), 0);
	assert_none(place, &key);
	note(place, &key, PAUSE_HOST, NOW + 7, &p);
	assert_is(&p, PAUSE_HOST, 1, NOW + 7, NOW + 17);
}

static void
test_holds(void **state)
{
	static const struct {
		enum pause_cause cause;
		int64_t until, now, max;
		bool want;
	} cases[] = {
		{ PAUSE_NONE, NOW + 10, NOW, 100, false },
		{ PAUSE_HOST, NOW + 10, NOW, 100, true },
		{ PAUSE_LOGIN, NOW + 10, NOW, 100, true },
		{ PAUSE_HOST, NOW, NOW, 100, false },
		{ PAUSE_HOST, NOW + 1, NOW, 100, true },
		{ PAUSE_HOST, NOW - 1, NOW, 100, false },
		{ PAUSE_HOST, NOW + 100, NOW, 100, true },
		{ PAUSE_HOST, NOW + 101, NOW, 100, false },
		{ PAUSE_HOST, INT64_MAX, INT64_MIN, 100, false },
		{ PAUSE_HOST, INT64_MAX, 0, INT64_MAX, true },
		{ PAUSE_HOST, INT64_MIN, INT64_MAX, 100, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pause p = { .cause = cases[i].cause,
			.until = cases[i].until };

		assert_int_equal(
		    pause_holds(&p, cases[i].now, cases[i].max), cases[i].want);
	}
}

/* No byte of the file may be another, and none be missing. */
static void
test_damage(void **state)
{
	struct state_key key = key_of("damage", "s");
	struct place *place = *state;
	char whole[4096], byte;
	struct pause p;
	ssize_t size;
	int fd;

	note(place, &key, PAUSE_LOGIN, NOW, &p);
	fd = openat(place->spool.fds[SPOOL_STATE], "pause.damage", O_RDWR);
	size = pread(fd, whole, sizeof whole, 0);
	assert_true(size > 900 && size < 1000);
	for (off_t i = 0; i < size; i++) {
		byte = (char)(whole[i] ^ 1);
		assert_int_equal(pwrite(fd, &byte, 1, i), 1);
		assert_none(place, &key);
		assert_int_equal(pwrite(fd, &whole[i], 1, i), 1);
	}
	for (off_t i = 0; i < size; i += 13) {
		assert_int_equal(ftruncate(fd, i), 0);
		assert_none(place, &key);
	}
	/* and then it is made anew */
	note(place, &key, PAUSE_LOGIN, NOW, &p);
	assert_is(&p, PAUSE_LOGIN, 1, NOW, NOW + 10);
	pause_load(&place->spool, &key, &p);
	assert_is(&p, PAUSE_LOGIN, 1, NOW, NOW + 10);
	close(fd);
}

static void
test_no_secret_in_it(void **state)
{
	struct state_key key = key_of("secret", "hunter2hunter2");
	struct place *place = *state;
	char a[4096], b[4096];
	struct pause p;
	ssize_t size;
	int fd;

	note(place, &key, PAUSE_LOGIN, NOW, &p);
	fd = openat(place->spool.fds[SPOOL_STATE], "pause.secret", O_RDONLY);
	size = pread(fd, a, sizeof a, 0);
	assert_null(memmem(a, (size_t)size, "hunter2", 7));
	note(place, &key, PAUSE_LOGIN, NOW, &p);
	assert_int_equal(pread(fd, b, sizeof b, 0), size);
	/* salted anew: nothing but the magic is alike in the first 56 */
	assert_memory_equal(a, b, 8);
	assert_memory_not_equal(a + 8, b + 8, 16);
	assert_memory_not_equal(a + 24, b + 24, 32);
	close(fd);
}

/* A stopped process that holds the lock holds up nobody. */
static void
test_lock_held(void **state)
{
	struct state_key key = key_of("held", "s");
	struct place *place = *state;
	struct pause p;
	int fd;

	note(place, &key, PAUSE_LOGIN, NOW, &p);
	fd = openat(place->spool.fds[SPOOL_STATE], "pause.held", O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	note(place, &key, PAUSE_LOGIN, NOW, &p);
	assert_int_equal(p.failures, 2);
	pause_load(&place->spool, &key, &p);
	assert_int_equal(p.failures, 2);
	close(fd);
}

static void
test_strange_files(void **state)
{
	struct state_key link = key_of("link", "s"), dir = key_of("dir", "s");
	struct state_key fifo = key_of("fifo", "s");
	struct place *place = *state;
	int fd = place->spool.fds[SPOOL_STATE];
	struct pause p;
	struct result res;

	assert_int_equal(symlinkat("/etc/passwd", fd, "pause.link"), 0);
	assert_int_equal(mkdirat(fd, "pause.dir", 0700), 0);
	assert_int_equal(mkfifoat(fd, "pause.fifo", 0600), 0);
	assert_none(place, &link);
	assert_none(place, &dir);
	assert_none(place, &fifo);
	assert_int_equal(pause_note(&place->spool, &link, &p, PAUSE_LOGIN,
			     &place->why, NOW, ten_times, "arg", &res),
	    -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_non_null(strstr(res.text, "/state/pause.link: "));
	/* what could not be kept is known all the same */
	assert_is(&p, PAUSE_LOGIN, 1, NOW, NOW + 10);
	assert_int_equal(pause_clear(&place->spool, &dir, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
}

static void
test_run(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{ "", 0 },
		{ "00000000001700000000\n", NOW },
		{ "00000000001700000000", 0 },
		{ "0000000000170000000\n", 0 },
		{ "0000000000x700000000\n", 0 },
		{ "-0000000001700000000\n", 0 },
		{ "09223372036854775807\n", INT64_MAX },
		{ "09223372036854775808\n", 0 },
		{ "\n                   \n", 0 },
	};
	struct place *place = *state;
	struct result res;
	int fd;

	assert_int_equal(pause_last_run(&place->spool), 0);
	assert_int_equal(pause_note_run(&place->spool, NOW, &res), 0);
	assert_int_equal(pause_last_run(&place->spool), NOW);
	assert_int_equal(pause_note_run(&place->spool, NOW + 1, &res), 0);
	assert_int_equal(pause_last_run(&place->spool), NOW + 1);
	fd = openat(place->spool.fds[SPOOL_STATE], "run", O_RDWR);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = strlen(cases[i].text);

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, cases[i].text, n, 0), n);
		assert_int_equal(pause_last_run(&place->spool), cases[i].want);
	}
	close(fd);
}

static void
test_no_folder(void **state)
{
	struct place none = { .dir = "/nowhere" };
	struct state_key key = key_of("", "s");
	struct pause p;
	struct result res;

	(void)state;
	none.spool = (struct spool){ .dir = none.dir,
		.fds = { -1, -1, -1, -1, -1 } };
	result_ok(&none.why);
	assert_none(&none, &key);
	assert_int_equal(pause_last_run(&none.spool), 0);
	assert_int_equal(pause_note_run(&none.spool, NOW, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_int_equal(pause_clear(&none.spool, &key, &res), -1);
	assert_int_equal(pause_note(&none.spool, &key, &p, PAUSE_HOST,
			     &none.why, NOW, ten_times, "arg", &res),
	    -1);
	assert_non_null(strstr(res.text, "/nowhere/state/pause.default: "));
	assert_non_null(strstr(res.text, strerror(EBADF)));
}

#define CROWD 4
#define ROUNDS 25

/* Notes of several at a time: none is torn. */
static void
test_crowd(void **state)
{
	struct state_key key = key_of("crowd", "s");
	struct place *place = *state;
	struct pause p;
	pid_t pids[CROWD];
	int status;

	note(place, &key, PAUSE_HOST, NOW, &p);
	for (size_t i = 0; i < CROWD; i++) {
		if ((pids[i] = fork()) != 0)
			continue;
		for (int k = 0; k < ROUNDS; k++)
			note(place, &key, PAUSE_HOST, NOW, &p);
		_exit(p.failures > ROUNDS ? 0 : 1);
	}
	for (size_t i = 0; i < CROWD; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	pause_load(&place->spool, &key, &p);
	assert_int_equal(p.since, NOW);
	assert_true(p.failures > ROUNDS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_first_account),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_no_secret_in_it),
		cmocka_unit_test(test_lock_held),
		cmocka_unit_test(test_strange_files),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
