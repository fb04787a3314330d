#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "base/duration.h"
#include "cli/queue_options.h"

#define EVERY_MAX (365 * DURATION_DAY)
#define HELP_COLUMN 38

const struct queue_options_row queue_options_rows[] = {
	{ "list", QUEUE_COMMAND_LIST, QUEUE_TAKES_JSON | QUEUE_TAKES_FAILED,
	    QUEUE_IDS_ANY, "[--json] [--failed] [ID ...]",
	    "what waits, or what failed" },
	{ "show", QUEUE_COMMAND_SHOW, 0, QUEUE_IDS_ONE, "ID",
	    "all of one mail" },
	{ "run", QUEUE_COMMAND_RUN, QUEUE_TAKES_EVERY, QUEUE_IDS_NONE,
	    "[--every TIME]", "try what is due" },
	{ "retry", QUEUE_COMMAND_RETRY, QUEUE_TAKES_ALL, QUEUE_IDS_SOME,
	    "ID ... | --all", "try now" },
	{ "hold", QUEUE_COMMAND_HOLD, QUEUE_TAKES_ALL, QUEUE_IDS_SOME,
	    "ID ... | --all", "do not try until released" },
	{ "release", QUEUE_COMMAND_RELEASE, QUEUE_TAKES_ALL, QUEUE_IDS_SOME,
	    "ID ... | --all", "try what was held, or failed, again" },
	{ "remove", QUEUE_COMMAND_REMOVE, QUEUE_TAKES_ALL, QUEUE_IDS_SOME,
	    "ID ... | --all", "delete" },
};

const size_t queue_options_count = sizeof queue_options_rows /
    sizeof *queue_options_rows;

static const struct option_row {
	const char *name;
	enum queue_options_take take;
} option_rows[] = {
	{ "--json", QUEUE_TAKES_JSON },
	{ "--failed", QUEUE_TAKES_FAILED },
	{ "--every", QUEUE_TAKES_EVERY },
	{ "--all", QUEUE_TAKES_ALL },
};

/* The words after the command, read one after the other. */
struct words {
	char *const *argv;
	int argc, next;
};

static const struct queue_options_row *
find_command(const char *name)
{
	for (size_t i = 0; i < queue_options_count; i++)
		if (strcmp(queue_options_rows[i].name, name) == 0)
			return &queue_options_rows[i];
	return NULL;
}

/* The option of `row` that `word` is, up to a "=", or NULL. */
static const struct option_row *
find_option(const struct queue_options_row *row, const char *word)
{
	size_t n = strcspn(word, "=");

	for (size_t i = 0; i < sizeof option_rows / sizeof *option_rows; i++)
		if ((row->takes & option_rows[i].take) != 0 &&
		    strlen(option_rows[i].name) == n &&
		    memcmp(option_rows[i].name, word, n) == 0)
			return &option_rows[i];
	return NULL;
}

/* TIME of --every: after a "=", or the next word. */
static int
take_every(struct queue_options *q, struct words *w, const char *word,
    struct result *res)
{
	const char *value = strchr(word, '=');

	if (value != NULL)
		value++;
	else if (w->next < w->argc)
		value = w->argv[w->next++];
	else
		return result_fail(
		    res, RESULT_USAGE, "--every needs a time, like 5m");
	q->every_ms = duration_parse(value, DURATION_SECOND, EVERY_MAX);
	if (q->every_ms < DURATION_SECOND)
		return result_fail(res, RESULT_USAGE,
		    "--every: \"%s\" is no time from 1s to 365d, like 5m or "
		    "1h",
		    value);
	return 0;
}

static int
take_option(struct queue_options *q, const struct queue_options_row *row,
    struct words *w, struct result *res)
{
	const char *word = w->argv[w->next++];
	const struct option_row *option = find_option(row, word);

	if (option != NULL && option->take == QUEUE_TAKES_EVERY)
		return take_every(q, w, word, res);
	if (option == NULL || strchr(word, '=') != NULL)
		return result_fail(res, RESULT_USAGE,
		    "queue %s: unknown option %s", row->name, word);
	switch (option->take) {
	case QUEUE_TAKES_JSON:
		q->json = true;
		break;
	case QUEUE_TAKES_FAILED:
		q->failed = true;
		break;
	case QUEUE_TAKES_ALL:
		q->all = true;
		break;
	case QUEUE_TAKES_EVERY:
		break;
	}
	return 0;
}

/* All options; the first id is next then. */
static int
take_options(struct queue_options *q, const struct queue_options_row *row,
    struct words *w, struct result *res)
{
	while (w->next < w->argc && w->argv[w->next][0] == '-') {
		if (strcmp(w->argv[w->next], "--") == 0) {
			w->next++;
			break;
		}
		if (take_option(q, row, w, res) == -1)
			return -1;
	}
	return 0;
}

/* Whether there are as many ids as the command takes. */
static int
check_count(const struct queue_options *q, const struct queue_options_row *row,
    struct result *res)
{
	switch (row->ids) {
	case QUEUE_IDS_NONE:
		if (q->count > 0)
			return result_fail(res, RESULT_USAGE,
			    "queue %s takes no ids", row->name);
		break;
	case QUEUE_IDS_ONE:
		if (q->count != 1)
			return result_fail(res, RESULT_USAGE,
			    "queue %s takes one id", row->name);
		break;
	case QUEUE_IDS_ANY:
		break;
	case QUEUE_IDS_SOME:
		if (q->all == (q->count > 0))
			return result_fail(res, RESULT_USAGE,
			    "queue %s takes either ids or --all", row->name);
		break;
	}
	return 0;
}

static int
check_ids(const struct queue_options *q, const struct queue_options_row *row,
    struct result *res)
{
	for (size_t i = 0; i < q->count; i++) {
		if (q->ids[i][0] == '-')
			return result_fail(res, RESULT_USAGE,
			    "queue %s: options come before ids: %s", row->name,
			    q->ids[i]);
		if (q->ids[i][0] == '\0' || ascii_has_control(q->ids[i]))
			return result_fail(res, RESULT_USAGE,
			    "queue %s: \"%s\" is no id", row->name, q->ids[i]);
	}
	return check_count(q, row, res);
}

/* "list, show, ... or remove" */
static int
fail_command(const char *name, struct result *res)
{
	struct buf all;

	buf_init(&all, 256);
	for (size_t i = 0; i < queue_options_count; i++) {
		if (i > 0)
			buf_puts(
			    &all, i + 1 < queue_options_count ? ", " : " or ");
		buf_puts(&all, queue_options_rows[i].name);
	}
	if (name == NULL)
		(void)result_fail(res, RESULT_USAGE, "queue: say %s", all.data);
	else
		(void)result_fail(res, RESULT_USAGE,
		    "queue: unknown command \"%s\"; there are %s", name,
		    all.data);
	buf_free(&all);
	return -1;
}

int
queue_options_parse(
    struct queue_options *q, int argc, char *const *argv, struct result *res)
{
	struct words w = { .argv = argv, .argc = argc, .next = 1 };
	const struct queue_options_row *row;

	*q = (struct queue_options){ .command = QUEUE_COMMAND_LIST };
	if (argc < 1)
		return fail_command(NULL, res);
	if ((row = find_command(argv[0])) == NULL)
		return fail_command(argv[0], res);
	q->command = row->command;
	if (take_options(q, row, &w, res) == -1)
		return -1;
	q->ids = argv + w.next;
	q->count = (size_t)(argc - w.next);
	return check_ids(q, row, res);
}

void
queue_options_help(struct buf *out)
{
	for (size_t i = 0; i < queue_options_count; i++) {
		size_t start = out->len;

		buf_printf(out, "  %s %s", queue_options_rows[i].name,
		    queue_options_rows[i].words);
		buf_printf(out, "%*s%s\n",
		    (int)(HELP_COLUMN - (out->len - start)), "",
		    queue_options_rows[i].text);
	}
}
