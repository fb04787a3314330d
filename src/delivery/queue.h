/*
 * queue: sends what is in queue/, oldest first.
 *
 * A run takes each mail that is due (or every one, when told to), sends as
 * many over a connection as messages_per_connection allows, then opens the
 * next.  It never waits for a mail that somebody else works on.  What cannot
 * be connected to, or does not let the account in, ends the run: the account
 * is paused (account.h), not each mail; a connection that breaks is made once
 * more.  Memory does not grow with the queue.
 *
 * Its feed can also follow a mail of somebody's own over the same connection.
 */
#ifndef DELIVERY_QUEUE_H
#define DELIVERY_QUEUE_H

#include "delivery/account.h"
#include "delivery/settle.h"
#include "spool/names.h"

/* Which mails. */
struct queue_choice {
	enum account_urgency urgency; /* DUE: only those that are due */
	/* NULL: all; `e` is not to be changed */
	bool (*wants)(const struct entry *e, const void *arg);
	const void *arg;
};

/* A session has two mails under way at the most, which both may have to go
 * again; one is taken ahead; the others are to be removed. */
#define QUEUE_ITEMS 8

enum queue_item_state {
	QUEUE_FREE,
	QUEUE_AHEAD, /* taken, and in line to be sent */
	QUEUE_GIVEN, /* under way */
	QUEUE_DONE /* to be removed, when there is time */
};

struct queue_item {
	enum queue_item_state state;
	bool first; /* on its connection */
	struct entry entry;
	struct source message;
	struct session_mail mail;
};

struct queue {
	struct account *account;
	struct settle *settle;
	struct queue_choice choice;
	size_t settled; /* mails that came to an end, good or bad */
	/* its own */
	struct queue_item items[QUEUE_ITEMS];
	/* those ahead, in order; the first `nagain` were under way before */
	struct queue_item *line[QUEUE_ITEMS];
	size_t nline, nagain;
	struct names names;
	size_t at; /* in names */
	char last[ENTRY_ID_MAX]; /* where the walk is */
	size_t sent; /* over the connection */
	bool renew; /* no other mail over this connection */
	bool walked; /* to its end */
	bool stop; /* the smarthost wants no more mail of the account */
};

/* Borrows everything. */
void queue_init(struct queue *q, struct account *account, struct settle *settle,
    const struct queue_choice *choice);

/*
 * Runs the queue.  -1: it ended early, since the account could not be opened, or
 * connection after connection came to nothing; kinds of account_open and
 * session_send.  What is settled stays so, and the rest waits.
 */
int queue_run(struct queue *q, struct result *res)
    __attribute__((warn_unused_result));

/* The feed, for a connection that is open and has carried `sent` mails;
 * queue_clear after it. */
struct session_feed queue_feed(struct queue *q, size_t sent);

/* Sends the entry `e` first, which is locked and becomes the queue's.  Who is
 * settled in it was told of. */
void queue_put_first(struct queue *q, struct entry *e);

/* Makes all durable and lets go of what was not sent. */
void queue_clear(struct queue *q);

#endif
