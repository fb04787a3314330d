/*
 * conf_internal: what the parts of conf share.  Not for other modules.
 */
#ifndef CONFIG_CONF_INTERNAL_H
#define CONFIG_CONF_INTERNAL_H

#include <stdbool.h>

#include "base/result.h"
#include "config/conf.h"
#include "config/conf_keys.h"

/* Where the value of `key` is, which is a STRING, SECRET or PATH. */
char **conf_string(struct conf *conf, const struct conf_key *key);

/* Whether the values of `type` are strings. */
bool conf_type_is_string(enum conf_type type);

/* Sets `key` from its text.  Kind CONFIG without the value in its text. */
int conf_value_set(struct conf *conf, const struct conf_key *key,
    const char *text, struct result *res);

/* Reads the text, once for each account; checks nothing. */
int conf_read(struct conf *conf, const char *path, const char *p, size_t n,
    struct result *res);

/* Makes `conf`, of which only its name and its place are known, hold the
 * defaults. */
int conf_set_defaults(struct conf *conf, const char *path, struct result *res);

/* Releases what one account has, but not the struct. */
void conf_clear_account(struct conf *conf);

/* The sections that accounts with a name can have. */
#define CONF_SMARTHOST "smarthost"
#define CONF_SENDER "sender"

/* Gives the keys that are not set what the preset has that `provider` names.
 * Kinds CONFIG, DENIED, SYSTEM. */
int conf_fill(struct conf *conf, struct result *res);

/* Whether the values go together.  Kind CONFIG. */
int conf_check(const struct conf *conf, struct result *res);

#endif
