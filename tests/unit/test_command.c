#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/command.h"

#define LONG 20000 /* ms: never reached */

struct outcome {
	int status;
	struct buf out, err;
	struct result res;
};

static void
run(struct outcome *o, const char *line, long ms)
{
	buf_init(&o->out, 64);
	buf_init(&o->err, 64);
	o->status = command_run(line, ms, &o->out, &o->err, &o->res);
}

static void
clear(struct outcome *o)
{
	buf_free(&o->out);
	buf_free(&o->err);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
test_output(void **state)
{
	static const struct {
		const char *line, *out, *err, *failure;
	} cases[] = {
		{ "echo a; echo b >&2", "a\n", "b\n", NULL },
		{ ":", "", "", NULL },
		{ "cat", "", "", NULL },
		{ "tty", "", "", "its exit status is 1" },
		{ "(: </dev/tty) 2>/dev/null || echo none", "none\n", "",
		    NULL },
		{ "echo a; exit 3", "a\n", "", "its exit status is 3" },
		{ "kill -TERM $$", "", "", "it was killed by signal 15" },
		{ "exec >&-; exec 2>&-; exit 4", "", "",
		    "its exit status is 4" },
		{ "kill -PIPE $$", "", "", "it was killed by signal 13" },
		{ "head -c 100000 /dev/zero | tr '\\0' x; echo y >&2",
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		    "y\n", NULL },
		/* who keeps the pipe keeps nobody waiting */
		{ "echo a; sleep 30 & echo b", "a\nb\n", "", NULL },
	};
	double began = seconds();
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		run(&o, cases[i].line, LONG);
		if (strncmp(cases[i].line, "tty", 3) == 0)
			buf_reset(&o.out);
		if (o.status != (cases[i].failure == NULL ? 0 : -1))
			fail_msg("%s: %s", cases[i].line, o.res.text);
		assert_string_equal(o.out.data, cases[i].out);
		assert_string_equal(o.err.data, cases[i].err);
		if (cases[i].failure != NULL) {
			assert_int_equal(o.res.kind, RESULT_COMMAND);
			assert_string_equal(o.res.text, cases[i].failure);
		}
		clear(&o);
	}
	assert_true(seconds() - began < 15);
}

/* Nothing of this process, but what finds programs and a keyring. */
static void
test_inheritance(void **state)
{
	struct outcome o;
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(fd > 2);
	assert_int_equal(setenv("OUTPOST_CONFIG", "x", 1), 0);
	assert_int_equal(setenv("HOMES", "x", 1), 0);
	assert_int_equal(setenv("GNUPGHOME", "/gnupg", 1), 0);
	run(&o, "echo $GNUPGHOME $OUTPOST_CONFIG $HOMES $$; ls /proc/$$/fd",
	    LONG);
	assert_int_equal(o.status, 0);
	assert_int_equal(strncmp(o.out.data, "/gnupg ", 7), 0);
	assert_null(strchr(o.out.data, 'x'));
	assert_non_null(strstr(o.out.data, "\n0\n1\n2\n"));
	assert_null(strstr(o.out.data, "\n3\n"));
	clear(&o);
	close(fd);
}

/* Whether it has no memory any more: it is gone, or a zombie. */
static bool
is_dead(const char *cmdline)
{
	int fd = open(cmdline, O_RDONLY);
	char c;
	bool dead;

	if (fd == -1)
		return errno == ENOENT;
	dead = read(fd, &c, 1) != 1;
	close(fd);
	return dead;
}

/* Whether the process named in the output is dead, or soon is. */
static bool
is_killed(const struct buf *out)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	char cmdline[64];
	long pid = strtol(out->data, NULL, 10);

	assert_true(pid > 1);
	snprintf(cmdline, sizeof cmdline, "/proc/%ld/cmdline", pid);
	for (int i = 0; i < 500 && !is_dead(cmdline); i++)
		(void)nanosleep(&moment, NULL);
	return is_dead(cmdline);
}

static void
test_time(void **state)
{
	static const char *const lines[] = {
		"echo $$; exec sleep 100",
		"sleep 100 & echo $!; wait",
		"trap '' TERM; echo $$; while :; do sleep 0.1; done",
		"echo $$; exec >&- 2>&-; exec sleep 100",
		"echo $$; kill -STOP $$",
		"echo $$; exec cat /dev/zero",
	};
	double began;
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		began = seconds();
		run(&o, lines[i], 1000);
		assert_int_equal(o.status, -1);
		assert_int_equal(o.res.kind, RESULT_COMMAND);
		assert_string_equal(
		    o.res.text, "it did not end within 1 seconds");
		assert_true(seconds() - began < 5);
		assert_true(is_killed(&o.out));
		clear(&o);
	}
}

/* The signal ends the command, and then this process. */
static void
test_signals(void **state)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	char line[64];
	struct outcome o;
	int status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		if ((pid = fork()) == 0) {
			snprintf(line, sizeof line,
			    "kill -%d $PPID; exec sleep 100", signals[i]);
			alarm(30);
			run(&o, line, LONG);
			_exit(1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_inheritance),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
