#include "config.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "delivery/line.h"
#include "delivery/schedule.h"

void
line_init(
    struct line *l, struct settle *settle, const struct line_choice *choice)
{
	*l = (struct line){ .settle = settle, .choice = *choice };
	for (size_t i = 0; i < LINE_ITEMS; i++)
		entry_init(&l->items[i].entry);
}

static struct spool *
spool_of(const struct line *l)
{
	return l->settle->bounce->spool;
}

void
line_release(struct line_item *item)
{
	readdress_undo(&item->readdress, &item->entry.env);
	entry_clear(&item->entry);
	fit_clear(&item->fit);
	item->state = LINE_FREE;
}

void
line_complain(const struct entry *e, const struct result *why)
{
	log_line(LOG_FAILURE, "id=%s event=unsettled %s", e->id, why->text);
}

void
line_put_away(struct line *l)
{
	struct result res;

	for (size_t i = 0; i < LINE_ITEMS; i++) {
		struct line_item *item = &l->items[i];

		if (item->state != LINE_DONE)
			continue;
		if (settle_remove(l->settle, &item->entry, &res) == -1)
			line_complain(&item->entry, &res);
		line_release(item);
	}
}

/* One that is free: no more than four are in use, but for those that are to
 * be removed. */
static struct line_item *
free_item(struct line *l)
{
	size_t i = 0;

	while (i < LINE_ITEMS && l->items[i].state != LINE_FREE)
		i++;
	if (i == LINE_ITEMS) {
		line_put_away(l);
		for (i = 0; l->items[i].state != LINE_FREE;)
			i++;
	}
	return &l->items[i];
}

static bool
is_wanted(const struct line *l, const struct entry *e)
{
	const struct line_choice *c = &l->choice;

	if (e->schedule.held)
		return false;
	if (c->routes != NULL &&
	    route_find(c->routes, e->env.sender) != c->account)
		return false;
	if (c->urgency == ACCOUNT_DUE &&
	    !schedule_is_due(e->schedule.next, time(NULL),
		&l->settle->bounce->rewrite->conf->queue.retry))
		return false;
	return c->wants == NULL || c->wants(e, c->arg);
}

/* Whether the locked entry is whole, and has somebody left to try: a crash may
 * have come before it was put away. */
static bool
is_ready(struct line *l, struct entry *e, const char *id)
{
	struct result ignored, res;

	envelope_note_earlier(&e->env);
	if (envelope_count(&e->env, RCPT_PENDING) == 0) {
		result_ok(&ignored);
		if (settle_untried(l->settle, e, &ignored, &res) == -1 ||
		    (settle_is_done(e) &&
			settle_remove(l->settle, e, &res) == -1))
			line_complain(e, &res);
		return false;
	}
	if (spool_verify(spool_of(l), SPOOL_QUEUE, e, &res) == SPOOL_TAKEN)
		return true;
	log_line(LOG_FAILURE, "id=%s event=bad %s", id, res.text);
	return false;
}

/* Whether it is in the drop folder, too: whoever takes it from there has not
 * let go of it, or died before he could. */
static bool
is_dropped(const struct line *l, const struct entry *e)
{
	return e->uid != geteuid() && names_has(spool_of(l), SPOOL_DROP, e->id);
}

/* Takes the entry `id`, unless it is not for this run. */
static bool
take(struct line *l, struct line_item *item, const char *id)
{
	struct result res;

	switch (spool_take(
	    spool_of(l), SPOOL_QUEUE, id, ENTRY_ENVELOPE, &item->entry, &res)) {
	case SPOOL_TAKEN:
		if (is_wanted(l, &item->entry) &&
		    !is_dropped(l, &item->entry) &&
		    is_ready(l, &item->entry, id))
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
next_name(struct line *l)
{
	struct result res;

	if (l->at == l->names.count) {
		names_clear(&l->names);
		l->at = 0;
		if (names_list(&l->names, spool_of(l), SPOOL_QUEUE, l->last,
			&res) == -1) {
			log_line(LOG_FAILURE, "%s", res.text);
			return NULL;
		}
	}
	if (l->at == l->names.count)
		return NULL;
	memcpy(l->last, l->names.names[l->at], sizeof l->last);
	l->at++;
	return l->last;
}

/* Puts the item in line, as the `at`th. */
static void
put_in_line(struct line *l, struct line_item *item, size_t at)
{
	memmove(
	    l->next + at + 1, l->next + at, (l->count - at) * sizeof *l->next);
	l->next[at] = item;
	l->count++;
	item->state = LINE_AHEAD;
}

bool
line_look(struct line *l)
{
	struct line_item *item;
	const char *id;

	while (l->count == 0 && !l->walked) {
		item = free_item(l);
		if ((id = next_name(l)) == NULL)
			l->walked = true;
		else if (take(l, item, id))
			put_in_line(l, item, 0);
	}
	return l->count > 0;
}

struct line_item *
line_step(struct line *l)
{
	struct line_item *item = l->next[0];

	l->count--;
	if (l->nagain > 0)
		l->nagain--;
	memmove(l->next, l->next + 1, l->count * sizeof *l->next);
	item->state = LINE_GIVEN;
	return item;
}

void
line_put_first(struct line *l, struct entry *e)
{
	struct line_item *item = free_item(l);

	item->entry = *e;
	entry_init(e);
	envelope_note_earlier(&item->entry.env);
	put_in_line(l, item, 0);
}

void
line_put_again(struct line *l, struct line_item *item)
{
	struct envelope *env = &item->entry.env;

	for (size_t i = 0; i < env->count; i++)
		if (!env->rcpts[i].earlier)
			envelope_settle(env, i, RCPT_PENDING, NULL);
	put_in_line(l, item, l->nagain++);
}

void
line_clear(struct line *l)
{
	line_put_away(l);
	for (size_t i = 0; i < LINE_ITEMS; i++)
		if (l->items[i].state != LINE_FREE)
			line_release(&l->items[i]);
	l->count = l->nagain = 0;
	names_clear(&l->names);
}
