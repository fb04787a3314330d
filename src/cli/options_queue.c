#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "base/duration.h"
#include "cli/options_table.h"

#define INTERVAL_MAX (365 * DURATION_DAY)

static void
choose_run(struct options_state *st)
{
	st->o->mode = OPTIONS_RUN_QUEUE;
	st->mode_chosen = true;
}

int
options_run_once(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	if (*value != '\0')
		return result_fail(res, RESULT_USAGE, "unknown option %s%s",
		    row->label, value);
	choose_run(st);
	st->o->urgency = (enum options_urgency)row->choice;
	st->o->interval = 0;
	return 0;
}

/* As in Sendmail, a number without a unit is minutes, and 0 is once. */
int
options_run_every(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	long ms = duration_parse(value, DURATION_MINUTE, INTERVAL_MAX);

	(void)row;
	if (ms == -1 || (ms > 0 && ms < DURATION_SECOND))
		return result_fail(res, RESULT_USAGE,
		    "option -q: \"%s\" is no time from 1s to 365d, like 30m "
		    "or 1h30m",
		    value);
	choose_run(st);
	st->o->urgency = ms == 0 ? OPTIONS_URGENCY_NOW : OPTIONS_URGENCY_DUE;
	st->o->interval = ms;
	return 0;
}

int
options_run_selected(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	struct options_select *select = &st->o->selects[st->o->nselects];
	bool negated = row->letter == '!';
	char letter = negated ? *value : row->letter;
	const char *text;

	if (letter == '\0' || strchr("IRS", letter) == NULL)
		return result_fail(
		    res, RESULT_USAGE, "unknown option -q!%s", value);
	text = options_value(st, negated ? value + 1 : value);
	if (text == NULL)
		return result_fail(res, RESULT_USAGE,
		    "option -q%s%c needs a value", negated ? "!" : "", letter);
	if (ascii_has_control(text))
		return result_fail(res, RESULT_USAGE,
		    "option -q%s%c: control character in the value",
		    negated ? "!" : "", letter);
	if (st->o->nselects == OPTIONS_SELECTS_MAX)
		return result_fail(res, RESULT_USAGE,
		    "more than %d of -qI, -qR and -qS", OPTIONS_SELECTS_MAX);
	choose_run(st);
	*select = (struct options_select){ letter, negated, text };
	st->o->nselects++;
	return 0;
}
