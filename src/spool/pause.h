/*
 * pause: whether an account may be used now.
 *
 * After a failed log-in nobody tries the account until a pause is over, for
 * repeated failures get it, or this machine, blocked; a fault of the way to
 * the smarthost (no name, no connection, no TLS, "not now" to MAIL) pauses it
 * for a step of the retry table, so a day offline costs one probe a step,
 * however much mail waits; too much mail, for as long as the provider wants.
 * One small file for each account in state/, read and written under its lock,
 * never durable on purpose: what is lost costs one probe.  A damaged one
 * counts as none.
 *
 * A changed configuration or password ends every pause: a fingerprint of
 * them (salted, so that nothing can be told from it) is kept with it.
 */
#ifndef SPOOL_PAUSE_H
#define SPOOL_PAUSE_H

#include "spool/spool.h"
#include "spool/state.h"

enum pause_cause { PAUSE_NONE, PAUSE_HOST, PAUSE_LOGIN, PAUSE_RATE };

struct pause {
	enum pause_cause cause; /* of the last failure; NONE: it worked */
	int64_t until; /* seconds since 1970 */
	int64_t since; /* of the first failure in a row */
	uint32_t failures; /* in a row, of this cause */
	struct result why; /* the smarthost's words */
};

/* Reads it; NONE when there is none, when it was for another key, or when it
 * cannot be read. */
void pause_load(
    const struct spool *s, const struct state_key *key, struct pause *p);

/* The same of the account `account`, whatever the key: to be shown. */
void pause_peek(const struct spool *s, const char *account, struct pause *p);

/* Whether `p` is in force: not when `until` has passed, nor when it is further
 * off than `max` seconds, as only a clock that was set can make it. */
bool pause_holds(const struct pause *p, int64_t now, int64_t max);

/*
 * Notes a failure: one more in a row when the cause is the same, else the
 * first; `p` gets what is noted, until = now + seconds(failures), failures
 * being 1 for the first.  Kind STORAGE: it could not be written.
 */
int pause_note(const struct spool *s, const struct state_key *key,
    struct pause *p, enum pause_cause cause, const struct result *why,
    int64_t now, int64_t (*seconds)(uint32_t failures, const void *arg),
    const void *arg, struct result *res) __attribute__((warn_unused_result));

/* Forgets it: the account works, or is to be tried.  No write where there is
 * nothing to forget. */
int pause_clear(const struct spool *s, const struct state_key *key,
    struct result *res) __attribute__((warn_unused_result));

/* When a queue run last ended, and noting that one did; 0: never. */
int64_t pause_last_run(const struct spool *s);
int pause_note_run(const struct spool *s, int64_t now, struct result *res)
    __attribute__((warn_unused_result));

#endif
