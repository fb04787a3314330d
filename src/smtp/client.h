/*
 * client: the SMTP client as a machine.  A table, no I/O.
 *
 * Whoever drives it (session.c) asks what to do next and tells what happened.
 * Each command that went out waits for its reply in a state; a table gives
 * every state and every class of reply its verdict, so no edge is left to
 * chance: DESIGN's phase table is that table.  The machine settles the
 * recipients of the envelope (mail/envelope.h) and never sends the final dot
 * for a message that was not read whole.
 *
 * Pure.  Borrows the plan, the envelope and the password.
 */
#ifndef SMTP_CLIENT_H
#define SMTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"
#include "mail/envelope.h"
#include "smtp/caps.h"
#include "smtp/reply.h"
#include "smtp/sasl.h"

/* What each outstanding command waits for: its name in a result's `stage`
 * and in provider rules, and its name in messages. */
#define SMTP_STATES(X) \
	X(GREETING, "the connection") X(EHLO, "EHLO") X(HELO, "HELO") \
	X(STARTTLS, "STARTTLS") X(AUTH, "AUTH") X(MAIL, "MAIL FROM") \
	X(RCPT, "RCPT TO") X(DATA, "DATA") X(DOT, "the message") \
	X(RSET, "RSET")

enum smtp_state {
#define SMTP_STATE_ENUM(id, text) SMTP_##id,
	SMTP_STATES(SMTP_STATE_ENUM)
#undef SMTP_STATE_ENUM
	SMTP_STATE_COUNT
};

/* Classes of what comes back. */
#define SMTP_ANSWERS(X) \
	X(2XX) X(3XX) X(4XX) X(5XX) X(421) X(MALFORMED) X(EOF) X(TIMEOUT)

enum smtp_answer {
#define SMTP_ANSWER_ENUM(id) SMTP_ANSWER_##id,
	SMTP_ANSWERS(SMTP_ANSWER_ENUM)
#undef SMTP_ANSWER_ENUM
	SMTP_ANSWER_COUNT
};

enum smtp_tls {
	SMTP_TLS_NONE,		/* in clear */
	SMTP_TLS_STARTTLS,	/* required, by STARTTLS */
	SMTP_TLS_UP		/* already there */
};

/* What the account wants; constant for a connection. */
struct smtp_plan {
	const char *host;	/* as configured, for messages */
	const char *ehlo;	/* argument of EHLO */
	enum smtp_tls tls;
	bool authenticate;
	enum sasl_want auth;
	const char *user;
	const char *password;
	size_t password_len;
	size_t recipients_max;	/* per transaction */
};

/* One message. */
struct smtp_mail {
	struct envelope *env;	/* its PENDING recipients are tried */
	uint64_t size;		/* octets as sent, stuffing and dot apart */
};

/* What is to be done next. */
enum smtp_todo {
	SMTP_TODO_SEND,		/* write the bytes; then ask again */
	SMTP_TODO_READ,		/* read one reply */
	SMTP_TODO_TLS,		/* make the handshake */
	SMTP_TODO_BODY,		/* write the message, dot-stuffed, without
				 * the final dot; then say smtp_body_written */
	SMTP_TODO_MAIL,		/* idle: give a mail, or finish */
	SMTP_TODO_CLOSE		/* over: close the connection */
};

struct smtp_client {
	const struct smtp_plan *plan;
	struct caps caps;
	struct sasl sasl;
	struct smtp_mail mail;	/* env NULL: none */
	bool tls_up, helo_only, authenticated;
	bool dead;		/* nothing more can be said */
	bool quitting;
	struct result broken;	/* why the session ended, kind OK: it did not */
	enum smtp_state front;	/* of what is awaited before any mail */
	/* the transaction: replies still owed, in the order sent */
	bool mail_owed, data_owed, dot_owed, rset_owed;
	size_t rcpts_owed;	/* RCPTs sent and not answered */
	size_t rcpt_sent, rcpt_answered;	/* cursors into env->rcpts */
	size_t batch;		/* RCPTs sent in this transaction */
	bool mail_refused, rcpts_full, body_due;
	struct buf out;		/* what SEND is to write */
	struct buf masked;	/* the same for people, secrets as ******** */
};

void smtp_client_init(struct smtp_client *c, const struct smtp_plan *plan);

/* What to do next; cheap, and without effect when asked twice. */
enum smtp_todo smtp_next(struct smtp_client *c);

/* SEND: the bytes, and what may be shown of them; both the machine's. */
const struct buf *smtp_output(const struct smtp_client *c);
const struct buf *smtp_output_shown(const struct smtp_client *c);
void smtp_sent(struct smtp_client *c);

/* READ: the state the next reply answers, for time limits and messages. */
enum smtp_state smtp_awaited(const struct smtp_client *c);
const char *smtp_state_name(enum smtp_state state);

/* READ: a whole reply came. */
void smtp_replied(struct smtp_client *c, const struct reply *r);

/*
 * At any time: there will be no (more) replies, `why` says the reason:
 * PROTOCOL (malformed), LOST (end of the stream), TIMEOUT or anything else
 * that ended it.  Settles every recipient of the mail that is not settled.
 */
void smtp_broke(struct smtp_client *c, const struct result *why);

/* TLS: the handshake is done; all that was offered before is forgotten. */
void smtp_tls_done(struct smtp_client *c);

/* BODY: all of it was written. */
void smtp_body_written(struct smtp_client *c);

/* MAIL: one more mail; its recipients are settled by the time MAIL or CLOSE
 * comes again.  TOO_BIG, without a word to the smarthost, when SIZE forbids
 * it. */
void smtp_give(struct smtp_client *c, const struct smtp_mail *mail);

/* MAIL: no more; QUIT is sent and not waited for. */
void smtp_finish(struct smtp_client *c);

/* Why the session cannot go on; NULL while it can, or after a good end.
 * Connection-level trouble only: a refused mail is the envelope's. */
const struct result *smtp_trouble(const struct smtp_client *c);

void smtp_client_clear(struct smtp_client *c);

#endif
