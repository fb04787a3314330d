/*
 * setup: everything a command needs before it can do its work: the
 * configuration and what it leads to, loaded in order and released together.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/result.h"
#include "config/aliases.h"
#include "config/conf.h"
#include "config/secret.h"
#include "delivery/rewrite.h"
#include "mail/charset.h"
#include "net/tls.h"

#define SETUP_USER "outpost" /* who the mail belongs to while it is kept */

struct setup {
	uid_t uid; /* the caller's */
	struct conf conf;
	struct secret secret;
	struct aliases aliases;
	struct sender_map senders;
	struct identity identity;
	struct charset_choices charsets; /* of 8-bit text that is not UTF-8 */
	struct tls *tls; /* NULL with tls = off */
	struct result complaint; /* kind OK, or what is wrong but stops no
				  * mail: the log file, or an alias,
				  * or a rule of the sender map */
	bool has_log; /* false: what is logged reaches nobody */
};

/* Makes `s` empty, so that setup_clear is safe. */
void setup_init(struct setup *s);

/* Finds and loads the configuration alone.  `path` overrides where it is
 * looked for, as OUTPOST_CONFIG does when `path` is NULL.  Kinds CONFIG;
 * DENIED: it is not for the caller to read. */
int setup_conf(struct setup *s, const char *path, struct result *res)
    __attribute__((warn_unused_result));

/* Opens the log that the configuration names.  A log file that cannot be
 * opened is no reason to lose mail: it becomes the complaint. */
void setup_log(struct setup *s);

/*
 * Opens the log, and loads what the configuration names: secret (with its forms noted for
 * masking), aliases, sender map, character sets, identity.  A bad entry in one
 * of the tables becomes the complaint, too.  Kinds CONFIG, SYSTEM; DENIED: the
 * secret is not for the caller to read.
 */
int setup_load(struct setup *s, struct result *res)
    __attribute__((warn_unused_result));

/* Loads what TLS needs, as long as root can read it.  Kinds CONFIG, DENIED,
 * SYSTEM, TLS. */
int setup_trust(struct setup *s, struct result *res)
    __attribute__((warn_unused_result));

/* Has the command, if there is one, say the password.  Kinds COMMAND,
 * INTERRUPTED: there is none; SYSTEM. */
int setup_ask(struct setup *s, struct result *res)
    __attribute__((warn_unused_result));

/* Both: all that only the way to the smarthost needs. */
int setup_way(struct setup *s, struct result *res)
    __attribute__((warn_unused_result));

/*
 * As root, once all is loaded: becomes SETUP_USER where there is such a user,
 * for mail is neither read, kept nor sent as root.  The spool, if it is not there yet,
 * is made for that user first.  Kind SYSTEM.
 */
int setup_become(struct setup *s, struct result *res)
    __attribute__((warn_unused_result));

/* For a caller who may read no configuration: the defaults, and who he is; or
 * who may not read all that it names: who he is. */
int setup_without(struct setup *s, struct result *res)
    __attribute__((warn_unused_result));

/* What addresses are rewritten by; borrows `s`. */
struct rewrite setup_rewrite(const struct setup *s);

void setup_clear(struct setup *s);

#endif
