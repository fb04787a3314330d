#include "config.h"

#include <stddef.h>
#include <string.h>

#include "base/ascii.h"
#include "cli/wizard_options.h"

#define HELP_COLUMN 28
#define AT(member) offsetof(struct wizard_options, member)

static const struct row {
	const char *name;
	const char *value; /* what it takes, for people; NULL: nothing */
	size_t offset; /* of a const char *, or of a bool */
	const char *text; /* what it does */
} rows[] = {
	{ "--address", "ADDRESS", AT(address),
	    "the mail address of the account" },
	{ "--password-file", "FILE", AT(password_file),
	    "take the password from its first line" },
	{ "--provider", "NAME", AT(provider), "whose account it is" },
	{ "--host", "HOST[:PORT]", AT(host), "its mail server" },
	{ "--user", "NAME", AT(user), "what it logs in as" },
	{ "--local", "ADDRESS", AT(local), "where mail for local users goes" },
	{ "--no-check", NULL, AT(no_check), "do not test the account" },
	{ "--yes", NULL, AT(yes), "ask nothing: take what is proposed" },
	{ "--force", NULL, AT(force), "replace files that are there" },
};

#define ROWS (sizeof rows / sizeof *rows)

/* The words after the command, read one after the other. */
struct words {
	char *const *argv;
	int argc, next;
};

/* The option that `word` is, up to a "=", or NULL. */
static const struct row *
find_row(const char *word)
{
	size_t n = strcspn(word, "=");

	for (size_t i = 0; i < ROWS; i++)
		if (strlen(rows[i].name) == n &&
		    memcmp(rows[i].name, word, n) == 0)
			return &rows[i];
	return NULL;
}

/* A value: after a "=", or the next word. */
static int
take_value(struct wizard_options *o, const struct row *row, struct words *w,
    const char *given, struct result *res)
{
	if (given != NULL)
		given++;
	else if (w->next < w->argc)
		given = w->argv[w->next++];
	if (given == NULL || *given == '\0')
		return result_fail(res, RESULT_USAGE, "setup: %s needs %s",
		    row->name, row->value);
	if (ascii_has_control(given))
		return result_fail(res, RESULT_USAGE,
		    "setup: %s: a control character", row->name);
	memcpy((char *)o + row->offset, &given, sizeof given);
	return 0;
}

static int
take_word(struct wizard_options *o, struct words *w, struct result *res)
{
	const char *word = w->argv[w->next++];
	const struct row *row = find_row(word);
	const char *given = strchr(word, '=');

	if (row == NULL && *word != '-')
		return result_fail(res, RESULT_USAGE,
		    "setup takes options only: \"%s\" is none", word);
	if (row == NULL || (row->value == NULL && given != NULL))
		return result_fail(res, RESULT_USAGE,
		    "setup: unknown option %.*s", (int)strcspn(word, "="),
		    word);
	if (row->value != NULL)
		return take_value(o, row, w, given, res);
	*(bool *)((char *)o + row->offset) = true;
	return 0;
}

int
wizard_options_parse(
    struct wizard_options *o, int argc, char *const *argv, struct result *res)
{
	struct words w = { .argv = argv, .argc = argc, .next = 1 };

	*o = (struct wizard_options){ 0 };
	while (w.next < w.argc)
		if (take_word(o, &w, res) == -1)
			return -1;
	return 0;
}

void
wizard_options_help(struct buf *out)
{
	for (size_t i = 0; i < ROWS; i++) {
		size_t start = out->len;

		buf_printf(out, "  %s", rows[i].name);
		if (rows[i].value != NULL)
			buf_printf(out, " %s", rows[i].value);
		buf_printf(out, "%*s%s\n",
		    (int)(HELP_COLUMN - (out->len - start)), "", rows[i].text);
	}
}
