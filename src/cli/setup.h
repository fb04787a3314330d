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
#include "delivery/judge.h"
#include "delivery/rewrite.h"
#include "delivery/route.h"
#include "mail/charset.h"
#include "cli/way.h"

#define SETUP_USER "outpost" /* who the mail belongs to while it is kept */

struct setup {
	uid_t uid; /* the caller's */
	struct conf conf; /* of the first account; the others hang on it */
	struct aliases aliases;
	struct sender_map senders;
	struct way *ways; /* one for each account */
	struct routes routes; /* the same, for those who choose */
	size_t at; /* the account that is used: 0, or what was chosen */
	struct result no_fallback; /* kind OK, or what keeps the one from
				    * being used that may stand in for it */
	struct judge judge; /* of refusals */
	struct charset_choices charsets; /* of 8-bit text that is not UTF-8 */
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

/* The language of the configuration that setup_conf would find, if there is
 * one that can be read; else that of the locale. */
enum language setup_language(const char *path);

/* Opens the log that the configuration names.  A log file that cannot be
 * opened is no reason to lose mail: it becomes the complaint. */
void setup_log(struct setup *s);

/*
 * Opens the log, and loads what the configuration names, but for what is for
 * one account alone (way.h): aliases, sender map, character sets, identities.
 * A bad entry in one of the tables becomes the complaint, too.  Kinds CONFIG,
 * SYSTEM.
 */
int setup_load(struct setup *s, struct result *res)
    __attribute__((warn_unused_result));

/* Chooses the account for the mail of `sender`, as the caller gave it; NULL: he
 * gave none. */
void setup_choose(struct setup *s, const char *sender);

/* The way of the account that is used; and of the one to try when its
 * smarthost cannot be had, or NULL. */
struct way *setup_way(struct setup *s);
struct way *setup_fallback(struct setup *s);

/* Gets all that the first needs, the password too, and what can be had of the
 * other as long as root can read it.  Kinds as way.h's. */
int setup_open_way(struct setup *s, struct result *res)
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

/* What addresses are rewritten by, for the account of the way `w`, or the one
 * that is used; borrows `s`. */
struct rewrite setup_rewrite_by(const struct setup *s, const struct way *w);
struct rewrite setup_rewrite(const struct setup *s);

void setup_clear(struct setup *s);

#endif
