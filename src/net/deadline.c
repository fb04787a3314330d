#include "config.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "net/deadline.h"

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct deadline
deadline_in(long ms, int cancel)
{
	int64_t start = now();
	struct deadline d = { .cancel = cancel };

	d.at = ms > INT64_MAX - start ? INT64_MAX : start + ms;
	return d;
}

struct deadline
deadline_earlier(struct deadline a, struct deadline b)
{
	if (b.at < a.at)
		a.at = b.at;
	return a;
}

int
deadline_left(struct deadline d)
{
	int64_t left = d.at - now();

	if (left <= 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/* When the alarm is to ring yet, and nothing else comes before it. */
static bool
is_alarmed(struct deadline d)
{
	return d.alarm != NULL && !d.alarm->rung && d.alarm->at <= d.at;
}

int
deadline_next(struct deadline d)
{
	if (is_alarmed(d))
		d.at = d.alarm->at;
	return deadline_left(d);
}

int
deadline_ring(struct deadline d, struct result *res)
{
	if (!is_alarmed(d) || deadline_next(d) > 0)
		return 0;
	d.alarm->rung = true;
	return d.alarm->ring(d.alarm->arg, res);
}

int
deadline_poll(struct deadline d, int fd, short events, struct result *res)
{
	struct pollfd p[] = { { .fd = fd, .events = events },
		{ .fd = d.cancel, .events = POLLIN } };
	int left, ready;

	for (;;) {
		left = deadline_next(d);
		ready = poll(p, 2, left);
		if (ready == -1 && errno != EINTR)
			return result_fail(
			    res, RESULT_SYSTEM, "poll: %s", strerror(errno));
		if (ready > 0 && p[1].revents != 0)
			return result_fail(
			    res, RESULT_INTERRUPTED, "interrupted");
		/* Ready but late is late: else a peer that drips never ends,
		 * and the alarm never rings. */
		if (left == 0 && is_alarmed(d)) {
			if (deadline_ring(d, res) == -1)
				return -1;
			continue;
		}
		if (left == 0)
			return result_fail(
			    res, RESULT_TIMEOUT, "no answer in time");
		if (ready > 0)
			return p[0].revents;
	}
}
