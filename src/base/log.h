/*
 * log: one line per event, to syslog and, where wanted, to a file.
 *
 * Delivery never waits for the log: the datagram to /dev/log is sent without
 * blocking, and a socket that is absent or full, or a file that cannot be
 * opened, loses the line and nothing else.  Every line is escaped (text.h)
 * and bounded, so an event is one record.  The state is global, as the one
 * exception beside main: a failure must be logged wherever it is met.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/result.h"

#define LOG_TAG_MAX 32 /* bytes of a tag */

/* Values are those of syslog(3)'s levels. */
enum log_level {
	LOG_FAILURE = 3, /* something the administrator must see */
	LOG_WARN = 4, /* deferred, doubtful */
	LOG_EVENT = 6 /* the ordinary course of things */
};

/* Whether `name` is a syslog facility ("mail", "daemon", "local0" ...). */
bool log_is_facility(const char *name);

/* Sets where lines go: to the syslog facility named (NULL: nowhere), and to
 * the end of the file `path` (NULL: none), which is made with mode 0600.
 * Before the first call: syslog, facility mail.  Fails with CONFIG when the
 * file cannot be opened; syslog is set all the same.  May be called again. */
int log_open(const char *facility, const char *path, struct result *res)
    __attribute__((warn_unused_result));

/* Names the program in each line; of `tag` the first LOG_TAG_MAX bytes are
 * kept that are printable and no "[" or ":". */
void log_tag(const char *tag);

/* Writes one line.  `fmt` holds no newline. */
void log_line(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
