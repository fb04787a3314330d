#include "config.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/text.h"
#include "config/provider.h"
#include "oauth/endpoints.h"
#include "oauth/grant.h"
#include "oauth/login.h"

#define ANSWER_TIME (30 * DURATION_SECOND) /* for one answer */
#define LOCK_TIME (10 * DURATION_SECOND)
#define SLOWER (5 * DURATION_SECOND) /* RFC 8628, section 3.5 */
#define INTERVAL_MIN DURATION_SECOND
#define INTERVAL_MAX DURATION_MINUTE

/* Fills `to` with the first of the texts that there is. */
static void
choose(struct buf *to, const char *given, const struct buf *old,
    const struct buf *known)
{
	buf_reset(to);
	if (given != NULL)
		buf_puts(to, given);
	else if (old->len > 0)
		buf_add(to, old->data, old->len);
	else
		buf_add(to, known->data, known->len);
}

/* The client's secret: what was given, or, for the same client, the old one. */
static void
choose_secret(struct token *t, const struct token *old, const struct login *l)
{
	const struct buf *secret = &l->secret->password;

	if (secret->len == 0 &&
	    strcmp(t->client_id.data, old->client_id.data) == 0)
		secret = &old->client_secret;
	buf_add(&t->client_secret, secret->data, secret->len);
}

/* Who asks, and for what. */
static int
fill(struct token *t, const struct token *old, struct endpoints *e,
    const struct login *l, struct result *res)
{
	const struct oauth_options *o = l->options;
	struct buf none;

	buf_init(&none, 0);
	choose(&t->client_id, o->client_id, &old->client_id, &e->client_id);
	choose(&t->tenant, o->tenant, &old->tenant, &e->tenant);
	choose(&e->tenant, t->tenant.data, &none, &none);
	if (t->client_id.len == 0)
		return result_fail(res, RESULT_USAGE,
		    "%s wants to know the program that asks: register one "
		    "there, and say --client-id; outpost(8) tells how",
		    e->provider.data);
	if (endpoints_expand(e, res) == -1)
		return -1;
	choose_secret(t, old, l);
	choose(&t->user, l->user, &none, &none);
	choose(&t->provider, NULL, &e->provider, &none);
	choose(&t->token_url, NULL, &e->token_url, &none);
	choose(&t->scope, NULL, &e->scope, &none);
	if (buf_failed(&t->client_id) || buf_failed(&t->tenant) ||
	    buf_failed(&t->user))
		return result_fail(
		    res, RESULT_USAGE, "a value is longer than can be kept");
	return 0;
}

/* Loads what is known of the provider and of the last login there. */
static int
prepare(struct token *t, struct endpoints *e, const struct login *l,
    struct store *s, struct result *res)
{
	const char *provider = l->options->provider;
	struct result none;
	struct token old;
	int status;

	token_init(&old);
	if (store_load(s, &old, l->user, &none) == -1) {
		token_clear(&old);
	} else if (provider == NULL) {
		provider = old.provider.data;
	} else if (strcmp(provider, old.provider.data) != 0) {
		token_clear(&old);
	}
	status = endpoints_load(e, provider_path(), provider, l->hosts, res);
	if (status == 0)
		status = fill(t, &old, e, l, res);
	token_clear(&old);
	return status;
}

static int
tell_code(
    const struct login *l, const struct answer_device *d, struct result *res)
{
	char url[ANSWER_WORDS_MAX], code[ANSWER_WORDS_MAX];
	struct buf text;
	int status;

	text_escape(url, sizeof url, d->url.data, d->url.len);
	text_escape(code, sizeof code, d->user_code.data, d->user_code.len);
	buf_init(&text, 4 * ANSWER_WORDS_MAX + 4096);
	buf_printf(&text,
	    "Open %s in a browser, on any machine, enter the code %s, and log "
	    "in as %s. ",
	    url, code, l->user);
	buf_puts(&text, "The code is good for ");
	duration_add(&text, d->lifetime * DURATION_SECOND);
	buf_puts(&text, ".\n");
	status = l->tell(text.data, res);
	buf_free(&text);
	return status;
}

/* Whether there may be an answer the next time. */
static bool
is_passing(enum result_kind kind)
{
	return kind == RESULT_RESOLVE || kind == RESULT_CONNECT ||
	    kind == RESULT_TIMEOUT || kind == RESULT_LOST ||
	    kind == RESULT_DEFERRED;
}

/* How long to wait once an answer did not come. */
static long
back_off(long interval)
{
	if (interval < INTERVAL_MIN)
		return INTERVAL_MIN;
	if (interval > INTERVAL_MAX / 2)
		return interval > INTERVAL_MAX ? interval : INTERVAL_MAX;
	return 2 * interval;
}

/* Asks once.  0: *interval is how long to wait until the next time, unless
 * `verdict` says that there need be none. */
static int
ask(struct answer_grant *g, enum answer_verdict *verdict,
    const struct answer_device *d, const struct token *t, long *interval,
    struct result *res)
{
	struct deadline until = deadline_in(ANSWER_TIME, -1);

	if (grant_poll(g, verdict, d, t, until, res) == 0) {
		if (*verdict == ANSWER_SLOW_DOWN)
			*interval += SLOWER;
		return 0;
	}
	if (!is_passing(res->kind))
		return -1;
	*verdict = ANSWER_PENDING;
	*interval = back_off(*interval);
	return 0;
}

/* Asks again and again, until somebody has logged in, or will not any more. */
static int
await(struct answer_grant *g, const struct answer_device *d,
    const struct token *t, struct result *res)
{
	struct deadline end = deadline_in(d->lifetime * DURATION_SECOND, -1);
	enum answer_verdict verdict = ANSWER_PENDING;
	long interval = d->interval * DURATION_SECOND;
	struct deadline next;

	while (verdict != ANSWER_GRANTED) {
		next = deadline_earlier(deadline_in(interval, -1), end);
		if (deadline_poll(next, -1, 0, res) == -1 &&
		    res->kind != RESULT_TIMEOUT)
			return -1;
		if (deadline_left(end) == 0)
			return result_fail(res, RESULT_NOPERM,
			    "the code was not entered in time; run `outpost "
			    "oauth login` again");
		if (ask(g, &verdict, d, t, &interval, res) == -1)
			return -1;
	}
	if (g->refresh.len > 0)
		return 0;
	return result_fail(res, RESULT_CONFIG,
	    "%s gave a token that cannot be renewed: the scope \"%s\" does not "
	    "ask for that",
	    t->provider.data, t->scope.data);
}

/* Has somebody log in, and fills `t` with what is granted. */
static int
obtain(struct token *t, const char *device_url, const struct login *l,
    struct result *res)
{
	struct answer_device device;
	struct answer_grant grant;
	int status;

	answer_device_init(&device);
	answer_grant_init(&grant);
	status = grant_device(
	    &device, device_url, t, deadline_in(ANSWER_TIME, -1), res);
	if (status == 0)
		status = tell_code(l, &device, res);
	if (status == 0)
		status = await(&grant, &device, t, res);
	if (status == 0)
		status = token_take(t, &grant, time(NULL), res);
	answer_device_clear(&device);
	answer_grant_clear(&grant);
	return status;
}

static int
keep(struct store *s, const struct token *t, struct result *res)
{
	if (store_lock(s, deadline_in(LOCK_TIME, -1), res) == -1 ||
	    store_prepare(s, res) == -1)
		return -1;
	return store_save(s, t, res);
}

int
login_run(const struct login *l, struct store *s, struct result *res)
{
	struct endpoints e;
	struct token t;
	int status;

	endpoints_init(&e);
	token_init(&t);
	status = prepare(&t, &e, l, s, res);
	if (status == 0)
		status = obtain(&t, e.device_url.data, l, res);
	if (status == 0)
		status = keep(s, &t, res);
	token_clear(&t);
	endpoints_clear(&e);
	return status;
}
