#include "config.h"

#include <stdio.h>

#include "smtp/client_machine.h"

/* What the answers in a transaction do to its recipients. */

/* For all that are left of the mail: its sender or the message itself was
 * refused, and would be again. */
static void
refuse_mail(struct smtp_client *c, const struct result *res)
{
	smtp_settle_rest(smtp_answered(c),
	    result_is_temporary(res->kind) ? RCPT_DEFERRED : RCPT_FAILED, res);
}

void
smtp_on_mail_refused(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	refuse_mail(c, &res);
	smtp_answered(c)->mail_refused = true;
}

void
smtp_on_rcpt_taken(struct smtp_client *c, const struct smtp_event *e)
{
	struct smtp_work *w = smtp_answered(c);
	size_t i = smtp_current(w);

	(void)e;
	w->mail.env->rcpts[i].state = RCPT_ACCEPTED;
	w->answered = i + 1;
	w->accepted++;
}

void
smtp_on_rcpt_full(struct smtp_client *c, const struct smtp_event *e)
{
	char what[RESULT_TEXT_MAX];
	struct smtp_work *w = smtp_answered(c);
	size_t i = smtp_current(w);

	if (w->full++ == 0) {
		smtp_explain(c, e, e->kind, &w->full_result);
	} else {
		/* it will stand for all of them, so it names none */
		snprintf(
		    what, sizeof what, "%s refused RCPT TO", c->plan->host);
		(void)reply_fail(e->reply, e->kind, smtp_state_stage(SMTP_RCPT),
		    what, &w->full_result);
	}
	w->mail.env->rcpts[i].state = RCPT_PENDING;
	w->answered = i + 1;
	w->put_back++;
}

void
smtp_on_rcpt_refused(struct smtp_client *c, const struct smtp_event *e)
{
	struct smtp_work *w = smtp_answered(c);
	struct result res;
	size_t i = smtp_current(w);

	smtp_explain(c, e, e->kind, &res);
	smtp_settle_one(w, i, &res);
	w->answered = i + 1;
}

void
smtp_on_go_ahead(struct smtp_client *c, const struct smtp_event *e)
{
	(void)e;
	c->body = SMTP_BODY;
}

/* All of the message is there: what ends it, or has begun it, stands. */
static void
end_body(struct smtp_client *c)
{
	if (c->body == SMTP_BODY) {
		smtp_put(c, SMTP_DOT, ".");
	} else {
		c->before_body = c->out.len;
		smtp_owe(c, SMTP_BDAT);
	}
	if (smtp_is_lmtp(c))
		c->owed[c->nowed - 1].count = smtp_answered(c)->accepted;
	c->body = SMTP_IDLE;
}

void
smtp_body_read(struct smtp_client *c, uint64_t octets)
{
	struct result res;

	if (c->body == SMTP_IDLE)
		return;
	if (octets != smtp_answered(c)->mail.size) {
		(void)result_fail(&res, RESULT_STORAGE,
		    "the message could not be read whole");
		smtp_broke(c, &res);
		return;
	}
	end_body(c);
	if (c->quitting)
		smtp_say(c, "QUIT");
	smtp_compose_behind(c);
	smtp_conclude(c);
}

void
smtp_on_data_refused(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	refuse_mail(c, &res);
	c->reset_due = true;
}

/* An answer in mid-message is the answer to it; by LMTP, to the first who was
 * accepted.  The rest of the message cannot be left out, so the connection is
 * closed without the dot. */
void
smtp_on_early(struct smtp_client *c, const struct smtp_event *e)
{
	struct smtp_work *w = smtp_answered(c);
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	if (smtp_is_lmtp(c))
		smtp_settle_one(w, smtp_addressee(w), &res);
	else
		refuse_mail(c, &res);
	smtp_explain(c, e, RESULT_DEFERRED, &res);
	smtp_end(c, &res, SMTP_CLOSE_AT_ONCE);
}

void
smtp_on_answered(struct smtp_client *c, const struct smtp_event *e)
{
	struct smtp_work *w = smtp_answered(c);
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	if (e->kind != RESULT_OK)
		refuse_mail(c, &res);
	else
		smtp_settle_batch(w, RCPT_ACCEPTED, &res);
	w->over = w->ended = true;
}

static void
hear(struct smtp_work *w, const struct result *res)
{
	size_t i = smtp_addressee(w);

	smtp_settle_one(w, i, res);
	w->heard = i + 1;
}

void
smtp_on_heard(struct smtp_client *c, const struct smtp_event *e)
{
	struct smtp_work *w = smtp_answered(c);
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	hear(w, &res);
	if (!smtp_is_out(c))
		w->over = w->ended = true;
}

/* For one recipient that is an answer; for those behind him none will come. */
void
smtp_on_parting(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	hear(smtp_answered(c), &res);
	smtp_settle_doubt(c, e);
	smtp_end(c, &res, SMTP_CLOSE_AT_ONCE);
}

/* It offers CHUNKING and takes BDAT for a mistake.  What it does with the
 * octets that came after it is not waited for: it may read commands there.  One
 * that has answered for somebody knows BDAT. */
void
smtp_on_no_bdat(struct smtp_client *c, const struct smtp_event *e)
{
	static const struct smtp_verdict heard = { smtp_on_heard,
		RESULT_REFUSED };
	struct smtp_work *w = smtp_answered(c);
	struct smtp_event refusal = *e;
	struct result res;

	if (w->heard > w->first) {
		refusal.kind = smtp_overrule(&heard, e->state, e->judged).kind;
		smtp_on_heard(c, &refusal);
		return;
	}
	smtp_explain_bdat(c, e, &res);
	smtp_end(c, &res, SMTP_CLOSE_AT_ONCE);
}

/* The message went out, and no answer tells whether it was taken, and for
 * whom. */
void
smtp_settle_doubt(struct smtp_client *c, const struct smtp_event *e)
{
	struct smtp_work *w = smtp_answered(c);
	struct result res;

	smtp_explain(c, e, RESULT_POSSIBLE_DUPLICATE, &res);
	smtp_settle_batch(w, RCPT_SENT, &res);
	smtp_settle_batch(w, RCPT_ACCEPTED, &res);
}

void
smtp_on_doubt(struct smtp_client *c, const struct smtp_event *e)
{
	struct smtp_event rest = *e;

	smtp_settle_doubt(c, e);
	rest.kind = RESULT_TIMEOUT;
	smtp_on_lost(c, &rest);
}

/* Answers to what was pipelined behind a refusal. */
void
smtp_on_ignored(struct smtp_client *c, const struct smtp_event *e)
{
	struct smtp_work *w = smtp_answered(c);

	if (e->state == SMTP_VOID_RCPT)
		return;
	w->over = w->ended = true;
	/* only the end of a message ends the smarthost's transaction; what
	 * went behind one to nobody began with RSET */
	c->reset_due = e->state != SMTP_VOID_DOT && !w->mail_refused &&
	    c->nowed == 0;
}

/* DATA was let through though nobody is to get anything: an empty message is
 * the way out (RFC 2920 section 3.1).  By LMTP that must not happen (RFC 2033
 * section 4.2), and how it would be answered is anybody's guess. */
void
smtp_on_empty(struct smtp_client *c, const struct smtp_event *e)
{
	if (smtp_is_lmtp(c))
		smtp_on_wrong(c, e);
	else
		smtp_put(c, SMTP_DOT, ".");
}
