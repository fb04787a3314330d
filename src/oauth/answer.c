#include "config.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "oauth/answer.h"

#define WORDS_MAX 65536 /* as much as an answer has */
#define LOG_IN "run `outpost oauth login` again"

/* What the error codes mean that do not mean that something is set wrong. */
static const struct {
	const char *code;
	enum result_kind kind; /* OK: no failure, but a verdict */
	enum answer_verdict verdict;
	const char *todo;
} errors[] = {
	{ "authorization_pending", RESULT_OK, ANSWER_PENDING, NULL },
	{ "slow_down", RESULT_OK, ANSWER_SLOW_DOWN, NULL },
	{ "access_denied", RESULT_NOPERM, ANSWER_GRANTED,
	    "the login was refused" },
	{ "authorization_declined", RESULT_NOPERM, ANSWER_GRANTED,
	    "the login was refused" },
	{ "expired_token", RESULT_NOPERM, ANSWER_GRANTED,
	    "the code was not entered in time; " LOG_IN },
	{ "invalid_grant", RESULT_NOPERM, ANSWER_GRANTED, LOG_IN },
	{ "interaction_required", RESULT_NOPERM, ANSWER_GRANTED, LOG_IN },
	{ "login_required", RESULT_NOPERM, ANSWER_GRANTED, LOG_IN },
	{ "consent_required", RESULT_NOPERM, ANSWER_GRANTED, LOG_IN },
	{ "server_error", RESULT_DEFERRED, ANSWER_GRANTED,
	    "the server has a fault" },
	{ "temporarily_unavailable", RESULT_DEFERRED, ANSWER_GRANTED,
	    "the server is not available" },
};

/* A member of an answer, which has another name with some. */
struct member {
	const char *name, *other;
	const char *more; /* characters it may have beside visible ASCII */
	bool needed;
};

void
answer_device_init(struct answer_device *d)
{
	buf_init(&d->code, SECRET_MAX);
	buf_init(&d->user_code, ANSWER_WORDS_MAX);
	buf_init(&d->url, ANSWER_WORDS_MAX);
	d->interval = d->lifetime = 0;
}

void
answer_device_clear(struct answer_device *d)
{
	buf_free(&d->code);
	buf_free(&d->user_code);
	buf_free(&d->url);
}

void
answer_grant_init(struct answer_grant *g)
{
	buf_init(&g->access, SECRET_MAX);
	buf_init(&g->refresh, SECRET_MAX);
	buf_init(&g->scope, SECRET_MAX);
	g->lifetime = 0;
}

void
answer_grant_clear(struct answer_grant *g)
{
	buf_free(&g->access);
	buf_free(&g->refresh);
	buf_free(&g->scope);
}

/* It is no JSON, or not the JSON it should be. */
static int
fail_form(const struct answer *a, const char *what, struct result *res)
{
	if (a->status >= 500 || a->status == 429)
		return result_fail(res, RESULT_DEFERRED,
		    "%s: answered with status %ld", a->server, a->status);
	if (a->status >= 300 && a->status < 400)
		return result_fail(res, RESULT_PROTOCOL,
		    "%s: answered with a redirect (status %ld), which is not "
		    "followed",
		    a->server, a->status);
	return result_fail(res, RESULT_PROTOCOL,
	    "%s: answered with status %ld and %s", a->server, a->status, what);
}

/* The member of that name, or NULL. */
static json_t *
find(json_t *o, const struct member *m)
{
	json_t *value = json_object_get(o, m->name);

	if (value == NULL && m->other != NULL)
		value = json_object_get(o, m->other);
	return json_is_null(value) ? NULL : value;
}

static bool
is_fit(const char *s, const char *more)
{
	for (; *s != '\0'; s++)
		if (!ascii_is_visible(*s) && strchr(more, *s) == NULL)
			return false;
	return true;
}

/* Appends a text of the answer to `out`, which may be missing unless it is
 * needed. */
static int
take_text(struct buf *out, json_t *o, const struct member *m,
    const struct answer *a, struct result *res)
{
	json_t *value = find(o, m);
	const char *text = json_string_value(value);

	if (value == NULL && !m->needed)
		return 0;
	if (text == NULL || (*text == '\0' && m->needed))
		return result_fail(res, RESULT_PROTOCOL,
		    "%s: the answer has no %s", a->server, m->name);
	if (!is_fit(text, m->more))
		return result_fail(res, RESULT_PROTOCOL,
		    "%s: the answer's %s has strange characters", a->server,
		    m->name);
	buf_puts(out, text);
	if (buf_failed(out))
		return result_fail(res, RESULT_PROTOCOL,
		    "%s: the answer's %s is longer than %zu bytes", a->server,
		    m->name, out->max);
	return 0;
}

/* A time in seconds, which some write as a text; `fallback` where there is
 * none. */
static long
take_time(json_t *o, const char *name, long fallback)
{
	json_t *value = json_object_get(o, name);
	double seconds = (double)fallback;

	if (json_is_number(value))
		seconds = json_number_value(value);
	else if (json_is_string(value))
		seconds = (double)strtol(json_string_value(value), NULL, 10);
	if (!(seconds > 0))
		return 0;
	return seconds < (double)ANSWER_TIME_MAX ? (long)seconds
						 : ANSWER_TIME_MAX;
}

/* The text of a member, if it has one, without what was sent. */
static void
take_words(struct buf *out, json_t *o, const char *name, const struct answer *a)
{
	const char *text = json_string_value(json_object_get(o, name));

	buf_puts(out, text != NULL ? text : "");
	for (size_t i = 0; i < a->nhidden; i++)
		secret_mask(&a->hidden[i], out->data, out->len);
}

/* Advice first: what the server says may be long, and is cut. */
static int
fail_refused(json_t *o, const struct answer *a, const char *todo,
    enum result_kind kind, struct result *res)
{
	struct buf code, words;

	buf_init(&code, WORDS_MAX);
	buf_init(&words, WORDS_MAX);
	take_words(&code, o, "error", a);
	take_words(&words, o, "error_description", a);
	(void)result_fail(res, kind, "%s%s%s said %s%s%s",
	    todo != NULL ? todo : "", todo != NULL ? ": " : "", a->server,
	    code.data, words.len > 0 ? ": " : "", words.data);
	buf_free(&code);
	buf_free(&words);
	return -1;
}

/* Some say status 200 with an error, too. */
static bool
is_success(json_t *o, const struct answer *a)
{
	return a->status == 200 && json_object_get(o, "error") == NULL;
}

/* An answer that is an error: what is to be made of it. */
static int
judge(json_t *o, enum answer_verdict *verdict, const struct answer *a,
    struct result *res)
{
	const char *code = json_string_value(json_object_get(o, "error"));
	const char *todo = NULL;
	enum result_kind kind = a->status >= 500 ? RESULT_DEFERRED
						 : RESULT_CONFIG;

	if (code == NULL || *code == '\0')
		return fail_form(a, "no error code", res);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		if (strcmp(code, errors[i].code) != 0)
			continue;
		*verdict = errors[i].verdict;
		kind = errors[i].kind;
		todo = errors[i].todo;
	}
	if (kind == RESULT_OK)
		return 0;
	return fail_refused(o, a, todo, kind, res);
}

/* The object that the answer is, or NULL. */
static json_t *
parse(const struct answer *a, struct result *res)
{
	json_t *o = json_loadb(
	    a->body->data, a->body->len, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(o))
		return o;
	json_decref(o);
	(void)fail_form(a, "something that is not JSON", res);
	return NULL;
}

static int
read_device(struct answer_device *d, json_t *o, const struct answer *a,
    struct result *res)
{
	static const struct member code = { "device_code", NULL, " ", true };
	static const struct member user_code = { "user_code", NULL, " ", true };
	/* the other name is Google's */
	static const struct member url = { "verification_uri",
		"verification_url", "", true };

	if (take_text(&d->code, o, &code, a, res) == -1 ||
	    take_text(&d->user_code, o, &user_code, a, res) == -1 ||
	    take_text(&d->url, o, &url, a, res) == -1)
		return -1;
	d->interval = take_time(o, "interval", ANSWER_INTERVAL);
	d->lifetime = take_time(o, "expires_in", 0);
	if (d->lifetime > 0)
		return 0;
	return result_fail(res, RESULT_PROTOCOL,
	    "%s: the answer has no expires_in", a->server);
}

int
answer_device(
    struct answer_device *d, const struct answer *a, struct result *res)
{
	enum answer_verdict none = ANSWER_GRANTED;
	json_t *o = parse(a, res);
	int status;

	if (o == NULL)
		return -1;
	if (is_success(o, a))
		status = read_device(d, o, a, res);
	else if ((status = judge(o, &none, a, res)) == 0)
		status = fail_form(a, "an answer to another question", res);
	json_decref(o);
	return status;
}

static int
read_grant(struct answer_grant *g, json_t *o, const struct answer *a,
    struct result *res)
{
	static const struct member access = { "access_token", NULL, "", true };
	static const struct member refresh = { "refresh_token", NULL, " ",
		false };
	static const struct member scope = { "scope", NULL, " ", false };
	const char *type = json_string_value(json_object_get(o, "token_type"));

	if (type != NULL && !ascii_equal(type, "Bearer"))
		return result_fail(res, RESULT_PROTOCOL,
		    "%s: the token is of another type than Bearer", a->server);
	if (take_text(&g->access, o, &access, a, res) == -1 ||
	    take_text(&g->refresh, o, &refresh, a, res) == -1 ||
	    take_text(&g->scope, o, &scope, a, res) == -1)
		return -1;
	g->lifetime = take_time(o, "expires_in", 0);
	return 0;
}

int
answer_grant(struct answer_grant *g, enum answer_verdict *verdict,
    const struct answer *a, struct result *res)
{
	json_t *o = parse(a, res);
	int status;

	*verdict = ANSWER_GRANTED;
	if (o == NULL)
		return -1;
	if (is_success(o, a))
		status = read_grant(g, o, a, res);
	else
		status = judge(o, verdict, a, res);
	json_decref(o);
	return status;
}
