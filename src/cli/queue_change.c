#include "config.h"

#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cli/queue_change.h"
#include "cli/queue_site.h"
#include "cli/runner.h"
#include "cli/say.h"
#include "delivery/journal.h"
#include "spool/names.h"

struct change;

/* What a command does. */
struct action {
	const char *event; /* in the log */
	/* whether it means this mail, when it is given --all */
	bool (*means)(const struct entry *e);
	/* does it to a locked mail of the folder; NULL: not to failed mail */
	int (*to_queued)(struct change *c, struct entry *e, struct result *res);
	int (*to_failed)(struct change *c, struct entry *e, struct result *res);
};

/* A command under way. */
struct change {
	const char *program;
	const struct queue_options *q;
	const struct action *action;
	struct spool *spool;
	uid_t by;
	int status; /* of the first that went wrong */
	bool removed[SPOOL_FOLDER_COUNT]; /* something, not durably yet */
};

/* What went wrong with one mail: the others are done all the same. */
static void
complain(struct change *c, const struct result *res)
{
	say("%s: %s\n", c->program, res->text);
	if (c->status == EX_OK)
		c->status = result_exit_status(res->kind);
}

static bool
is_held(const struct entry *e)
{
	return e->schedule.held;
}

static bool
is_free(const struct entry *e)
{
	return !e->schedule.held;
}

static bool
is_any(const struct entry *e)
{
	(void)e;
	return true;
}

static int
save(struct entry *e, struct result *res)
{
	return entry_save(e, res) == -1 ? -1 : entry_sync(e, res);
}

static int
hold(struct change *c, struct entry *e, struct result *res)
{
	(void)c;
	e->schedule.held = true;
	return save(e, res);
}

static int
release(struct change *c, struct entry *e, struct result *res)
{
	(void)c;
	e->schedule.held = false;
	e->schedule.next = time(NULL);
	return save(e, res);
}

/* Who had it stays so.  The age counts from the arrival still, but no mail is
 * given up before so many new attempts (schedule.h). */
static int
revive(struct change *c, struct entry *e, struct result *res)
{
	envelope_settle_all(&e->env, RCPT_FAILED, RCPT_PENDING, NULL);
	e->schedule.attempts = 0;
	if (release(c, e, res) == -1)
		return -1;
	return spool_move(c->spool, SPOOL_FAILED, SPOOL_QUEUE, e, res);
}

static int
remove_queued(struct change *c, struct entry *e, struct result *res)
{
	c->removed[SPOOL_QUEUE] = true;
	return spool_remove(c->spool, SPOOL_QUEUE, e, res);
}

static int
remove_failed(struct change *c, struct entry *e, struct result *res)
{
	c->removed[SPOOL_FAILED] = true;
	return spool_remove(c->spool, SPOOL_FAILED, e, res);
}

static int
retry(struct change *c, struct entry *e, struct result *res)
{
	(void)c;
	if (e->schedule.held)
		return result_fail(res, RESULT_MODE,
		    "%s is held: outpost queue release %s", e->id, e->id);
	e->schedule.next = time(NULL);
	return entry_save(e, res);
}

static const struct action actions[] = {
	[QUEUE_COMMAND_HOLD] = { "held", is_free, hold, NULL },
	[QUEUE_COMMAND_RELEASE] = { "released", is_held, release, revive },
	[QUEUE_COMMAND_REMOVE] = { "removed", is_any, remove_queued,
	    remove_failed },
	[QUEUE_COMMAND_RETRY] = { "retried", is_free, retry, NULL },
};

static void
apply(struct change *c, enum spool_folder folder, struct entry *e)
{
	const struct journal j = {
		.id = e->id, .uid = e->uid, .message_id = e->message_id
	};
	struct result res;
	int rc;

	if (folder == SPOOL_QUEUE)
		rc = c->action->to_queued(c, e, &res);
	else if (c->action->to_failed != NULL)
		rc = c->action->to_failed(c, e, &res);
	else
		rc = result_fail(&res, RESULT_MODE,
		    "%s has failed: outpost queue release %s", e->id, e->id);
	if (rc == -1)
		complain(c, &res);
	else
		journal_event(&j, LOG_EVENT, &e->env, c->action->event,
		    "by=%lu", (unsigned long)c->by);
}

/* The mail `id` of the folder; says whether it is there. */
static bool
change(struct change *c, enum spool_folder folder, const char *id)
{
	struct result res;
	struct entry e;
	enum spool_take how;

	how = spool_take(c->spool, folder, id, ENTRY_ENVELOPE, &e, &res);
	switch (how) {
	case SPOOL_TAKEN:
		if (!c->q->all || c->action->means(&e))
			apply(c, folder, &e);
		break;
	case SPOOL_BUSY:
		(void)result_fail(
		    &res, RESULT_BUSY, "%s is being delivered right now", id);
		complain(c, &res);
		break;
	case SPOOL_BAD:
		complain(c, &res);
		break;
	case SPOOL_GONE:
		break;
	}
	entry_clear(&e);
	return how != SPOOL_GONE;
}

static void
change_ids(struct change *c)
{
	struct result res;

	for (size_t i = 0; i < c->q->count; i++) {
		const char *id = c->q->ids[i];

		if (change(c, SPOOL_QUEUE, id) || change(c, SPOOL_FAILED, id))
			continue;
		(void)result_fail(&res, RESULT_MODE, "there is no mail %s", id);
		complain(c, &res);
	}
}

/* All of the queue. */
static void
change_all(struct change *c)
{
	char last[ENTRY_ID_MAX] = "";
	struct names names;
	struct result res;
	size_t found;

	do {
		found = 0;
		if (names_list(&names, c->spool, SPOOL_QUEUE, last, &res) == -1)
			complain(c, &res);
		else
			found = names.count;
		for (size_t i = 0; i < found; i++)
			(void)change(c, SPOOL_QUEUE, names.names[i]);
		if (found > 0)
			memcpy(last, names.names[found - 1], sizeof last);
		names_clear(&names);
	} while (found == NAMES_BATCH);
}

static void
change_these(struct change *c)
{
	struct result res;

	if (c->q->all)
		change_all(c);
	else
		change_ids(c);
	for (enum spool_folder i = 0; i < SPOOL_FOLDER_COUNT; i++)
		if (c->removed[i] && spool_sync(c->spool, i, &res) == -1)
			complain(c, &res);
}

/* runner: makes the mails due before the run. */
static void
prepare(struct spool *spool, void *arg)
{
	struct change *c = arg;

	c->spool = spool;
	change_these(c);
}

static bool
is_named(const struct entry *e, const void *arg)
{
	const struct queue_options *q = arg;

	for (size_t i = 0; i < q->count; i++)
		if (strcmp(e->id, q->ids[i]) == 0)
			return true;
	return q->all;
}

/* The run itself loads everything and opens the spool. */
static int
try_now(struct change *c, const char *config)
{
	const struct runner runner = { .program = c->program,
		.config = config,
		.choice = { .urgency = ACCOUNT_FORCE,
		    .wants = is_named,
		    .arg = c->q },
		.prepare = prepare,
		.arg = c };
	int status = runner_once(&runner);

	return status == EX_OK ? c->status : status;
}

int
queue_change(
    const char *program, const struct queue_options *q, const char *config)
{
	struct change c = {
		.program = program, .q = q, .action = &actions[q->command]
	};
	struct queue_site site;
	struct result res;
	bool exists;
	int rc;

	queue_site_init(&site);
	c.by = site.setup.uid;
	c.spool = &site.spool;
	if (q->command == QUEUE_COMMAND_RETRY) {
		rc = queue_site_find(&site, config, &exists, &res);
		if (rc == 0)
			c.status = try_now(&c, config);
	} else {
		rc = queue_site_open(&site, config, &res);
		if (site.setup.complaint.kind != RESULT_OK)
			say("%s: %s\n", program, site.setup.complaint.text);
		if (rc == 0)
			change_these(&c);
	}
	if (rc == -1)
		complain(&c, &res);
	queue_site_clear(&site);
	return c.status;
}
