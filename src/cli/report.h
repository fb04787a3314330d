/*
 * report: tells how a submission ended: to the caller on stderr, to the log,
 * and by the exit status.  All three are made from the same results.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <sys/types.h>

#include "base/result.h"
#include "cli/options.h"
#include "config/conf.h"
#include "mail/envelope.h"

struct report {
	const char *program; /* how lines on stderr begin */
	const struct options *options; /* NULL: there are none */
	const struct conf *conf; /* what say_language() asks; NULL: none */
	uid_t uid; /* the caller's */
	/* what is known of the message; NULL or "" while it is not */
	const char *id; /* in the spool, where it was kept */
	const char *message_id;
	const char *relay;
	double seconds; /* since the start */
	bool kept; /* who was deferred is tried again; a refused mail is in
		    * failed/ */
	bool mailed; /* the sender gets a report about who was refused */
};

/* Tells a failure of the whole, before or instead of a delivery.  Returns the
 * exit status. */
int report_failure(const struct report *rep, const struct result *res);

/* Where a warning can be heard. */
enum report_ear { REPORT_LOG, REPORT_STDERR };

/* Tells of something that is wrong but stops no mail.  Nothing for kind OK. */
void report_warning(
    const struct report *rep, const struct result *res, enum report_ear ear);

/*
 * Tells what became of each recipient: one line a reason (and one with
 * advice) on stderr for those that did not get the mail, one line a result in
 * the log for all.  Who is deferred and kept is told to a terminal only, unless
 * he waits for the configuration to be set right.
 * Returns the exit status: 0 when nobody failed for good and who was deferred
 * is kept; without a queue 75 when nobody has the mail and another try may
 * help someone; else the first permanent failure's; else 69: someone has the
 * mail, and "try again" would send a second copy.  With -oee, 0 for what is
 * kept.
 */
int report_delivery(const struct report *rep, const struct envelope *env);

/* Tells that a mail was kept, and nothing more is known yet.  Returns 0. */
int report_kept(const struct report *rep, const struct envelope *env);

#endif
