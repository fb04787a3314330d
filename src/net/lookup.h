/*
 * lookup: a question that may take for ever, asked in a thread of its own and
 * waited for until a deadline.
 *
 * Whoever of the two is done with it last releases it; where the answer never
 * comes that is nobody, and the thread and its few bytes last as long as the
 * process.  Internal to net.
 */
#ifndef NET_LOOKUP_H
#define NET_LOOKUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"
#include "net/deadline.h"

/* What a question of any kind begins with. */
struct lookup {
	void (*ask)(
	    struct lookup *l); /* in the thread; puts the answer in *l */
	void (*forget)(struct lookup *l); /* releases the answer; or NULL */
	int done; /* eventfd */
	atomic_bool answered; /* set last, read first */
	atomic_int users;
};

/* Makes one of `size` bytes, all 0 beside.  NULL: errno says why. */
void *lookup_new(
    size_t size, void (*ask)(struct lookup *), void (*forget)(struct lookup *));

/*
 * Asks, once.  0: the answer is there.  -1, kinds TIMEOUT, INTERRUPTED,
 * SYSTEM: it is not to be looked at.
 * An alarm does not ring meanwhile: it may fork, and the thread would be
 * missing there.
 */
int lookup_run(struct lookup *l, struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* Lets go of it. */
void lookup_release(struct lookup *l);

#endif
