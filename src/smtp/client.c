#include "config.h"

#include <bsd/stdlib.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/client_machine.h"

int
smtp_client_new(
    struct smtp_client **cp, const struct smtp_plan *plan, struct result *res)
{
	struct smtp_client *c = calloc(1, sizeof *c);

	if ((*cp = c) == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	c->plan = plan;
	c->work = &c->works[0];
	c->tls_up = plan->tls == SMTP_TLS_UP;
	result_ok(&c->broken);
	buf_init(&c->out, SMTP_OUTPUT_MAX);
	buf_init(&c->shown, SMTP_OUTPUT_MAX);
	smtp_owe(c, SMTP_GREETING);
	return 0;
}

void
smtp_client_free(struct smtp_client *c)
{
	if (c == NULL)
		return;
	buf_free(&c->out);
	buf_free(&c->shown);
	freezero(c, sizeof *c);
}

void
smtp_owe(struct smtp_client *c, enum smtp_state state)
{
	if (c->nowed == 0 || c->owed[c->nowed - 1].state != state)
		c->owed[c->nowed++] = (struct smtp_owed){ state, 0 };
	c->owed[c->nowed - 1].count++;
}

static void say(struct smtp_client *c, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Puts a line in the output. */
static void
say(struct smtp_client *c, const char *fmt, va_list ap)
{
	size_t begin = c->out.len;

	buf_vprintf(&c->out, fmt, ap);
	buf_puts(&c->out, "\r\n");
	buf_add(&c->shown, c->out.data + begin, c->out.len - begin);
}

void
smtp_say(struct smtp_client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

void
smtp_put(struct smtp_client *c, enum smtp_state state, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
	smtp_owe(c, state);
}

/* Drops the output, which may hold a secret, and its memory. */
static void
drop_output(struct smtp_client *c)
{
	buf_free(&c->out);
	buf_free(&c->shown);
	c->before_body = 0;
}

void
smtp_end(
    struct smtp_client *c, const struct result *res, enum smtp_parting parting)
{
	struct result unsent;

	if (c->before != NULL) {
		smtp_explain_unsent(res, &unsent);
		smtp_settle_rest(c->work, RCPT_DEFERRED, &unsent);
	}
	smtp_settle_rest(smtp_answered(c), RCPT_DEFERRED, res);
	c->before = NULL;
	c->work->mail.env = NULL;
	c->broken = *res;
	c->dead = true;
	c->nowed = 0;
	c->tls_due = false;
	c->body = SMTP_IDLE;
	drop_output(c);
	if (parting == SMTP_SAY_QUIT)
		smtp_say(c, "QUIT");
}

/* What the next reply answers, once the output is written. */
static enum smtp_state
front(const struct smtp_client *c)
{
	static const enum smtp_state to_nobody[SMTP_STATE_COUNT] = {
		[SMTP_DATA] = SMTP_VOID_DATA,
		[SMTP_DOT] = SMTP_VOID_DOT,
		[SMTP_BDAT] = SMTP_VOID_BDAT,
	};
	static const enum smtp_state to_each[SMTP_STATE_COUNT] = {
		[SMTP_DOT] = SMTP_EACH_DOT,
		[SMTP_BDAT] = SMTP_EACH_BDAT,
	};
	const struct smtp_work *w = smtp_answered(c);
	enum smtp_state state;

	if (c->body != SMTP_IDLE || c->nowed == 0)
		return c->body;
	state = c->owed[0].state;
	if (state == SMTP_RCPT && w->mail_refused)
		return SMTP_VOID_RCPT;
	if (w->accepted == 0 && to_nobody[state] != SMTP_IDLE)
		return to_nobody[state];
	if (smtp_is_lmtp(c) && to_each[state] != SMTP_IDLE)
		return to_each[state];
	return state;
}

/* Whether it is a message that is answered there, for all or for one. */
static bool
is_verdict(enum smtp_state state)
{
	return state == SMTP_DOT || state == SMTP_BDAT ||
	    state == SMTP_EACH_DOT || state == SMTP_EACH_BDAT;
}

bool
smtp_is_out(const struct smtp_client *c)
{
	const struct smtp_work *w = smtp_answered(c);

	for (size_t i = 0; i < c->nowed; i++)
		if (is_verdict(c->owed[i].state))
			/* and somebody has been accepted, or may be yet */
			return !w->mail_refused && (w->accepted > 0 || i > 0);
	return false;
}

static void
pop(struct smtp_client *c)
{
	if (c->nowed == 0 || --c->owed[0].count > 0)
		return;
	c->nowed--;
	memmove(c->owed, c->owed + 1, c->nowed * sizeof *c->owed);
}

void
smtp_conclude(struct smtp_client *c)
{
	struct result res;

	if (c->dead)
		return;
	if (c->before != NULL && c->before->ended) {
		smtp_settle_full(c->before);
		c->before = NULL;
	}
	if (!c->mute)
		smtp_compose(c);
	else if (c->out.len > 0 || (c->nowed == 0 && c->body == SMTP_IDLE))
		smtp_end(c, &c->broken, SMTP_CLOSE_AT_ONCE);
	if (buf_failed(&c->out) || buf_failed(&c->shown)) {
		(void)result_fail(&res, RESULT_SYSTEM, "out of memory");
		smtp_end(c, &res, SMTP_CLOSE_AT_ONCE);
	}
	smtp_let_go(c->work);
	smtp_let_go(smtp_answered(c));
	if (c->quitting && c->nowed == 0)
		c->dead = true;
}

/* What whoever knows better takes the answer for; OK: there is no word of
 * his. */
static enum result_kind
ask_judge(const struct smtp_client *c, const struct smtp_event *e)
{
	const struct smtp_judge *j = &c->plan->judge;
	char words[RESULT_TEXT_MAX];

	if (j->judge == NULL || e->reply == NULL || e->reply->code < 400)
		return RESULT_OK;
	reply_words(e->reply, words, sizeof words);
	return j->judge(j->arg, smtp_state_stage(e->state), words);
}

static void
judge(struct smtp_client *c, struct smtp_event *e)
{
	const struct smtp_verdict *usual = smtp_verdict(
	    e->state, e->answer, e->reply);
	struct smtp_verdict v;

	e->judged = ask_judge(c, e);
	v = smtp_overrule(usual, e->state, e->judged);
	e->kind = v.kind;
	v.act(c, e);
	smtp_conclude(c);
}

enum smtp_todo
smtp_next(const struct smtp_client *c)
{
	if (c->dead)
		return SMTP_TODO_CLOSE;
	if (c->body != SMTP_IDLE && c->mute)
		return SMTP_TODO_READ;
	if (c->body == SMTP_CHUNK)
		return SMTP_TODO_CHUNK;
	if (c->out.len > 0)
		return SMTP_TODO_SEND;
	if (c->nowed > 0)
		return SMTP_TODO_READ;
	if (c->tls_due)
		return SMTP_TODO_TLS;
	return c->body == SMTP_BODY ? SMTP_TODO_BODY : SMTP_TODO_MAIL;
}

/* Whether the transaction whose message is due is known to be its mail's last:
 * of several whose answers are not known yet, some may turn out to be too
 * many. */
static bool
is_last(const struct smtp_client *c)
{
	return !smtp_more_follows(c->work) &&
	    (c->nowed == 0 || c->work->batch == 1);
}

bool
smtp_asks_next(const struct smtp_client *c)
{
	return c->body != SMTP_IDLE && !c->mute && !c->quitting &&
	    c->before == NULL && smtp_has(c, CAPS_PIPELINING) && is_last(c);
}

const struct buf *
smtp_output(const struct smtp_client *c)
{
	return &c->out;
}

const struct buf *
smtp_output_shown(const struct smtp_client *c)
{
	return &c->shown;
}

size_t
smtp_output_before(const struct smtp_client *c)
{
	return c->body == SMTP_CHUNK ? c->out.len : c->before_body;
}

void
smtp_sent(struct smtp_client *c)
{
	drop_output(c);
}

void
smtp_unwritten(struct smtp_client *c, const struct result *why)
{
	if (c->dead) {
		drop_output(c);
		return;
	}
	c->mute = true;
	c->broken = *why;
	drop_output(c);
	smtp_conclude(c);
}

enum smtp_state
smtp_awaited(const struct smtp_client *c)
{
	return c->out.len > 0 ? SMTP_IDLE : front(c);
}

void
smtp_replied(struct smtp_client *c, const struct reply *r)
{
	struct smtp_event e = { .state = smtp_awaited(c), .reply = r };

	if (c->dead)
		return;
	e.answer = smtp_classify(e.state, r->code);
	/* a yes to a message that may not have gone out whole is none */
	if (c->mute && e.answer == SMTP_ANSWER_2XX && is_verdict(e.state))
		e.answer = SMTP_ANSWER_MALFORMED;
	if (e.state != SMTP_IDLE)
		pop(c);
	judge(c, &e);
}

void
smtp_broke(struct smtp_client *c, const struct result *why)
{
	struct smtp_event e = { .state = front(c), .why = why };

	if (c->dead) {
		drop_output(c);
		return;
	}
	if (c->tls_due)
		e.state = SMTP_STARTTLS;
	/* no answer to what went along is none to the message */
	if (smtp_is_out(c) && !is_verdict(e.state))
		e.state = SMTP_BDAT;
	e.answer = why->kind == RESULT_PROTOCOL ? SMTP_ANSWER_MALFORMED
	    : why->kind == RESULT_TIMEOUT	? SMTP_ANSWER_TIMEOUT
						: SMTP_ANSWER_EOF;
	judge(c, &e);
}

void
smtp_finish(struct smtp_client *c)
{
	static const struct result fine = { .kind = RESULT_OK };

	if (smtp_asks_next(c))
		c->quitting = true;
	else if (!c->dead)
		smtp_end(c, &fine,
		    smtp_next(c) == SMTP_TODO_MAIL ? SMTP_SAY_QUIT
						   : SMTP_CLOSE_AT_ONCE);
}

const struct result *
smtp_trouble(const struct smtp_client *c)
{
	return c->dead && c->broken.kind != RESULT_OK ? &c->broken : NULL;
}

void
smtp_on_fine(struct smtp_client *c, const struct smtp_event *e)
{
	/* the next flight, if there is one, follows by itself */
	(void)c;
	(void)e;
}

void
smtp_on_refused(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	smtp_end(c, &res, SMTP_SAY_QUIT);
}

void
smtp_on_closing(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	smtp_explain(c, e, e->kind, &res);
	smtp_end(c, &res, SMTP_CLOSE_AT_ONCE);
}

void
smtp_on_wrong(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	/* whatever it answers, it may have taken the message that came along */
	if (smtp_is_out(c))
		smtp_settle_doubt(c, e);
	smtp_explain(c, e, RESULT_PROTOCOL, &res);
	smtp_end(c, &res, SMTP_CLOSE_AT_ONCE);
}

void
smtp_on_lost(struct smtp_client *c, const struct smtp_event *e)
{
	enum result_kind kind = e->kind;
	struct result res;

	if (e->reply != NULL) {
		smtp_on_wrong(c, e);
		return;
	}
	if (e->why->kind == RESULT_PROTOCOL && e->state == SMTP_GREETING)
		kind = RESULT_NOT_SMTP;
	else if (e->why->kind != RESULT_TIMEOUT)
		kind = e->why->kind;
	else if (kind == RESULT_NO_GREETING && c->plan->tls == SMTP_TLS_UP)
		/* that the port may want TLS is no advice here */
		kind = RESULT_TIMEOUT;
	smtp_explain(c, e, kind, &res);
	smtp_end(c, &res, SMTP_CLOSE_AT_ONCE);
}
