#include "config.h"

#include <stdio.h>

#include "smtp/client_machine.h"

/* What the answers in a transaction do to its recipients. */

size_t
smtp_current(const struct smtp_client *c)
{
	size_t i = c->answered;

	while (i + 1 < c->cursor && c->mail.env->rcpts[i].state != RCPT_SENT)
		i++;
	return i;
}

/* Settles all that are left of the mail, those of later transactions, too:
 * its sender or the message itself was refused, and would be again. */
static void
refuse_mail(struct smtp_client *c, const struct result *res)
{
	static const enum rcpt_state open[] = { RCPT_PENDING, RCPT_SENT,
		RCPT_ACCEPTED };
	enum rcpt_state to = RCPT_FAILED;

	if (result_is_temporary(res->kind))
		to = RCPT_DEFERRED;
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		envelope_settle_all(c->mail.env, open[i], to, res);
	c->put_back = 0;
	c->over = true;
}

void
smtp_on_mail_refused(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	refuse_mail(c, &res);
	c->mail_refused = true;
}

void
smtp_on_rcpt_taken(struct smtp_client *c, const struct smtp_event *e)
{
	size_t i = smtp_current(c);

	(void)e;
	c->mail.env->rcpts[i].state = RCPT_ACCEPTED;
	c->answered = i + 1;
	c->accepted++;
}

void
smtp_on_rcpt_full(struct smtp_client *c, const struct smtp_event *e)
{
	char what[RESULT_TEXT_MAX];
	size_t i = smtp_current(c);

	if (c->full++ == 0) {
		smtp_explain(c, e, e->kind, &c->full_result);
	} else {
		/* it will stand for all of them, so it names none */
		snprintf(
		    what, sizeof what, "%s refused RCPT TO", c->plan->host);
		(void)reply_fail(e->reply, e->kind, smtp_state_stage(SMTP_RCPT),
		    what, &c->full_result);
	}
	c->mail.env->rcpts[i].state = RCPT_PENDING;
	c->answered = i + 1;
	c->put_back++;
}

void
smtp_on_rcpt_refused(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;
	size_t i = smtp_current(c);

	smtp_explain(c, e, e->kind, &res);
	envelope_settle(c->mail.env, i,
	    result_is_temporary(e->kind) ? RCPT_DEFERRED : RCPT_FAILED, &res);
	c->answered = i + 1;
}

void
smtp_on_go_ahead(struct smtp_client *c, const struct smtp_event *e)
{
	(void)e;
	c->body_due = true;
}

void
smtp_body_read(struct smtp_client *c, uint64_t octets)
{
	struct result res;

	if (!c->body_due)
		return;
	if (octets != c->mail.size) {
		(void)result_fail(&res, RESULT_STORAGE,
		    "the message could not be read whole");
		smtp_broke(c, &res);
		return;
	}
	c->body_due = false;
	smtp_put(c, SMTP_DOT, ".");
	if ((c->caps.flags & CAPS_PIPELINING) != 0 && !smtp_more_follows(c)) {
		buf_puts(&c->out, "QUIT\r\n");
		buf_puts(&c->shown, "QUIT\r\n");
		c->quitting = true;
	}
	smtp_conclude(c);
}

void
smtp_on_data_refused(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	refuse_mail(c, &res);
}

/* An answer in mid-message is the answer to it.  The rest of the message
 * cannot be left out, so the connection is closed without the dot. */
void
smtp_on_early(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	refuse_mail(c, &res);
	smtp_explain(c, e, RESULT_DEFERRED, &res);
	smtp_end(c, &res, SMTP_CLOSE_AT_ONCE);
}

void
smtp_on_answered(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	if (e->kind != RESULT_OK)
		refuse_mail(c, &res);
	else
		smtp_settle_batch(c, RCPT_ACCEPTED, &res);
	c->over = true;
}

/* The dot went out, and no answer tells whether it was taken. */
void
smtp_on_doubt(struct smtp_client *c, const struct smtp_event *e)
{
	struct smtp_event rest = *e;
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	smtp_settle_batch(c, RCPT_ACCEPTED, &res);
	rest.kind = RESULT_TIMEOUT;
	smtp_on_lost(c, &rest);
}

/* Answers to what was pipelined behind a refusal. */
void
smtp_on_ignored(struct smtp_client *c, const struct smtp_event *e)
{
	if (e->state == SMTP_VOID_RCPT)
		return;
	c->over = true;
	/* only the end of a message ends the smarthost's transaction */
	c->reset_due = e->state == SMTP_VOID_DATA && !c->mail_refused;
}

/* DATA was let through though nobody is to get anything: an empty message is
 * the way out (RFC 2920 section 3.1). */
void
smtp_on_empty(struct smtp_client *c, const struct smtp_event *e)
{
	(void)e;
	smtp_put(c, SMTP_DOT, ".");
}
