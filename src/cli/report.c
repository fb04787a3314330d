#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/language.h"
#include "base/log.h"
#include "cli/report.h"
#include "cli/say.h"
#include "config/provider.h"
#include "mail/address.h"

#define LIST_MAX 900 /* bytes of a recipient list in one log line */
#define NAMES_MAX 200 /* bytes of one on stderr */
#define OPERAND_MAX 200 /* bytes of an operand in the log */
#define ADVICE_MAX 16384

/* All recipients are settled when they are reported. */
static const char *const state_names[] = {
	[RCPT_DELIVERED] = "delivered",
	[RCPT_DEFERRED] = "deferred",
	[RCPT_FAILED] = "failed",
};

static bool
is_quiet(const struct report *rep)
{
	return rep->options != NULL &&
	    rep->options->errors == OPTIONS_ERRORS_QUIET;
}

/* Adds what to do about `res`, a line of its own, unless it is there: what is
 * known of the provider's words, else of the kind. */
static void
add_advice(struct buf *all, const struct result *res)
{
	enum language language = language_of(
	    getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"));
	const char *path = getenv("OUTPOST_PROVIDERS");
	struct buf one;

	if (path == NULL || *path == '\0')
		path = PKGDATADIR "/providers.ini";
	buf_init(&one, ADVICE_MAX);
	if (res->reply != 0)
		provider_advise(path, res->stage, res->text, language, &one);
	if (one.len == 0)
		buf_puts(&one, result_advice(res->kind, language));
	buf_putc(&one, '\n');
	if (one.len > 1 && strstr(all->data, one.data) == NULL)
		buf_add(all, one.data, one.len);
	buf_free(&one);
}

static void
say_advice(const struct report *rep, struct buf *all)
{
	char *line, *rest = all->data;

	while (all->len > 0 && (line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			say("%s: %s\n", rep->program, line);
}

static const char *
known(const char *s)
{
	return s != NULL && *s != '\0' ? s : "-";
}

/* Puts what a caller wrote where it can be taken for nothing else: no blank
 * ends it, and no "=" or "<" makes a field of its own of it. */
static void
put_harmless(struct buf *out, const char *s)
{
	size_t n = 0;

	for (; *s != '\0' && n < OPERAND_MAX; s++, n++) {
		if (ascii_is_visible(*s) && strchr("<>=,\\", *s) == NULL)
			buf_putc(out, *s);
		else
			buf_printf(out, "\\x%02x", (unsigned char)*s);
	}
}

/* Sender and recipients as they were given, as far as they fit. */
static void
put_request(struct buf *out, const struct options *o)
{
	buf_puts(out, "from=<");
	if (o != NULL && o->sender != NULL)
		put_harmless(out, o->sender);
	buf_puts(out, "> to=");
	if (o == NULL || o->count == 0)
		buf_putc(out, '-');
	for (size_t i = 0; o != NULL && i < o->count; i++) {
		if (out->len > LIST_MAX)
			break;
		buf_puts(out, i > 0 ? ",<" : "<");
		put_harmless(out, o->recipients[i]);
		buf_putc(out, '>');
	}
}

int
report_failure(const struct report *rep, const struct result *res)
{
	struct buf request, advice;

	buf_init(&advice, ADVICE_MAX);
	add_advice(&advice, res);
	if (!is_quiet(rep)) {
		say("%s: %s\n", rep->program, res->text);
		say_advice(rep, &advice);
	}
	buf_init(&request, LIST_MAX + 8 * OPERAND_MAX + 32);
	put_request(&request, rep->options);
	log_line(LOG_FAILURE,
	    "uid=%lu msgid=%s %s relay=%s exit=%d status=%s result=refused %s",
	    (unsigned long)getuid(), known(rep->message_id), request.data,
	    known(rep->relay), result_exit_status(res->kind), res->status,
	    res->text);
	buf_free(&request);
	buf_free(&advice);
	return result_exit_status(res->kind);
}

void
report_warning(
    const struct report *rep, const struct result *res, enum report_ear ear)
{
	if (res->kind == RESULT_OK)
		return;
	if (ear == REPORT_LOG)
		log_line(LOG_WARN, "%s", res->text);
	else if (!is_quiet(rep))
		say("%s: %s\n", rep->program, res->text);
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
log_group(const struct report *rep, const struct envelope *env, int status,
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
	    known(rep->relay), rep->seconds, status,
	    res == NULL ? "2.0.0" : res->status, state_names[first->state],
	    res == NULL ? "" : res->text);
}

static bool
is_alike(const struct rcpt *a, const struct rcpt *b)
{
	return a->state == b->state && a->result == b->result;
}

static void
log_recipients(const struct report *rep, const struct envelope *env, int status)
{
	struct buf list;
	size_t first = 0;

	buf_init(&list, LIST_MAX + 2 * ADDRESS_MAX + 16);
	for (size_t i = 0; i < env->count; i++) {
		if (list.len > 0 &&
		    (list.len > LIST_MAX ||
			!is_alike(&env->rcpts[first], &env->rcpts[i]))) {
			log_group(
			    rep, env, status, &env->rcpts[first], list.data);
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
		log_group(rep, env, status, &env->rcpts[first], list.data);
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

/*
 * How a line about some recipients begins: not with a name that the text has
 * anyhow; with no name when it concerns all of them; else with the first of
 * them, as "a@x, b@y and 3 more: ".
 */
static void
put_names(const struct envelope *env, const uint64_t *keys, const uint64_t *end,
    struct buf *out)
{
	const struct rcpt *first = &env->rcpts[(uint32_t)*keys];

	if ((size_t)(end - keys) == env->count && first->asked == NULL) {
		buf_puts(out,
		    first->state == RCPT_DEFERRED
			? "not sent, and not kept for later: "
			: "not sent: ");
		return;
	}
	if (end - keys == 1 && first->asked == NULL &&
	    strstr(env->results[first->result].text, first->address) != NULL)
		return;
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
say_results(const struct report *rep, const struct envelope *env)
{
	uint64_t *keys = calloc(env->count, sizeof *keys);
	const uint64_t *at = keys, *next, *end;
	struct buf names, advice;

	if (keys == NULL) {
		say("%s: out of memory; the log says who got it\n",
		    rep->program);
		return;
	}
	end = keys + list_failures(env, keys);
	buf_init(&names, 8192);
	buf_init(&advice, ADVICE_MAX);
	for (; at < end; at = next) {
		for (next = at; next < end && *next >> 32 == *at >> 32; next++)
			;
		buf_reset(&names);
		put_names(env, at, next, &names);
		say("%s: %s%s\n", rep->program, names.data,
		    env->results[*at >> 32].text);
		add_advice(&advice, &env->results[*at >> 32]);
	}
	say_advice(rep, &advice);
	buf_free(&advice);
	buf_free(&names);
	free(keys);
}

/* The exit status of the first recipient in `state`. */
static int
status_of(const struct envelope *env, enum rcpt_state state)
{
	for (size_t i = 0; i < env->count; i++)
		if (env->rcpts[i].state == state)
			return result_exit_status(
			    env->results[env->rcpts[i].result].kind);
	return EX_SOFTWARE;
}

static int
delivery_status(const struct envelope *env)
{
	size_t delivered = envelope_count(env, RCPT_DELIVERED);

	if (delivered == env->count)
		return EX_OK;
	if (delivered == 0 && envelope_count(env, RCPT_DEFERRED) > 0)
		return status_of(env, RCPT_DEFERRED);
	if (envelope_count(env, RCPT_FAILED) > 0)
		return status_of(env, RCPT_FAILED);
	return EX_UNAVAILABLE;
}

int
report_delivery(const struct report *rep, const struct envelope *env)
{
	int status = delivery_status(env);

	log_recipients(rep, env, status);
	if (status != EX_OK && !is_quiet(rep))
		say_results(rep, env);
	return status;
}
