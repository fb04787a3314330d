#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "mail/encode.h"
#include "smtp/client_machine.h"

/* Transactions: which recipients go into one, and what is sent when. */

/* Moves the cursor to the next recipient to be tried in this round. */
static bool
seek_pending(struct smtp_work *w)
{
	const struct envelope *env = w->mail.env;

	while (w->cursor < env->count &&
	    env->rcpts[w->cursor].state != RCPT_PENDING)
		w->cursor++;
	return w->cursor < env->count;
}

/* Gets ready for a transaction; the mail is done when nobody is left. */
static void
begin(struct smtp_work *w)
{
	w->mail_sent = w->mail_refused = w->over = w->ended = false;
	w->batch = w->accepted = w->full = 0;
	if (!seek_pending(w) && w->put_back > 0) {
		w->put_back = 0;
		w->cursor = 0;
	}
	if (!seek_pending(w))
		w->mail.env = NULL;
	w->first = w->answered = w->heard = w->cursor;
}

static void
end_transaction(struct smtp_work *w)
{
	smtp_settle_full(w);
	begin(w);
}

static bool
is_one_of(const char *s, const char *a, const char *b)
{
	return s != NULL && (strcmp(s, a) == 0 || strcmp(s, b) == 0);
}

static size_t
batch_max(const struct smtp_client *c)
{
	uint64_t max = c->plan->recipients_max > 0 ? c->plan->recipients_max
						   : 1;

	return c->caps.rcpt_max > 0 && c->caps.rcpt_max < max
	    ? (size_t)c->caps.rcpt_max
	    : (size_t)max;
}

static void
add_dsn(const struct smtp_client *c, const struct dsn *dsn, struct buf *words)
{
	if (!smtp_has(c, CAPS_DSN))
		return;
	if (is_one_of(dsn->ret, "FULL", "HDRS"))
		buf_printf(words, " RET=%s", dsn->ret);
	if (dsn->envid != NULL && *dsn->envid != '\0') {
		buf_puts(words, " ENVID=");
		encode_xtext(words, dsn->envid);
	}
	if (buf_failed(words))
		buf_reset(words);
}

/* Only what was offered is said; that what is needed was, smtp_check saw to. */
static void
put_mail(struct smtp_client *c)
{
	struct smtp_work *w = c->work;
	const struct envelope *env = w->mail.env;
	bool utf8 = smtp_needs_utf8(w, batch_max(c));
	struct buf words, dsn;

	buf_init(&words, 4096);
	buf_init(&dsn, 4096);
	if (smtp_has(c, CAPS_SIZE))
		buf_printf(&words, " SIZE=%" PRIu64, w->mail.size);
	if ((env->is_8bit || utf8) && smtp_has(c, CAPS_8BITMIME))
		buf_puts(&words, " BODY=8BITMIME");
	if (utf8)
		buf_puts(&words, " SMTPUTF8");
	if (env->require_tls)
		buf_puts(&words, " REQUIRETLS");
	add_dsn(c, &env->dsn, &dsn);
	smtp_put(c, SMTP_MAIL, "MAIL FROM:<%s>%s%s", env->sender, words.data,
	    dsn.data);
	buf_free(&words);
	buf_free(&dsn);
	w->mail_sent = w->begun = true;
	c->mails++;
}

/* RFC 3461 section 4.1: keywords and commas, nothing else. */
static bool
is_notify(const char *s)
{
	return s != NULL && *s != '\0' &&
	    s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ,")] == '\0';
}

static void
put_rcpt(struct smtp_client *c)
{
	struct smtp_work *w = c->work;
	const struct envelope *env = w->mail.env;
	struct rcpt *rcpt = &env->rcpts[w->cursor++];

	rcpt->state = RCPT_SENT;
	w->batch++;
	if (smtp_has(c, CAPS_DSN) && is_notify(env->dsn.notify))
		smtp_put(c, SMTP_RCPT, "RCPT TO:<%s> NOTIFY=%s", rcpt->address,
		    env->dsn.notify);
	else
		smtp_put(c, SMTP_RCPT, "RCPT TO:<%s>", rcpt->address);
}

/* Whether another recipient is to be named in this transaction: not once one
 * was too many and there is somebody to send to. */
static bool
wants_rcpt(struct smtp_client *c)
{
	struct smtp_work *w = c->work;

	if (w->mail.ask == SMTP_ASK_SENDER || w->batch >= batch_max(c) ||
	    (w->full > 0 && w->accepted > 0))
		return false;
	return seek_pending(w);
}

/* LIMITS: no other MAIL is taken. */
static void
end_mail(struct smtp_client *c)
{
	struct result res;

	(void)result_fail(&res, c->work->begun ? RESULT_DEFERRED : RESULT_LOST,
	    "%s takes %" PRIu64 " mails over a connection and no more",
	    c->plan->host, c->caps.mail_max);
	smtp_settle_rest(c->work, RCPT_DEFERRED, &res);
}

static bool
is_spent(const struct smtp_client *c)
{
	return c->caps.mail_max > 0 && c->mails >= c->caps.mail_max;
}

/* The message is due; the output goes before it. */
static void
say_bdat(struct smtp_client *c)
{
	smtp_say(c, "BDAT %" PRIu64 " LAST", c->work->mail.size);
	c->body = SMTP_CHUNK;
}

/*
 * Whether the message may go along with commands whose answers are awaited: in
 * one piece, and as the last of its flight.  Nor behind a RSET: when that is
 * refused, the rest would be about something else.  Nor by LMTP, where nothing
 * says how many replies a message to nobody has.
 */
static bool
may_go_along(const struct smtp_client *c)
{
	return c->work->mail.size <= SMTP_PIECE && c->before == NULL &&
	    c->owed[0].state != SMTP_RSET && !smtp_is_lmtp(c);
}

/* All that was asked is answered: the smarthost forgets it. */
static void
end_question(struct smtp_client *c)
{
	struct smtp_work *w = c->work;
	struct result fine;

	result_ok(&fine);
	if (w->mail.ask == SMTP_ASK_SENDER)
		smtp_settle_rest(w, RCPT_DELIVERED, &fine);
	else
		smtp_settle_batch(w, RCPT_ACCEPTED, &fine);
	smtp_put(c, SMTP_RSET, "RSET");
	end_transaction(w);
}

/* After the last RCPT of a transaction. */
static void
compose_end(struct smtp_client *c)
{
	struct smtp_work *w = c->work;

	if (w->mail.ask != SMTP_ASK_NOTHING) {
		if (c->nowed == 0)
			end_question(c);
	} else if (c->nowed == 0 && w->accepted == 0) {
		/* all were refused, one by one */
		c->reset_due = true;
		end_transaction(w);
	} else if (!w->by_bdat) {
		smtp_put(c, SMTP_DATA, "DATA");
	} else if (c->nowed == 0 || may_go_along(c)) {
		say_bdat(c);
	}
}

/* One flight: as many commands as may be outstanding, or one. */
static void
compose_flight(struct smtp_client *c)
{
	size_t room = smtp_has(c, CAPS_PIPELINING) ? SMTP_WINDOW : 1;
	struct smtp_work *w = c->work;

	if (!w->mail_sent && is_spent(c)) {
		end_mail(c);
		return;
	}
	if (c->reset_due) {
		c->reset_due = false;
		smtp_put(c, SMTP_RSET, "RSET");
		room--;
	}
	if (room > 0 && !w->mail_sent) {
		put_mail(c);
		room--;
	}
	for (; room > 0 && wants_rcpt(c); room--)
		put_rcpt(c);
	if (room > 0)
		compose_end(c);
}

void
smtp_compose(struct smtp_client *c)
{
	struct smtp_work *w = c->work;

	while (w->mail.env != NULL && c->nowed == 0 && c->out.len == 0 &&
	    c->body == SMTP_IDLE && !buf_failed(&c->out)) {
		if (w->over)
			end_transaction(w);
		else
			compose_flight(c);
	}
}

void
smtp_compose_behind(struct smtp_client *c)
{
	if (c->before == NULL || c->work->mail.env == NULL)
		return;
	/* nobody may have been accepted: then the transaction stands */
	if (c->nowed > 1)
		c->reset_due = true;
	compose_flight(c);
}

/* Whether its last attempt ended at BDAT, with somebody who is tried again. */
static bool
has_failed_by_bdat(const struct envelope *env)
{
	const struct result *why;

	for (size_t i = 0; i < env->count; i++) {
		why = envelope_result(env, &env->rcpts[i]);
		if (env->rcpts[i].state == RCPT_PENDING && why != NULL &&
		    strcmp(why->stage, smtp_state_stage(SMTP_BDAT)) == 0)
			return true;
	}
	return false;
}

void
smtp_give(struct smtp_client *c, const struct smtp_mail *mail)
{
	struct result res;

	if (smtp_asks_next(c)) {
		c->before = c->work;
		c->work = &c->works[c->work == c->works];
	} else if (smtp_next(c) != SMTP_TODO_MAIL) {
		res = c->broken;
		if (res.kind == RESULT_OK)
			(void)result_fail(&res, RESULT_LOST,
			    "%s: the session is over", c->plan->host);
		envelope_settle_all(
		    mail->env, RCPT_PENDING, RCPT_DEFERRED, &res);
		return;
	}
	smtp_check(c, mail);
	*c->work = (struct smtp_work){ .mail = *mail,
		.by_bdat = smtp_has(c, CAPS_CHUNKING) &&
		    !has_failed_by_bdat(mail->env) };
	begin(c->work);
	smtp_conclude(c);
}
