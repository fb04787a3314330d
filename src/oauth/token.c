#include "config.h"

#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "base/ascii.h"
#include "oauth/token.h"

#define FORM 1 /* of the file */

/* The texts among the members. */
static const struct {
	const char *name;
	size_t at;
	bool needed;
} texts[] = {
	{ "user", offsetof(struct token, user), true },
	{ "provider", offsetof(struct token, provider), true },
	{ "tenant", offsetof(struct token, tenant), false },
	{ "client_id", offsetof(struct token, client_id), true },
	{ "client_secret", offsetof(struct token, client_secret), false },
	{ "token_url", offsetof(struct token, token_url), true },
	{ "scope", offsetof(struct token, scope), true },
	{ "granted", offsetof(struct token, granted), false },
	{ "access_token", offsetof(struct token, access), true },
	{ "refresh_token", offsetof(struct token, refresh), true },
};
#define TEXTS (sizeof texts / sizeof *texts)

static struct buf *
text_of(struct token *t, size_t i)
{
	return (struct buf *)((char *)t + texts[i].at);
}

static const struct buf *
const_text_of(const struct token *t, size_t i)
{
	return (const struct buf *)((const char *)t + texts[i].at);
}

void
token_init(struct token *t)
{
	for (size_t i = 0; i < TEXTS; i++)
		buf_init(text_of(t, i), TOKEN_TEXT_MAX);
	t->expires = 0;
}

void
token_clear(struct token *t)
{
	for (size_t i = 0; i < TEXTS; i++)
		buf_free(text_of(t, i));
}

/* jansson's callback. */
static int
put(const char *p, size_t n, void *arg)
{
	struct buf *out = arg;

	buf_add(out, p, n);
	return buf_failed(out) ? -1 : 0;
}

/* Puts all members into `o`. */
static int
put_members(json_t *o, const struct token *t, struct result *res)
{
	const struct buf *text;
	json_t *value;

	if (json_object_set_new(o, "version", json_integer(FORM)) == -1 ||
	    json_object_set_new(o, "expires", json_integer(t->expires)) == -1)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	for (size_t i = 0; i < TEXTS; i++) {
		text = const_text_of(t, i);
		if (text->len == 0)
			continue;
		value = json_stringn(text->data, text->len);
		if (value == NULL)
			return result_fail(res, RESULT_CONFIG,
			    "the %s is not UTF-8", texts[i].name);
		if (json_object_set_new(o, texts[i].name, value) == -1)
			return result_fail(res, RESULT_SYSTEM, "out of memory");
	}
	return 0;
}

int
token_write(const struct token *t, struct buf *out, struct result *res)
{
	json_t *o = json_object();
	int status = put_members(o, t, res);

	if (status == 0 &&
	    json_dump_callback(
		o, put, out, JSON_INDENT(1) | JSON_PRESERVE_ORDER) == -1)
		status = result_fail(res, RESULT_SYSTEM, "out of memory");
	buf_putc(out, '\n');
	json_decref(o);
	return status;
}

static int
take_texts(struct token *t, json_t *o, const char *path, struct result *res)
{
	struct buf *out;
	const char *text;

	for (size_t i = 0; i < TEXTS; i++) {
		out = text_of(t, i);
		text = json_string_value(json_object_get(o, texts[i].name));
		if (texts[i].needed && (text == NULL || *text == '\0'))
			return result_fail(res, RESULT_CONFIG,
			    "%s: there is no %s in it", path, texts[i].name);
		buf_puts(out, text != NULL ? text : "");
		if (buf_failed(out) || ascii_has_control(out->data))
			return result_fail(res, RESULT_CONFIG,
			    "%s: the %s is not fit to be one", path,
			    texts[i].name);
	}
	return 0;
}

int
token_read(struct token *t, const struct buf *text, const char *path,
    struct result *res)
{
	json_t *o = json_loadb(
	    text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
	int status;

	if (!json_is_object(o))
		status = result_fail(
		    res, RESULT_CONFIG, "%s: not the file of a token", path);
	else if (json_integer_value(json_object_get(o, "version")) != FORM)
		status = result_fail(res, RESULT_CONFIG,
		    "%s: written by another version of outpost", path);
	else
		status = take_texts(t, o, path, res);
	t->expires = json_integer_value(json_object_get(o, "expires"));
	json_decref(o);
	return status;
}

bool
token_is_fresh(const struct token *t, int64_t now)
{
	return t->access.len > 0 && t->expires > now &&
	    t->expires - now >= TOKEN_SPARE;
}

static void
replace(struct buf *to, const struct buf *from)
{
	buf_reset(to);
	buf_add(to, from->data, from->len);
}

int
token_take(struct token *t, const struct answer_grant *g, int64_t now,
    struct result *res)
{
	replace(&t->access, &g->access);
	if (g->refresh.len > 0)
		replace(&t->refresh, &g->refresh);
	if (g->scope.len > 0)
		replace(&t->granted, &g->scope);
	t->expires = g->lifetime > 0 ? now + g->lifetime : 0;
	if (buf_failed(&t->access) || buf_failed(&t->refresh) ||
	    buf_failed(&t->granted))
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return 0;
}
