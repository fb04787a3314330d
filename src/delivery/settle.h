/*
 * settle: what becomes of a kept mail after an attempt.
 *
 * Who is DEFERRED is tried again by the retry table, or when the smarthost's
 * words ask for it (judge.h), or FAILED when the mail has had its life, or was
 * taken for spam three times; who is newly FAILED is reported to the sender
 * (bounce.h), and that report is durable before the failure is, unless none can
 * ever be made.  A mail with nobody left to try goes: to failed/ when somebody
 * FAILED, else away.  What was said of it is logged here and nowhere else.
 */
#ifndef DELIVERY_SETTLE_H
#define DELIVERY_SETTLE_H

#include <stdbool.h>

#include "delivery/bounce.h"
#include "delivery/journal.h"
#include "delivery/judge.h"
#include "spool/spool.h"

/* Removed mails whose removal is not durable yet, at the most. */
#define SETTLE_UNSYNCED_MAX 32

struct settle {
	const struct bounce *bounce; /* with conf and spool */
	struct judge *judge; /* of how long they ask to wait, or NULL */
	uint32_t account_failures; /* attempts that failed for all mail of the
				    * account */
	/* its own */
	size_t unsynced;
};

/* Counts an attempt, made now, of a mail that is not kept yet, and says when
 * the next one is due. */
void settle_count(const struct settle *s, struct entry *e);

/*
 * Settles the locked entry `e` of queue/, all of whose recipients are settled,
 * after an attempt through `relay` ("": nobody could be asked).  When everybody
 * has it, all that is left is settle_remove.  `res`, kind STORAGE: its state
 * could not be made durable; the mail stays as it was before the attempt, or
 * part of it, and may go out twice.
 */
int settle_attempt(struct settle *s, struct entry *e, const char *relay,
    struct result *res) __attribute__((warn_unused_result));

/*
 * The same without an attempt: the account cannot be used, `why` says so.
 * Ends the mail when it has had its life; otherwise, and for one with nobody
 * left to try (a crash came between), what is due is done, and that is all.
 */
int settle_untried(struct settle *s, struct entry *e, const struct result *why,
    struct result *res) __attribute__((warn_unused_result));

/* Whether everybody has the mail, so that it is to be removed; and removes it,
 * durably with the next settle_sync.  Until then it is marked, and not sent
 * again.  Kind STORAGE. */
bool settle_is_done(const struct entry *e);
int settle_remove(struct settle *s, struct entry *e, struct result *res)
    __attribute__((warn_unused_result));

/* Makes removals durable.  Kind STORAGE. */
int settle_sync(struct settle *s, struct result *res)
    __attribute__((warn_unused_result));

#endif
