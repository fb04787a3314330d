/*
 * queue_admin: outpost queue.
 */
#ifndef CLI_QUEUE_ADMIN_H
#define CLI_QUEUE_ADMIN_H

#include "cli/queue_options.h"

/* Does what `q` says; `config` as for setup_conf.  Returns the exit status. */
int queue_admin(const struct queue_options *q, const char *config);

#endif
