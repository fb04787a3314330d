/*
 * client_machine: the inside of the machine, for client*.c and its test.
 */
#ifndef SMTP_CLIENT_MACHINE_H
#define SMTP_CLIENT_MACHINE_H

#include "smtp/caps.h"
#include "smtp/client.h"
#include "smtp/client_events.h"
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
	struct tls_binding binding;
	bool helo_only, tls_up;
	bool tls_due;
	/* BODY or CHUNK, while the message is due, else IDLE; the output of
	 * CHUNK goes before it */
	enum smtp_state body;
	size_t before_body; /* so much of the output does */
	bool quitting; /* QUIT goes with the end of the message */
	bool mute; /* writing failed; what was said is read yet */
	bool dead; /* nothing more will be said */
	struct result broken; /* why; kind OK: it ended well */
	/* RSET, MAIL, RCPTs and DATA, behind MAIL, RCPTs and BDAT */
	struct smtp_owed owed[8];
	size_t nowed;
	uint64_t mails; /* MAIL commands so far, for LIMITS */
	struct buf out, shown;
	bool reset_due; /* the smarthost's transaction is not over */
	struct smtp_work works[2];
	struct smtp_work *work; /* the mail given last */
	/* the one before it, from when this one was given until its message is
	 * answered; or NULL */
	struct smtp_work *before;
};

enum smtp_parting { SMTP_CLOSE_AT_ONCE, SMTP_SAY_QUIT };

/* client.c: puts a line in the output, and its end; a command, and owes its
 * reply.  What is to be masked is put by hand. */
void smtp_say(struct smtp_client *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void smtp_put(struct smtp_client *c, enum smtp_state state, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
void smtp_owe(struct smtp_client *c, enum smtp_state state);

/* client.c: ends the session; who is not settled is deferred for `res`. */
void smtp_end(
    struct smtp_client *c, const struct result *res, enum smtp_parting parting);

/* client_words.c: the result of a mail that was not sent, since `end`, which
 * ended the session, came to the mail before it. */
void smtp_explain_unsent(const struct result *end, struct result *res);

/* client.c: after each event, what follows from it. */
void smtp_conclude(struct smtp_client *c);

/* client_check.c: fails, and defers, what can be without a word to the
 * smarthost; whether MAIL needs SMTPUTF8. */
void smtp_check(const struct smtp_client *c, const struct smtp_mail *mail);
bool smtp_needs_utf8(const struct smtp_work *w, size_t batch);
bool smtp_has(const struct smtp_client *c, enum caps_flag flag);
bool smtp_is_lmtp(const struct smtp_client *c);

/* client_mail.c: puts the next flight of the mail in the output, when it is
 * time for one; or the first one behind the message of the mail before. */
void smtp_compose(struct smtp_client *c);
void smtp_compose_behind(struct smtp_client *c);

/* client_work.c: the mail that the next reply is about. */
struct smtp_work *smtp_answered(const struct smtp_client *c);

#endif
