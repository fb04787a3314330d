/*
 * turn: no more connections to an account at a time than it allows.
 *
 * One lock file in state/ for each connection of an account; who has the
 * flock(2) on one has the turn, and a process that dies gives it back.
 */
#ifndef SPOOL_TURN_H
#define SPOOL_TURN_H

#include "spool/spool.h"

struct turn {
	int fd; /* -1: none */
};

/*
 * Takes one of the `max` turns of `account` ("": the first one), waiting for
 * up to `wait` milliseconds, or until `cancel` (a descriptor, or -1) becomes
 * readable.  Kinds BUSY: all are taken; INTERRUPTED; STORAGE.
 */
int turn_take(struct turn *t, const struct spool *s, const char *account,
    long max, long wait, int cancel, struct result *res)
    __attribute__((warn_unused_result));

/* Gives it back; accepts one that was not taken. */
void turn_give(struct turn *t);

#endif
