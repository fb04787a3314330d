/*
 * client: the SMTP client as a machine.  A table, no I/O.
 *
 * Whoever drives it (session.c) asks what to do next and tells what happened.
 * Each command that went out waits for its reply in a state; a table
 * (client_table.c) gives every state and every class of reply its verdict, so
 * no edge is left to chance.  The machine settles the envelopes' recipients,
 * and it alone ends a message: only when told that every octet was read.
 *
 * A session carries any number of mails, each in one transaction or more.
 * With PIPELINING (RFC 2920) MAIL, all RCPTs and DATA of a transaction are one
 * flight, and what follows a mail goes with the end of its last message: the
 * next mail's flight, or QUIT.  Another transaction of the same mail never
 * does: what to ask depends on how this one is answered.
 *
 * Where CHUNKING is offered (RFC 3030), BDAT takes the place of DATA; a message
 * of one piece goes in the flight of its MAIL.  Not if that was the end of the
 * last attempt: some offer what they cannot do.
 *
 * Pure.  Borrows the plan, the password, and each envelope while it is open.
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
#include "smtp/plan.h"
#include "smtp/reply.h"
#include "smtp/states.h"

#define SMTP_PIECE (64 * 1024) /* octets of the message in one write */

/* One message. */
struct smtp_mail {
	struct envelope *env; /* its PENDING recipients are tried */
	uint64_t size; /* octets as sent, stuffing and dot apart */
	enum smtp_ask ask;
};

struct smtp_client; /* opaque */

/* Kind SYSTEM: no memory. */
int smtp_client_new(struct smtp_client **c, const struct smtp_plan *plan,
    struct result *res) __attribute__((warn_unused_result));

/* What to do next; without effect, however often asked. */
enum smtp_todo smtp_next(const struct smtp_client *c);

/* The bytes to write, and what may be shown of them (secrets as ********);
 * both the machine's, until smtp_sent.  How much of either goes before the
 * message: 0 but for CHUNK. */
const struct buf *smtp_output(const struct smtp_client *c);
const struct buf *smtp_output_shown(const struct smtp_client *c);
size_t smtp_output_before(const struct smtp_client *c);
void smtp_sent(struct smtp_client *c);

/* Something could not be written.  What the smarthost may have said before that
 * is read yet: READ or CLOSE follows. */
void smtp_unwritten(struct smtp_client *c, const struct result *why);

/* What the next reply would answer: IDLE, when none is due yet, so that any is
 * out of turn; BODY, CHUNK, when it would come in mid-message. */
enum smtp_state smtp_awaited(const struct smtp_client *c);

/* Whether a message is out and not answered: a second copy is at risk. */
bool smtp_is_out(const struct smtp_client *c);

/* A whole reply came, whether awaited or not. */
void smtp_replied(struct smtp_client *c, const struct reply *r);

/* At any time: there will be no (more) replies, `why` says the reason:
 * PROTOCOL (malformed), LOST (end of the stream), TIMEOUT or anything else
 * that ended it.  Settles every recipient that is not settled yet. */
void smtp_broke(struct smtp_client *c, const struct result *why);

/* TLS: the handshake is done; all that was offered before is forgotten. */
void smtp_tls_done(struct smtp_client *c);

/* BODY, CHUNK: `octets` of the message were read, and all but the last piece
 * are written.  Makes what ends it the output, when that is all of it; else ends
 * the session without. */
void smtp_body_read(struct smtp_client *c, uint64_t octets);

/* BODY, CHUNK: whether what comes after this mail may be said now, by smtp_give
 * or smtp_finish before smtp_body_read, to go with its end. */
bool smtp_asks_next(const struct smtp_client *c);

/*
 * MAIL, or when asked for the next: a mail, in as many transactions as its
 * recipients take.  Once the sender or (but by LMTP) the message is refused or
 * put off, that is the result of all left; no further transaction repeats it.
 * Without a word: TOO_BIG, UTF8_ADDRESS, REQUIRETLS, where what is offered
 * forbids it, DEFERRED (LOST, if all are left) where LIMITS do; BUG for an
 * address that must not be written.
 */
void smtp_give(struct smtp_client *c, const struct smtp_mail *mail);

/* What the smarthost offers, as it said last. */
const struct caps *smtp_offers(const struct smtp_client *c);

/* Whether a mail is under way: otherwise all its recipients are settled. */
bool smtp_is_open(const struct smtp_client *c, const struct envelope *env);

/* In their place: no more.  QUIT goes along, or is left for CLOSE. */
void smtp_finish(struct smtp_client *c);

/* Why the session cannot go on; NULL while it can, or after a good end.
 * Connection-level trouble only: a refused mail is the envelope's. */
const struct result *smtp_trouble(const struct smtp_client *c);

/* Wipes and releases; accepts NULL. */
void smtp_client_free(struct smtp_client *c);

#endif
