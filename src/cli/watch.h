/*
 * watch: shows the dialogue with the smarthost on stderr, for -v.
 *
 * "C:" and "S:" lines, in colour on a terminal that has it (not when
 * NO_COLOR is set), and on a terminal how far a long message has come.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "smtp/session.h"

struct watch {
	bool terminal, colour;
	bool on_progress_line;
	unsigned percent; /* last shown */
};

/* Looks at stderr and the environment; returns what session wants. */
struct session_watch watch_begin(struct watch *w);

#endif
