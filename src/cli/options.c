#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "cli/options.h"
#include "cli/options_table.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define WARNINGS_MAX 2048 /* bytes */
#define PROGRAM_MAX 64 /* bytes of a name that is believed */
#define HELP_COLUMN 18

static const struct {
	const char *name;
	enum options_mode mode;
	const char *refusal;
} names[] = {
	{ "mailq", OPTIONS_LIST_QUEUE, NULL },
	{ "newaliases", OPTIONS_ALIASES, NULL },
	{ "runq", OPTIONS_RUN_QUEUE, NULL },
	{ "hoststat", OPTIONS_NOTHING, NULL },
	{ "purgestat", OPTIONS_NOTHING, NULL },
	{ "smtpd", OPTIONS_NOTHING, "there is no daemon mode" },
};

const char *
options_program(int argc, char *const *argv)
{
	const char *base, *slash;

	if (argc < 1 || argv[0] == NULL)
		return "sendmail";
	slash = strrchr(argv[0], '/');
	base = slash == NULL ? argv[0] : slash + 1;
	if (*base == '\0' || strlen(base) > PROGRAM_MAX)
		return "sendmail";
	for (const char *p = base; *p != '\0'; p++)
		if (!ascii_is_visible(*p))
			return "sendmail";
	return base;
}

const char *
options_value(struct options_state *st, const char *rest)
{
	if (*rest != '\0')
		return rest;
	return st->next < st->argc ? st->argv[st->next++] : NULL;
}

/* What `row` takes of the `rest` of its word and of the next one; NULL: it
 * needs a value, and there is none. */
static const char *
value_of(
    struct options_state *st, const struct options_row *row, const char *rest)
{
	if (row->form == OPTIONS_FLAG)
		return "";
	return row->form == OPTIONS_VALUE ? options_value(st, rest) : rest;
}

/* The letters of one word, from after its dash. */
static int
take_letters(struct options_state *st, const char *p, struct result *res)
{
	for (; *p != '\0'; p++) {
		const struct options_row *row = options_find(
		    &options_letters, *p);
		const char *value;

		if (row == NULL)
			return result_fail(
			    res, RESULT_USAGE, "unknown option -%c", *p);
		value = value_of(st, row, p + 1);
		if (value == NULL)
			return result_fail(
			    res, RESULT_USAGE, "option -%c needs a value", *p);
		if (row->act != NULL && row->act(st, row, value, res) == -1)
			return -1;
		if (row->form != OPTIONS_FLAG)
			return 0;
	}
	return 0;
}

static int
take_long(struct options_state *st, const char *word, struct result *res)
{
	static const struct {
		const char *word;
		enum options_mode mode;
	} known[] = {
		{ "--help", OPTIONS_HELP },
		{ "--version", OPTIONS_VERSION },
	};

	for (size_t i = 0; i < COUNT(known); i++) {
		if (strcmp(word, known[i].word) != 0)
			continue;
		st->o->mode = known[i].mode;
		st->mode_chosen = true;
		return 0;
	}
	return result_fail(res, RESULT_USAGE, "unknown option %s", word);
}

/* All options; the first operand is next then. */
static int
take_options(struct options_state *st, struct result *res)
{
	while (st->next < st->argc) {
		const char *word = st->argv[st->next];
		int status;

		if (word[0] != '-' || word[1] == '\0')
			return 0;
		st->next++;
		if (strcmp(word, "--") == 0)
			return 0;
		status = word[1] == '-' ? take_long(st, word, res)
					: take_letters(st, word + 1, res);
		if (status == -1)
			return -1;
	}
	return 0;
}

/* The mode that goes with the name; what is refused waits until it is known
 * whether an option chose another. */
static const char *
mode_by_name(struct options *o, const char *program)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(program, names[i].name) != 0)
			continue;
		o->mode = names[i].mode;
		return names[i].refusal;
	}
	return NULL;
}

static int
check_operands(const struct options *o, struct result *res)
{
	for (size_t i = 0; i < o->count; i++) {
		if (o->recipients[i][0] == '\0')
			return result_fail(
			    res, RESULT_USAGE, "empty recipient");
		if (strcmp(o->recipients[i], "-") == 0)
			return result_fail(res, RESULT_USAGE,
			    "\"-\" is no recipient; the mail is always read "
			    "from standard input");
	}
	return 0;
}

/* How a mode and recipients go together. */
static const enum {
	RECIPIENTS_IGNORED,
	RECIPIENTS_NONE,
	RECIPIENTS_NAMED, /* as arguments */
	RECIPIENTS_ANY /* as arguments or by -t */
} recipients[] = {
	[OPTIONS_DELIVER] = RECIPIENTS_ANY,
	[OPTIONS_LIST_QUEUE] = RECIPIENTS_NONE,
	[OPTIONS_ALIASES] = RECIPIENTS_NONE,
	[OPTIONS_SMTP] = RECIPIENTS_NONE,
	[OPTIONS_VERIFY] = RECIPIENTS_NAMED,
	[OPTIONS_CHECK] = RECIPIENTS_NONE,
	[OPTIONS_RUN_QUEUE] = RECIPIENTS_NONE,
	[OPTIONS_NOTHING] = RECIPIENTS_IGNORED,
	[OPTIONS_VERSION] = RECIPIENTS_IGNORED,
	[OPTIONS_HELP] = RECIPIENTS_IGNORED,
};

static int
check_mode(const struct options *o, struct result *res)
{
	switch (recipients[o->mode]) {
	case RECIPIENTS_ANY:
		if (o->count == 0 && !o->from_header)
			return result_fail(res, RESULT_USAGE,
			    "no recipients: "
			    "name them as arguments, or use -t");
		break;
	case RECIPIENTS_NAMED:
		if (o->count == 0 || o->from_header)
			return result_fail(res, RESULT_USAGE,
			    "-bv takes recipients as arguments, not -t");
		break;
	case RECIPIENTS_NONE:
		if (o->count > 0 || o->from_header)
			return result_fail(res, RESULT_USAGE,
			    "this mode takes neither recipients nor -t");
		break;
	case RECIPIENTS_IGNORED:
		break;
	}
	return 0;
}

int
options_parse(
    struct options *o, int argc, char *const *argv, struct result *res)
{
	struct options_state st = {
		.o = o, .argv = argv, .argc = argc, .next = 1
	};
	const char *refusal;

	*o = (struct options){ .mode = OPTIONS_DELIVER };
	buf_init(&o->warnings, WARNINGS_MAX);
	refusal = mode_by_name(o, options_program(argc, argv));
	if (take_options(&st, res) == -1)
		return -1;
	if (refusal != NULL && !st.mode_chosen)
		return result_fail(res, RESULT_USAGE, "%s", refusal);
	if (st.next < argc) {
		o->recipients = argv + st.next;
		o->count = (size_t)(argc - st.next);
	}
	/* Who is to see the dialogue waits for it. */
	if (o->verbose)
		o->delivery = OPTIONS_DELIVERY_WAIT;
	if (check_operands(o, res) == -1)
		return -1;
	return check_mode(o, res);
}

static const char *
fate_of(const struct options_row *row)
{
	if (options_row_is_refused(row))
		return "refused: ";
	return row->act == NULL ? "ignored: " : "";
}

/* One line a row; neighbours with the same text share one. */
static void
help_rows(struct buf *out, const struct options_family *f)
{
	size_t i = 0, start;

	buf_printf(out, "\n%s:\n", f->title);
	while (i < f->count) {
		const struct options_row *row = &f->rows[i++];

		start = out->len;
		buf_printf(out, "  %s", row->label);
		for (; i < f->count && strcmp(f->rows[i].text, row->text) == 0;
		     i++)
			buf_printf(out, " %s", f->rows[i].label);
		if (out->len - start > HELP_COLUMN - 2) {
			buf_putc(out, '\n');
			start = out->len;
		}
		buf_printf(out, "%*s%s%s\n",
		    (int)(HELP_COLUMN - (out->len - start)), "", fate_of(row),
		    row->text);
	}
}

void
options_help(struct buf *out)
{
	buf_puts(out,
	    "usage: sendmail [option ...] [recipient ...]\n"
	    "Sends the mail on standard input through the smarthost.\n");
	help_rows(out, &options_letters);
	buf_puts(out,
	    "  --help          print this\n"
	    "  --version       print the version\n");
	help_rows(out, &options_modes);
	help_rows(out, &options_settings);
	help_rows(out, &options_queue);
	buf_puts(out, "\nSee sendmail(8) and outpost.ini(5).\n");
}

void
options_clear(struct options *o)
{
	buf_free(&o->warnings);
	*o = (struct options){ .mode = OPTIONS_DELIVER };
	buf_init(&o->warnings, 0);
}
