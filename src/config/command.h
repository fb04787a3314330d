/*
 * command: runs a command line for the text that it prints.
 *
 * It gets nothing of this process: an empty standard input, no other
 * descriptor, no terminal, default signals, and of the environment only what
 * finds programs and a keyring.  It runs as whoever runs this program.
 */
#ifndef CONFIG_COMMAND_H
#define CONFIG_COMMAND_H

#include "base/buf.h"
#include "base/result.h"

/*
 * Has /bin/sh run `line` for up to `ms`, and appends what it prints on
 * standard output and standard error to `out` and `err`, as far as they have
 * room; the rest is lost.  What does not end in time is killed, with all of
 * its process group; so it is when SIGHUP, SIGINT or SIGTERM comes, which
 * then ends this process, too.  Kinds COMMAND: the exit status was not 0, or
 * it took too long; SYSTEM: it could not be started; INTERRUPTED.
 */
int command_run(const char *line, long ms, struct buf *out, struct buf *err,
    struct result *res) __attribute__((warn_unused_result));

#endif
