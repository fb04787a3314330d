/*
 * wizard_options: the command line of `outpost setup`, from one table.
 *
 * Nothing is opened, read or printed here; whether a value is a good answer
 * is for whoever takes the answers.  Pure; borrows argv.
 */
#ifndef CLI_WIZARD_OPTIONS_H
#define CLI_WIZARD_OPTIONS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/result.h"

struct wizard_options {
	/* NULL: not given */
	const char *address;
	const char *password_file;
	const char *provider;
	const char *host;
	const char *user;
	const char *local;
	bool no_check; /* --no-check */
	bool yes; /* --yes: what is proposed is taken, and nothing asked */
	bool force; /* --force: what is there is replaced, and nothing asked */
};

/* Reads the words after "setup", which is argv[0].  Kind USAGE, with one line
 * that says what is wrong. */
int wizard_options_parse(struct wizard_options *o, int argc, char *const *argv,
    struct result *res) __attribute__((warn_unused_result));

/* Appends the options, a line each, for --help. */
void wizard_options_help(struct buf *out);

#endif
