#include "config.h"

#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "cli/passage.h"
#include "spool/names.h"

void
passage_init(struct passage *p, struct setup *setup, struct request *request,
    struct spool *spool, const struct options *o)
{
	static const struct line_choice due = { .urgency = ACCOUNT_DUE };

	*p = (struct passage){ .setup = setup,
		.request = request,
		.spool = spool,
		.verbose = o->verbose,
		.rewrite = setup_rewrite(setup),
		.delivery = { .conf = &setup->conf,
		    .secret = &setup->secret,
		    .id = &setup->identity,
		    .tls = setup->tls,
		    .cancel = -1 } };
	p->bounce = (struct bounce){ &p->rewrite, spool };
	p->settle.bounce = &p->bounce;
	account_init(&p->account, &setup->conf, spool, &p->delivery);
	queue_init(&p->queue, &p->account, &p->settle, &due);
	p->message = compose_source(&request->message);
	p->mail = (struct session_mail){ &request->entry.env, &p->message };
}

int
passage_begin(struct passage *p, struct result *res)
{
	if (p->verbose)
		p->delivery.watch = watch_begin(&p->watch);
	return process_catch_signals(&p->delivery.cancel, res);
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
		session_leave(p->delivery.session);
		return SESSION_DONE;
	}
	p->stage = PASSAGE_ALONG;
	p->end = PASSAGE_DONE;
	p->queue_feed = queue_feed(&p->queue, 1);
	return p->queue_feed.next(p->queue_feed.arg, caps, mail);
}

static enum session_next
next(void *arg, const struct caps *caps, const struct session_mail **mail)
{
	struct passage *p = arg;

	switch (p->stage) {
	case PASSAGE_FIRST:
		p->mail.message = fit_mail(
		    &p->fit, p->mail.env, &p->message, caps);
		*mail = &p->mail;
		p->stage = PASSAGE_SENT;
		return SESSION_MAIL;
	case PASSAGE_SENT:
		if (p->delivery.session == NULL || !has_others(p))
			return SESSION_DONE;
		if (!p->is_settled)
			return SESSION_LATER;
		return take_along(p, caps, mail);
	case PASSAGE_ALONG:
		break;
	}
	return p->queue_feed.next(p->queue_feed.arg, caps, mail);
}

static void
settled(void *arg, const struct session_mail *mail)
{
	struct passage *p = arg;

	if (mail == &p->mail)
		p->is_settled = true;
	else
		p->queue_feed.settled(p->queue_feed.arg, mail);
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

	if (p->delivery.session == NULL)
		return 0;
	if (spool_keep(p->spool, SPOOL_QUEUE, e, &p->message, res) == -1) {
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
	session_leave(p->delivery.session);
	return result_fail(
	    res, RESULT_HANDED_OVER, "another process goes on with it");
}

/* The entry was kept in mid-flight: it ends as any other of the queue. */
static void
settle_kept(struct passage *p)
{
	struct entry *e = &p->request->entry;
	struct result res;

	if (settle_attempt(&p->settle, e, p->delivery.relay, &res) == -1 ||
	    (settle_is_done(e) && settle_remove(&p->settle, e, &res) == -1) ||
	    settle_sync(&p->settle, &res) == -1)
		log_line(
		    LOG_FAILURE, "id=%s event=unsettled %s", e->id, res.text);
	p->end = PASSAGE_DONE;
}

void
passage_wait(struct passage *p)
{
	struct envelope *env = &p->request->entry.env;
	const struct session_feed feed = { next, settled, idle, p };
	long wait = p->setup->conf.smarthost.wait_timeout;
	struct deadline until = deadline_in(wait, p->delivery.cancel);
	struct result res;

	if (p->spool != NULL) {
		/* just after `until`, which ends all that comes before the
		 * message */
		p->alarm = (struct deadline_alarm){ until.at + 1, false,
			hand_over, p };
		until.alarm = &p->alarm;
	}
	if (envelope_count(env, RCPT_PENDING) > 0 &&
	    (account_open(&p->account, ACCOUNT_DUE, wait / 2, until, &res) ==
		    -1 ||
		deliver_send(&p->delivery, &feed, until, &res) == -1))
		envelope_settle_all(env, RCPT_PENDING, RCPT_DEFERRED, &res);
	/* what becomes of them is for the other process to say */
	if (p->end == PASSAGE_KEPT)
		envelope_settle_all(env, RCPT_DEFERRED, RCPT_PENDING, NULL);
	if (p->stage == PASSAGE_ALONG || p->end == PASSAGE_KEPT)
		return;
	if (p->account.tried)
		(void)account_hears(&p->account, envelope_deferred_by(env));
	if (p->request->entry.fd != -1)
		settle_kept(p);
	else if (p->account.tried)
		settle_count(&p->settle, &p->request->entry);
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
	account_clear(&p->account);
	if (p->delivery.cancel != -1)
		close(p->delivery.cancel);
}
