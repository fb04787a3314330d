/*
 * process: makes the process fit to run in, whatever the caller left behind.
 *
 * Callers start sendmail with descriptors closed or leaked, signals ignored
 * or blocked, timers running and any umask.  process_setup() puts all of
 * that right and must be the first call in main.  It opens no file but
 * /dev/null.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>

#include "base/result.h"

/*
 * Refuses to go on when the program is installed set-uid or set-gid (kind
 * NOPERM).  Otherwise: puts /dev/null on descriptors 0, 1 and 2 where they
 * are closed (a closed 0 becomes unreadable, so that reading it fails with
 * EBADF as it would have), closes all others, sets umask 077, default signal
 * actions (SIGPIPE and SIGXFSZ ignored), an empty signal mask and no timers,
 * and forbids core dumps and tracing.  Kind SYSTEM when one of these fails.
 */
int process_setup(struct result *res) __attribute__((warn_unused_result));

/*
 * From here on SIGHUP, SIGINT and SIGTERM do not kill: they make the returned
 * descriptor readable instead, so that whoever waits can end in order.  Kind
 * SYSTEM when that cannot be arranged.  The descriptor is the caller's.
 */
int process_catch_signals(int *fd, struct result *res)
    __attribute__((warn_unused_result));

enum process_side { PROCESS_PARENT, PROCESS_CHILD };

/*
 * Forks a process that outlives its caller: in a session of its own, in the
 * root directory, so that no other is kept busy, and with /dev/null on
 * descriptors 0 to 2, so that nobody who collects this one's output waits for
 * it.  Returns twice, *side telling which.  Kind SYSTEM: there is no
 * child.
 */
int process_detach(enum process_side *side, struct result *res)
    __attribute__((warn_unused_result));

/*
 * As root: becomes the user `name`, for good, with the groups that /etc/group
 * says that user has, and no others, and still without a core dump.  Does nothing where the caller is not
 * root, or there is no such user.  Kind SYSTEM: it could not be done, or could be
 * undone; nothing may be done after that.
 */
int process_become(const char *name, struct result *res)
    __attribute__((warn_unused_result));

#endif
