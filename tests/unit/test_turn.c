#include "config.h"

#include <bsd/string.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "spool/turn.h"
#include "spools.h"

#define SOON 60000 /* ms; nothing here waits so long unless it is broken */

struct place {
	char dir[256];
	struct spool spool;
};

static int
set_up(void **state)
{
	static struct place place;

	spools_make(place.dir);
	place.spool = (struct spool){ .dir = place.dir,
		.fds = { -1, -1, -1, -1, -1 } };
	place.spool.fds[SPOOL_STATE] = open(place.dir, O_RDONLY | O_DIRECTORY);
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
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Takes a turn of two without waiting; returns the result's kind. */
static enum result_kind
take_now(struct place *place, struct turn *t, const char *account)
{
	struct result res;

	result_ok(&res);
	if (turn_take(t, &place->spool, account, 2, 0, -1, &res) == 0) {
		assert_true(t->fd >= 0);
		return RESULT_OK;
	}
	assert_int_equal(t->fd, -1);
	return res.kind;
}

static void
test_counts(void **state)
{
	struct turn a, b, c, none = { .fd = -1 };

	assert_int_equal(take_now(*state, &a, "one"), RESULT_OK);
	assert_int_equal(take_now(*state, &b, "one"), RESULT_OK);
	assert_int_equal(take_now(*state, &c, "one"), RESULT_BUSY);
	turn_give(&a);
	assert_int_equal(a.fd, -1);
	assert_int_equal(take_now(*state, &c, "one"), RESULT_OK);
	assert_int_equal(take_now(*state, &a, "one"), RESULT_BUSY);
	turn_give(&b);
	turn_give(&c);
	turn_give(&c);
	turn_give(&none);
}

/* Names that must not come to share a file. */
static void
test_accounts_apart(void **state)
{
	static const char *const names[] = { "", "default", "%64efault", "a",
		"A", "%41", "a.1", "../a", "..", ".", "a b", "a/b", "\xc3\xa9",
		"\xe9", "DEFAULT" };
	struct turn turns[sizeof names / sizeof *names][2];
	const size_t n = sizeof names / sizeof *names;
	struct turn more;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < 2; k++)
			assert_int_equal(
			    take_now(*state, &turns[i][k], names[i]),
			    RESULT_OK);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(
		    take_now(*state, &more, names[i]), RESULT_BUSY);
		turn_give(&turns[i][0]);
		turn_give(&turns[i][1]);
	}
}

static void
test_busy_in_time(void **state)
{
	struct place *place = *state;
	struct turn a, b;
	struct result res;
	int64_t start;

	assert_int_equal(turn_take(&a, &place->spool, "", 1, 0, -1, &res), 0);
	start = now_ms();
	assert_int_equal(
	    turn_take(&b, &place->spool, "", 1, 300, -1, &res), -1);
	assert_true(now_ms() - start >= 300);
	assert_true(now_ms() - start < SOON);
	assert_int_equal(res.kind, RESULT_BUSY);
	assert_non_null(strstr(res.text, "1 connection"));
	assert_non_null(strstr(res.text, "max_connections"));
	turn_give(&a);
}

static void
test_cancel(void **state)
{
	struct place *place = *state;
	struct turn a, b;
	struct result res;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	/* a turn that is free is had all the same */
	assert_int_equal(
	    turn_take(&a, &place->spool, "", 1, SOON, fds[0], &res), 0);
	assert_int_equal(
	    turn_take(&b, &place->spool, "", 1, SOON, fds[0], &res), -1);
	assert_int_equal(res.kind, RESULT_INTERRUPTED);
	assert_int_equal(b.fd, -1);
	turn_give(&a);
	close(fds[0]);
	close(fds[1]);
}

static void
test_no_folder(void **state)
{
	struct spool none = { .dir = (char *)(uintptr_t) "/nowhere",
		.fds = { -1, -1, -1, -1, -1 } };
	char longest[2000];
	struct turn t;
	struct result res;
	struct place *place = *state;

	assert_int_equal(turn_take(&t, &none, "", 1, SOON, -1, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_non_null(strstr(res.text, "/nowhere/state/turn.0.default: "));
	assert_int_equal(t.fd, -1);
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(
	    turn_take(&t, &place->spool, longest, 1, SOON, -1, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
}

/* A link, a FIFO, or a directory in its place: refused, never waited for. */
static void
test_strange_files(void **state)
{
	struct place *place = *state;
	int dir = place->spool.fds[SPOOL_STATE];
	struct turn t;
	struct result res;

	assert_int_equal(symlinkat("/etc/passwd", dir, "turn.0.link"), 0);
	assert_int_equal(mkdirat(dir, "turn.0.dir", 0700), 0);
	assert_int_equal(mkfifoat(dir, "turn.0.fifo", 0600), 0);
	assert_int_equal(
	    turn_take(&t, &place->spool, "link", 1, SOON, -1, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_int_equal(
	    turn_take(&t, &place->spool, "dir", 1, SOON, -1, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_int_equal(
	    turn_take(&t, &place->spool, "fifo", 1, SOON, -1, &res), 0);
	turn_give(&t);
}

/* Starts a child that takes a turn of one, says so, and waits to be ended. */
static pid_t
start_holder(struct place *place, int *said)
{
	struct turn t;
	struct result res;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		char how = turn_take(&t, &place->spool, "held", 1, SOON, -1,
			       &res) == 0
		    ? 'y'
		    : 'n';

		(void)!write(fds[1], &how, 1);
		for (;;)
			pause();
	}
	close(fds[1]);
	*said = fds[0];
	return pid;
}

static void
assert_holds(int said)
{
	char how = 'n';

	assert_int_equal(read(said, &how, 1), 1);
	assert_int_equal(how, 'y');
	close(said);
}

static void
end(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* A process that is stopped keeps its turn, and is not waited for beyond
 * `wait`; one that dies gives it back, to whoever waits. */
static void
test_processes(void **state)
{
	struct place *place = *state;
	struct turn t;
	struct result res;
	int said, said_too;
	pid_t holder = start_holder(place, &said), waiter;

	assert_holds(said);
	assert_int_equal(kill(holder, SIGSTOP), 0);
	assert_int_equal(
	    turn_take(&t, &place->spool, "held", 1, 50, -1, &res), -1);
	assert_int_equal(res.kind, RESULT_BUSY);
	waiter = start_holder(place, &said_too);
	end(holder);
	assert_holds(said_too);
	assert_int_equal(
	    turn_take(&t, &place->spool, "held", 1, 0, -1, &res), -1);
	assert_int_equal(res.kind, RESULT_BUSY);
	end(waiter);
	assert_int_equal(
	    turn_take(&t, &place->spool, "held", 1, 0, -1, &res), 0);
	turn_give(&t);
}

#define CROWD 8
#define ROUNDS 20

/* Takes the turn again and again; while it has it, a byte of the file is its
 * own alone.  Returns the exit status. */
static int
work(struct place *place, int shared)
{
	struct turn t;
	struct result res;

	for (int i = 0; i < ROUNDS; i++) {
		char seen = 'x';

		if (turn_take(&t, &place->spool, "crowd", 1, SOON, -1, &res) ==
		    -1)
			return 1;
		if (pread(shared, &seen, 1, 0) != 1 || seen != '0' ||
		    pwrite(shared, "1", 1, 0) != 1)
			return 2;
		usleep(200);
		if (pwrite(shared, "0", 1, 0) != 1)
			return 3;
		turn_give(&t);
	}
	return 0;
}

static void
test_exclusion(void **state)
{
	struct place *place = *state;
	pid_t pids[CROWD];
	int status,
	    shared = openat(place->spool.fds[SPOOL_STATE], "shared",
		O_RDWR | O_CREAT, 0600);

	assert_int_equal(pwrite(shared, "0", 1, 0), 1);
	for (size_t i = 0; i < CROWD; i++)
		if ((pids[i] = fork()) == 0)
			_exit(work(place, shared));
	for (size_t i = 0; i < CROWD; i++) {
		assert_true(pids[i] > 0);
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	close(shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_accounts_apart),
		cmocka_unit_test(test_busy_in_time),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_strange_files),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_exclusion),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
