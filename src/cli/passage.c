#include "config.h"

#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "cli/passage.h"
#include "spool/names.h"

/* The way of the account that takes over was loaded, as far as it could be. */
static void
init_other(struct passage *p)
{
	struct way *way = setup_fallback(p->setup);

	p->has_other = way != NULL;
	if (way != NULL)
		lane_init(&p->other, p->setup, way, p->spool);
}

void
passage_init(struct passage *p, struct setup *setup, struct request *request,
    struct spool *spool, const struct options *o)
{
	struct line_choice due = { .urgency = ACCOUNT_DUE,
		.routes = &setup->routes,
		.account = setup->at };

	*p = (struct passage){ .setup = setup,
		.request = request,
		.spool = spool,
		.verbose = o->verbose,
		.lane = &p->own,
		.cancel = -1 };
	lane_init(&p->own, setup, setup_way(setup), spool);
	p->own.was_asked = true;
	init_other(p);
	queue_init(&p->queue, &p->own.account, &p->own.settle, &due);
	if (p->has_other)
		p->queue.fallback = &p->other.fallback;
	p->message = compose_source(&request->message);
	p->mail = (struct session_mail){ .env = &request->entry.env,
		.message = &p->message };
}

int
passage_begin(struct passage *p, struct result *res)
{
	struct session_watch watch = { 0 };
	struct result none;

	if (process_catch_signals(&p->cancel, res) == -1)
		return -1;
	if (p->verbose)
		watch = watch_begin(&p->watch);
	result_ok(&none);
	lane_open(&p->own, &watch, p->cancel, &none);
	if (p->has_other)
		lane_open(&p->other, &watch, p->cancel, &p->setup->no_fallback);
	return 0;
}

/* Whether anything waits in the queue. */
static bool
has_others(const struct passage *p)
{
	struct names names = { .count = 0 };
	struct result ignored;
	bool found;

	found = p->spool != NULL &&
	    names_list(&names, p->spool, SPOOL_QUEUE, "", &ignored) == 0 &&
	    names.count > 0;
	names_clear(&names);
	return found;
}

/* The connection is free, and others wait: a process of its own goes on with
 * it.  This one never touches it again. */
static enum session_next
take_along(struct passage *p, const struct caps *caps,
    const struct session_mail **mail)
{
	enum process_side side;
	struct result ignored;

	if (process_detach(&side, &ignored) == -1)
		return SESSION_DONE;
	if (side == PROCESS_PARENT) {
		session_leave(p->lane->delivery.session);
		return SESSION_DONE;
	}
	p->stage = PASSAGE_ALONG;
	p->end = PASSAGE_DONE;
	p->queue_feed = queue_feed(&p->queue, 1);
	return p->queue_feed.next(p->queue_feed.arg, caps, mail);
}

/* The message as the account that is used sends it. */
static const struct source *
message_for(struct passage *p)
{
	if (p->lane == &p->own)
		return &p->message;
	return readdress_mail(
	    &p->readdress, &p->lane->rewrite, p->mail.env, &p->message);
}

static enum session_next
next(void *arg, const struct caps *caps, const struct session_mail **mail)
{
	struct passage *p = arg;

	switch (p->stage) {
	case PASSAGE_FIRST:
		p->mail.message = fit_mail(
		    &p->fit, p->mail.env, message_for(p), caps);
		*mail = &p->mail;
		p->stage = PASSAGE_SENT;
		return SESSION_MAIL;
	case PASSAGE_SENT:
		if (p->lane->delivery.session == NULL || !has_others(p))
			return SESSION_DONE;
		if (!p->is_settled)
			return SESSION_LATER;
		return p->is_last ? SESSION_DONE : take_along(p, caps, mail);
	case PASSAGE_ALONG:
		break;
	}
	return p->queue_feed.next(p->queue_feed.arg, caps, mail);
}

static void
settled(void *arg, const struct session_mail *mail)
{
	struct passage *p = arg;

	if (mail != &p->mail) {
		p->queue_feed.settled(p->queue_feed.arg, mail);
		return;
	}
	p->is_settled = true;
	p->is_last = account_hears(&p->lane->account, mail->env);
}

static void
idle(void *arg)
{
	struct passage *p = arg;

	if (p->stage == PASSAGE_ALONG)
		p->queue_feed.idle(p->queue_feed.arg);
}

/* The caller has waited long enough, and the smarthost is in the middle of the
 * message. */
static int
hand_over(void *arg, struct result *res)
{
	struct passage *p = arg;
	struct entry *e = &p->request->entry;
	enum process_side side;
	int rc;

	if (p->lane->delivery.session == NULL)
		return 0;
	readdress_swap(&p->readdress, &e->env);
	rc = spool_keep(p->spool, SPOOL_QUEUE, e, &p->message, res);
	readdress_swap(&p->readdress, &e->env);
	if (rc == -1) {
		log_line(LOG_FAILURE, "%s", res->text);
		return 0;
	}
	if (process_detach(&side, res) == -1) {
		log_line(LOG_FAILURE, "%s", res->text);
		return 0;
	}
	p->end = side == PROCESS_PARENT ? PASSAGE_KEPT : PASSAGE_DONE;
	if (side == PROCESS_CHILD) {
		/* who is settled by now is told of by the other */
		envelope_note_earlier(&e->env);
		return 0;
	}
	session_leave(p->lane->delivery.session);
	return result_fail(
	    res, RESULT_HANDED_OVER, "another process goes on with it");
}

/* The entry was kept in mid-flight: it ends as any other of the queue. */
static void
settle_kept(struct passage *p)
{
	struct entry *e = &p->request->entry;
	struct settle *settle = &p->own.settle;
	struct result res;

	if (settle_attempt(settle, e, p->lane->delivery.relay, &res) == -1 ||
	    (settle_is_done(e) && settle_remove(settle, e, &res) == -1) ||
	    settle_sync(settle, &res) == -1)
		log_line(
		    LOG_FAILURE, "id=%s event=unsettled %s", e->id, res.text);
	p->end = PASSAGE_DONE;
}

/* Connects, until `until` at the longest; if its smarthost cannot be had, with
 * the other account. */
static int
open_lane(struct passage *p, struct deadline until, struct result *res)
{
	long wait = p->own.way->conf->smarthost.wait_timeout;
	struct deadline share = until;
	struct result first;
	long ignored;

	if (account_count(&p->own.account, &ignored, res) == -1)
		return -1;
	if (p->has_other)
		share = deadline_earlier(
		    until, deadline_in(deadline_left(until) / 2, -1));
	if (account_open(&p->own.account, ACCOUNT_DUE, wait / 2, share, res) ==
	    0)
		return 0;
	if (!p->has_other || !deliver_is_relay_fault(res))
		return -1;
	first = *res;
	if (lane_ask(&p->other, res) == 0 &&
	    account_open(
		&p->other.account, ACCOUNT_DUE, wait / 4, until, res) == 0) {
		p->lane = &p->other;
		p->queue.account = &p->other.account;
		p->queue.rewrite = &p->other.rewrite;
		log_line(LOG_WARN, "account=%s event=fallback to=%s %s",
		    account_name(&p->own.account),
		    account_name(&p->other.account), first.text);
		return 0;
	}
	*res = first;
	return -1;
}

void
passage_wait(struct passage *p)
{
	struct envelope *env = &p->request->entry.env;
	const struct session_feed feed = { next, settled, idle, p };
	struct deadline until = deadline_in(
	    p->own.way->conf->smarthost.wait_timeout, p->cancel);
	struct result res;

	if (p->spool != NULL) {
		/* just after `until`, which ends all that comes before the
		 * message */
		p->alarm = (struct deadline_alarm){ until.at + 1, false,
			hand_over, p };
		until.alarm = &p->alarm;
	}
	if (envelope_count(env, RCPT_PENDING) > 0 &&
	    (open_lane(p, until, &res) == -1 ||
		deliver_send(&p->lane->delivery, &feed, until, &res) == -1))
		envelope_settle_all(env, RCPT_PENDING, RCPT_DEFERRED, &res);
	readdress_undo(&p->readdress, env);
	/* what becomes of them is for the other process to say */
	if (p->end == PASSAGE_KEPT)
		envelope_settle_all(env, RCPT_DEFERRED, RCPT_PENDING, NULL);
	if (p->stage == PASSAGE_ALONG || p->end == PASSAGE_KEPT)
		return;
	if (p->request->entry.fd != -1)
		settle_kept(p);
	else if (p->lane->account.tried)
		settle_count(&p->own.settle, &p->request->entry);
}

void
passage_run(struct passage *p)
{
	struct result res;

	queue_put_first(&p->queue, &p->request->entry);
	if (queue_run(&p->queue, &res) == -1)
		log_line(LOG_WARN, "queue run ended: %s", res.text);
}

void
passage_clear(struct passage *p)
{
	fit_clear(&p->fit);
	queue_clear(&p->queue);
	lane_clear(&p->own);
	if (p->has_other)
		lane_clear(&p->other);
	if (p->cancel != -1)
		close(p->cancel);
}
