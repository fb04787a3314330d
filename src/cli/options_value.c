#include "config.h"

#include <bsd/string.h>
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "cli/options_table.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ENVID_MAX 100 /* bytes; RFC 3461, section 4.4 */
#define TAG_MAX 32 /* bytes */

/* Of many warnings the first are kept: the buffer is bounded. */
static void
warn_ignored(struct options_state *st, const struct options_row *row,
    const char *value, const char *why)
{
	int n = (int)strcspn(row->label, " .");
	char shown[80];

	text_escape(shown, sizeof shown, value, strlen(value));
	buf_printf(&st->o->warnings, "option %.*s ignored: \"%s\" %s\n", n,
	    row->label, shown, why);
}

static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (!ascii_is_visible(*s) && *s != ' ')
			return false;
	return true;
}

int
options_set_body(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	(void)res;
	if (!ascii_equal(value, "7BIT") && !ascii_equal(value, "8BITMIME"))
		warn_ignored(st, row, value, "is not 7BIT or 8BITMIME");
	return 0;
}

/* A letter and what it chooses. */
struct choice {
	char letter;
	int value;
};

/* As in Sendmail, the first letter decides.  Leaves *chosen alone when it is
 * not among `n` choices. */
static bool
choose(const struct choice *choices, size_t n, char letter, int *chosen)
{
	for (size_t i = 0; i < n; i++) {
		if (choices[i].letter != letter)
			continue;
		*chosen = choices[i].value;
		return true;
	}
	return false;
}

int
options_set_delivery(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	static const struct choice choices[] = {
		{ 'i', OPTIONS_DELIVERY_WAIT },
		{ 'f', OPTIONS_DELIVERY_WAIT },
		{ 'b', OPTIONS_DELIVERY_BACKGROUND },
		{ 'q', OPTIONS_DELIVERY_QUEUE },
		{ 'd', OPTIONS_DELIVERY_QUEUE },
	};
	int chosen = st->o->delivery;

	(void)res;
	if (!choose(choices, COUNT(choices), *value, &chosen))
		warn_ignored(st, row, value, "is none of i, f, b, q and d");
	st->o->delivery = (enum options_delivery)chosen;
	return 0;
}

/* RFC 3461, section 4.4: printable characters of ASCII. */
int
options_set_envid(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	size_t n = strlen(value);

	if (ascii_has_control(value))
		return result_fail(res, RESULT_USAGE,
		    "option -V: control character in the value");
	if (n == 0 || n > ENVID_MAX || !is_printable(value))
		warn_ignored(
		    st, row, value, "is not 1 to 100 characters of ASCII");
	else
		st->o->envid = value;
	return 0;
}

int
options_set_errors(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	static const struct choice choices[] = {
		{ 'p', OPTIONS_ERRORS_PRINT },
		{ 'q', OPTIONS_ERRORS_QUIET },
		{ 'm', OPTIONS_ERRORS_MAIL },
		{ 'w', OPTIONS_ERRORS_WRITE },
		{ 'e', OPTIONS_ERRORS_ZERO },
	};
	int chosen = st->o->errors;

	(void)res;
	if (!choose(choices, COUNT(choices), *value, &chosen))
		warn_ignored(st, row, value, "is none of p, q, m, w and e");
	st->o->errors = (enum options_errors)chosen;
	return 0;
}

static const char *const events[] = { "SUCCESS", "FAILURE", "DELAY" };

/* The events of a list, a bit each; 0 when the list is malformed. */
static unsigned
parse_events(const char *value)
{
	unsigned set = 0;

	for (;;) {
		size_t n = strcspn(value, ","), i = 0;

		while (i < COUNT(events) &&
		    (strlen(events[i]) != n ||
			!ascii_equal_n(value, events[i], n)))
			i++;
		if (i == COUNT(events))
			return 0;
		set |= 1U << i;
		if (value[n] == '\0')
			return set;
		value += n + 1;
	}
}

int
options_set_notify(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	char *notify = st->o->notify;
	unsigned set = parse_events(value);

	(void)res;
	if (ascii_equal(value, "NEVER")) {
		strlcpy(notify, "NEVER", sizeof st->o->notify);
		return 0;
	}
	if (set == 0) {
		warn_ignored(st, row, value,
		    "is not never, or a list of success,failure,delay");
		return 0;
	}
	notify[0] = '\0';
	for (size_t i = 0; i < COUNT(events); i++) {
		if ((set & 1U << i) == 0)
			continue;
		if (notify[0] != '\0')
			strlcat(notify, ",", sizeof st->o->notify);
		strlcat(notify, events[i], sizeof st->o->notify);
	}
	return 0;
}

int
options_set_ret(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	(void)res;
	if (ascii_equal(value, "FULL"))
		strlcpy(st->o->ret, "FULL", sizeof st->o->ret);
	else if (ascii_equal(value, "HDRS"))
		strlcpy(st->o->ret, "HDRS", sizeof st->o->ret);
	else
		warn_ignored(st, row, value, "is not full or hdrs");
	return 0;
}

int
options_set_tag(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	size_t n = strlen(value);

	(void)res;
	if (n == 0 || n > TAG_MAX || !is_printable(value))
		warn_ignored(
		    st, row, value, "is not 1 to 32 printable characters");
	else
		st->o->tag = value;
	return 0;
}
