#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/report.h"
#include "cli/say.h"
#include "config/provider.h"
#include "mail/address.h"

#define LIST_MAX 900 /* bytes of a recipient list in one log line */
#define NAMES_MAX 200 /* bytes of one on stderr */

/* All recipients are settled when they are reported. */
static const char *const state_names[] = {
	[RCPT_DELIVERED] = "delivered",
	[RCPT_DEFERRED] = "deferred",
	[RCPT_FAILED] = "failed",
};

/* What to do about it: what is known of this provider, else of this kind. */
static void
put_advice(const struct result *res, struct buf *out)
{
	const char *path = getenv("OUTPOST_PROVIDERS");

	if (path == NULL || *path == '\0')
		path = PKGDATADIR "/providers.ini";
	if (res->reply != 0)
		provider_advise(path, res->stage, res->text,
		    provider_language(getenv("LC_ALL"), getenv("LC_MESSAGES"),
			getenv("LANG")),
		    out);
	if (out->len == 0)
		buf_puts(out, result_advice(res->kind));
}

static void
print_reason(
    const struct report *rep, const struct result *res, const char *whom)
{
	struct buf advice;

	if (rep->options != NULL &&
	    rep->options->errors == OPTIONS_ERRORS_QUIET)
		return;
	say("%s: %s%s\n", rep->program, whom, res->text);
	buf_init(&advice, 4096);
	put_advice(res, &advice);
	if (advice.len > 0)
		say("%s: %s\n", rep->program, advice.data);
	buf_free(&advice);
}

static const char *
known(const char *s)
{
	return s != NULL && *s != '\0' ? s : "-";
}

/* The operands as they were given, as far as they fit. */
static void
put_operands(const struct options *o, struct buf *list)
{
	for (size_t i = 0; i < o->count && list->len < LIST_MAX; i++)
		buf_printf(
		    list, "%s<%.200s>", i > 0 ? "," : "", o->recipients[i]);
}

int
report_failure(const struct report *rep, const struct result *res)
{
	const struct options *o = rep->options;
	struct buf list;

	print_reason(rep, res, "");
	buf_init(&list, 2 * LIST_MAX);
	if (o != NULL)
		put_operands(o, &list);
	log_line(LOG_FAILURE,
	    "uid=%lu msgid=%s from=<%.200s> to=%s relay=%s exit=%d status=%s "
	    "result=refused %s",
	    (unsigned long)getuid(), known(rep->message_id),
	    o != NULL && o->sender != NULL ? o->sender : "", known(list.data),
	    known(rep->relay), result_exit_status(res->kind), res->status,
	    res->text);
	buf_free(&list);
	return result_exit_status(res->kind);
}

/* What settled the recipient: the smarthost's words, a reason of ours, or
 * NULL. */
static const struct result *
result_of(const struct envelope *env, const struct rcpt *rcpt)
{
	return rcpt->result < env->nresults ? &env->results[rcpt->result]
					    : NULL;
}

/* One line for recipients that share a state and a result. */
static void
log_group(const struct report *rep, const struct envelope *env,
    const struct rcpt *first, const char *list)
{
	static const enum log_level levels[] = {
		[RCPT_DELIVERED] = LOG_EVENT,
		[RCPT_DEFERRED] = LOG_WARN,
		[RCPT_FAILED] = LOG_FAILURE,
	};
	const struct result *res = result_of(env, first);

	log_line(levels[first->state],
	    "uid=%lu msgid=%s from=<%s> to=%s relay=%s delay=%.2f exit=%d "
	    "status=%s result=%s %s",
	    (unsigned long)getuid(), known(rep->message_id), env->sender, list,
	    known(rep->relay), rep->seconds,
	    res == NULL ? EX_OK : result_exit_status(res->kind),
	    res == NULL ? "2.0.0" : res->status, state_names[first->state],
	    res == NULL ? "" : res->text);
}

static bool
is_alike(const struct rcpt *a, const struct rcpt *b)
{
	return a->state == b->state && a->result == b->result;
}

static void
log_recipients(const struct report *rep, const struct envelope *env)
{
	struct buf list;
	size_t first = 0;

	buf_init(&list, LIST_MAX + 2 * ADDRESS_MAX + 16);
	for (size_t i = 0; i < env->count; i++) {
		if (list.len > 0 &&
		    (list.len > LIST_MAX ||
			!is_alike(&env->rcpts[first], &env->rcpts[i]))) {
			log_group(rep, env, &env->rcpts[first], list.data);
			buf_reset(&list);
		}
		if (list.len == 0)
			first = i;
		buf_printf(&list, "%s<%s>", list.len > 0 ? "," : "",
		    env->rcpts[i].address);
		if (env->rcpts[i].asked != NULL)
			buf_printf(&list, "(%s)", env->rcpts[i].asked);
	}
	if (list.len > 0)
		log_group(rep, env, &env->rcpts[first], list.data);
	buf_free(&list);
}

static int
compare_keys(const void *va, const void *vb)
{
	uint64_t a, b;

	memcpy(&a, va, sizeof a);
	memcpy(&b, vb, sizeof b);
	return (a > b) - (a < b);
}

/* Those that did not get the mail: the result's number, then the recipient's,
 * sorted.  Returns how many. */
static size_t
list_failures(const struct envelope *env, uint64_t *keys)
{
	size_t n = 0;

	for (size_t i = 0; i < env->count; i++)
		if (env->rcpts[i].state == RCPT_FAILED ||
		    env->rcpts[i].state == RCPT_DEFERRED)
			keys[n++] = (uint64_t)env->rcpts[i].result << 32 | i;
	qsort(keys, n, sizeof *keys, compare_keys);
	return n;
}

/* The first of the recipients that share a result, up to `end`, as
 * "a@x, b@y and 3 more: ". */
static void
put_names(const struct envelope *env, const uint64_t *keys, const uint64_t *end,
    struct buf *out)
{
	for (; keys < end && out->len <= NAMES_MAX; keys++) {
		const struct rcpt *rcpt = &env->rcpts[(uint32_t)*keys];

		buf_printf(
		    out, "%s%s", out->len > 0 ? ", " : "", rcpt->address);
		if (rcpt->asked != NULL)
			buf_printf(out, " (for %s)", rcpt->asked);
	}
	if (keys < end)
		buf_printf(out, " and %td more", end - keys);
	buf_puts(out, ": ");
}

static void
print_results(const struct report *rep, const struct envelope *env)
{
	uint64_t *keys = calloc(env->count, sizeof *keys);
	const uint64_t *at = keys, *next, *end;
	struct buf names;

	if (keys == NULL) {
		say("%s: out of memory; the log says who got it\n",
		    rep->program);
		return;
	}
	end = keys + list_failures(env, keys);
	buf_init(&names, 8192);
	for (; at < end; at = next) {
		for (next = at; next < end && *next >> 32 == *at >> 32; next++)
			;
		buf_reset(&names);
		put_names(env, at, next, &names);
		print_reason(rep, &env->results[*at >> 32], names.data);
	}
	buf_free(&names);
	free(keys);
}

int
report_delivery(const struct report *rep, const struct envelope *env)
{
	size_t delivered = envelope_count(env, RCPT_DELIVERED);
	size_t deferred = envelope_count(env, RCPT_DEFERRED);

	log_recipients(rep, env);
	if (delivered == env->count)
		return EX_OK;
	print_results(rep, env);
	if (deferred > 0 && delivered == 0)
		return EX_TEMPFAIL;
	for (size_t i = 0; i < env->count; i++)
		if (env->rcpts[i].state == RCPT_FAILED)
			return result_exit_status(
			    env->results[env->rcpts[i].result].kind);
	return EX_UNAVAILABLE;
}
