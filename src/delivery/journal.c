#include "config.h"

#include <stdio.h>

#include "delivery/journal.h"
#include "mail/address.h"

static const struct {
	const char *name; /* NULL: not settled, and so not told */
	enum log_level level;
} states[] = {
	[RCPT_PENDING] = { NULL, LOG_EVENT },
	[RCPT_SENT] = { NULL, LOG_EVENT },
	[RCPT_ACCEPTED] = { NULL, LOG_EVENT },
	[RCPT_DELIVERED] = { "delivered", LOG_EVENT },
	[RCPT_DEFERRED] = { "deferred", LOG_WARN },
	[RCPT_FAILED] = { "failed", LOG_FAILURE },
};

const char *
journal_known(const char *s)
{
	return s != NULL && *s != '\0' ? s : "-";
}

/* What each line begins with. */
static void
put_head(struct buf *out, const struct journal *j, const struct envelope *env)
{
	buf_printf(out, "id=%s uid=%lu msgid=%s from=<%s>",
	    journal_known(j->id), j->uid, journal_known(j->message_id),
	    env->sender != NULL ? env->sender : "");
}

/* That somebody has to set the configuration right is no ordinary delay. */
static enum log_level
level_of(const struct rcpt *rcpt, const struct result *res)
{
	if (res != NULL && res->kind == RESULT_SETUP)
		return LOG_FAILURE;
	return states[rcpt->state].level;
}

/* One line for recipients that share a state and a result. */
static void
log_group(const struct journal *j, const struct envelope *env,
    const struct rcpt *first, const char *list)
{
	const struct result *res = envelope_result(env, first);
	struct buf line;

	buf_init(&line, 65536);
	put_head(&line, j, env);
	buf_printf(&line, " to=%s relay=%s delay=%.2f", list,
	    journal_known(j->relay), j->delay);
	if (j->exit >= 0)
		buf_printf(&line, " exit=%d", j->exit);
	log_line(level_of(first, res), "%s status=%s result=%s %s", line.data,
	    res == NULL ? "2.0.0" : res->status, states[first->state].name,
	    res == NULL ? "" : res->text);
	buf_free(&line);
}

static bool
is_alike(const struct rcpt *a, const struct rcpt *b)
{
	return a->state == b->state && a->result == b->result;
}

/* What is known of one recipient, for the list of its group. */
static void
put_recipient(struct buf *list, const struct rcpt *rcpt)
{
	buf_printf(list, "%s<%s>", list->len > 0 ? "," : "", rcpt->address);
	if (rcpt->asked != NULL)
		buf_printf(list, "(%s)", rcpt->asked);
}

void
journal_results(const struct journal *j, const struct envelope *env)
{
	const struct rcpt *first = NULL;
	struct buf list;

	buf_init(&list, JOURNAL_LIST_MAX + 2 * ADDRESS_MAX + 16);
	for (size_t i = 0; i < env->count; i++) {
		const struct rcpt *rcpt = &env->rcpts[i];

		if (rcpt->earlier || states[rcpt->state].name == NULL)
			continue;
		if (list.len > JOURNAL_LIST_MAX ||
		    (list.len > 0 && !is_alike(first, rcpt))) {
			log_group(j, env, first, list.data);
			buf_reset(&list);
		}
		if (list.len == 0)
			first = rcpt;
		put_recipient(&list, rcpt);
	}
	if (list.len > 0)
		log_group(j, env, first, list.data);
	buf_free(&list);
}

void
journal_event(const struct journal *j, enum log_level level,
    const struct envelope *env, const char *event, const char *fmt, ...)
{
	struct buf line, text;
	va_list ap;

	buf_init(&line, 65536);
	buf_init(&text, 4096);
	put_head(&line, j, env);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	log_line(level, "%s event=%s %s", line.data, event, text.data);
	buf_free(&text);
	buf_free(&line);
}
