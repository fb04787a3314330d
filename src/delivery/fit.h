/*
 * fit: a mail made fit for what a smarthost offers, just before it is sent.
 *
 * 8-bit text goes as it is where 8BITMIME is offered, and is re-encoded for
 * the connection where it is not; so are lines over 998 octets, anywhere.
 * What is kept stays as it was.
 */
#ifndef DELIVERY_FIT_H
#define DELIVERY_FIT_H

#include "mail/envelope.h"
#include "mail/source.h"
#include "smtp/caps.h"
#include "spool/draft.h"

/* Begins as zero bytes. */
struct fit {
	struct draft draft; /* what was made, all of it */
	struct source source; /* to read it from */
	unsigned ends; /* octets of the header's end, so far */
};

/*
 * What is to be sent of the mail with the envelope `env`: `message` itself, or
 * what `f`, which is empty, holds from now on.  Where it cannot be made fit, PENDING recipients
 * are settled: FAILED for good (kind CONVERSION), DEFERRED for want of room.
 */
const struct source *fit_mail(struct fit *f, struct envelope *env,
    const struct source *message, const struct caps *caps);

/* Releases what it holds; it is as at the beginning. */
void fit_clear(struct fit *f);

#endif
