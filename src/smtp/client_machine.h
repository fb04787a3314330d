/*
 * client_machine: the inside of the machine, for client*.c and its test.
 */
#ifndef SMTP_CLIENT_MACHINE_H
#define SMTP_CLIENT_MACHINE_H

#include "smtp/caps.h"
#include "smtp/client.h"
#include "smtp/client_work.h"

#define SMTP_WINDOW 1000 /* commands outstanding at the most */
#define SMTP_OUTPUT_MAX (4 * 1024 * 1024)

/* Commands written (or in the output) whose replies are owed, in order. */
struct smtp_owed {
	enum smtp_state state;
	size_t count;
};

struct smtp_client {
	const struct smtp_plan *plan;
	struct caps caps;
	struct sasl sasl;
	bool helo_only, tls_up;
	bool tls_due, body_due;
	bool quitting; /* QUIT goes with the final dot */
	bool mute; /* writing failed; what was said is read yet */
	bool dead; /* nothing more will be said */
	struct result broken; /* why; kind OK: it ended well */
	struct smtp_owed owed[4]; /* RSET or dot, MAIL, RCPTs, DATA */
	size_t nowed;
	struct buf out, shown;
	bool reset_due; /* the smarthost's transaction is not over */
	struct smtp_work works[2];
	struct smtp_work *work; /* the mail given last */
	/* the one before it, from when this one was given until its final dot
	 * is answered; or NULL */
	struct smtp_work *before;
};

/* Either `reply` or `why` is not NULL. */
struct smtp_event {
	enum smtp_state state;
	enum smtp_answer answer;
	const struct reply *reply;
	const struct result *why;
	enum result_kind kind; /* of the verdict */
};

typedef void smtp_act(struct smtp_client *c, const struct smtp_event *e);

struct smtp_verdict {
	smtp_act *act; /* NULL: missing */
	enum result_kind kind; /* of the trouble, where it is one */
};

enum smtp_parting { SMTP_CLOSE_AT_ONCE, SMTP_SAY_QUIT };

/* client_table.c: the class of a reply code in a state; the verdict, where
 * the reply itself (NULL: none) may overrule its class. */
enum smtp_answer smtp_classify(enum smtp_state state, int code);
const struct smtp_verdict *smtp_verdict(
    enum smtp_state state, enum smtp_answer answer, const struct reply *r);

/* client.c: puts a command in the output and owes its reply; its line end is
 * added.  What is to be masked is put by hand. */
void smtp_put(struct smtp_client *c, enum smtp_state state, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
void smtp_owe(struct smtp_client *c, enum smtp_state state);

/* client.c: ends the session; who is not settled is deferred for `res`. */
void smtp_end(
    struct smtp_client *c, const struct result *res, enum smtp_parting parting);

/* client_words.c: the result of an event: what failed, on what, and the
 * smarthost's own words. */
void smtp_explain(const struct smtp_client *c, const struct smtp_event *e,
    enum result_kind kind, struct result *res);

/* client_words.c: the result of a mail that was not sent, since `end`, which
 * ended the session, came to the mail before it. */
void smtp_explain_unsent(const struct result *end, struct result *res);

/* client.c: after each event, what follows from it. */
void smtp_conclude(struct smtp_client *c);

/* client_mail.c: puts the next flight of the mail in the output, when it is
 * time for one; or the first one behind the dot of the mail before. */
void smtp_compose(struct smtp_client *c);
void smtp_compose_behind(struct smtp_client *c);

/* client_work.c: the mail that the next reply is about. */
struct smtp_work *smtp_answered(const struct smtp_client *c);

/* client.c: goes on; ends the session: with QUIT, at once, for want of an
 * answer that makes sense, for want of any. */
smtp_act smtp_on_fine, smtp_on_refused, smtp_on_closing, smtp_on_wrong,
    smtp_on_lost;
/* client_hello.c: up to the log-in */
smtp_act smtp_on_greeted, smtp_on_offered, smtp_on_no_ehlo, smtp_on_helloed,
    smtp_on_tls, smtp_on_challenged;
/* client_answers.c: transactions */
smtp_act smtp_on_mail_refused, smtp_on_rcpt_taken, smtp_on_rcpt_full,
    smtp_on_rcpt_refused, smtp_on_go_ahead, smtp_on_data_refused, smtp_on_early,
    smtp_on_answered, smtp_on_doubt, smtp_on_ignored, smtp_on_empty;

#endif
