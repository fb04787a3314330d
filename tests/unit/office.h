/*
 * office: a spool, a configuration and a log of its own, and a smarthost on
 * loopback that answers as it is told.  For the tests of delivery.
 */
#ifndef TESTS_OFFICE_H
#define TESTS_OFFICE_H

#include <pthread.h>

#include "delivery/account.h"
#include "delivery/route.h"
#include "delivery/settle.h"

#define OFFICE_TEXT 65536

/* A smarthost, in a thread; all but `answer` is to be read after its end. */
struct smarthost {
	/* What it answers to the line, or ".": "" closes the connection, NULL
	 * is what is usual. */
	const char *(*answer)(struct smarthost *h, const char *line);
	size_t connections; /* so far */
	size_t mails; /* MAIL commands on this connection */
	char heard[OFFICE_TEXT]; /* commands; "|" at each connection */
	char bodies[OFFICE_TEXT]; /* the lines of all messages */
	/* its own */
	int fd, port;
	pthread_t thread;
};

void smarthost_start(struct smarthost *h,
    const char *(*answer)(struct smarthost *h, const char *line));
void smarthost_stop(struct smarthost *h);

/* How often `what` is in `text`. */
size_t office_count(const char *text, const char *what);

struct office {
	char dir[256]; /* of the spool */
	char log[280];
	struct conf conf;
	struct secret secret;
	struct identity id;
	struct aliases aliases;
	struct sender_map senders; /* empty */
	struct rewrite rewrite;
	struct routes routes; /* of one account */
	struct spool spool;
	struct bounce bounce;
	struct judge judge; /* by providers.ini of the source */
	struct settle settle;
	struct delivery delivery;
	struct account account;
	char text[OFFICE_TEXT];
};

/* `more` is added to the configuration; the smarthost is at `port`. */
void office_open(struct office *o, int port, const char *more);
void office_close(struct office *o);

/* All that was logged, until the next call; what is read is forgotten. */
const char *office_log(struct office *o);

/* A mail in queue/ of a sender, with recipients by commas, that is due;
 * `change` may be NULL.  Its id goes to `id`. */
void office_put(struct office *o, const char *recipients,
    void (*change)(struct entry *e), char id[ENTRY_ID_MAX]);

/* Takes it, with what is settled noted as earlier. */
void office_take(struct office *o, enum spool_folder folder, const char *id,
    struct entry *e);

/* The one entry of the folder, to be cleared. */
void office_take_only(
    struct office *o, enum spool_folder folder, struct entry *e);

/* All of its message, until the next call. */
const char *office_message(struct office *o, struct entry *e);

#endif
