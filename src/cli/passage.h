/*
 * passage: the first attempt to deliver a mail, while its caller waits or in a
 * process of its own.
 *
 * When the account's smarthost cannot be had, and another account takes its
 * mail, that one is tried.
 *
 * The caller waits for wait_timeout at the most.  When the smarthost has asked for
 * the message by then, the mail is made durable and a detached process goes on
 * with the very same connection, so that the caller is answered and the mail
 * goes out once.  When the mail has gone and others wait in the queue, another
 * detached process takes them along.
 */
#ifndef CLI_PASSAGE_H
#define CLI_PASSAGE_H

#include "cli/lane.h"
#include "cli/options.h"
#include "cli/request.h"
#include "cli/watch.h"
#include "spool/spool.h"

enum passage_end {
	PASSAGE_SETTLED, /* every recipient is; nothing is kept */
	PASSAGE_KEPT, /* it is in queue/, and another process is at it */
	PASSAGE_DONE /* this is that other process: all is done */
};

struct passage {
	struct setup *setup;
	struct request *request;
	struct spool *spool; /* or NULL */
	bool verbose;
	enum passage_end end;
	struct lane *lane; /* that is used: one of the two */
	/* its own */
	struct lane own, other; /* the other one, if there is one */
	bool has_other;
	struct queue queue;
	struct readdress readdress;
	struct session_feed queue_feed; /* in the process that takes along */
	struct source message;
	struct fit fit;
	struct session_mail mail;
	struct watch watch;
	int cancel; /* a descriptor: a signal came */
	struct deadline_alarm alarm;
	bool is_settled; /* the mail */
	bool is_last; /* what it heard is meant for all mail */
	enum { PASSAGE_FIRST, PASSAGE_SENT, PASSAGE_ALONG } stage;
};

/* Borrows everything. */
void passage_init(struct passage *p, struct setup *setup,
    struct request *request, struct spool *spool, const struct options *o);

/* Gets ready.  Kind SYSTEM. */
int passage_begin(struct passage *p, struct result *res)
    __attribute__((warn_unused_result));

/* Makes the attempt; p->end says how it came out, for this process. */
void passage_wait(struct passage *p);

/* In a process of its own: sends the mail, whose entry is kept and locked,
 * and after it what else is due. */
void passage_run(struct passage *p);

void passage_clear(struct passage *p);

#endif
