#include "config.h"

#include <bsd/stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "delivery/schedule.h"
#include "delivery/settle.h"

#define SPAM_ATTEMPTS 2 /* after so many, being spam is for good */
#define RENEW_ATTEMPTS 3 /* that may follow each other soon */

static struct journal
journal_of(const struct entry *e, const char *relay)
{
	return (struct journal){ .id = e->id,
		.uid = e->uid,
		.message_id = e->message_id,
		.relay = relay,
		.delay = difftime(time(NULL), (time_t)e->created),
		.exit = -1 };
}

/* Who is DEFERRED by a result of kind `of` (OK: any) has been tried for the
 * last time: the last words stay, and so does their status. */
static void
give_up(
    struct entry *e, enum result_kind of, enum result_kind as, const char *why)
{
	struct result res;

	for (size_t i = 0; i < e->env.count; i++) {
		const struct rcpt *rcpt = &e->env.rcpts[i];
		const struct result *last = envelope_result(&e->env, rcpt);

		if (rcpt->state != RCPT_DEFERRED || last == NULL ||
		    (of != RESULT_OK && last->kind != of))
			continue;
		res = *last;
		res.kind = as;
		(void)result_context(&res, "given up after %u attempts (%s)",
		    e->schedule.attempts, why);
		envelope_settle(&e->env, i, RCPT_FAILED, &res);
	}
}

static void
expire(const struct settle *s, struct entry *e)
{
	struct buf why;

	buf_init(&why, 64);
	buf_puts(&why, "lifetime is ");
	duration_add(&why, s->bounce->rewrite->conf->queue.lifetime);
	give_up(e, RESULT_OK, RESULT_EXPIRED, why.data);
	buf_free(&why);
}

static bool
is_over(const struct settle *s, const struct entry *e)
{
	return schedule_is_over(e->created, time(NULL),
	    s->bounce->rewrite->conf->queue.lifetime,
	    e->schedule.attempts + s->account_failures);
}

/* Seconds until the next attempt: a step of the retry table, but as much as what
 * was said asks for, and no more where only a new connection is needed. */
static int64_t
wait_after(const struct settle *s, const struct entry *e)
{
	int64_t wait = schedule_wait(&s->bounce->rewrite->conf->queue.retry,
	    e->schedule.attempts, arc4random());
	const struct result *why, *before = NULL;
	int64_t least = 0, asked;

	for (size_t i = 0; i < e->env.count; i++) {
		const struct rcpt *rcpt = &e->env.rcpts[i];

		why = envelope_result(&e->env, rcpt);
		if (rcpt->state != RCPT_DEFERRED || why == NULL ||
		    why == before)
			continue;
		before = why;
		asked = judge_wait(s->judge, why);
		if (asked > SCHEDULE_WORD_MAX)
			asked = SCHEDULE_WORD_MAX;
		if (why->kind != RESULT_RENEW && asked > least)
			least = asked;
		if (why->kind == RESULT_RENEW && asked < wait &&
		    e->schedule.attempts <= RENEW_ATTEMPTS)
			wait = asked;
	}
	return wait > least ? wait : least;
}

void
settle_count(const struct settle *s, struct entry *e)
{
	struct entry_schedule *schedule = &e->schedule;

	schedule->last = time(NULL);
	schedule->attempts++;
	schedule->next = schedule->last + wait_after(s, e);
}

/* Without room for the report the failure has not happened yet: whoever it
 * concerns is tried again. */
static void
take_back(struct entry *e)
{
	for (size_t i = 0; i < e->env.count; i++)
		if (e->env.rcpts[i].state == RCPT_FAILED &&
		    !e->env.rcpts[i].earlier)
			e->env.rcpts[i].state = RCPT_DEFERRED;
}

static void
report_failures(struct settle *s, struct entry *e, const char *relay)
{
	const struct source message = entry_message(e);
	struct result why;

	if (bounce_make(s->bounce, e, &message, relay, &why) != BOUNCE_FAILED)
		return;
	log_line(LOG_FAILURE, "id=%s event=report-failed %s", e->id, why.text);
	/* one that can never be made must not keep the mail alive for ever */
	if (result_is_temporary(why.kind))
		take_back(e);
}

static bool
is_news(const struct rcpt *rcpt)
{
	return !rcpt->earlier &&
	    (rcpt->state == RCPT_DELIVERED || rcpt->state == RCPT_FAILED);
}

/* Only what must not happen again needs to be durable: a try too soon does no
 * harm. */
static int
stays(struct entry *e, const struct journal *j, struct result *res)
{
	size_t i = 0;

	if (entry_save(e, res) == -1)
		return -1;
	while (i < e->env.count && !is_news(&e->env.rcpts[i]))
		i++;
	if (i < e->env.count && entry_sync(e, res) == -1)
		return -1;
	journal_event(j, LOG_EVENT, &e->env, "waiting", "attempts=%u next=%lld",
	    e->schedule.attempts,
	    (long long)(e->schedule.next - e->schedule.last));
	return 0;
}

static int
fail(struct settle *s, struct entry *e, const struct journal *j,
    struct result *res)
{
	if (entry_save(e, res) == -1 || entry_sync(e, res) == -1 ||
	    spool_move(s->bounce->spool, SPOOL_QUEUE, SPOOL_FAILED, e, res) ==
		-1)
		return -1;
	journal_event(j, LOG_FAILURE, &e->env, "failed",
	    "kept in failed/: outpost queue show %s", e->id);
	return 0;
}

/* Does what follows from the recipients' states. */
static int
conclude(
    struct settle *s, struct entry *e, const char *relay, struct result *res)
{
	const struct journal j = journal_of(e, relay);

	if (e->schedule.attempts > SPAM_ATTEMPTS)
		give_up(e, RESULT_SPAM, RESULT_REFUSED, "taken for spam");
	if (is_over(s, e))
		expire(s, e);
	report_failures(s, e, relay);
	journal_results(&j, &e->env);
	if (envelope_count(&e->env, RCPT_DEFERRED) > 0)
		return stays(e, &j, res);
	if (envelope_count(&e->env, RCPT_FAILED) > 0)
		return fail(s, e, &j, res);
	return entry_save_states(e, res);
}

int
settle_attempt(
    struct settle *s, struct entry *e, const char *relay, struct result *res)
{
	settle_count(s, e);
	return conclude(s, e, relay, res);
}

int
settle_untried(struct settle *s, struct entry *e, const struct result *why,
    struct result *res)
{
	if (envelope_count(&e->env, RCPT_PENDING) > 0 && !is_over(s, e))
		return 0;
	envelope_settle_all(&e->env, RCPT_PENDING, RCPT_DEFERRED, why);
	return conclude(s, e, "", res);
}

bool
settle_is_done(const struct entry *e)
{
	return envelope_count(&e->env, RCPT_DELIVERED) == e->env.count;
}

int
settle_remove(struct settle *s, struct entry *e, struct result *res)
{
	if (spool_remove(s->bounce->spool, SPOOL_QUEUE, e, res) == -1)
		return -1;
	if (++s->unsynced >= SETTLE_UNSYNCED_MAX)
		return settle_sync(s, res);
	return 0;
}

int
settle_sync(struct settle *s, struct result *res)
{
	if (s->unsynced == 0)
		return 0;
	s->unsynced = 0;
	return spool_sync(s->bounce->spool, SPOOL_QUEUE, res);
}
