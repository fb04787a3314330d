/*
 * login: gets a token for an account by having somebody log in with a browser
 * (RFC 8628), and keeps it.
 *
 * What is not said is what the last login said, else what providers.ini says.
 */
#ifndef OAUTH_LOGIN_H
#define OAUTH_LOGIN_H

#include "base/result.h"
#include "oauth/options.h"
#include "oauth/store.h"

struct login {
	const struct oauth_options *options;
	const struct secret *secret; /* of the client; empty: not given */
	const char *user, *hosts; /* of the smarthost */
	/* shows a text to whoever logs in, at once; -1: it cannot */
	int (*tell)(const char *text, struct result *res);
};

/* Kinds USAGE, CONFIG: something is missing or wrong; NOPERM: nobody was let
 * in; BUSY, STORAGE, and those of grant.h. */
int login_run(const struct login *l, struct store *s, struct result *res)
    __attribute__((warn_unused_result));

#endif
