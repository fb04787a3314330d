/*
 * runner: runs the queue: takes what is in the drop folder, tries what is to be
 * tried, and clears away what was kept long enough.
 */
#ifndef CLI_RUNNER_H
#define CLI_RUNNER_H

#include <stdbool.h>

#include "delivery/queue.h"

struct runner {
	const char *program; /* how lines on stderr begin */
	const char *config; /* another configuration, or NULL */
	bool verbose; /* shows the dialogue */
	struct line_choice choice;
	/* done with the open spool before a run; NULL: nothing */
	void (*prepare)(struct spool *spool, void *arg);
	void *arg;
};

/* One run.  Returns the exit status: 0 also when mail could not be sent and
 * waits on, which the log tells. */
int runner_once(const struct runner *r);

/*
 * A run, then one every `interval` ms, each in a process of its own that loads
 * the configuration afresh, until SIGTERM, SIGINT or SIGHUP; a run under way
 * is ended in order.  Returns the exit status.
 */
int runner_repeat(const struct runner *r, long interval);

#endif
