#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "cli/lane.h"
#include "cli/report.h"
#include "cli/runner.h"
#include "cli/watch.h"
#include "delivery/pickup.h"
#include "net/deadline.h"
#include "spool/own.h"

/* All that one run needs. */
struct run {
	struct setup setup;
	struct spool spool;
	struct lane *lanes; /* one for each account */
	size_t count; /* of them */
	struct watch watch;
	int cancel;
};

static void
init(struct run *run)
{
	*run = (struct run){ .cancel = -1 };
	setup_init(&run->setup);
	spool_init(&run->spool);
}

/* What leads to each account; `why` is what keeps one from being used, and
 * nobody else. */
static int
load_ways(struct run *run, struct result why[], struct result *res)
{
	run->lanes = calloc(run->setup.routes.count, sizeof *run->lanes);
	if (run->lanes == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	run->count = run->setup.routes.count;
	for (size_t i = 0; i < run->count; i++) {
		struct way *way = &run->setup.ways[i];

		lane_init(&run->lanes[i], &run->setup, way, &run->spool);
		if (way_load(way, &why[i]) == 0 && way_trust(way, &why[i]) == 0)
			result_ok(&why[i]);
	}
	return 0;
}

static void
open_lanes(struct run *run, const struct runner *r, const struct result why[])
{
	struct session_watch watch = { 0 };

	if (r->verbose)
		watch = watch_begin(&run->watch);
	for (size_t i = 0; i < run->count; i++)
		lane_open(&run->lanes[i], &watch, run->cancel, &why[i]);
}

static int
load(struct run *run, const struct runner *r, struct result *res)
{
	struct result why[CONF_ACCOUNTS_MAX];
	struct setup *s = &run->setup;

	if (setup_conf(s, r->config, res) == -1)
		return -1;
	if (s->conf.queue.directory[0] == '\0')
		return 0;
	if (setup_load(s, res) == -1 || load_ways(run, why, res) == -1 ||
	    setup_become(s, res) == -1 ||
	    spool_open(&run->spool, s->conf.queue.directory, res) == -1 ||
	    process_catch_signals(&run->cancel, res) == -1)
		return -1;
	open_lanes(run, r, why);
	return 0;
}

/* Clears away unfinished files, failed mail that was kept long enough, and what
 * told users of mail that is gone. */
static void
sweep(struct run *run)
{
	int64_t now = time(NULL);
	int64_t keep = run->setup.conf.queue.keep_failed / 1000;
	size_t removed = 0, none;
	struct result res;

	if (names_sweep(&run->spool, SPOOL_QUEUE, now, 0, &none, &res) == -1 ||
	    names_sweep(&run->spool, SPOOL_FAILED, now, keep > 0 ? keep : 1,
		&removed, &res) == -1 ||
	    own_sweep(&run->spool, &res) == -1)
		log_line(LOG_FAILURE, "%s", res.text);
	if (removed > 0)
		log_line(LOG_EVENT,
		    "event=removed %zu failed mails were kept long enough",
		    removed);
}

/* Where the mail of the account number `at` goes when its smarthost cannot be
 * had. */
static const struct queue_fallback *
fallback_of(const struct run *run, size_t at)
{
	size_t other = route_fallback(&run->setup.routes, at);

	return other == at ? NULL : &run->lanes[other].fallback;
}

/* Sends the mail of one account.  Nobody is asked for its password in vain.
 * -1: the account cannot be used. */
static int
run_lane(
    struct run *run, const struct runner *r, size_t at, struct result *blocked)
{
	struct lane *l = &run->lanes[at];
	struct line_choice choice = r->choice;
	struct queue queue;
	struct result res;
	int rc = 0;

	choice.routes = &run->setup.routes;
	choice.account = at;
	queue_init(&queue, &l->account, &l->settle, &choice);
	queue.fallback = fallback_of(run, at);
	if (l->account.blocked.kind != RESULT_OK || queue_has_next(&queue))
		rc = lane_ask(l, blocked);
	/* that the account is paused was logged when it was */
	if (queue_run(&queue, &res) == -1 && queue.account->tried)
		log_line(LOG_WARN, "queue run ended: %s", res.text);
	return rc;
}

/* -1: nothing could be sent with an account, but all else was done. */
static int
go(struct run *run, const struct runner *r, struct result *blocked)
{
	const struct bounce *bounce = &run->lanes[0].bounce;
	struct result res;
	int rc = 0;

	if (run->setup.complaint.kind != RESULT_OK)
		log_line(LOG_WARN, "%s", run->setup.complaint.text);
	if (r->prepare != NULL)
		r->prepare(&run->spool, r->arg);
	if (pickup_all(
		bounce, &run->setup.routes, &run->setup.charsets, &res) == -1)
		log_line(LOG_FAILURE, "%s", res.text);
	for (size_t i = 0; i < run->count; i++)
		if (run_lane(run, r, i, &res) == -1 && rc == 0) {
			*blocked = res;
			rc = -1;
		}
	sweep(run);
	if (pause_note_run(&run->spool, time(NULL), &res) == -1)
		log_line(LOG_FAILURE, "%s", res.text);
	return rc;
}

int
runner_once(const struct runner *r)
{
	struct report rep = { .program = r->program, .uid = getuid() };
	struct run run;
	struct result res;
	int status = EX_OK;

	init(&run);
	rep.conf = &run.setup.conf;
	if (load(&run, r, &res) == -1 ||
	    (run.setup.conf.queue.directory[0] != '\0' &&
		go(&run, r, &res) == -1))
		status = report_failure(&rep, &res);
	for (size_t i = 0; i < run.count; i++)
		lane_clear(&run.lanes[i]);
	free(run.lanes);
	spool_close(&run.spool);
	if (run.cancel != -1)
		close(run.cancel);
	setup_clear(&run.setup);
	return status;
}

/* Waits for the child to let go of `over`, passing on the signal that ends
 * both.  True: go on. */
static bool
await(pid_t child, int over, int signals)
{
	struct signalfd_siginfo info;
	struct pollfd p[] = { { .fd = over, .events = POLLIN },
		{ .fd = signals, .events = POLLIN } };
	bool ended = false;

	while (p[0].revents == 0) {
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			break;
		/* after EINTR revents are of the time before */
		if (read(signals, &info, sizeof info) != sizeof info)
			continue;
		ended = true;
		(void)kill(child, SIGTERM);
	}
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
		;
	return !ended;
}

/* Waits for `ms`.  True: go on. */
static bool
pause_for(long ms, int signals)
{
	struct result res;

	return deadline_poll(deadline_in(ms, -1), signals, POLLIN, &res) ==
	    -1 &&
	    res.kind == RESULT_TIMEOUT;
}

/* Forks, with a pipe between the two: it ends with the child.  The child's pid,
 * 0 in the child, or -1 with errno set. */
static pid_t
fork_with_pipe(int ends[2])
{
	pid_t child;
	int error;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	child = fork();
	if (child == -1) {
		error = errno;
		close(ends[0]);
		close(ends[1]);
		errno = error;
	}
	return child;
}

/* A run in a process of its own, where nothing of the loop is left, its signals
 * least of all; *status is that process's.  CHILD: it is over. */
static enum process_side
run_apart(const struct runner *r, int signals, bool *goes_on, int *status)
{
	sigset_t none;
	int over[2];
	pid_t child = fork_with_pipe(over);

	*goes_on = true;
	if (child == 0) {
		close(signals);
		close(over[0]);
		sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		*status = runner_once(r);
		return PROCESS_CHILD;
	}
	if (child == -1) {
		log_line(
		    LOG_FAILURE, "cannot start a process: %s", strerror(errno));
		return PROCESS_PARENT;
	}
	close(over[1]);
	*goes_on = await(child, over[0], signals);
	close(over[0]);
	return PROCESS_PARENT;
}

int
runner_repeat(const struct runner *r, long interval)
{
	struct report rep = { .program = r->program, .uid = getuid() };
	struct result res;
	int signals, status = EX_OK;
	bool goes_on;

	if (process_catch_signals(&signals, &res) == -1)
		return report_failure(&rep, &res);
	do {
		if (run_apart(r, signals, &goes_on, &status) == PROCESS_CHILD)
			return status;
	} while (goes_on && pause_for(interval, signals));
	close(signals);
	return EX_OK;
}
