#include "config.h"

#include <stddef.h>

#include "base/ascii.h"
#include "mail/address.h"
#include "spool/entry_format.h"

#define STRING(member) offsetof(struct entry, member)

static const struct format_rule rules[FORMAT_TYPE_COUNT] = {
	[FORMAT_ORIGIN] = { "origin", 14, 14, 1, 1, FORMAT_BINARY, 0 },
	[FORMAT_SENDER] = { "sender", 0, ADDRESS_MAX, 1, 1, FORMAT_TEXT,
	    STRING(env.sender) },
	[FORMAT_RETURN_TO] = { "return address", 0, ADDRESS_MAX, 0, 1,
	    FORMAT_TEXT, STRING(return_to) },
	[FORMAT_MESSAGE_ID] = { "message id", 1, ENTRY_MESSAGE_ID_MAX, 0, 1,
	    FORMAT_TEXT, STRING(message_id) },
	[FORMAT_NOTIFY] = { "notify", 1, 64, 0, 1, FORMAT_WORDS,
	    STRING(env.dsn.notify) },
	[FORMAT_RET] = { "ret", 1, 8, 0, 1, FORMAT_WORDS, STRING(env.dsn.ret) },
	[FORMAT_ENVID] = { "envid", 1, 100, 0, 1, FORMAT_ASCII,
	    STRING(env.dsn.envid) },
	[FORMAT_RECIPIENT] = { "recipient", 4, 3 + 2 * ADDRESS_MAX, 0,
	    ENVELOPE_RECIPIENTS_MAX, FORMAT_BINARY, 0 },
	[FORMAT_MESSAGE] = { "message", 16, 16, 1, 1, FORMAT_BINARY, 0 },
};

const struct format_rule *
format_rule(unsigned type)
{
	if (type == 0 || type >= FORMAT_TYPE_COUNT)
		return NULL;
	return &rules[type];
}

static bool
is_allowed(char c, enum format_chars chars)
{
	switch (chars) {
	case FORMAT_TEXT:
		return !ascii_is_control(c);
	case FORMAT_ASCII:
		return ascii_is_visible(c) || c == ' ';
	case FORMAT_WORDS:
		return ascii_is_alpha(c) || c == ',';
	case FORMAT_BINARY:
		break;
	}
	return true;
}

const char *
format_check(const char *p, size_t n, size_t max, enum format_chars chars)
{
	if (n > max)
		return "is too long";
	for (size_t i = 0; i < n; i++) {
		if (is_allowed(p[i], chars))
			continue;
		return ascii_is_control(p[i])
		    ? "holds a control character"
		    : "holds a character that it may not";
	}
	return NULL;
}

/* So that no single bit turns one into another. */
enum { STATE_OPEN = 0, STATE_DELIVERED = 3, STATE_FAILED = 5 };

unsigned char
format_state(enum rcpt_state state, size_t place)
{
	unsigned code = state == RCPT_DELIVERED ? STATE_DELIVERED
	    : state == RCPT_FAILED		? STATE_FAILED
						: STATE_OPEN;

	return (unsigned char)(place << 3 | code);
}

int
format_state_of(unsigned char byte)
{
	switch (byte & 7) {
	case STATE_OPEN:
		return RCPT_PENDING;
	case STATE_DELIVERED:
		return RCPT_DELIVERED;
	case STATE_FAILED:
		return RCPT_FAILED;
	default:
		return -1;
	}
}

/* The result of recipient `i`, or NULL.  One that is still PENDING has one
 * when the file said so. */
static const struct result *
result_of(const struct entry *e, size_t i)
{
	const struct rcpt *rcpt = &e->env.rcpts[i];

	if (rcpt->result >= e->env.nresults)
		return NULL;
	if (rcpt->state != RCPT_DELIVERED && rcpt->state != RCPT_FAILED &&
	    rcpt->state != RCPT_DEFERRED &&
	    (e->states == NULL || format_place_of(e->states[i]) == 0))
		return NULL;
	return &e->env.results[rcpt->result];
}

/* The place of `res` among those chosen, counted from 1, or 0. */
static size_t
find_place(const struct format_slot *slot, const struct result *res)
{
	for (size_t k = 0; k < slot->count; k++)
		if (slot->results[k] == res ||
		    result_equal(slot->results[k], res))
			return k + 1;
	return 0;
}

void
format_choose(const struct entry *e, struct format_slot *slot)
{
	slot->count = 0;
	for (size_t i = 0; i < e->env.count && slot->count < ENTRY_RESULTS_MAX;
	     i++) {
		const struct result *res = result_of(e, i);

		if (res != NULL && find_place(slot, res) == 0)
			slot->results[slot->count++] = res;
	}
}

unsigned char
format_chosen(const struct entry *e, size_t i, const struct format_slot *slot)
{
	const struct result *res = result_of(e, i);
	size_t place = res == NULL ? 0 : find_place(slot, res);

	if (res != NULL && place == 0)
		place = slot->count;
	return format_state(e->env.rcpts[i].state, place);
}
