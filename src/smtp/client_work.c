#include "config.h"

#include "smtp/client_machine.h"

/* The mails under way: two at the most, since the next one may go with the
 * final dot of the one before. */

struct smtp_work *
smtp_answered(const struct smtp_client *c)
{
	return c->before != NULL ? c->before : c->work;
}

size_t
smtp_current(const struct smtp_work *w)
{
	size_t i = w->answered;

	while (i + 1 < w->cursor && w->mail.env->rcpts[i].state != RCPT_SENT)
		i++;
	return i;
}

size_t
smtp_addressee(const struct smtp_work *w)
{
	size_t i = w->heard;

	while (
	    i + 1 < w->cursor && w->mail.env->rcpts[i].state != RCPT_ACCEPTED)
		i++;
	return i;
}

bool
smtp_more_follows(const struct smtp_work *w)
{
	const struct envelope *env = w->mail.env;

	if (w->put_back > 0)
		return true;
	for (size_t i = w->cursor; i < env->count; i++)
		if (env->rcpts[i].state == RCPT_PENDING)
			return true;
	return false;
}

void
smtp_settle_one(struct smtp_work *w, size_t i, const struct result *res)
{
	enum rcpt_state to = RCPT_FAILED;

	if (res->kind == RESULT_OK)
		to = RCPT_DELIVERED;
	else if (result_is_temporary(res->kind))
		to = RCPT_DEFERRED;
	envelope_settle(w->mail.env, i, to, res);
}

void
smtp_settle_batch(
    struct smtp_work *w, enum rcpt_state from, const struct result *res)
{
	for (size_t i = w->first; i < w->cursor; i++)
		if (w->mail.env->rcpts[i].state == from)
			smtp_settle_one(w, i, res);
}

void
smtp_settle_full(struct smtp_work *w)
{
	if (w->accepted > 0 || w->full == 0)
		return;
	smtp_settle_batch(w, RCPT_PENDING, &w->full_result);
	w->put_back -= w->full;
	w->full = 0;
}

static bool
is_open(const struct rcpt *r)
{
	return r->state == RCPT_PENDING || r->state == RCPT_SENT ||
	    r->state == RCPT_ACCEPTED;
}

void
smtp_settle_rest(
    struct smtp_work *w, enum rcpt_state to, const struct result *res)
{
	struct envelope *env = w->mail.env;

	for (size_t i = 0; env != NULL && i < env->count; i++)
		if (is_open(&env->rcpts[i]))
			envelope_settle(env, i, to, res);
	w->put_back = 0;
	w->over = true;
}

/* The place moves on only, so that all of it is linear. */
void
smtp_let_go(struct smtp_work *w)
{
	const struct envelope *env = w->mail.env;

	if (env == NULL)
		return;
	while (w->settled < env->count && !is_open(&env->rcpts[w->settled]))
		w->settled++;
	if (w->settled == env->count)
		w->mail.env = NULL;
}

const struct caps *
smtp_offers(const struct smtp_client *c)
{
	return &c->caps;
}

bool
smtp_is_open(const struct smtp_client *c, const struct envelope *env)
{
	return c->work->mail.env == env ||
	    (c->before != NULL && c->before->mail.env == env);
}
