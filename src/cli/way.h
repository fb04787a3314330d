/*
 * way: what it takes to go to one account's smarthost: who we are there, its
 * secret, and what TLS needs.  Each part is got when it is wanted, some of it
 * only as long as root can read it.
 */
#ifndef CLI_WAY_H
#define CLI_WAY_H

#include <sys/types.h>

#include "base/result.h"
#include "config/conf.h"
#include "config/secret.h"
#include "delivery/identity.h"
#include "net/tls.h"

struct way {
	struct conf *conf; /* the account's; borrowed */
	struct identity identity;
	struct secret secret;
	struct tls *tls; /* NULL with tls = off */
};

/* Says who the caller `uid` is there; the rest is empty.  Kinds CONFIG, SYSTEM.
 * To be cleared whatever the result. */
int way_init(struct way *w, struct conf *conf, uid_t uid, struct result *res)
    __attribute__((warn_unused_result));

/* Loads the secret, unless it is to be asked for, and notes its forms for
 * masking.  Kinds CONFIG, SYSTEM; DENIED: it is not for the caller to read. */
int way_load(struct way *w, struct result *res)
    __attribute__((warn_unused_result));

/* Loads what TLS needs.  Kinds CONFIG, DENIED, SYSTEM, TLS. */
int way_trust(struct way *w, struct result *res)
    __attribute__((warn_unused_result));

/* Has the command, if there is one, say the password.  Kinds COMMAND,
 * INTERRUPTED: there is none; SYSTEM. */
int way_ask(struct way *w, struct result *res)
    __attribute__((warn_unused_result));

void way_clear(struct way *w);

#endif
