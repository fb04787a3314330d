#include "config.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "base/ascii.h"
#include "oauth/options.h"

static const char *const commands[] = {
	[OAUTH_LOGIN] = "login",
	[OAUTH_TOKEN] = "token",
	[OAUTH_SHOW] = "show",
	[OAUTH_FORGET] = "forget",
};

/* Where the values go, by the number that getopt_long() returns. */
static const size_t places[] = {
	offsetof(struct oauth_options, account),
	offsetof(struct oauth_options, provider),
	offsetof(struct oauth_options, client_id),
	offsetof(struct oauth_options, client_secret_file),
	offsetof(struct oauth_options, tenant),
};

static const struct option login_options[] = {
	{ "account", required_argument, NULL, 0 },
	{ "provider", required_argument, NULL, 1 },
	{ "client-id", required_argument, NULL, 2 },
	{ "client-secret-file", required_argument, NULL, 3 },
	{ "tenant", required_argument, NULL, 4 },
	{ NULL, 0, NULL, 0 },
};
static const struct option other_options[] = {
	{ "account", required_argument, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static int
find_command(struct oauth_options *o, const char *name, struct result *res)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (name != NULL && strcmp(name, commands[i]) == 0) {
			o->command = (enum oauth_command)i;
			return 0;
		}
	if (name == NULL)
		return result_fail(res, RESULT_USAGE,
		    "oauth: say login, token, show or forget");
	return result_fail(res, RESULT_USAGE,
	    "oauth: unknown command \"%s\"; there are login, token, show and "
	    "forget",
	    name);
}

static int
take_options(
    struct oauth_options *o, int argc, char *const *argv, struct result *res)
{
	const char *name = commands[o->command];
	const struct option *known = o->command == OAUTH_LOGIN ? login_options
							       : other_options;
	int opt, at = 1;

	/* anew, as the first words were read with other options */
	optind = 0;
	for (; (opt = getopt_long(argc, argv, "+:", known, NULL)) >= 0;
	     at = optind) {
		if (opt == ':')
			return result_fail(res, RESULT_USAGE,
			    "oauth %s: %s needs a value", name, argv[at]);
		if (opt == '?')
			return result_fail(res, RESULT_USAGE,
			    "oauth %s: unknown option %s", name, argv[at]);
		if (*optarg == '\0' || ascii_has_control(optarg))
			return result_fail(res, RESULT_USAGE,
			    "oauth %s: \"%s\" is not fit to be a value", name,
			    optarg);
		*(const char **)((char *)o + places[opt]) = optarg;
	}
	if (optind < argc)
		return result_fail(res, RESULT_USAGE,
		    "oauth %s: what is \"%s\"?", name, argv[optind]);
	return 0;
}

int
oauth_options_parse(
    struct oauth_options *o, int argc, char *const *argv, struct result *res)
{
	int opt, first;

	*o = (struct oauth_options){ .command = OAUTH_SHOW };
	opterr = 0;
	optind = 0;
	while ((opt = getopt(argc, argv, "+:c:")) == 'c')
		o->configuration = optarg;
	if (opt != -1)
		return result_fail(res, RESULT_USAGE, "oauth: unknown option");
	first = optind;
	if (find_command(o, first < argc ? argv[first] : NULL, res) == -1)
		return -1;
	return take_options(o, argc - first, argv + first, res);
}
