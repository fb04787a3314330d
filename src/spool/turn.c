#include "config.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>

#include "net/deadline.h"
#include "spool/state.h"
#include "spool/turn.h"

/* Between two looks at the locks, which flock(2) itself must not wait for:
 * who holds one may have been stopped. */
#define PAUSE_MIN 4 /* ms; each is shortened by up to a half */
#define PAUSE_MAX 100

/* Opens and locks the file of turn `i`.  Returns the descriptor, or -1 with
 * errno set: EWOULDBLOCK when somebody else has it. */
static int
lock_one(const struct spool *s, const char *account, long i,
    char name[STATE_NAME_MAX + 1])
{
	char what[32];
	int fd, error;

	snprintf(what, sizeof what, "turn.%ld", i);
	if (state_name(name, what, account) == -1)
		return -1;
	if ((fd = state_open(s, name, O_RDWR | O_CREAT)) == -1)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Tries each of the turns once; fd is -1 when all are taken. */
static int
try_all(struct turn *t, const struct spool *s, const char *account, long max,
    struct result *res)
{
	char name[STATE_NAME_MAX + 1];

	for (long i = 0; i < max; i++) {
		t->fd = lock_one(s, account, i, name);
		if (t->fd != -1)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return state_fail(s, name, errno, res);
	}
	return 0;
}

/* Waits for `pause` ms or somewhat less, and not beyond `until`.  Fails when
 * it was interrupted. */
static int
rest(long pause, struct deadline until, struct result *res)
{
	struct deadline wake;
	long less = (long)arc4random_uniform((uint32_t)pause / 2 + 1);

	wake = deadline_in(pause - less, until.cancel);
	if (deadline_poll(deadline_earlier(wake, until), -1, 0, res) == -1 &&
	    res->kind != RESULT_TIMEOUT)
		return -1;
	return 0;
}

int
turn_take(struct turn *t, const struct spool *s, const char *account, long max,
    long wait, int cancel, struct result *res)
{
	struct deadline until = deadline_in(wait, cancel);
	long pause = PAUSE_MIN;

	for (t->fd = -1;;) {
		/* before the look, so that the last one is at the end */
		bool last = deadline_left(until) == 0;

		if (try_all(t, s, account, max, res) == -1)
			return -1;
		if (t->fd != -1)
			return 0;
		if (last)
			return result_fail(res, RESULT_BUSY,
			    "the account has %ld connections at a time "
			    "(max_connections), and all are in use",
			    max);
		if (rest(pause, until, res) == -1)
			return -1;
		pause = pause < PAUSE_MAX / 2 ? 2 * pause : PAUSE_MAX;
	}
}

void
turn_give(struct turn *t)
{
	if (t->fd != -1)
		close(t->fd);
	t->fd = -1;
}
