/*
 * route: which account a mail goes through.
 *
 * That is decided by its sender alone, whenever it is asked: nothing of it is
 * kept with the mail, so that a changed configuration holds for what waits,
 * too.  Once the policy has made the account's address of the sender, that
 * address leads to the same account.
 */
#ifndef DELIVERY_ROUTE_H
#define DELIVERY_ROUTE_H

#include "config/conf.h"
#include "delivery/rewrite.h"

/* One account. */
struct route {
	const struct conf *conf;
	const struct identity *id;
};

struct routes {
	struct route at[CONF_ACCOUNTS_MAX]; /* in the order of the file */
	size_t count; /* 1 at least, when it is used */
};

/*
 * The number of the account for the sender `spec`, an addr-spec or "": the one
 * whose own address it is, else the first with a pattern in `senders` that
 * fits (`*` stands for anything, the case of letters does not matter), else
 * the first.
 */
size_t route_find(const struct routes *routes, const char *spec);

/* The same for a sender as a caller gave it, before the policy; NULL: he gave
 * none.  `rw` says who he is and what the sender map makes of him. */
size_t route_choose(
    const struct routes *routes, const struct rewrite *rw, const char *given);

/* The account to try when the smarthost of number `at` cannot be had: the next
 * one that allows it, or `at` itself where there is none. */
size_t route_fallback(const struct routes *routes, size_t at);

#endif
