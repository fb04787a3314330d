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

#endif
