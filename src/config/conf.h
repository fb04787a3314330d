/*
 * conf: the configuration, from an INI file to a checked struct.
 *
 * The keys stand in one table (conf_keys.h); the syntax of the lines is
 * inifile.h's.
 *
 * A file may have several accounts: [smarthost], and [smarthost NAME] for each
 * further one.  Each is a struct conf of its own, as if the file were about it
 * alone: its smarthost is its own section, all else is shared but for what
 * [sender NAME] says.  `address` in [sender] is the first account's.
 *
 * An account that names a provider has its preset's values (preset.h) where
 * the file sets none.
 *
 * Leaves to others: whether addresses are valid (delivery), the secret
 * (secret.h), the network.  Reads files, nothing else; changes nothing.
 * The caller owns the struct; its strings are the struct's.  After conf_load()
 * or conf_parse() has succeeded none of them is NULL, and what is set neither
 * by the file nor by a preset is its default or empty.
 */
#ifndef CONFIG_CONF_H
#define CONFIG_CONF_H

#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"
#include "config/conf_values.h"

#define CONF_DEFAULT_PATH SYSCONFDIR "/outpost.ini"
#define CONF_FILE_MAX (1024 * 1024)

/*
 * Finds the file to read: `override` (OUTPOST_CONFIG or -c) when not NULL or
 * empty; else CONF_DEFAULT_PATH when it exists; else outpost.ini in `xdg`
 * (XDG_CONFIG_HOME), else in `home`/.config; and CONF_DEFAULT_PATH when none
 * exists.  `xdg` and `home` may be NULL, and count only when they are
 * absolute.  Replaces what is in `path`.
 */
void conf_find(
    const char *override, const char *xdg, const char *home, struct buf *path);

/*
 * Reads and checks the file `path` into `conf`, which need not be
 * initialised, and is to be cleared whatever the result.  Kind CONFIG, with
 * "file:line: what" and never a secret: missing or unreadable file, unknown
 * section or key, duplicate, bad value, contradiction (no host; auth without
 * user; a password sent in clear without insecure_auth; a file that others
 * may change, or that holds a password, a proxy's too, and others may read, or
 * a command and is another user's).  DENIED: the caller may not read it, or
 * there is none at CONF_DEFAULT_PATH.  The opened file's owner and mode count.
 */
int conf_load(struct conf *conf, const char *path, struct result *res)
    __attribute__((warn_unused_result));

/* The same from `n` bytes in memory, called `path` in messages; checks no
 * file mode.  For tests and fuzzing. */
int conf_parse(struct conf *conf, const char *path, const char *p, size_t n,
    struct result *res) __attribute__((warn_unused_result));

/* Makes `conf` hold the defaults, as if the file `path` were empty. */
int conf_defaults(struct conf *conf, const char *path, struct result *res)
    __attribute__((warn_unused_result));

/* Kind CONFIG about one key's value: "file:line: [section] name: text".
 * Returns -1. */
int conf_fail(const struct conf *conf, const char *section, const char *name,
    struct result *res, const char *text);

/* Puts "file:line: [section] name: " before the text.  Returns -1. */
int conf_context(const struct conf *conf, const char *section, const char *name,
    struct result *res);

/* Writes the effective values as a valid file, secrets masked, each with a
 * comment on where it is from: the line of the file, the preset, or nowhere. */
void conf_dump(const struct conf *conf, struct buf *out);

/* Appends `text` as it is written for a value: in quotes where it needs them. */
void conf_quote(struct buf *out, const char *text);

/* Wipes secrets and releases all strings. */
void conf_clear(struct conf *conf);

#endif
