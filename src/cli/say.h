/*
 * say: what is said on standard error, for whoever called, in which language,
 * and whether what is printed on standard output gets there.
 *
 * Never waits long for a reader: many callers collect what was said only when
 * the program has ended, and a pipe that is full by then would hold the
 * program, and the smarthost with it, for ever.
 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <stdbool.h>

#include "base/language.h"
#include "config/conf.h"

#define SAY_PATIENCE 2000 /* ms */

/* Whether what is written to `fd` may be in colour: it is a terminal that has
 * it (TERM), and nobody minds (NO_COLOR). */
bool say_has_colour(int fd);

/* Writes the text, up to 8 KiB of it.  When it is not taken within
 * SAY_PATIENCE, or cannot be written, it and all that is said later is lost. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The language to advise the caller in: what [log] language of `conf` says,
 * else that of his locale.  `conf` may be NULL, or empty: none is known. */
enum language say_language(const struct conf *conf);

/* Ends what was printed on standard output.  Returns the exit status: EX_OK,
 * or EX_IOERR, with a line that says so, when it did not get there. */
int say_flush(const char *program);

#endif
