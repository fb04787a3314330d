/*
 * readdress: a mail that goes out through another account than its own, for
 * one attempt: sender and From become what the policy of that account wants.
 *
 * What is kept stays as it was.
 */
#ifndef DELIVERY_READDRESS_H
#define DELIVERY_READDRESS_H

#include "delivery/compose.h"
#include "delivery/rewrite.h"

/* Begins as zero bytes. */
struct readdress {
	bool is_on;
	struct envelope other; /* whose sender is swapped with the mail's */
	struct header header;
	struct composed composed;
	struct source source;
};

/*
 * What is to be sent of the mail with the envelope `env`, by the account of
 * `rw`: `message` itself, or what `r` holds from now on; `env` has the other
 * sender until readdress_undo.  Where that cannot be made, PENDING recipients
 * are DEFERRED.
 */
const struct source *readdress_mail(struct readdress *r,
    const struct rewrite *rw, struct envelope *env,
    const struct source *message);

/* Where the sender is the other account's, makes it the mail's own for a while,
 * and the other way round: what is kept has its own. */
void readdress_swap(struct readdress *r, struct envelope *env);

/* The envelope is as it was before, and nothing is held any more. */
void readdress_undo(struct readdress *r, struct envelope *env);

#endif
