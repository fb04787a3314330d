/*
 * setup: everything a command needs before it can do its work: the
 * configuration and what it leads to, loaded in order and released together.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include <stdbool.h>

#include "base/result.h"
#include "config/aliases.h"
#include "config/conf.h"
#include "config/secret.h"
#include "delivery/identity.h"
#include "net/tls.h"

struct setup {
	struct conf conf;
	struct secret secret;
	struct aliases aliases;
	struct identity identity;
	struct tls *tls; /* NULL with tls = off */
	struct result complaint; /* kind OK, or what is wrong but stops no
				  * mail: the log file, or an alias */
	bool has_log; /* false: what is logged reaches nobody */
};

/* Makes `s` empty, so that setup_clear is safe. */
void setup_init(struct setup *s);

/* Finds and loads the configuration alone.  `path` overrides where it is
 * looked for, as OUTPOST_CONFIG does when `path` is NULL.  Kind CONFIG. */
int setup_conf(struct setup *s, const char *path, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Loads everything: configuration, log target, secret (with its forms noted
 * for masking), aliases, identity, trust store.  A log file that cannot be
 * opened, or a bad entry among the aliases, is no reason to lose mail: it
 * becomes the complaint.  Kinds CONFIG, SYSTEM, TLS.
 */
int setup_load(struct setup *s, struct result *res)
    __attribute__((warn_unused_result));

void setup_clear(struct setup *s);

#endif
