#include "config.h"

#include <string.h>

#include "cli/check_admin.h"
#include "cli/check_print.h"
#include "cli/say.h"
#include "cli/setup.h"
#include "mail/address.h"

#define PROGRAM "outpost"

/* The command line, read word by word. */
struct words {
	char *const *argv;
	int argc, next;
	struct check_rules rules;
	enum check_layout layout;
};

static void
take_send(struct words *w, const char *value)
{
	(void)value;
	w->rules.depth = CHECK_SEND;
}

static void
take_json(struct words *w, const char *value)
{
	(void)value;
	w->layout = CHECK_LAYOUT_JSON;
}

static void
take_to(struct words *w, const char *value)
{
	w->rules.to = value;
}

static void
take_account(struct words *w, const char *value)
{
	w->rules.account = value;
}

static const struct option {
	const char *name;
	const char *value; /* what it is; NULL: it has none */
	void (*take)(struct words *w, const char *value);
} options[] = {
	{ "--account", "a name", take_account },
	{ "--json", NULL, take_json },
	{ "--send", NULL, take_send },
	{ "--to", "an address", take_to },
};

/* The option that `word` is, up to a "=", or NULL. */
static const struct option *
find(const char *word)
{
	size_t n = strcspn(word, "=");

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strlen(options[i].name) == n &&
		    memcmp(options[i].name, word, n) == 0)
			return &options[i];
	return NULL;
}

static int
take(struct words *w, struct result *res)
{
	const char *word = w->argv[w->next++], *value = strchr(word, '=');
	const struct option *o = find(word);

	if (o == NULL || (value != NULL && o->value == NULL))
		return result_fail(
		    res, RESULT_USAGE, "check: unknown option %s", word);
	if (value != NULL)
		value++;
	else if (o->value != NULL && w->next < w->argc)
		value = w->argv[w->next++];
	if (o->value != NULL && value == NULL)
		return result_fail(
		    res, RESULT_USAGE, "check: %s needs %s", o->name, o->value);
	o->take(w, value);
	return 0;
}

/* One address, so that what is asked is what is told. */
static int
check_to(const char *to, struct result *res)
{
	struct address address;

	if (to == NULL)
		return 0;
	if (address_one(&address, to, strlen(to), res) == -1)
		return result_context(res, "check: --to");
	if (address.spec[0] == '\0')
		return result_fail(
		    res, RESULT_USAGE, "check: --to needs an address");
	return 0;
}

static int
parse(struct words *w, struct result *res)
{
	while (w->next < w->argc)
		if (take(w, res) == -1)
			return -1;
	return check_to(w->rules.to, res);
}

int
check_admin(const char *config, int argc, char *const *argv)
{
	struct words w = { .argv = argv,
		.argc = argc,
		.next = 1,
		.rules = {
		    .config = config, .language = setup_language(config) } };
	struct check_print print;
	struct result res;
	int status, printed;

	if (parse(&w, &res) == -1) {
		say(PROGRAM ": %s\n", res.text);
		return EX_USAGE;
	}
	check_print_begin(&print, stdout, w.layout, w.rules.language);
	w.rules.done = check_print_stage;
	w.rules.arg = &print;
	status = check_run(&w.rules);
	check_print_end(&print, status);
	printed = say_flush(PROGRAM);
	return printed == EX_OK ? status : printed;
}
