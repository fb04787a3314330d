#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/report.h"
#include "cli/say.h"
#include "delivery/advice.h"
#include "delivery/journal.h"
#include "mail/address.h"

#define LIST_MAX 900 /* bytes of the operands in one log line */
#define NAMES_MAX 200 /* bytes of one on stderr */
#define OPERAND_MAX 200 /* bytes of an operand in the log */
#define ADVICE_MAX 16384

/* Nothing is printed with -oeq, nor when the sender is told by mail. */
static bool
is_quiet(const struct report *rep)
{
	return rep->mailed ||
	    (rep->options != NULL &&
		rep->options->errors == OPTIONS_ERRORS_QUIET);
}

/* Whether who was deferred is spoken of: when it was not kept, to a person, and
 * where the dialogue is shown. */
static bool
tells_deferred(const struct report *rep)
{
	return !rep->kept || isatty(STDERR_FILENO) == 1 ||
	    rep->options->verbose;
}

/* Whether it waits for somebody to set the configuration right: that is told
 * to whoever may hear it. */
static bool
waits_for_setup(const struct envelope *env, const struct rcpt *rcpt)
{
	const struct result *why = envelope_result(env, rcpt);

	return rcpt->state == RCPT_DEFERRED && why != NULL &&
	    why->kind == RESULT_SETUP;
}

static void
say_advice(const struct report *rep, struct buf *all)
{
	char *line, *rest = all->data;

	while (all->len > 0 && (line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			say("%s: %s\n", rep->program, line);
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
	struct judge judge = { .read = false };
	struct buf request, advice;

	buf_init(&advice, ADVICE_MAX);
	advice_add(&advice, &judge, res, say_language(rep->conf));
	if (!is_quiet(rep)) {
		say("%s: %s\n", rep->program, res->text);
		say_advice(rep, &advice);
	}
	buf_init(&request, LIST_MAX + 8 * OPERAND_MAX + 32);
	put_request(&request, rep->options);
	log_line(LOG_FAILURE,
	    "id=%s uid=%lu msgid=%s %s relay=%s exit=%d status=%s "
	    "result=refused %s",
	    journal_known(rep->id), (unsigned long)rep->uid,
	    journal_known(rep->message_id), request.data,
	    journal_known(rep->relay), result_exit_status(res->kind),
	    res->status, res->text);
	buf_free(&request);
	buf_free(&advice);
	judge_clear(&judge);
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
list_failures(
    const struct report *rep, const struct envelope *env, uint64_t *keys)
{
	bool deferred = tells_deferred(rep);
	size_t n = 0;

	for (size_t i = 0; i < env->count; i++)
		if (env->rcpts[i].state == RCPT_FAILED ||
		    (deferred && env->rcpts[i].state == RCPT_DEFERRED) ||
		    waits_for_setup(env, &env->rcpts[i]))
			keys[n++] = (uint64_t)env->rcpts[i].result << 32 | i;
	qsort(keys, n, sizeof *keys, compare_keys);
	return n;
}

/* Appends an address, which may hold more than is fit to be shown. */
static void
put_shown(struct buf *out, const char *address)
{
	char shown[4 * ADDRESS_MAX + 1];

	buf_puts(
	    out, text_escape(shown, sizeof shown, address, strlen(address)));
}

/*
 * How a line about some recipients begins: not with a name that the text has
 * anyhow; with no name when it concerns all of them; else with the first of
 * them, as "a@x, b@y and 3 more: ".
 */
static void
put_names(const struct report *rep, const struct envelope *env,
    const uint64_t *keys, const uint64_t *end, struct buf *out)
{
	const struct rcpt *first = &env->rcpts[(uint32_t)*keys];

	if ((size_t)(end - keys) == env->count && first->asked == NULL) {
		if (first->state == RCPT_FAILED)
			buf_puts(out, "not sent: ");
		else if (rep->kept)
			buf_printf(out, "kept for later as %s: ", rep->id);
		else
			buf_puts(out, "not sent, and not kept for later: ");
		return;
	}
	if (end - keys == 1 && first->asked == NULL &&
	    strstr(env->results[first->result].text, first->address) != NULL)
		return;
	for (; keys < end && out->len <= NAMES_MAX; keys++) {
		const struct rcpt *rcpt = &env->rcpts[(uint32_t)*keys];

		if (out->len > 0)
			buf_puts(out, ", ");
		put_shown(out, rcpt->address);
		if (rcpt->asked != NULL) {
			buf_puts(out, " (for ");
			put_shown(out, rcpt->asked);
			buf_puts(out, ")");
		}
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
	struct judge judge = { .read = false };
	struct buf names, advice;

	if (keys == NULL) {
		say("%s: out of memory; the log says who got it\n",
		    rep->program);
		return;
	}
	end = keys + list_failures(rep, env, keys);
	buf_init(&names, 16384);
	buf_init(&advice, ADVICE_MAX);
	for (; at < end; at = next) {
		for (next = at; next < end && *next >> 32 == *at >> 32; next++)
			;
		buf_reset(&names);
		put_names(rep, env, at, next, &names);
		say("%s: %s%s\n", rep->program, names.data,
		    env->results[*at >> 32].text);
		advice_add(&advice, &judge, &env->results[*at >> 32],
		    say_language(rep->conf));
	}
	say_advice(rep, &advice);
	judge_clear(&judge);
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
delivery_status(const struct report *rep, const struct envelope *env)
{
	size_t delivered = envelope_count(env, RCPT_DELIVERED);
	size_t deferred = envelope_count(env, RCPT_DEFERRED);
	size_t failed = envelope_count(env, RCPT_FAILED);

	if (rep->kept && rep->options->errors == OPTIONS_ERRORS_ZERO)
		return EX_OK;
	if (failed == 0 && (deferred == 0 || rep->kept))
		return EX_OK;
	if (delivered == 0 && deferred > 0 && !rep->kept)
		return status_of(env, RCPT_DEFERRED);
	return failed > 0 ? status_of(env, RCPT_FAILED) : EX_UNAVAILABLE;
}

static struct journal
journal_of(const struct report *rep, int status)
{
	return (struct journal){ .id = rep->id,
		.uid = rep->uid,
		.message_id = rep->message_id,
		.relay = rep->relay,
		.delay = rep->seconds,
		.exit = status };
}

int
report_delivery(const struct report *rep, const struct envelope *env)
{
	int status = delivery_status(rep, env);
	const struct journal j = journal_of(rep, status);

	journal_results(&j, env);
	if (!is_quiet(rep) && envelope_count(env, RCPT_DELIVERED) < env->count)
		say_results(rep, env);
	return status;
}

int
report_kept(const struct report *rep, const struct envelope *env)
{
	const struct journal j = journal_of(rep, EX_OK);

	journal_event(
	    &j, LOG_EVENT, env, "queued", "recipients=%zu", env->count);
	return EX_OK;
}
