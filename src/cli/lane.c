#include "config.h"

#include "base/log.h"
#include "cli/lane.h"

/* queue_fallback: mail of others wants to go this way. */
static void
prepare(void *arg)
{
	struct result ignored;

	(void)lane_ask(arg, &ignored);
}

void
lane_init(
    struct lane *l, struct setup *setup, struct way *way, struct spool *spool)
{
	*l = (struct lane){ .way = way,
		.rewrite = setup_rewrite_by(setup, way),
		.delivery = { .conf = way->conf,
		    .secret = &way->secret,
		    .id = &way->identity,
		    .judge = &setup->judge,
		    .cancel = -1 } };
	l->bounce = (struct bounce){ &l->rewrite, spool };
	l->settle.bounce = &l->bounce;
	l->settle.judge = &setup->judge;
	account_init(&l->account, way->conf, spool, &l->delivery);
	l->fallback = (struct queue_fallback){ &l->account, &l->rewrite,
		prepare, l };
}

void
lane_open(struct lane *l, const struct session_watch *watch, int cancel,
    const struct result *why)
{
	l->delivery.tls = l->way->tls;
	l->delivery.watch = *watch;
	l->delivery.cancel = cancel;
	if (why->kind != RESULT_OK)
		account_block(&l->account, why);
}

int
lane_ask(struct lane *l, struct result *res)
{
	if (l->account.blocked.kind != RESULT_OK) {
		*res = l->account.blocked;
		return -1;
	}
	if (l->was_asked)
		return 0;
	l->was_asked = true;
	if (way_ask(l->way, res) == 0)
		return 0;
	account_block(&l->account, res);
	return -1;
}

void
lane_clear(struct lane *l)
{
	account_clear(&l->account);
}
