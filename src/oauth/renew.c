#include "config.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "oauth/grant.h"
#include "oauth/renew.h"

#define ANSWER_TIME 1000 /* ms: not begun with less left */

/* Those who end a process politely wait while there is something to lose. */
static void
hold_signals(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &held, before);
}

static int
refresh(struct store *s, struct token *t, struct deadline until,
    struct result *complaint, struct result *res)
{
	struct answer_grant grant;
	int status;

	answer_grant_init(&grant);
	status = grant_refresh(&grant, t, until, res);
	if (status == 0)
		status = token_take(t, &grant, time(NULL), res);
	if (status == 0 && store_save(s, t, complaint) == 0)
		result_ok(complaint);
	answer_grant_clear(&grant);
	return status;
}

/* Renews `t`, unless somebody else has done so in the meantime. */
static int
renew(struct store *s, struct token *t, const char *user, struct deadline until,
    struct result *complaint, struct result *res)
{
	sigset_t before;
	int status;

	if (store_lock(s, until, res) == -1)
		return -1;
	token_clear(t);
	if (store_load(s, t, user, res) == -1)
		return -1;
	if (token_is_fresh(t, time(NULL)))
		return 0;
	if (deadline_left(until) < ANSWER_TIME)
		return result_fail(res, RESULT_BUSY,
		    "others were renewing the token for too long");
	if (store_prepare(s, res) == -1)
		return -1;
	hold_signals(&before);
	status = refresh(s, t, until, complaint, res);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

int
renew_run(struct store *s, const char *user, struct buf *out,
    struct result *complaint, struct result *res)
{
	struct deadline until = deadline_in(RENEW_TIME, -1);
	struct token t;
	int status;

	result_ok(complaint);
	token_init(&t);
	status = store_load(s, &t, user, res);
	if (status == 0 && !token_is_fresh(&t, time(NULL)))
		status = renew(s, &t, user, until, complaint, res);
	if (status == 0)
		buf_add(out, t.access.data, t.access.len);
	token_clear(&t);
	return status;
}
