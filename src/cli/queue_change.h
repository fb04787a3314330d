/*
 * queue_change: what an administrator does to kept mail: hold, release,
 * remove, and try now.
 *
 * A mail that somebody works on is left alone.  Each change is logged, with
 * who made it.  A failed mail that is released has its attempts counted anew,
 * so that, however old, it is not given up at the first.
 */
#ifndef CLI_QUEUE_CHANGE_H
#define CLI_QUEUE_CHANGE_H

#include "cli/queue_options.h"

/* Does the command, HOLD, RELEASE, REMOVE or RETRY, on the mails it names.
 * `config` as for setup_conf.  Returns the exit status: the first that went
 * wrong; the others are done all the same. */
int queue_change(
    const char *program, const struct queue_options *q, const char *config);

#endif
