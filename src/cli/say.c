#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/say.h"

#define TEXT_MAX 8192 /* not from the heap, which may be what failed */

/* -1: it was not taken. */
static int
put(const char *p, size_t n)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t wrote;
	int ready;

	while (n > 0) {
		if ((ready = poll(&out, 1, SAY_PATIENCE)) == 0)
			return -1;
		/* what is ready takes that much without blocking; not to
		 * block in general would be a change to the caller's file */
		wrote = ready == -1
		    ? -1
		    : write(STDERR_FILENO, p, n < PIPE_BUF ? n : PIPE_BUF);
		if (wrote == -1 && errno != EINTR)
			return -1;
		if (wrote > 0) {
			p += wrote;
			n -= (size_t)wrote;
		}
	}
	return 0;
}

/* From now on nobody is spoken to. */
static void
give_up(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	(void)dup2(fd, STDERR_FILENO);
	close(fd);
}

bool
say_has_colour(int fd)
{
	const char *term = getenv("TERM"), *none = getenv("NO_COLOR");

	return isatty(fd) == 1 && term != NULL && strcmp(term, "dumb") != 0 &&
	    (none == NULL || *none == '\0');
}

void
say(const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n >= TEXT_MAX)
		n = TEXT_MAX - 1;
	if (n > 0 && put(text, (size_t)n) == -1)
		give_up();
}

int
say_flush(const char *program)
{
	if (ferror(stdout) == 0 && fflush(stdout) == 0)
		return EX_OK;
	say("%s: cannot write to standard output\n", program);
	return EX_IOERR;
}

enum language
say_language(const struct conf *conf)
{
	switch (conf != NULL ? conf->log.language : CONF_LANGUAGE_AUTO) {
	case CONF_LANGUAGE_ENGLISH:
		return LANGUAGE_ENGLISH;
	case CONF_LANGUAGE_CHINESE:
		return LANGUAGE_CHINESE;
	default:
		return language_of(
		    getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"));
	}
}
