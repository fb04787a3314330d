/*
 * queue: sends what is in queue/, oldest first.
 *
 * A run sends the mails in line (line.h), as many over a connection as
 * messages_per_connection allows, then opens the next.  What cannot be
 * connected to, or does not let the account in, ends the run: the account is
 * paused (account.h), not each mail.  So do connections that come to nothing,
 * one after the other; but a mail on which the smarthost hangs up counts for
 * less, so that the others get their turn.  What only wants another connection
 * gets it at once.
 *
 * When the mails of a minute are used up, a run waits for the next one.
 *
 * Where there is another account for that, a smarthost that cannot be had ends
 * nothing: the run goes on with the other account.
 *
 * Its feed can also follow a mail of somebody's own over the same connection.
 */
#ifndef DELIVERY_QUEUE_H
#define DELIVERY_QUEUE_H

#include "delivery/line.h"

/* Another account, for the time that the smarthost of the first cannot be had;
 * all of it borrowed. */
struct queue_fallback {
	struct account *account;
	const struct rewrite *rewrite; /* for whose sender the mail gets */
	void (*prepare)(void *arg); /* called before it is used first */
	void *arg;
};

struct queue {
	struct account *account;
	const struct queue_fallback *fallback; /* or NULL */
	size_t settled; /* mails that came to an end, good or bad */
	/* its own */
	struct line line;
	size_t sent; /* over the connection */
	uint64_t
	    mail_max; /* that it may carry, as the smarthost says; 0: any */
	const struct rewrite
	    *rewrite; /* of the other account, once it is used */
	bool counted; /* the next mail: it may go in this minute */
	long rest; /* seconds until another one may */
	bool renew; /* no other mail over this connection */
	bool stop; /* the smarthost wants no more mail of the account */
};

/* Borrows everything. */
void queue_init(struct queue *q, struct account *account, struct settle *settle,
    const struct line_choice *choice);

/*
 * Runs the queue.  -1: it ended early, since the account could not be opened, or
 * connection after connection came to nothing; kinds of account_open and
 * session_send.  What is settled stays so, and the rest waits.
 */
int queue_run(struct queue *q, struct result *res)
    __attribute__((warn_unused_result));

/* Whether there is a mail for a run: it is in line then. */
bool queue_has_next(struct queue *q);

/* The feed, for a connection that is open and has carried `sent` mails;
 * queue_clear after it. */
struct session_feed queue_feed(struct queue *q, size_t sent);

/* Sends the entry `e` first, which is locked and becomes the queue's.  Who is
 * settled in it was told of. */
void queue_put_first(struct queue *q, struct entry *e);

/* Makes all durable and lets go of what was not sent. */
void queue_clear(struct queue *q);

#endif
