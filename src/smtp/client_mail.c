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
check_mail(struct smtp_client *c)
{
	struct envelope *env = c->mail.env;
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
	    c->mail.size > c->caps.size) {
		(void)result_fail(&res, RESULT_TOO_BIG,
		    "%s takes messages of up to %" PRIu64
		    " octets, this one has %" PRIu64,
		    c->plan->host, c->caps.size, c->mail.size);
		envelope_settle_all(env, RCPT_PENDING, RCPT_FAILED, &res);
	}
}

/* Moves the cursor to the next recipient to be tried in this round. */
static bool
seek_pending(struct smtp_client *c)
{
	const struct envelope *env = c->mail.env;

	while (c->cursor < env->count &&
	    env->rcpts[c->cursor].state != RCPT_PENDING)
		c->cursor++;
	return c->cursor < env->count;
}

/* Gets ready for a transaction; the mail is done when nobody is left. */
static void
begin(struct smtp_client *c)
{
	c->mail_sent = c->mail_refused = c->over = false;
	c->batch = c->accepted = c->full = 0;
	if (!seek_pending(c) && c->put_back > 0) {
		c->put_back = 0;
		c->cursor = 0;
	}
	if (!seek_pending(c))
		c->mail.env = NULL;
	c->first = c->answered = c->cursor;
}

void
smtp_settle_batch(
    struct smtp_client *c, enum rcpt_state from, const struct result *res)
{
	enum rcpt_state to = RCPT_FAILED;

	if (res->kind == RESULT_OK)
		to = RCPT_DELIVERED;
	else if (result_is_temporary(res->kind))
		to = RCPT_DEFERRED;
	for (size_t i = c->first; i < c->cursor; i++)
		if (c->mail.env->rcpts[i].state == from)
			envelope_settle(c->mail.env, i, to, res);
}

static void
end_transaction(struct smtp_client *c)
{
	/* Who was too many goes into a next transaction, as long as each takes
	 * someone: so this comes to an end. */
	if (c->accepted == 0 && c->full > 0) {
		smtp_settle_batch(c, RCPT_PENDING, &c->full_result);
		c->put_back -= c->full;
	}
	begin(c);
}

bool
smtp_more_follows(const struct smtp_client *c)
{
	const struct envelope *env = c->mail.env;

	if (c->put_back > 0)
		return true;
	for (size_t i = c->cursor; i < env->count; i++)
		if (env->rcpts[i].state == RCPT_PENDING)
			return true;
	return false;
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
	const struct envelope *env = c->mail.env;
	struct buf words;

	buf_init(&words, 4096);
	if (offers(c, CAPS_SIZE))
		buf_printf(&words, " SIZE=%" PRIu64, c->mail.size);
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
	c->mail_sent = true;
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
	const struct envelope *env = c->mail.env;
	struct rcpt *rcpt = &env->rcpts[c->cursor++];

	rcpt->state = RCPT_SENT;
	c->batch++;
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

	if (c->batch >= max || (c->full > 0 && c->accepted > 0))
		return false;
	return seek_pending(c);
}

/* One flight: as many commands as may be outstanding, or one. */
static void
compose_flight(struct smtp_client *c)
{
	size_t room = offers(c, CAPS_PIPELINING) ? SMTP_WINDOW : 1;

	if (c->reset_due) {
		c->reset_due = false;
		smtp_put(c, SMTP_RSET, "RSET");
		room--;
	}
	if (room > 0 && !c->mail_sent) {
		put_mail(c);
		room--;
	}
	for (; room > 0 && wants_rcpt(c); room--)
		put_rcpt(c);
	if (room == 0)
		return;
	if (c->accepted > 0 || c->nowed > 0) {
		smtp_put(c, SMTP_DATA, "DATA");
	} else {
		/* all were refused, one by one */
		c->reset_due = true;
		end_transaction(c);
	}
}

void
smtp_compose(struct smtp_client *c)
{
	while (c->mail.env != NULL && c->nowed == 0 && c->out.len == 0 &&
	    !c->body_due && !buf_failed(&c->out)) {
		if (c->over)
			end_transaction(c);
		else
			compose_flight(c);
	}
}

void
smtp_give(struct smtp_client *c, const struct smtp_mail *mail)
{
	struct result res;

	if (smtp_next(c) != SMTP_TODO_MAIL) {
		res = c->broken;
		if (res.kind == RESULT_OK)
			(void)result_fail(&res, RESULT_LOST,
			    "%s: the session is over", c->plan->host);
		envelope_settle_all(
		    mail->env, RCPT_PENDING, RCPT_DEFERRED, &res);
		return;
	}
	c->mail = *mail;
	c->given = true;
	c->cursor = c->put_back = 0;
	check_mail(c);
	begin(c);
	smtp_conclude(c);
}
