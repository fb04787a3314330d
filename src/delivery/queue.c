#include "config.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

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
    const struct queue_choice *choice)
{
	*q = (struct queue){
		.account = account, .settle = settle, .choice = *choice
	};
	for (size_t i = 0; i < QUEUE_ITEMS; i++)
		entry_init(&q->items[i].entry);
}

static struct spool *
spool_of(const struct queue *q)
{
	return q->settle->bounce->spool;
}

static void
release(struct queue_item *item)
{
	entry_clear(&item->entry);
	item->state = QUEUE_FREE;
}

/* What could not be made durable may happen again: that must be known. */
static void
complain(const struct entry *e, const struct result *why)
{
	log_line(LOG_FAILURE, "id=%s event=unsettled %s", e->id, why->text);
}

/* Removes what everybody has. */
static void
put_away(struct queue *q)
{
	struct result res;

	for (size_t i = 0; i < QUEUE_ITEMS; i++) {
		struct queue_item *item = &q->items[i];

		if (item->state != QUEUE_DONE)
			continue;
		if (settle_remove(q->settle, &item->entry, &res) == -1)
			complain(&item->entry, &res);
		release(item);
	}
}

/* One that is free: no more than four are in use, but for those that are to
 * be removed. */
static struct queue_item *
free_item(struct queue *q)
{
	size_t i = 0;

	while (i < QUEUE_ITEMS && q->items[i].state != QUEUE_FREE)
		i++;
	if (i == QUEUE_ITEMS) {
		put_away(q);
		for (i = 0; q->items[i].state != QUEUE_FREE;)
			i++;
	}
	return &q->items[i];
}

static bool
is_wanted(const struct queue *q, const struct entry *e)
{
	const struct queue_choice *c = &q->choice;

	if (e->schedule.held)
		return false;
	if (c->urgency == ACCOUNT_DUE &&
	    !schedule_is_due(
		e->schedule.next, time(NULL), &q->account->conf->queue.retry))
		return false;
	return c->wants == NULL || c->wants(e, c->arg);
}

/* Whether the locked entry is whole, and has somebody left to try: a crash may
 * have come before it was put away. */
static bool
is_ready(struct queue *q, struct entry *e, const char *id)
{
	struct result ignored, res;

	envelope_note_earlier(&e->env);
	if (envelope_count(&e->env, RCPT_PENDING) == 0) {
		result_ok(&ignored);
		if (settle_untried(q->settle, e, &ignored, &res) == -1 ||
		    (settle_is_done(e) &&
			settle_remove(q->settle, e, &res) == -1))
			complain(e, &res);
		return false;
	}
	if (spool_verify(spool_of(q), SPOOL_QUEUE, e, &res) == SPOOL_TAKEN)
		return true;
	log_line(LOG_FAILURE, "id=%s event=bad %s", id, res.text);
	return false;
}

/* Whether it is in the drop folder, too: whoever takes it from there has not
 * let go of it, or died before he could. */
static bool
is_dropped(const struct queue *q, const struct entry *e)
{
	return e->uid != geteuid() && names_has(spool_of(q), SPOOL_DROP, e->id);
}

/* Takes the entry `id`, unless it is not for this run. */
static bool
take(struct queue *q, struct queue_item *item, const char *id)
{
	struct result res;

	switch (spool_take(
	    spool_of(q), SPOOL_QUEUE, id, ENTRY_ENVELOPE, &item->entry, &res)) {
	case SPOOL_TAKEN:
		if (is_wanted(q, &item->entry) &&
		    !is_dropped(q, &item->entry) &&
		    is_ready(q, &item->entry, id))
			return true;
		break;
	case SPOOL_BAD:
		log_line(LOG_FAILURE, "id=%s event=bad %s", id, res.text);
		break;
	case SPOOL_BUSY:
	case SPOOL_GONE:
		break;
	}
	entry_clear(&item->entry);
	return false;
}

/* The next name of the walk, or NULL. */
static const char *
next_name(struct queue *q)
{
	struct result res;

	if (q->at == q->names.count) {
		names_clear(&q->names);
		q->at = 0;
		if (names_list(&q->names, spool_of(q), SPOOL_QUEUE, q->last,
			&res) == -1) {
			log_line(LOG_FAILURE, "%s", res.text);
			return NULL;
		}
	}
	if (q->at == q->names.count)
		return NULL;
	memcpy(q->last, q->names.names[q->at], sizeof q->last);
	q->at++;
	return q->last;
}

/* Puts the item in line, as the `at`th. */
static void
put_in_line(struct queue *q, struct queue_item *item, size_t at)
{
	memmove(
	    q->line + at + 1, q->line + at, (q->nline - at) * sizeof *q->line);
	q->line[at] = item;
	q->nline++;
	item->state = QUEUE_AHEAD;
}

/* Whether there is another mail: it is in line then. */
static bool
look_ahead(struct queue *q)
{
	struct queue_item *item;
	const char *id;

	while (q->nline == 0 && !q->walked) {
		item = free_item(q);
		if ((id = next_name(q)) == NULL)
			q->walked = true;
		else if (take(q, item, id))
			put_in_line(q, item, 0);
	}
	return q->nline > 0;
}

/* The first in line; there is one. */
static struct queue_item *
step_ahead(struct queue *q)
{
	struct queue_item *item = q->line[0];

	q->nline--;
	if (q->nagain > 0)
		q->nagain--;
	memmove(q->line, q->line + 1, q->nline * sizeof *q->line);
	return item;
}

/* How many mails a connection may carry. */
static size_t
most_mails(const struct queue *q)
{
	return (size_t)q->account->conf->smarthost.messages_per_connection;
}

static enum session_next
next_mail(void *arg, const struct session_mail **mail)
{
	struct queue *q = arg;
	struct queue_item *item;

	if (q->stop || q->renew || q->sent >= most_mails(q) || !look_ahead(q))
		return SESSION_DONE;
	item = step_ahead(q);
	item->state = QUEUE_GIVEN;
	item->first = q->sent == 0;
	item->message = entry_message(&item->entry);
	item->mail = (struct session_mail){ &item->entry.env, &item->message };
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
is_too_late(const struct queue_item *item, const struct result *why)
{
	if (item->first)
		return false;
	if (why == NULL)
		return is_sender_refused(&item->entry.env);
	return why->kind == RESULT_LOST || why->kind == RESULT_SMARTHOST;
}

static void
go_again(struct queue *q, struct queue_item *item)
{
	struct envelope *env = &item->entry.env;

	for (size_t i = 0; i < env->count; i++)
		if (!env->rcpts[i].earlier)
			envelope_settle(env, i, RCPT_PENDING, NULL);
	put_in_line(q, item, q->nagain++);
	q->renew = true;
}

static void
mail_settled(void *arg, const struct session_mail *mail)
{
	struct queue *q = arg;
	struct queue_item *item = q->items;
	const struct result *why;
	struct result res;

	while (&item->mail != mail)
		item++;
	why = envelope_deferred_by(&item->entry.env);
	if (is_too_late(item, why)) {
		go_again(q, item);
		return;
	}
	if (why == NULL)
		q->settled++;
	if (account_hears(q->account, why))
		q->stop = true;
	if (settle_attempt(q->settle, &item->entry, q->account->delivery->relay,
		&res) == -1)
		complain(&item->entry, &res);
	else if (settle_is_done(&item->entry))
		item->state = QUEUE_DONE;
	if (item->state != QUEUE_DONE)
		release(item);
}

/* While the smarthost thinks: removes what it has, and finds what it gets
 * next. */
static void
use_time(void *arg)
{
	struct queue *q = arg;

	put_away(q);
	if (!q->stop && !q->renew && q->sent < most_mails(q))
		(void)look_ahead(q);
}

struct session_feed
queue_feed(struct queue *q, size_t sent)
{
	q->sent = sent;
	q->renew = false;
	return (struct session_feed){ next_mail, mail_settled, use_time, q };
}

void
queue_put_first(struct queue *q, struct entry *e)
{
	struct queue_item *item = free_item(q);

	item->entry = *e;
	entry_init(e);
	envelope_note_earlier(&item->entry.env);
	put_in_line(q, item, 0);
}

/* The mail that was to be the first has been tried in vain. */
static void
fail_first(struct queue *q, const struct result *why)
{
	struct queue_item *item = step_ahead(q);
	struct entry *e = &item->entry;
	struct result res;

	envelope_settle_all(&e->env, RCPT_PENDING, RCPT_DEFERRED, why);
	if (settle_attempt(q->settle, e, q->account->delivery->relay, &res) ==
	    -1)
		complain(e, &res);
	release(item);
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
	struct queue_item *item;
	struct result res;

	q->settle->account_failures = q->account->pause.failures;
	while (look_ahead(q)) {
		item = step_ahead(q);
		if (!is_old(q, &item->entry))
			q->walked = true;
		else if (settle_untried(q->settle, &item->entry, why, &res) ==
		    -1)
			complain(&item->entry, &res);
		release(item);
	}
}

/* A server that hangs up in the midst of a mail may have that against this mail
 * alone: the others are to get their turn. */
static size_t
strike(const struct result *why)
{
	static const char *const stages[] = { "RCPT", "DATA", "DOT" };

	if (why->kind != RESULT_LOST)
		return STRIKE_OF_WAY;
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (strcmp(why->stage, stages[i]) == 0)
			return STRIKE_OF_MAIL;
	return STRIKE_OF_WAY;
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

	if (account_open(a, q->choice.urgency, a->conf->smarthost.wait_timeout,
		until, res) == -1) {
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

int
queue_run(struct queue *q, struct result *res)
{
	size_t strikes = 0;
	int rc = 0;

	while (rc == 0 && !q->stop && look_ahead(q))
		rc = run_once(q, &strikes, res);
	queue_clear(q);
	return rc;
}

void
queue_clear(struct queue *q)
{
	struct result res;

	put_away(q);
	if (settle_sync(q->settle, &res) == -1)
		log_line(LOG_FAILURE, "%s", res.text);
	for (size_t i = 0; i < QUEUE_ITEMS; i++)
		if (q->items[i].state != QUEUE_FREE)
			release(&q->items[i]);
	q->nline = q->nagain = 0;
	names_clear(&q->names);
}
