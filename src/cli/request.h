/*
 * request: what a caller wants sent, made of options and standard input: an
 * envelope, and a valid message.
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "base/buf.h"
#include "base/result.h"
#include "cli/intake.h"
#include "cli/options.h"
#include "cli/setup.h"
#include "delivery/compose.h"
#include "spool/entry.h"

struct request {
	const struct options *options;
	const struct setup *setup;
	struct intake intake;
	struct entry entry; /* its facts and envelope; not kept yet */
	struct composed message;
	bool unfit; /* refused, and not even fit to be kept in failed/ */
	/* its own */
	struct buf asked; /* the sender before the policy */
	const struct sender_rule *rule; /* that it follows, or NULL */
};

/* Borrows both. */
void request_init(
    struct request *r, const struct options *o, const struct setup *setup);

/* Reads standard input, or `fd`, to its end.  Kinds of intake_read. */
int request_read(struct request *r, struct result *res)
    __attribute__((warn_unused_result));
int request_read_from(struct request *r, int fd, struct result *res)
    __attribute__((warn_unused_result));

/* Who rewrites recipients and sender. */
enum request_rewrite {
	REQUEST_HERE, /* this process, which has the configuration */
	REQUEST_LATER /* whoever empties the drop folder */
};

/*
 * Makes envelope and message of what was read.  Kinds USAGE (no recipient),
 * ADDRESS, UTF8_ADDRESS, LOOP, DATA, SYSTEM: nothing may be sent to anyone,
 * and entry and message are made fit to be kept in failed/ with that result,
 * unless `unfit` says otherwise.
 */
int request_make(struct request *r, enum request_rewrite rewrite,
    struct result *res) __attribute__((warn_unused_result));

void request_clear(struct request *r);

#endif
