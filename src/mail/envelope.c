#include "config.h"

#include <bsd/stdlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/address.h"
#include "mail/envelope.h"

#define PLACES_MIN 64

void
envelope_init(struct envelope *env)
{
	*env = (struct envelope){ .sender = NULL };
	/* So that nobody can choose addresses that all hash alike. */
	arc4random_buf(&env->seed, sizeof env->seed);
}

static int
fail_memory(struct result *res)
{
	return result_fail(res, RESULT_SYSTEM, "no memory for the recipients");
}

int
envelope_set_sender(
    struct envelope *env, const char *sender, struct result *res)
{
	char *copy = strdup(sender);

	if (copy == NULL)
		return fail_memory(res);
	free(env->sender);
	env->sender = copy;
	return 0;
}

/* Puts a copy of `text`, unless there is nothing in it, into *place. */
static int
copy_text(char **place, const char *text, struct result *res)
{
	free(*place);
	*place = NULL;
	if (text == NULL || *text == '\0')
		return 0;
	return (*place = strdup(text)) == NULL ? fail_memory(res) : 0;
}

int
envelope_set_dsn(struct envelope *env, const char *notify, const char *ret,
    const char *envid, struct result *res)
{
	if (copy_text(&env->dsn.notify, notify, res) == -1 ||
	    copy_text(&env->dsn.ret, ret, res) == -1)
		return -1;
	return copy_text(&env->dsn.envid, envid, res);
}

/* FNV-1a, then mixed.  The domain is folded, so that whatever address_equal
 * takes for equal hashes alike. */
static uint64_t
hash_address(const struct envelope *env, const char *address)
{
	const char *domain = address_domain(address);
	uint64_t h = env->seed ^ 0xcbf29ce484222325ULL;

	for (const char *p = address; *p != '\0'; p++) {
		char c = domain != NULL && p >= domain ? ascii_lower(*p) : *p;

		h = (h ^ (unsigned char)c) * 0x100000001b3ULL;
	}
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
	return h ^ h >> 33;
}

/* The place of `address` in the set: its own, or the free one for it. */
static uint32_t *
find_place(const struct envelope *env, const char *address)
{
	size_t mask = env->nplaces - 1;
	size_t i = (size_t)hash_address(env, address) & mask;

	while (env->places[i] != 0 &&
	    !address_equal(env->rcpts[env->places[i] - 1].address, address))
		i = (i + 1) & mask;
	return &env->places[i];
}

/* Makes the set so large that it is half full at the most with one more. */
static int
grow_places(struct envelope *env, struct result *res)
{
	size_t n = env->nplaces == 0 ? PLACES_MIN : env->nplaces * 2;
	uint32_t *places;

	if (env->count + 1 <= env->nplaces / 2)
		return 0;
	places = calloc(n, sizeof *places);
	if (places == NULL)
		return fail_memory(res);
	free(env->places);
	env->places = places;
	env->nplaces = n;
	for (size_t i = 0; i < env->count; i++)
		*find_place(env, env->rcpts[i].address) = (uint32_t)i + 1;
	return 0;
}

/* Makes room for one more recipient, and for one result at least, so that
 * there is always one to share. */
static int
grow_rcpts(struct envelope *env, struct result *res)
{
	size_t room = env->room == 0 ? 16 : env->room * 2;
	struct rcpt *rcpts;

	if (env->results == NULL) {
		env->results = malloc(sizeof *env->results);
		if (env->results == NULL)
			return fail_memory(res);
		env->results_room = 1;
	}
	if (env->count < env->room)
		return 0;
	rcpts = reallocarray(env->rcpts, room, sizeof *rcpts);
	if (rcpts == NULL)
		return fail_memory(res);
	env->rcpts = rcpts;
	env->room = room;
	return 0;
}

int
envelope_add(struct envelope *env, const char *address, const char *asked,
    struct result *res)
{
	struct rcpt rcpt = { .state = RCPT_PENDING };
	uint32_t *place;

	if (grow_places(env, res) == -1 || grow_rcpts(env, res) == -1)
		return -1;
	place = find_place(env, address);
	if (*place != 0)
		return 0;
	if (env->count == ENVELOPE_RECIPIENTS_MAX)
		return result_fail(res, RESULT_DATA, "more than %d recipients",
		    ENVELOPE_RECIPIENTS_MAX);
	rcpt.address = strdup(address);
	rcpt.asked = asked == NULL ? NULL : strdup(asked);
	if (rcpt.address == NULL || (asked != NULL && rcpt.asked == NULL)) {
		free(rcpt.address);
		free(rcpt.asked);
		return fail_memory(res);
	}
	env->rcpts[env->count++] = rcpt;
	*place = (uint32_t)env->count;
	return 0;
}

/* Keeps `res`, unless it is the last one kept already; returns its index. */
static size_t
keep_result(struct envelope *env, const struct result *res)
{
	struct result *results;
	size_t last = env->nresults - 1, room = env->results_room * 2;

	if (env->nresults > 0 && result_equal(&env->results[last], res))
		return last;
	if (env->nresults == env->results_room) {
		results = reallocarray(env->results, room, sizeof *results);
		if (results == NULL)
			return last;
		env->results = results;
		env->results_room = room;
	}
	env->results[env->nresults] = *res;
	return env->nresults++;
}

void
envelope_settle(struct envelope *env, size_t i, enum rcpt_state state,
    const struct result *res)
{
	env->rcpts[i].state = state;
	if (res != NULL)
		env->rcpts[i].result = keep_result(env, res);
}

void
envelope_settle_all(struct envelope *env, enum rcpt_state from,
    enum rcpt_state to, const struct result *res)
{
	for (size_t i = 0; i < env->count; i++)
		if (env->rcpts[i].state == from)
			envelope_settle(env, i, to, res);
}

void
envelope_note_earlier(struct envelope *env)
{
	for (size_t i = 0; i < env->count; i++)
		env->rcpts[i].earlier = env->rcpts[i].state == RCPT_DELIVERED ||
		    env->rcpts[i].state == RCPT_FAILED;
}

const struct result *
envelope_result(const struct envelope *env, const struct rcpt *rcpt)
{
	return rcpt->result < env->nresults ? &env->results[rcpt->result]
					    : NULL;
}

const struct result *
envelope_deferred_by(const struct envelope *env)
{
	const struct result *why = NULL;

	for (size_t i = 0; i < env->count; i++) {
		const struct rcpt *rcpt = &env->rcpts[i];

		if (rcpt->earlier)
			continue;
		if (rcpt->state != RCPT_DEFERRED)
			return NULL;
		if (why == NULL)
			why = envelope_result(env, rcpt);
	}
	return why;
}

size_t
envelope_count(const struct envelope *env, enum rcpt_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < env->count; i++)
		if (env->rcpts[i].state == state)
			count++;
	return count;
}

void
envelope_clear(struct envelope *env)
{
	for (size_t i = 0; i < env->count; i++) {
		free(env->rcpts[i].address);
		free(env->rcpts[i].asked);
	}
	free(env->sender);
	free(env->rcpts);
	free(env->results);
	free(env->places);
	free(env->dsn.notify);
	free(env->dsn.ret);
	free(env->dsn.envid);
	envelope_init(env);
}
