/*
 * journal: what is logged of a mail, the same way by whoever delivers it.
 *
 * One line for each event, beginning with the mail's id, so that its fate can
 * be told from the log alone: who gave it, for whom, what each recipient's
 * smarthost said of it, when it is tried again, how it ended.
 */
#ifndef DELIVERY_JOURNAL_H
#define DELIVERY_JOURNAL_H

#include "base/buf.h"
#include "base/log.h"
#include "mail/envelope.h"

#define JOURNAL_LIST_MAX 900 /* bytes of a recipient list in one line */

struct journal {
	const char *id; /* in the spool; "" or NULL: not kept */
	unsigned long uid; /* who gave it */
	const char *message_id; /* "" or NULL: not known */
	const char *relay; /* who was asked; "" or NULL: nobody */
	double delay; /* seconds since it was given */
	int exit; /* what the caller is told; -1: nobody waits */
};

/* One line for neighbouring recipients with the same result, of those that are
 * settled and were not earlier. */
void journal_results(const struct journal *j, const struct envelope *env);

/* One line about the mail as a whole: "... event=queued text". */
void journal_event(const struct journal *j, enum log_level level,
    const struct envelope *env, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* "-" for what is NULL or empty. */
const char *journal_known(const char *s);

#endif
