/*
 * account: the way to an account's smarthost: whether it may be used now, whose
 * turn it is, and the connection (deliver.h).
 *
 * A fault of the account or of the way pauses the account (spool/pause.h) for
 * all of its mail; what the smarthost says of one mail does not.  Without a
 * spool nothing is ever paused, and there are no turns.
 */
#ifndef DELIVERY_ACCOUNT_H
#define DELIVERY_ACCOUNT_H

#include "base/buf.h"
#include "config/conf.h"
#include "delivery/deliver.h"
#include "spool/pause.h"
#include "spool/turn.h"

/* Which pauses count. */
enum account_urgency {
	ACCOUNT_DUE, /* all */
	ACCOUNT_NOW, /* those after a refused log-in */
	ACCOUNT_FORCE /* none */
};

struct account {
	const struct conf *conf;
	struct spool *spool; /* or NULL */
	struct delivery *delivery;
	struct pause pause; /* as last read or noted */
	bool tried; /* the last account_open came so far as to connect */
	struct result
	    blocked; /* kind OK, or why it is of no use here and now */
	/* its own */
	struct turn turn;
	struct buf secret; /* what a pause is bound to */
};

/* Borrows everything.  The delivery is set up but for its outcome. */
void account_init(struct account *a, const struct conf *conf,
    struct spool *spool, struct delivery *delivery);

/* This process cannot use the account, for `why`: it is as if it were paused,
 * but others may. */
void account_block(struct account *a, const struct result *why);

/* Whether a pause is in force, or it is blocked; if so, kind and text are
 * those of the failure that began it. */
int account_check(struct account *a, enum account_urgency urgency,
    struct result *res) __attribute__((warn_unused_result));

/*
 * Takes a turn, waiting for up to `wait` ms for it, and connects until `until`
 * at the longest.  A failure that is the account's or the way's is noted.
 * Kinds BUSY, STORAGE, account_check's, and deliver_open's.
 */
int account_open(struct account *a, enum account_urgency urgency, long wait,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* What it is called: its name, its user, or its host. */
const char *account_name(const struct account *a);

/* Whether what kept mail from being sent is a fault of the account or of the
 * way to it: not that others use it, nor anything of this machine's. */
bool account_is_fault(const struct result *why);

/* Notes that the way, or the account, is at fault for `why`, whatever the
 * connection is doing. */
void account_fault(struct account *a, const struct result *why);

/* Looks at what became of a mail's recipients in an attempt, and notes what is
 * meant for all mail of the account: that it is refused or has sent enough, or
 * "not now" in answer to the sender.  Says whether.  Once a mail met a fate that
 * is not of that kind, all is forgiven. */
bool account_hears(struct account *a, const struct envelope *env);

/* Tells the delivery how well a log-in must guard the password at least, by
 * what is known of the account.  account_open does it by itself. */
void account_recall(struct account *a);

/* Counts a mail that is to be sent.  Kind BUSY: the account has sent all that it
 * may in this minute, and *seconds are left of it. */
int account_count(struct account *a, long *seconds, struct result *res)
    __attribute__((warn_unused_result));

/* Ends the connection and gives the turn back. */
void account_close(struct account *a);

void account_clear(struct account *a);

#endif
