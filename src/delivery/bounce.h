/*
 * bounce: tells the sender of a mail what could not be delivered.
 *
 * The report (mail/delivery_report.h) goes to the sender as he was before the
 * policy, through the aliases, and from the account, since many smarthosts
 * refuse the null sender; where the policy leaves senders alone it goes from
 * the null sender.  It is a mail of its own in queue/.  There is no report about
 * a report, to the null sender, or against NOTIFY=NEVER (RFC 3461 section
 * 4.1): then the log says so, and the mail is in failed/.
 */
#ifndef DELIVERY_BOUNCE_H
#define DELIVERY_BOUNCE_H

#include "delivery/rewrite.h"
#include "spool/spool.h"

struct bounce {
	const struct rewrite *rewrite;
	struct spool *spool;
};

enum bounce_made {
	BOUNCE_MADE, /* it is durable in queue/ */
	BOUNCE_NONE, /* none is to be made; the log says why */
	BOUNCE_FAILED /* the result says why */
};

/*
 * Makes the report about the recipients of `e` that are FAILED and were not
 * earlier, as `relay` has it; `message` is the mail.  Kinds of FAILED: STORAGE,
 * SYSTEM; DATA, ADDRESS, UTF8_ADDRESS, ALIAS: none can be made.
 */
enum bounce_made bounce_make(const struct bounce *b, const struct entry *e,
    const struct source *message, const char *relay, struct result *res)
    __attribute__((warn_unused_result));

#endif
