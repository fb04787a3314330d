/*
 * lane: all that the mail of one account needs to go out, tied together.
 *
 * When its smarthost cannot be had, its mail may go through another lane
 * (delivery/queue.h).
 */
#ifndef CLI_LANE_H
#define CLI_LANE_H

#include "cli/setup.h"
#include "delivery/account.h"
#include "delivery/queue.h"
#include "delivery/settle.h"

struct lane {
	struct way *way;
	struct rewrite rewrite;
	struct bounce bounce;
	struct settle settle;
	struct delivery delivery;
	struct account account;
	bool was_asked; /* for the password */
	struct queue_fallback fallback; /* to this lane, from another one */
};

/* Borrows all of it; `spool` may be NULL.  `cancel` is a descriptor that ends
 * all, or -1.  Nothing of the way needs to be loaded yet. */
void lane_init(
    struct lane *l, struct setup *setup, struct way *way, struct spool *spool);

/* What the way has loaded is there; `why`, unless its kind is OK, is why the
 * account cannot be used. */
void lane_open(struct lane *l, const struct session_watch *watch, int cancel,
    const struct result *why);

/* Asks for the password, where that is needed and was not done.  -1: there is
 * none, and the account is blocked. */
int lane_ask(struct lane *l, struct result *res);

void lane_clear(struct lane *l);

#endif
