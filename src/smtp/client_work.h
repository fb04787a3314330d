/*
 * client_work: a mail under way in the machine, for client*.c.
 */
#ifndef SMTP_CLIENT_WORK_H
#define SMTP_CLIENT_WORK_H

#include "smtp/client.h"

/* A mail under way. */
struct smtp_work {
	struct smtp_mail mail; /* env NULL: none, or all are settled */
	size_t settled; /* recipients before this one are */
	/* recipients before the cursor that are PENDING again: for another
	 * round */
	size_t put_back;
	/* the transaction: rcpts[first] to rcpts[cursor - 1] */
	size_t first, answered, cursor;
	size_t heard; /* LMTP: those before it are settled by their replies */
	size_t batch; /* RCPTs sent */
	size_t accepted;
	size_t full; /* answered by 452 */
	struct result full_result;
	bool by_bdat; /* its messages go by BDAT */
	bool begun; /* a MAIL of it was said */
	bool mail_sent, mail_refused;
	bool over; /* nothing is left but the replies owed */
	bool ended; /* nor those */
};

/* The recipient whose RCPT is answered next. */
size_t smtp_current(const struct smtp_work *w);

/* LMTP: the recipient whom the next reply to the message is for. */
size_t smtp_addressee(const struct smtp_work *w);

/* Whether another transaction of the mail follows this one. */
bool smtp_more_follows(const struct smtp_work *w);

/* Settles a recipient, as the kind of `res` says; those of the transaction that
 * are in state `from`. */
void smtp_settle_one(struct smtp_work *w, size_t i, const struct result *res);
void smtp_settle_batch(
    struct smtp_work *w, enum rcpt_state from, const struct result *res);

/* Who was too many goes into a next transaction, as long as each takes someone:
 * so this comes to an end, and settles them. */
void smtp_settle_full(struct smtp_work *w);

/* Settles all that are left of the mail, those of later transactions, too. */
void smtp_settle_rest(
    struct smtp_work *w, enum rcpt_state to, const struct result *res);

/* Lets go of the mail when all are settled: its owner may release it, though
 * answers to what was said of it may be owed yet. */
void smtp_let_go(struct smtp_work *w);

#endif
