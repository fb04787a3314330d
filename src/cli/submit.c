#include "config.h"

#include <bsd/stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "cli/passage.h"
#include "cli/report.h"
#include "cli/request.h"
#include "cli/setup.h"
#include "cli/submit.h"
#include "spool/drop.h"

/* One submission. */
struct submission {
	const struct options *o;
	double began;
	struct setup setup;
	struct request request;
	struct spool spool;
	struct result no_spool; /* kind OK, or why nothing can be kept */
	struct report report;
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static enum conf_delivery
delivery_mode(const struct submission *s)
{
	static const enum conf_delivery modes[] = {
		[OPTIONS_DELIVERY_WAIT] = CONF_DELIVERY_WAIT,
		[OPTIONS_DELIVERY_BACKGROUND] = CONF_DELIVERY_BACKGROUND,
		[OPTIONS_DELIVERY_QUEUE] = CONF_DELIVERY_QUEUE,
	};

	if (s->setup.conf.queue.directory[0] == '\0')
		return CONF_DELIVERY_WAIT;
	if (s->o->delivery == OPTIONS_DELIVERY_CONFIGURED)
		return (enum conf_delivery)s->setup.conf.queue.delivery;
	return modes[s->o->delivery];
}

/* Opens the spool.  That it cannot be had matters only when it is needed. */
static void
open_spool(struct submission *s)
{
	const char *dir = s->setup.conf.queue.directory;

	if (*dir == '\0')
		(void)result_fail(&s->no_spool, RESULT_STORAGE,
		    "no queue is kept: [queue] directory is empty");
	else if (spool_open(&s->spool, dir, &s->no_spool) == 0)
		result_ok(&s->no_spool);
}

static bool
has_spool(const struct submission *s)
{
	return s->no_spool.kind == RESULT_OK;
}

/* The spool is not the caller's, though the machine's configuration is his to
 * read: what is to be sent later goes to the drop folder, if there is one.  With
 * a configuration of his own he wants another account than the one that mail
 * from there goes through. */
static int
keep_dropped(struct submission *s, struct result *res)
{
	const struct source message = compose_source(&s->request.message);
	struct entry *e = &s->request.entry;
	char *sender = e->env.sender, *return_to = e->return_to, none[] = "";
	struct result why;
	int rc;

	if (strcmp(s->setup.conf.path, CONF_DEFAULT_PATH) != 0 ||
	    drop_open(&s->spool, s->setup.conf.queue.directory, &why) == -1) {
		*res = s->no_spool;
		return -1;
	}
	e->origin = ENTRY_DROP;
	e->env.sender = none;
	if (s->o->sender == NULL)
		e->return_to = NULL; /* the file's owner */
	rc = spool_keep(&s->spool, SPOOL_DROP, e, &message, res);
	e->env.sender = sender;
	e->return_to = return_to;
	return rc;
}

static int
keep(struct submission *s, enum spool_folder folder, struct result *res)
{
	const struct source message = compose_source(&s->request.message);
	int rc = -1;

	if (has_spool(s))
		rc = spool_keep(
		    &s->spool, folder, &s->request.entry, &message, res);
	else if (folder == SPOOL_QUEUE &&
	    s->setup.conf.queue.directory[0] != '\0')
		rc = keep_dropped(s, res);
	else
		*res = s->no_spool;
	if (rc == 0)
		s->report.kept = true;
	return rc;
}

/* Whether those who were refused are told of by mail: -oem and -oee, and -oew
 * where nobody sits at a terminal. */
static bool
is_mailed(const struct options *o)
{
	return o->errors == OPTIONS_ERRORS_MAIL ||
	    o->errors == OPTIONS_ERRORS_ZERO ||
	    (o->errors == OPTIONS_ERRORS_WRITE && isatty(STDERR_FILENO) != 1);
}

/* The report by mail, when it is wanted and can be made; the mail is kept. */
static void
mail_report(struct submission *s)
{
	const struct rewrite rewrite = setup_rewrite(&s->setup);
	const struct bounce bounce = { &rewrite, &s->spool };
	const struct source message = compose_source(&s->request.message);
	struct result res;

	if (!is_mailed(s->o) || !s->report.kept || !has_spool(s))
		return;
	switch (bounce_make(
	    &bounce, &s->request.entry, &message, s->report.relay, &res)) {
	case BOUNCE_MADE:
		s->report.mailed = true;
		break;
	case BOUNCE_FAILED:
		log_line(LOG_FAILURE, "id=%s event=report-failed %s",
		    s->request.entry.id, res.text);
		break;
	case BOUNCE_NONE:
		break;
	}
}

/* Nothing is sent of it, since it is no mail that could be: it is kept in
 * failed/, where there is a spool. */
static int
refuse(struct submission *s, const struct result *why)
{
	struct result res;
	int status;

	open_spool(s);
	if (!s->request.unfit && keep(s, SPOOL_FAILED, &res) == 0)
		mail_report(s);
	status = report_failure(&s->report, why);
	if (s->report.kept && s->o->errors == OPTIONS_ERRORS_ZERO)
		return EX_OK;
	return status;
}

/* Why a mail that was to be sent later cannot be kept. */
static int
fail_keep(struct submission *s, const struct result *why)
{
	struct result res = *why;

	(void)result_context(&res, "not sent, and not kept for later");
	return report_failure(&s->report, &res);
}

/* To the drop folder, since `denied`. */
static int
drop(struct submission *s, const struct result *denied)
{
	struct result res;

	if (setup_without(&s->setup, &res) == -1 ||
	    drop_open(&s->spool, s->setup.conf.queue.directory, &res) == -1) {
		if (res.kind == RESULT_DENIED)
			return report_failure(&s->report, denied);
		return fail_keep(s, &res);
	}
	result_ok(&s->no_spool);
	if (request_read(&s->request, &res) == -1 ||
	    request_make(&s->request, REQUEST_LATER, &res) == -1)
		return report_failure(&s->report, &res);
	if (keep(s, SPOOL_DROP, &res) == -1)
		return fail_keep(s, &res);
	return report_kept(&s->report, &s->request.entry.env);
}

/* What is kept of a mail after the first attempt; an interrupted one whose
 * recipients have nothing yet is not: the caller knows that it failed. */
static enum spool_folder
folder_for(const struct envelope *env)
{
	const struct result *why = envelope_deferred_by(env);

	if (why != NULL && why->kind == RESULT_INTERRUPTED)
		return SPOOL_FOLDER_COUNT;
	if (envelope_count(env, RCPT_DEFERRED) > 0)
		return SPOOL_QUEUE;
	if (envelope_count(env, RCPT_FAILED) > 0)
		return SPOOL_FAILED;
	return SPOOL_FOLDER_COUNT;
}

static int
conclude(struct submission *s)
{
	struct entry *e = &s->request.entry;
	enum spool_folder folder = folder_for(&e->env);
	struct result res;

	s->report.seconds = now() - s->began;
	if (folder != SPOOL_FOLDER_COUNT && keep(s, folder, &res) == -1 &&
	    s->setup.conf.queue.directory[0] != '\0')
		report_warning(&s->report, &res, REPORT_STDERR);
	if (envelope_count(&e->env, RCPT_FAILED) > 0)
		mail_report(s);
	return report_delivery(&s->report, &e->env);
}

/* What the caller learns of a mail that waits: who is settled already is told
 * of now, for nobody will be later. */
static int
report_later(struct submission *s)
{
	struct envelope *env = &s->request.entry.env;
	int status = report_kept(&s->report, env);

	if (envelope_count(env, RCPT_PENDING) == env->count)
		return status;
	mail_report(s);
	s->report.seconds = now() - s->began;
	status = report_delivery(&s->report, env);
	envelope_note_earlier(env);
	return status;
}

static int
send_now(struct submission *s, struct result *res)
{
	struct passage p;
	int status = EX_OK;

	passage_init(
	    &p, &s->setup, &s->request, has_spool(s) ? &s->spool : NULL, s->o);
	if (passage_begin(&p, res) == -1) {
		passage_clear(&p);
		return -1;
	}
	passage_wait(&p);
	s->report.relay = p.lane->delivery.relay;
	switch (p.end) {
	case PASSAGE_SETTLED:
		status = conclude(s);
		break;
	case PASSAGE_KEPT:
		s->report.kept = true;
		status = report_later(s);
		break;
	case PASSAGE_DONE:
		break;
	}
	passage_clear(&p);
	return status;
}

/* Kept first; then a process of its own delivers it, if it is to be now. */
static int
send_later(struct submission *s, enum conf_delivery mode)
{
	enum process_side side = PROCESS_PARENT;
	struct passage p;
	struct result res;
	int status;

	if (envelope_count(&s->request.entry.env, RCPT_PENDING) == 0)
		return conclude(s);
	if (keep(s, SPOOL_QUEUE, &res) == -1)
		return fail_keep(s, &res);
	status = report_later(s);
	if (mode != CONF_DELIVERY_BACKGROUND || !has_spool(s) ||
	    process_detach(&side, &res) == -1 || side == PROCESS_PARENT)
		return status;
	passage_init(&p, &s->setup, &s->request, &s->spool, s->o);
	if (passage_begin(&p, &res) == 0)
		passage_run(&p);
	passage_clear(&p);
	return EX_OK;
}

/* There is no way to the smarthost until `why` is set right, which the mail
 * has no part in: it waits, where it can. */
static int
send_nothing(struct submission *s, const struct result *why)
{
	envelope_settle_all(
	    &s->request.entry.env, RCPT_PENDING, RCPT_DEFERRED, why);
	return conclude(s);
}

static int
run(struct submission *s, struct result *res)
{
	enum conf_delivery mode = delivery_mode(s);
	struct result way;

	report_warning(&s->report, &s->setup.complaint,
	    s->setup.has_log ? REPORT_LOG : REPORT_STDERR);
	if (mode == CONF_DELIVERY_QUEUE || setup_open_way(&s->setup, &way) == 0)
		result_ok(&way);
	/* it is for others to show the certificate */
	if (way.kind == RESULT_DENIED)
		return drop(s, &way);
	if (setup_become(&s->setup, res) == -1 ||
	    request_read(&s->request, res) == -1)
		return -1;
	if (request_make(&s->request, REQUEST_HERE, res) == -1)
		return refuse(s, res);
	open_spool(s);
	if (way.kind != RESULT_OK)
		return send_nothing(s, &way);
	if (mode == CONF_DELIVERY_WAIT)
		return send_now(s, res);
	return send_later(s, mode);
}

static int
load(struct submission *s, struct result *res)
{
	if (setup_conf(&s->setup, NULL, res) == -1 ||
	    setup_load(&s->setup, res) == -1)
		return -1;
	setup_choose(&s->setup, s->o->sender);
	return way_load(setup_way(&s->setup), res);
}

int
submit(const struct options *o, const char *program)
{
	struct submission s = { .o = o, .began = now() };
	struct result res;
	int status;

	setup_init(&s.setup);
	request_init(&s.request, o, &s.setup);
	spool_init(&s.spool);
	s.report = (struct report){ .program = program,
		.options = o,
		.conf = &s.setup.conf,
		.uid = s.setup.uid,
		.id = s.request.entry.id,
		.message_id = s.request.message.id };
	if (load(&s, &res) == 0)
		status = run(&s, &res);
	else if (res.kind == RESULT_DENIED)
		status = drop(&s, &res);
	else
		status = -1;
	if (status == -1)
		status = report_failure(&s.report, &res);
	spool_close(&s.spool);
	request_clear(&s.request);
	setup_clear(&s.setup);
	return status;
}
