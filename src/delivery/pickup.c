#include "config.h"

#include <string.h>
#include <time.h>

#include "base/log.h"
#include "delivery/compose.h"
#include "delivery/journal.h"
#include "delivery/pickup.h"
#include "mail/address.h"
#include "mail/header.h"
#include "spool/drop.h"
#include "spool/names.h"

/* One mail on its way. */
struct taking {
	const struct bounce *b;
	const struct routes *routes;
	const struct charset_choices *charsets;
	struct entry from; /* as it was dropped */
	struct entry to; /* as it is kept */
	struct identity caller; /* whose login and name are the owner's */
	struct rewrite rewrite;
	struct header header;
	struct buf asked;
	const struct sender_rule *rule; /* that the sender follows */
	struct composed composed;
	bool failed; /* nobody can get it */
};

/* Who was to get it is refused for `why`: as would have been done at once, had
 * the configuration been at hand.  -1: that may be otherwise another time. */
static int
refuse(struct taking *t, const struct result *why, struct result *res)
{
	const struct envelope *from = &t->from.env;
	struct envelope *to = &t->to.env;

	if (result_is_temporary(why->kind)) {
		*res = *why;
		return -1;
	}
	envelope_clear(to);
	if (envelope_set_sender(to, "", res) == -1)
		return -1;
	for (size_t i = 0; i < from->count; i++)
		if (from->rcpts[i].state == RCPT_PENDING &&
		    envelope_add(to, from->rcpts[i].address, NULL, res) == -1)
			return -1;
	envelope_settle_all(to, RCPT_PENDING, RCPT_FAILED, why);
	if (t->asked.len == 0)
		buf_printf(&t->asked, "%s@%s", t->caller.login.data,
		    t->caller.domain.data);
	return 0;
}

/* Aliases and policy. */
static int
address(struct taking *t, struct result *res)
{
	struct envelope *to = &t->to.env;
	const struct envelope *from = &t->from.env;
	const char *given = t->from.return_to;
	struct result why;
	int rc;

	rc = rewrite_sender(&t->rewrite,
	    given != NULL ? given : t->caller.login.data, to, &t->asked,
	    &t->rule, &why);
	for (size_t i = 0; rc == 0 && i < from->count; i++)
		if (from->rcpts[i].state == RCPT_PENDING)
			rc = rewrite_recipients(&t->rewrite,
			    from->rcpts[i].address,
			    strlen(from->rcpts[i].address), to, &why);
	return rc == 0 ? 0 : refuse(t, &why, res);
}

/* The message as it is kept: as it was given where it cannot go out. */
static int
make_message(struct taking *t, struct source *kept, struct result *res)
{
	const struct source given = entry_message(&t->from);
	struct body_facts facts;
	const struct compose_origin origin = { t->from.id, t->from.uid };
	const struct compose_text text = { t->charsets, &facts };
	const struct compose_rules rules = { .conf = t->rewrite.conf,
		.id = &t->caller,
		.senders = t->rewrite.senders,
		.sender = t->to.env.sender,
		.asked = t->asked.data,
		.name = t->caller.name.data,
		.rule = t->rule,
		.add_missing = true,
		.origin = &origin,
		.text = &text };
	struct result why;

	*kept = given;
	if (compose_read_header(&t->header, &given, &why) == -1 ||
	    body_look(&facts, &given, given.header, t->charsets, &why) == -1 ||
	    compose(&t->composed, &rules, &t->header, &given, given.header,
		&why) == -1)
		return refuse(t, &why, res);
	*kept = compose_source(&t->composed);
	return 0;
}

/* When it was given, unless that is in the future or in another age: then now.
 * Who is older goes first, and is given up. */
static int64_t
given_at(const struct taking *t)
{
	int64_t now = time(NULL), said = t->from.created;

	if (said > now || said < now - t->rewrite.conf->queue.lifetime / 1000)
		return now;
	return said;
}

static int
copy_facts(struct taking *t, struct result *res)
{
	const struct entry *from = &t->from;
	const struct dsn *dsn = &from->env.dsn;
	struct entry *to = &t->to;
	bool null = from->return_to != NULL && *from->return_to == '\0';

	to->origin = ENTRY_MAIL;
	to->created = given_at(t);
	to->uid = from->uid;
	compose_note(&t->composed, &to->env);
	to->schedule.next = to->created;
	to->return_to = strdup(null ? "" : t->asked.data);
	to->message_id = strdup(t->composed.id);
	if (to->return_to == NULL || to->message_id == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return envelope_set_dsn(
	    &to->env, dsn->notify, dsn->ret, dsn->envid, res);
}

static void
tell(const struct taking *t)
{
	const struct journal j = { .id = t->to.id,
		.uid = t->to.uid,
		.message_id = t->to.message_id,
		.exit = -1 };

	journal_event(&j, t->failed ? LOG_FAILURE : LOG_EVENT, &t->to.env,
	    t->failed ? "failed" : "queued",
	    "recipients=%zu from the drop folder", t->to.env.count);
	journal_results(&j, &t->to.env);
}

/* Tells the sender who cannot get it.  -1: there is no room for the report, and
 * so nobody has been refused yet. */
static int
report(struct taking *t, const struct source *kept, struct result *res)
{
	if (bounce_make(t->b, &t->to, kept, "", res) != BOUNCE_FAILED)
		return 0;
	if (result_is_temporary(res->kind))
		return -1;
	log_line(
	    LOG_FAILURE, "id=%s event=report-failed %s", t->to.id, res->text);
	return 0;
}

/* It keeps its id: so it can be told, whatever comes between, that it was taken
 * already, and nobody sends it while it is in both places (queue.c). */
static int
take_over(struct taking *t, struct result *res)
{
	struct source kept;

	if (address(t, res) == -1 || make_message(t, &kept, res) == -1 ||
	    copy_facts(t, res) == -1)
		return -1;
	t->failed = envelope_count(&t->to.env, RCPT_PENDING) == 0;
	memcpy(t->to.id, t->from.id, sizeof t->to.id);
	if (report(t, &kept, res) == -1 ||
	    spool_keep(t->b->spool, t->failed ? SPOOL_FAILED : SPOOL_QUEUE,
		&t->to, &kept, res) == -1)
		return -1;
	tell(t);
	return 0;
}

static bool
was_taken(const struct spool *s, const char *name)
{
	return names_has(s, SPOOL_QUEUE, name) ||
	    names_has(s, SPOOL_FAILED, name);
}

static void
begin(struct taking *t, const struct bounce *b, const struct routes *routes,
    const struct charset_choices *charsets)
{
	*t = (struct taking){ .b = b, .routes = routes, .charsets = charsets };
	entry_init(&t->from);
	entry_init(&t->to);
	header_init(&t->header);
	compose_init(&t->composed);
	buf_init(&t->asked, ADDRESS_MAX);
}

static void
end(struct taking *t)
{
	buf_free(&t->asked);
	compose_clear(&t->composed);
	header_clear(&t->header);
	identity_clear(&t->caller);
	entry_clear(&t->to);
	entry_clear(&t->from);
}

/* Makes the owner of the file the caller, with the account number `at`. */
static int
be_caller(struct taking *t, size_t at, struct result *res)
{
	const struct rewrite *rw = t->b->rewrite;
	const struct conf *conf = t->routes->at[at].conf;

	t->rewrite = (struct rewrite){ conf, &t->caller, rw->aliases,
		rw->senders };
	identity_clear(&t->caller);
	return identity_load(&t->caller, conf, t->from.uid, res);
}

/* The mail `t->from` of the file `name`; -1: there is no room. */
static int
take_one(struct taking *t, const char *name, struct result *res)
{
	size_t at;

	if (be_caller(t, 0, res) == -1)
		return -1;
	at = route_choose(t->routes, &t->rewrite, t->from.return_to);
	if (at != 0 && be_caller(t, at, res) == -1)
		return -1;
	if (!was_taken(t->b->spool, name) && take_over(t, res) == -1)
		return -1;
	return drop_forget(t->b->spool, name, res);
}

/* -1: there is no sense in going on. */
static int
take(const struct bounce *b, const struct routes *routes,
    const struct charset_choices *charsets, const char *name,
    struct result *res)
{
	struct taking t;
	int rc = 0;

	begin(&t, b, routes, charsets);
	switch (drop_take(b->spool, name, PICKUP_SIZE_MAX, &t.from, res)) {
	case SPOOL_TAKEN:
		rc = take_one(&t, name, res);
		break;
	case SPOOL_BAD:
		log_line(LOG_FAILURE, "drop=%s event=bad %s", name, res->text);
		break;
	case SPOOL_BUSY:
	case SPOOL_GONE:
		break;
	}
	end(&t);
	if (rc == -1 && res->kind != RESULT_STORAGE) {
		log_line(LOG_FAILURE, "drop=%s event=bad %s", name, res->text);
		rc = 0;
	}
	return rc;
}

int
pickup_all(const struct bounce *b, const struct routes *routes,
    const struct charset_choices *charsets, struct result *res)
{
	char last[ENTRY_ID_MAX] = "";
	struct names names;
	size_t moved;
	int rc = 0;

	if (b->spool->fds[SPOOL_DROP] == -1)
		return 0;
	if (drop_sweep(b->spool, &moved, res) == -1)
		log_line(LOG_FAILURE, "%s", res->text);
	else if (moved > 0)
		log_line(LOG_FAILURE,
		    "%zu files in the drop folder were no mail: see corrupt/",
		    moved);
	do {
		rc = names_list(&names, b->spool, SPOOL_DROP, last, res);
		for (size_t i = 0; rc == 0 && i < names.count; i++) {
			rc = take(b, routes, charsets, names.names[i], res);
			memcpy(last, names.names[i], sizeof last);
		}
		if (names.count == 0)
			break;
		names_clear(&names);
	} while (rc == 0);
	names_clear(&names);
	return rc;
}
