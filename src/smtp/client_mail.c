#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/encode.h"
#include "smtp/client_machine.h"

/* Transactions: which recipients go into one, and what is sent when. */

static bool
offers(const struct smtp_client *c, enum caps_flag flag)
{
	return (c->caps.flags & (unsigned)flag) != 0;
}

/*
 * Whether an address may be written between the angle brackets: anything that
 * could end the command or the path is refused, wherever it came from.  OK,
 * UTF8_ADDRESS (which needs an extension that is not spoken here) or BUG.
 */
static enum result_kind
check_address(const char *s)
{
	bool quoted = false;

	for (; *s != '\0'; s++) {
		if (ascii_is_8bit(*s))
			return RESULT_UTF8_ADDRESS;
		if (ascii_is_control(*s))
			return RESULT_BUG;
		if (!quoted && strchr(" <>", *s) != NULL)
			return RESULT_BUG;
		if (*s == '"')
			quoted = !quoted;
		if (quoted && *s == '\\' && ascii_is_visible(s[1]))
			s++;
	}
	return quoted ? RESULT_BUG : RESULT_OK;
}

static void
refuse_address(struct result *res, enum result_kind kind, const char *s)
{
	if (kind == RESULT_UTF8_ADDRESS)
		(void)result_fail(res, kind, "address is not ASCII: <%s>", s);
	else
		(void)result_fail(
		    res, kind, "address must not be sent: <%s>", s);
}

/* Fails what can be failed without a word to the smarthost. */
static void
check_mail(const struct smtp_client *c, const struct smtp_mail *mail)
{
	struct envelope *env = mail->env;
	enum result_kind kind = check_address(env->sender);
	struct result res;

	if (kind != RESULT_OK) {
		refuse_address(&res, kind, env->sender);
		envelope_settle_all(env, RCPT_PENDING, RCPT_FAILED, &res);
	}
	for (size_t i = 0; i < env->count; i++) {
		const char *address = env->rcpts[i].address;

		kind = *address == '\0' ? RESULT_BUG : check_address(address);
		if (env->rcpts[i].state != RCPT_PENDING || kind == RESULT_OK)
			continue;
		refuse_address(&res, kind, address);
		envelope_settle(env, i, RCPT_FAILED, &res);
	}
	if (offers(c, CAPS_SIZE) && c->caps.size > 0 &&
	    mail->size > c->caps.size) {
		(void)result_fail(&res, RESULT_TOO_BIG,
		    "%s takes messages of up to %" PRIu64
		    " octets, this one has %" PRIu64,
		    c->plan->host, c->caps.size, mail->size);
		envelope_settle_all(env, RCPT_PENDING, RCPT_FAILED, &res);
	}
}

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
	w->mail_sent = w->mail_refused = w->over = false;
	w->batch = w->accepted = w->full = 0;
	if (!seek_pending(w) && w->put_back > 0) {
		w->put_back = 0;
		w->cursor = 0;
	}
	if (!seek_pending(w))
		w->mail.env = NULL;
	w->first = w->answered = w->cursor;
}

static void
end_transaction(struct smtp_work *w)
{
	/* Who was too many goes into a next transaction, as long as each takes
	 * someone: so this comes to an end. */
	if (w->accepted == 0 && w->full > 0) {
		smtp_settle_batch(w, RCPT_PENDING, &w->full_result);
		w->put_back -= w->full;
	}
	begin(w);
}

static bool
is_one_of(const char *s, const char *a, const char *b)
{
	return s != NULL && (strcmp(s, a) == 0 || strcmp(s, b) == 0);
}

/* Only what was offered is said. */
static void
put_mail(struct smtp_client *c)
{
	struct smtp_work *w = c->work;
	const struct envelope *env = w->mail.env;
	struct buf words;

	buf_init(&words, 4096);
	if (offers(c, CAPS_SIZE))
		buf_printf(&words, " SIZE=%" PRIu64, w->mail.size);
	if (env->is_8bit && offers(c, CAPS_8BITMIME))
		buf_puts(&words, " BODY=8BITMIME");
	if (offers(c, CAPS_DSN) && is_one_of(env->dsn.ret, "FULL", "HDRS"))
		buf_printf(&words, " RET=%s", env->dsn.ret);
	if (offers(c, CAPS_DSN) && env->dsn.envid != NULL &&
	    *env->dsn.envid != '\0') {
		buf_puts(&words, " ENVID=");
		encode_xtext(&words, env->dsn.envid);
	}
	if (buf_failed(&words))
		buf_reset(&words);
	smtp_put(c, SMTP_MAIL, "MAIL FROM:<%s>%s", env->sender, words.data);
	buf_free(&words);
	w->mail_sent = true;
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
	if (offers(c, CAPS_DSN) && is_notify(env->dsn.notify))
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
	size_t max = c->plan->recipients_max > 0 ? c->plan->recipients_max : 1;
	struct smtp_work *w = c->work;

	if (w->batch >= max || (w->full > 0 && w->accepted > 0))
		return false;
	return seek_pending(w);
}

/* One flight: as many commands as may be outstanding, or one. */
static void
compose_flight(struct smtp_client *c)
{
	size_t room = offers(c, CAPS_PIPELINING) ? SMTP_WINDOW : 1;
	struct smtp_work *w = c->work;

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
	if (room == 0)
		return;
	if (w->accepted > 0 || c->nowed > 0) {
		smtp_put(c, SMTP_DATA, "DATA");
	} else {
		/* all were refused, one by one */
		c->reset_due = true;
		end_transaction(w);
	}
}

void
smtp_compose(struct smtp_client *c)
{
	struct smtp_work *w = c->work;

	while (w->mail.env != NULL && c->nowed == 0 && c->out.len == 0 &&
	    !c->body_due && !buf_failed(&c->out)) {
		if (w->over)
			end_transaction(w);
		else
			compose_flight(c);
	}
}

void
smtp_compose_behind(struct smtp_client *c)
{
	if (c->before != NULL && c->work->mail.env != NULL)
		compose_flight(c);
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
	check_mail(c, mail);
	*c->work = (struct smtp_work){ .mail = *mail };
	begin(c->work);
	smtp_conclude(c);
}
