/*
 * measure: runs a command and says what it cost.
 *
 *	measure COUNT INPUT COMMAND [ARGUMENT ...]
 *
 * Runs the command COUNT times, one after the other, with the file INPUT as
 * its standard input and its output thrown away, and prints a line for each
 * run: exit status, wall ms, CPU ms, peak resident KiB, all of the command
 * and the children it waited for.  Small on purpose: a process begins with
 * the peak of the one that started it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double
milliseconds(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void
run(const char *input, char **command)
{
	int in = open(input, O_RDONLY), null = open("/dev/null", O_WRONLY);

	if (in == -1 || null == -1)
		_exit(126);
	dup2(in, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

int
main(int argc, char **argv)
{
	if (argc < 4)
		return 64;
	for (long i = strtol(argv[1], NULL, 10); i > 0; i--) {
		struct rusage use;
		double start = now();
		pid_t pid = fork();
		int status;

		if (pid == 0)
			run(argv[2], argv + 3);
		if (pid == -1 || wait4(pid, &status, 0, &use) != pid)
			return 71;
		printf("%d %.3f %.3f %ld\n",
		    WIFEXITED(status) ? WEXITSTATUS(status) : 128,
		    now() - start,
		    milliseconds(use.ru_utime) + milliseconds(use.ru_stime),
		    use.ru_maxrss);
		fflush(stdout);
	}
	return 0;
}
