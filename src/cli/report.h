/*
 * report: tells how it ended: to the caller on stderr, to the log, and by
 * the exit status.  All three are made from the same results.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "base/result.h"
#include "cli/options.h"
#include "config/secret.h"
#include "mail/envelope.h"

struct report {
	const char *program; /* how lines on stderr begin */
	const struct options *options; /* NULL: there are none */
	/* what is known of the message; NULL or "" while it is not */
	const char *message_id;
	const char *relay;
	double seconds; /* since the start */
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
 * the log for all.  Returns the exit status: 0 when all were delivered; 75
 * when nobody has the mail and another try may help someone; else the first
 * permanent failure's; else 69: someone has the mail, and "try again" would
 * send a second copy.
 */
int report_delivery(const struct report *rep, const struct envelope *env);

#endif
