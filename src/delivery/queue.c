#include "config.h"

#include <string.h>
#include <time.h>

#include "base/log.h"
#include "delivery/queue.h"
#include "delivery/schedule.h"

/* What speaks against the way, of connections in a row that came to nothing:
 * as much as ends a run, and what each of them adds. */
#define STRIKES_MAX 8
#define STRIKE_OF_WAY 4
#define STRIKE_OF_MAIL 1

void
queue_init(struct queue *q, struct account *account, struct settle *settle,
    const struct line_choice *choice)
{
	*q = (struct queue){ .account = account };
	line_init(&q->line, settle, choice);
}

/* How many mails a connection may carry. */
static size_t
most_mails(const struct queue *q)
{
	size_t most = (size_t)
			  q->account->conf->smarthost.messages_per_connection;

	return q->mail_max > 0 && q->mail_max < most ? (size_t)q->mail_max
						     : most;
}

/* Whether another mail may go in this minute: then it is counted, once. */
static bool
may_send(struct queue *q)
{
	struct result ignored;

	if (!q->counted && account_count(q->account, &q->rest, &ignored) == 0)
		q->counted = true;
	return q->counted;
}

static enum session_next
next_mail(void *arg, const struct caps *caps, const struct session_mail **mail)
{
	struct queue *q = arg;
	const struct source *message;
	struct line_item *item;

	q->mail_max = caps->mail_max;
	if (q->stop || q->renew || q->sent >= most_mails(q) ||
	    !line_look(&q->line) || !may_send(q))
		return SESSION_DONE;
	q->counted = false;
	item = line_step(&q->line);
	item->first = q->sent == 0;
	item->message = entry_message(&item->entry);
	readdress_undo(&item->readdress, &item->entry.env);
	if (q->rewrite != NULL)
		message = readdress_mail(&item->readdress, q->rewrite,
		    &item->entry.env, &item->message);
	else
		message = &item->message;
	fit_clear(&item->fit);
	item->mail = (struct session_mail){ .env = &item->entry.env,
		.message = fit_mail(
		    &item->fit, &item->entry.env, message, caps) };
	q->sent++;
	*mail = &item->mail;
	return SESSION_MAIL;
}

/* Whether the smarthost would not hear of the mail's sender at all. */
static bool
is_sender_refused(const struct envelope *env)
{
	const struct result *why;

	for (size_t i = 0; i < env->count; i++) {
		if (env->rcpts[i].earlier)
			continue;
		why = envelope_result(env, &env->rcpts[i]);
		return env->rcpts[i].state == RCPT_FAILED && why != NULL &&
		    strcmp(why->stage, "MAIL") == 0;
	}
	return false;
}

/*
 * Whether the mail only came too late on a connection that had carried others:
 * it broke, or the smarthost takes so many and no more, which some say with a
 * permanent code.  Then the next connection is for it.  Once: it will be the
 * first there, or one of the first.
 */
static bool
is_too_late(const struct line_item *item, const struct result *why)
{
	if (item->first)
		return false;
	if (why == NULL)
		return is_sender_refused(&item->entry.env);
	return why->kind == RESULT_LOST || why->kind == RESULT_SMARTHOST ||
	    why->kind == RESULT_RENEW;
}

/* Whether somebody got it, and others came too late on this connection. */
static bool
is_cut_off(const struct envelope *env)
{
	bool got = false, late = false;

	for (size_t i = 0; i < env->count; i++) {
		const struct rcpt *rcpt = &env->rcpts[i];
		const struct result *why = envelope_result(env, rcpt);

		if (rcpt->earlier)
			continue;
		got = got || rcpt->state == RCPT_DELIVERED;
		late = late ||
		    (rcpt->state == RCPT_DEFERRED && why != NULL &&
			why->kind == RESULT_RENEW);
	}
	return got && late;
}

/* What became of the mail is made durable. */
static void
settle(struct queue *q, struct line_item *item)
{
	struct entry *e = &item->entry;
	bool goes_on = is_cut_off(&e->env) && !q->stop;
	struct result res;

	if (settle_attempt(
		q->line.settle, e, q->account->delivery->relay, &res) == -1)
		line_complain(e, &res);
	else if (settle_is_done(e))
		item->state = LINE_DONE;
	else if (goes_on && envelope_count(&e->env, RCPT_DEFERRED) > 0) {
		envelope_note_earlier(&e->env);
		line_put_again(&q->line, item);
		q->renew = true;
	}
	if (item->state == LINE_GIVEN)
		line_release(item);
}

static void
mail_settled(void *arg, const struct session_mail *mail)
{
	struct queue *q = arg;
	struct line_item *item = q->line.items;
	const struct result *why;

	while (&item->mail != mail)
		item++;
	readdress_undo(&item->readdress, &item->entry.env);
	why = envelope_deferred_by(&item->entry.env);
	if (is_too_late(item, why)) {
		line_put_again(&q->line, item);
		q->renew = true;
		return;
	}
	if (why == NULL)
		q->settled++;
	/* once: another mail under way says the same, or knows nothing of it;
	 * and a new connection was not enough where this was the first */
	q->stop = q->stop || account_hears(q->account, &item->entry.env) ||
	    (why != NULL && why->kind == RESULT_RENEW);
	settle(q, item);
}

/* While the smarthost thinks: removes what it has, and finds what it gets
 * next. */
static void
use_time(void *arg)
{
	struct queue *q = arg;

	line_put_away(&q->line);
	if (!q->stop && !q->renew && q->sent < most_mails(q))
		(void)line_look(&q->line);
}

struct session_feed
queue_feed(struct queue *q, size_t sent)
{
	q->sent = sent;
	q->mail_max = 0;
	q->renew = false;
	return (struct session_feed){ next_mail, mail_settled, use_time, q };
}

void
queue_put_first(struct queue *q, struct entry *e)
{
	line_put_first(&q->line, e);
}

/* The mail that was to be the first has been tried in vain. */
static void
fail_first(struct queue *q, const struct result *why)
{
	struct line_item *item = line_step(&q->line);
	struct entry *e = &item->entry;
	struct result res;

	envelope_settle_all(&e->env, RCPT_PENDING, RCPT_DEFERRED, why);
	if (settle_attempt(
		q->line.settle, e, q->account->delivery->relay, &res) == -1)
		line_complain(e, &res);
	line_release(item);
}

static bool
is_old(const struct queue *q, const struct entry *e)
{
	return schedule_is_over(e->created, time(NULL),
	    q->account->conf->queue.lifetime, SCHEDULE_ATTEMPTS_MIN);
}

/* The account cannot be used: those whose life is over are ended, and they
 * are the first. */
static void
end_old(struct queue *q, const struct result *why)
{
	struct line_item *item;
	struct result res;

	q->line.settle->account_failures = q->account->pause.failures;
	while (line_look(&q->line)) {
		item = line_step(&q->line);
		if (!is_old(q, &item->entry))
			q->line.walked = true;
		else if (settle_untried(
			     q->line.settle, &item->entry, why, &res) == -1)
			line_complain(&item->entry, &res);
		line_release(item);
	}
}

/* A server that hangs up in the midst of a mail, or on its sender for what has to
 * be set right, may have that against this mail alone, and one that takes no
 * BDAT gets the next try by DATA: the others are to get their turn. */
static size_t
strike(const struct result *why)
{
	static const char *const stages[] = { "RCPT", "DATA", "DOT", "BDAT" };

	if (why->kind == RESULT_DEFERRED && strcmp(why->stage, "BDAT") == 0)
		return STRIKE_OF_MAIL;
	if (why->kind == RESULT_SETUP && strcmp(why->stage, "MAIL") == 0)
		return STRIKE_OF_MAIL;
	if (why->kind != RESULT_LOST && why->kind != RESULT_SETUP)
		return STRIKE_OF_WAY;
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (strcmp(why->stage, stages[i]) == 0)
			return STRIKE_OF_MAIL;
	return STRIKE_OF_WAY;
}

/* Whether the run can go on with another account, since the smarthost of this
 * one cannot be had. */
static bool
fall_back(struct queue *q, const struct result *why)
{
	const struct queue_fallback *f = q->fallback;

	if (f == NULL || !deliver_is_relay_fault(why))
		return false;
	log_line(LOG_WARN, "account=%s event=fallback to=%s %s",
	    account_name(q->account), account_name(f->account), why->text);
	q->fallback = NULL;
	q->account = f->account;
	q->rewrite = f->rewrite;
	f->prepare(f->arg);
	return true;
}

/* Until the next minute begins, unless the run is to end before. */
static int
wait_for_minute(const struct queue *q, struct result *res)
{
	const struct deadline until = deadline_in(
	    q->rest * 1000, q->account->delivery->cancel);

	if (deadline_poll(until, -1, 0, res) == -1 &&
	    res->kind == RESULT_TIMEOUT)
		return 0;
	return -1;
}

/* One connection; -1: the run is over. */
static int
run_once(struct queue *q, size_t *strikes, struct result *res)
{
	struct account *a = q->account;
	struct session_feed feed = queue_feed(q, 0);
	struct deadline until = deadline_in(
	    a->conf->smarthost.timeout, a->delivery->cancel);
	size_t before = q->settled;
	int rc;

	if (!may_send(q))
		return wait_for_minute(q, res);
	if (account_open(a, q->line.choice.urgency,
		a->conf->smarthost.wait_timeout, until, res) == -1) {
		if (fall_back(q, res))
			return 0;
		if (account_is_fault(res) && a->tried)
			fail_first(q, res);
		if (account_is_fault(res))
			end_old(q, res);
		return -1;
	}
	rc = deliver_send(a->delivery, &feed, until, res);
	account_close(a);
	if (rc == -1 && res->kind == RESULT_INTERRUPTED)
		return -1;
	*strikes = rc == 0 || q->settled > before ? 0 : *strikes + strike(res);
	if (*strikes < STRIKES_MAX)
		return 0;
	if (account_is_fault(res))
		account_fault(a, res);
	return -1;
}

bool
queue_has_next(struct queue *q)
{
	return line_look(&q->line);
}

int
queue_run(struct queue *q, struct result *res)
{
	size_t strikes = 0;
	int rc = 0;

	while (rc == 0 && !q->stop && line_look(&q->line))
		rc = run_once(q, &strikes, res);
	queue_clear(q);
	return rc;
}

void
queue_clear(struct queue *q)
{
	struct result res;

	line_clear(&q->line);
	if (settle_sync(q->line.settle, &res) == -1)
		log_line(LOG_FAILURE, "%s", res.text);
}
