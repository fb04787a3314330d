#include "config.h"

#include <bsd/stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "delivery/schedule.h"
#include "delivery/settle.h"

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

/* Who is DEFERRED has been tried for the last time: the last words stay, and
 * so does their status. */
static void
expire(struct settle *s, struct entry *e)
{
	struct buf lifetime;
	struct result res;

	buf_init(&lifetime, 64);
	duration_add(&lifetime, s->bounce->rewrite->conf->queue.lifetime);
	for (size_t i = 0; i < e->env.count; i++) {
		const struct rcpt *rcpt = &e->env.rcpts[i];
		const struct result *last = envelope_result(&e->env, rcpt);

		if (rcpt->state != RCPT_DEFERRED || last == NULL)
			continue;
		res = *last;
		res.kind = RESULT_EXPIRED;
		(void)result_context(&res,
		    "given up after %u attempts (lifetime is %s)",
		    e->schedule.attempts, lifetime.data);
		envelope_settle(&e->env, i, RCPT_FAILED, &res);
	}
	buf_free(&lifetime);
}

static bool
is_over(const struct settle *s, const struct entry *e)
{
	return schedule_is_over(e->created, time(NULL),
	    s->bounce->rewrite->conf->queue.lifetime,
	    e->schedule.attempts + s->account_failures);
}

void
settle_count(const struct settle *s, struct entry *e)
{
	struct entry_schedule *schedule = &e->schedule;

	schedule->last = time(NULL);
	schedule->attempts++;
	schedule->next = schedule->last +
	    schedule_wait(&s->bounce->rewrite->conf->queue.retry,
		schedule->attempts, arc4random());
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
