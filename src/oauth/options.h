/*
 * options: the command line of `outpost oauth`.  Pure, but for getopt(3);
 * borrows argv.
 */
#ifndef OAUTH_OPTIONS_H
#define OAUTH_OPTIONS_H

#include "base/result.h"

enum oauth_command { OAUTH_LOGIN, OAUTH_TOKEN, OAUTH_SHOW, OAUTH_FORGET };

struct oauth_options {
	enum oauth_command command;
	/* NULL: not given */
	const char *configuration; /* -c */
	const char *account; /* as in [smarthost NAME] */
	/* of login */
	const char *provider, *client_id, *client_secret_file, *tenant;
};

/* Reads `[-c FILE] COMMAND [OPTION ...]`, after the program's name.  Kind
 * USAGE. */
int oauth_options_parse(struct oauth_options *o, int argc, char *const *argv,
    struct result *res) __attribute__((warn_unused_result));

#endif
