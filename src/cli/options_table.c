#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "cli/options_table.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* The value of -bp may name an order or a selection; all list the queue. */
static bool
is_listing(const char *rest)
{
	static const char *const known[] = { "a", "c", "i", "r", "ru" };

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(rest, known[i]) == 0)
			return true;
	return false;
}

static int
choose_mode(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	if (*value != '\0' &&
	    !(row->choice == OPTIONS_LIST_QUEUE && is_listing(value)))
		return result_fail(
		    res, RESULT_USAGE, "unknown mode %s%s", row->label, value);
	st->o->mode = (enum options_mode)row->choice;
	st->mode_chosen = true;
	return 0;
}

static int
refuse(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	(void)st;
	(void)value;
	return result_fail(
	    res, RESULT_USAGE, "%s is refused: %s", row->label, row->text);
}

static int
set_dots(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	(void)row;
	(void)res;
	st->o->ignore_dots = ascii_lower(*value) != 'f';
	return 0;
}

static int
set_gateway(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	(void)row;
	(void)value;
	(void)res;
	st->o->gateway = true;
	return 0;
}

static int
set_header(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	(void)row;
	(void)value;
	(void)res;
	st->o->from_header = true;
	return 0;
}

static int
set_name(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	(void)row;
	(void)res;
	st->o->name = value;
	return 0;
}

static int
set_sender(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	(void)row;
	(void)res;
	st->o->sender = value;
	return 0;
}

static int
set_verbose(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	(void)row;
	(void)value;
	(void)res;
	st->o->verbose = true;
	return 0;
}

static int
take_mode(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	row = options_find(&options_modes, *value);
	if (*value == '\0' || row == NULL)
		return result_fail(
		    res, RESULT_USAGE, "unknown mode -b%s", value);
	return row->act(st, row, value + 1, res);
}

/* Sendmail has had a setting for nearly every letter, and old callers pass
 * them: what is not in the table is ignored all the same. */
static int
take_setting(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	row = options_find(&options_settings, *value);
	if (row == NULL && !ascii_is_alnum(*value))
		return result_fail(
		    res, RESULT_USAGE, "unknown option -o%s", value);
	if (row == NULL || row->act == NULL)
		return 0;
	return row->act(st, row, value + 1, res);
}

static int
take_queue(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res)
{
	bool is_time = ascii_is_digit(*value);

	row = options_find(&options_queue, is_time ? '0' : *value);
	if (row == NULL)
		return result_fail(
		    res, RESULT_USAGE, "unknown option -q%s", value);
	if (!is_time && *value != '\0')
		value++;
	return row->act(st, row, value, res);
}

#define NO_MEANING "sendmail programs give it no meaning, or several"
#define NO_DAEMON "there is no daemon mode"
#define NO_GROUPS "the queue has no such part"

/* In the order of --help: taken, ignored, refused. */
static const struct options_row letter_rows[] = {
	{ 'B', OPTIONS_VALUE, options_set_body, 0, "-B type",
	    "7BIT or 8BITMIME: a hint that changes nothing" },
	{ 'b', OPTIONS_VALUE, take_mode, 0, "-b mode", "what to do: below" },
	{ 'd', OPTIONS_ATTACHED, set_verbose, 0, "-d[x]", "same as -v" },
	{ 'e', OPTIONS_VALUE, options_set_errors, 0, "-e mode", "same as -oe" },
	{ 'F', OPTIONS_VALUE, set_name, 0, "-F name",
	    "full name for a From field that is made" },
	{ 'f', OPTIONS_VALUE, set_sender, 0, "-f address", "envelope sender" },
	{ 'G', OPTIONS_FLAG, set_gateway, 0, "-G",
	    "relayed mail: no missing header field is added" },
	{ 'I', OPTIONS_FLAG, choose_mode, OPTIONS_ALIASES, "-I",
	    "same as -bi" },
	{ 'i', OPTIONS_FLAG, set_dots, 0, "-i",
	    "a line with a lone dot does not end the mail" },
	{ 'L', OPTIONS_VALUE, options_set_tag, 0, "-L tag",
	    "name of the program in the log" },
	{ 'N', OPTIONS_VALUE, options_set_notify, 0, "-N list",
	    "notices: never, or success,failure,delay" },
	{ 'o', OPTIONS_VALUE, take_setting, 0, "-o x",
	    "a setting of one letter: below" },
	{ 'q', OPTIONS_ATTACHED, take_queue, 0, "-q", "queue run: below" },
	{ 'R', OPTIONS_VALUE, options_set_ret, 0, "-R what",
	    "what a notice gives back: full or hdrs" },
	{ 'r', OPTIONS_VALUE, set_sender, 0, "-r address", "same as -f" },
	{ 't', OPTIONS_FLAG, set_header, 0, "-t",
	    "recipients from To, Cc and Bcc, too" },
	{ 'V', OPTIONS_VALUE, options_set_envid, 0, "-V id",
	    "envelope id that notices carry" },
	{ 'v', OPTIONS_FLAG, set_verbose, 0, "-v",
	    "show the dialogue on standard error" },

	{ 'A', OPTIONS_VALUE, NULL, 0, "-A c",
	    "there is one configuration for every use" },
	{ 'c', OPTIONS_FLAG, NULL, 0, "-c", "no mailer counts as expensive" },
	{ 'E', OPTIONS_ATTACHED, NULL, 0, "-E[x]",
	    "no Japanese code set is converted" },
	{ 'h', OPTIONS_VALUE, NULL, 0, "-h hops",
	    "hops are counted in Received fields" },
	{ 'J', OPTIONS_ATTACHED, NULL, 0, "-J[x]",
	    "no Japanese code set is converted" },
	{ 'm', OPTIONS_FLAG, NULL, 0, "-m",
	    "a sender in his own alias always gets the mail" },
	{ 'n', OPTIONS_FLAG, NULL, 0, "-n",
	    "aliases are followed for every mail" },
	{ 'O', OPTIONS_VALUE, NULL, 0, "-O name=value",
	    "settings come from outpost.ini alone" },
	{ 'p', OPTIONS_VALUE, NULL, 0, "-p protocol",
	    "where a mail came from is not taken on trust" },
	{ 's', OPTIONS_FLAG, NULL, 0, "-s",
	    "a mailbox's From line is always removed" },
	{ 'T', OPTIONS_VALUE, NULL, 0, "-T time",
	    "how long a mail waits is set in one place" },
	{ 'U', OPTIONS_FLAG, NULL, 0, "-U",
	    "first submission is what every mail here is" },
	{ 'X', OPTIONS_VALUE, NULL, 0, "-X file",
	    "no file is ever written for a caller; see -v" },
	{ 'x', OPTIONS_FLAG, NULL, 0, "-x",
	    "mailx of AIX and OSF/1 passes it idly" },

	{ 'C', OPTIONS_FLAG, refuse, 0, "-C",
	    "another configuration is named by OUTPOST_CONFIG" },
	{ 'D', OPTIONS_FLAG, refuse, 0, "-D",
	    "no file is ever written for a caller" },
	{ 'M', OPTIONS_FLAG, refuse, 0, "-M", "there are no macros" },
	{ 'Q', OPTIONS_FLAG, refuse, 0, "-Q", "nothing is quarantined" },
	{ 'S', OPTIONS_FLAG, refuse, 0, "-S",
	    "it selects from a queue in some programs, not here" },
	{ 'z', OPTIONS_FLAG, refuse, 0, "-z", NO_MEANING },
	{ 'a', OPTIONS_FLAG, refuse, 0, "-a", NO_MEANING },
	{ 'g', OPTIONS_FLAG, refuse, 0, "-g", NO_MEANING },
	{ 'H', OPTIONS_FLAG, refuse, 0, "-H", NO_MEANING },
	{ 'j', OPTIONS_FLAG, refuse, 0, "-j", NO_MEANING },
	{ 'K', OPTIONS_FLAG, refuse, 0, "-K", NO_MEANING },
	{ 'k', OPTIONS_FLAG, refuse, 0, "-k", NO_MEANING },
	{ 'l', OPTIONS_FLAG, refuse, 0, "-l", NO_MEANING },
	{ 'P', OPTIONS_FLAG, refuse, 0, "-P", NO_MEANING },
	{ 'u', OPTIONS_FLAG, refuse, 0, "-u", NO_MEANING },
	{ 'W', OPTIONS_FLAG, refuse, 0, "-W", NO_MEANING },
	{ 'w', OPTIONS_FLAG, refuse, 0, "-w", NO_MEANING },
	{ 'Y', OPTIONS_FLAG, refuse, 0, "-Y", NO_MEANING },
	{ 'y', OPTIONS_FLAG, refuse, 0, "-y", NO_MEANING },
	{ 'Z', OPTIONS_FLAG, refuse, 0, "-Z", NO_MEANING },
};

static const struct options_row mode_rows[] = {
	{ 'm', OPTIONS_FLAG, choose_mode, OPTIONS_DELIVER, "-bm",
	    "send a mail: the default" },
	{ 'a', OPTIONS_FLAG, choose_mode, OPTIONS_DELIVER, "-ba",
	    "same as -bm" },
	{ 'C', OPTIONS_FLAG, choose_mode, OPTIONS_CHECK, "-bC",
	    "check the configuration" },
	{ 'H', OPTIONS_FLAG, choose_mode, OPTIONS_NOTHING, "-bH",
	    "no host status is kept: does nothing" },
	{ 'h', OPTIONS_FLAG, choose_mode, OPTIONS_NOTHING, "-bh",
	    "no host status is kept: does nothing" },
	{ 'i', OPTIONS_FLAG, choose_mode, OPTIONS_ALIASES, "-bi",
	    "newaliases(1): there is nothing to rebuild" },
	{ 'p', OPTIONS_FLAG, choose_mode, OPTIONS_LIST_QUEUE, "-bp",
	    "mailq(1); so are -bpa, -bpc, -bpi, -bpr and -bpru" },
	{ 's', OPTIONS_FLAG, choose_mode, OPTIONS_SMTP, "-bs",
	    "SMTP on standard input: not available in this version" },
	{ 'V', OPTIONS_FLAG, choose_mode, OPTIONS_VERSION, "-bV",
	    "print the version" },
	{ 'v', OPTIONS_FLAG, choose_mode, OPTIONS_VERIFY, "-bv",
	    "check the recipients, and send nothing" },
	{ 'D', OPTIONS_FLAG, refuse, 0, "-bD", NO_DAEMON },
	{ 'd', OPTIONS_FLAG, refuse, 0, "-bd", NO_DAEMON },
	{ 'l', OPTIONS_FLAG, refuse, 0, "-bl", NO_DAEMON },
	{ 'P', OPTIONS_FLAG, refuse, 0, "-bP",
	    "programs count the queue or print settings by it" },
	{ 'S', OPTIONS_FLAG, refuse, 0, "-bS", "there is no batch SMTP" },
	{ 't', OPTIONS_FLAG, refuse, 0, "-bt",
	    "there are no rewriting rules to try" },
};

static const struct options_row setting_rows[] = {
	{ 'A', OPTIONS_FLAG, NULL, 0, "-oA...",
	    "the aliases file is named in outpost.ini" },
	{ 'd', OPTIONS_FLAG, options_set_delivery, 0, "-od...",
	    "i or f wait, b go on in the background, q or d queue" },
	{ 'e', OPTIONS_FLAG, options_set_errors, 0, "-oe...",
	    "errors: p print, q quiet, m or w mail, e exit 0" },
	{ 'i', OPTIONS_FLAG, set_dots, 0, "-oi", "same as -i; undone by -oif" },
	{ 'm', OPTIONS_FLAG, NULL, 0, "-om", "same as -m" },
	{ 'o', OPTIONS_FLAG, NULL, 0, "-oo",
	    "old forms of address are always read" },
	{ 'Q', OPTIONS_FLAG, NULL, 0, "-oQ...",
	    "a caller names no folder to write in" },
	{ 'v', OPTIONS_FLAG, set_verbose, 0, "-ov", "same as -v" },
};

static const struct options_row queue_rows[] = {
	{ '\0', OPTIONS_FLAG, options_run_once, OPTIONS_URGENCY_NOW, "-q",
	    "try all that waits, due or not, once" },
	{ '0', OPTIONS_FLAG, options_run_every, 0, "-q...",
	    "a time, as 1h30m: what is due, again and again" },
	{ 'f', OPTIONS_FLAG, options_run_once, OPTIONS_URGENCY_FORCE, "-qf",
	    "same as -q, even after a refused login" },
	{ 'I', OPTIONS_FLAG, options_run_selected, 0, "-qI...",
	    "the mails whose id holds ..." },
	{ 'R', OPTIONS_FLAG, options_run_selected, 0, "-qR...",
	    "the mails with a recipient that holds ..." },
	{ 'S', OPTIONS_FLAG, options_run_selected, 0, "-qS...",
	    "the mails whose sender holds ..." },
	{ '!', OPTIONS_FLAG, options_run_selected, 0, "-q!...",
	    "with I, R or S: all but those" },
	{ 'G', OPTIONS_FLAG, refuse, 0, "-qG", NO_GROUPS },
	{ 'L', OPTIONS_FLAG, refuse, 0, "-qL", NO_GROUPS },
	{ 'Q', OPTIONS_FLAG, refuse, 0, "-qQ", NO_GROUPS },
	{ 'p', OPTIONS_FLAG, refuse, 0, "-qp",
	    "runs at intervals are one process here" },
};

const struct options_family options_letters = { "Options", letter_rows,
	COUNT(letter_rows) };
const struct options_family options_modes = { "Modes", mode_rows,
	COUNT(mode_rows) };
const struct options_family options_settings = {
	"Settings, attached to -o (other letters are ignored)", setting_rows,
	COUNT(setting_rows)
};
const struct options_family options_queue = { "Queue runs", queue_rows,
	COUNT(queue_rows) };

const struct options_row *
options_find(const struct options_family *family, char letter)
{
	for (size_t i = 0; i < family->count; i++)
		if (family->rows[i].letter == letter)
			return &family->rows[i];
	return NULL;
}

bool
options_row_is_refused(const struct options_row *row)
{
	return row->act == refuse;
}
