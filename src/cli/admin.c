#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/admin.h"
#include "cli/check_admin.h"
#include "cli/oauth.h"
#include "cli/providers.h"
#include "cli/queue_admin.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/setup.h"
#include "cli/wizard.h"
#include "cli/wizard_options.h"
#include "config/preset.h"
#include "config/provider.h"

#define PROGRAM "outpost"

static const char usage[] =
    "usage: outpost [-c file] check [--to address] [--send]\n"
    "                               [--account name] [--json]\n"
    "       outpost [-c file] config\n"
    "       outpost [-c file] providers [name]\n"
    "       outpost [-c file] queue command [options] [id ...]\n"
    "       outpost [-c file] oauth command [options]\n"
    "       outpost [-c file] setup [options]\n"
    "       outpost --version | --help\n";

static const char oauth_help[] =
    "\noutpost oauth:\n"
    "  login [--provider NAME] [--client-id ID] [--client-secret-file FILE]\n"
    "        [--tenant NAME]               get a token for the account\n"
    "  token                               print it, for password_command\n"
    "  show                                what is known of it\n"
    "  forget                              delete it\n"
    "  --account NAME                      that of [smarthost NAME]\n";

static int
print(const char *text)
{
	fputs(text, stdout);
	return say_flush(PROGRAM);
}

static int
help(void)
{
	struct buf out;
	int status;

	buf_init(&out, 65536);
	buf_puts(&out, usage);
	buf_puts(&out, "\noutpost queue:\n");
	queue_options_help(&out);
	buf_puts(&out, oauth_help);
	buf_puts(&out, "\noutpost setup:\n");
	wizard_options_help(&out);
	status = print(out.data);
	buf_free(&out);
	return status;
}

static int
show_config(const char *path)
{
	struct report rep = { .program = PROGRAM };
	struct setup setup;
	struct result res;
	struct buf out;
	int status;

	setup_init(&setup);
	buf_init(&out, 1024 * 1024);
	if (setup_conf(&setup, path, &res) == -1) {
		status = report_failure(&rep, &res);
	} else {
		conf_dump(&setup.conf, &out);
		status = print(out.data);
	}
	buf_free(&out);
	setup_clear(&setup);
	return status;
}

static int
config(const char *path, int argc, char *const *argv)
{
	(void)argv;
	if (argc == 1)
		return show_config(path);
	say("%s", usage);
	return EX_USAGE;
}

/* Shows the provider called `name`; NULL: all of them. */
static int
show_providers(
    const struct presets *presets, const char *name, enum language language)
{
	const struct preset *preset = NULL;
	struct result res;
	struct buf out;
	int status;

	if (name != NULL &&
	    (preset = preset_choose(presets, name, &res)) == NULL) {
		say(PROGRAM ": %s\n", res.text);
		return EX_USAGE;
	}
	buf_init(&out, 4 * PROVIDER_FILE_MAX);
	if (preset == NULL)
		providers_table(presets, language, &out);
	else
		providers_one(preset, language, &out);
	status = print(out.data);
	buf_free(&out);
	return status;
}

static int
providers(const char *path, int argc, char *const *argv)
{
	struct report rep = { .program = PROGRAM };
	struct presets presets;
	struct result res;
	int status;

	if (argc > 2) {
		say("%s", usage);
		return EX_USAGE;
	}
	if (presets_load(&presets, provider_path(), &res) == -1)
		status = report_failure(&rep, &res);
	else
		status = show_providers(
		    &presets, argc == 2 ? argv[1] : NULL, setup_language(path));
	presets_clear(&presets);
	return status;
}

static int
queue(const char *path, int argc, char *const *argv)
{
	struct queue_options q;
	struct result res;

	if (queue_options_parse(&q, argc - 1, argv + 1, &res) == 0)
		return queue_admin(&q, path);
	say(PROGRAM ": %s\n", res.text);
	return result_exit_status(res.kind);
}

static int
oauth(const char *path, int argc, char *const *argv)
{
	return oauth_become(path, argc - 1, argv + 1);
}

static const struct {
	const char *name;
	int (*run)(const char *path, int argc, char *const *argv);
} commands[] = {
	{ "check", check_admin },
	{ "config", config },
	{ "oauth", oauth },
	{ "providers", providers },
	{ "queue", queue },
	{ "setup", wizard },
};

int
admin_main(int argc, char *const *argv)
{
	const char *path = NULL;
	int opt;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return print("outpost " PACKAGE_VERSION "\n");
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return help();
	while ((opt = getopt(argc, argv, "+:c:")) == 'c')
		path = optarg;
	for (size_t i = 0; opt == -1 && optind < argc &&
	     i < sizeof commands / sizeof *commands;
	     i++)
		if (strcmp(argv[optind], commands[i].name) == 0)
			return commands[i].run(
			    path, argc - optind, argv + optind);
	say("%s", usage);
	return EX_USAGE;
}
