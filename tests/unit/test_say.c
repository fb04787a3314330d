#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/say.h"

static int kept, reader;

/* Standard error is a pipe, whose other end is `reader`. */
static int
begin(void **state)
{
	int ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	kept = dup(STDERR_FILENO);
	if (kept == -1 || pipe(ends) == -1)
		return -1;
	reader = ends[0];
	return dup2(ends[1], STDERR_FILENO) == -1 ? -1 : close(ends[1]);
}

static int
end(void **state)
{
	(void)state;
	close(reader);
	return dup2(kept, STDERR_FILENO) == -1 ? -1 : close(kept);
}

static long
milliseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
test_text(void **state)
{
	char got[16384], long_text[10000];

	(void)state;
	say("%s %d\n", "text", 1);
	say("%s", "");
	say("more\n");
	assert_int_equal(read(reader, got, sizeof got), 12);
	assert_memory_equal(got, "text 1\nmore\n", 12);
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	say("%s", long_text);
	assert_int_equal(read(reader, got, sizeof got), 8191);
	assert_memory_equal(got, long_text, 8191);
}

/* A pipe that nobody reads is waited for once. */
static void
test_full(void **state)
{
	static const char page[4096];
	int flags = fcntl(STDERR_FILENO, F_GETFL);
	long began = milliseconds();

	(void)state;
	assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK), 0);
	while (write(STDERR_FILENO, page, sizeof page) > 0)
		;
	assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, flags), 0);
	for (int i = 0; i < 1000; i++)
		say("line %d\n", i);
	assert_in_range(
	    milliseconds() - began, SAY_PATIENCE - 100, 2 * SAY_PATIENCE - 100);
}

/* Nor does one without a reader do any harm. */
static void
test_closed(void **state)
{
	(void)state;
	close(reader);
	say("lost\n");
	say("lost, too\n");
	reader = dup(STDERR_FILENO);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, begin, end),
		cmocka_unit_test_setup_teardown(test_full, begin, end),
		cmocka_unit_test_setup_teardown(test_closed, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
