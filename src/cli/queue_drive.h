/*
 * queue_drive: starts runs of the queue, for who may.
 */
#ifndef CLI_QUEUE_DRIVE_H
#define CLI_QUEUE_DRIVE_H

#include "cli/runner.h"

/* Where runs go on that are repeated. */
enum queue_drive {
	QUEUE_DRIVE_HERE, /* the caller waits, as a supervisor does */
	QUEUE_DRIVE_AWAY /* in a process of its own */
};

/*
 * A run, or with `interval` (ms) one after the other.  Where there is no spool
 * there is nothing to run.  Returns the exit status: 77 when the spool is
 * another user's.
 */
int queue_drive(const struct runner *r, long interval, enum queue_drive where);

#endif
