/*
 * conf_keys: the table of all keys of the configuration.
 *
 * It gives each key its section, name, type, default, bounds and one line of
 * documentation; the parser, the dump, and the tests of the manual and of the
 * sample file all follow it.  A key is in the table when its feature works.
 */
#ifndef CONFIG_CONF_KEYS_H
#define CONFIG_CONF_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum conf_type {
	CONF_STRING, /* may be empty */
	CONF_SECRET, /* as STRING, with any bytes; masked in the dump */
	CONF_PATH, /* absolute, or empty */
	CONF_URL, /* as STRING; what is before an "@" is masked in the dump */
	CONF_ENUM, /* one of `choices` */
	CONF_BOOL, /* yes, no */
	CONF_NUMBER, /* min..max */
	CONF_TIME, /* number and ms, s, m, h, d or w; kept in ms */
	CONF_TIMES /* some of them, with blanks between */
};

struct conf_key {
	const char *section, *name;
	enum conf_type type;
	size_t offset; /* in struct conf: char *, long or struct conf_times */
	const char *fallback; /* default, as it would be written */
	const char *choices; /* of an ENUM: "a|b|c" in the enum's order */
	long min, max; /* of a NUMBER, TIME or TIMES (ms) */
	const char *doc; /* one line */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_key_count;

/* The table's row, or NULL. */
const struct conf_key *conf_key_find(const char *section, const char *name);

/* Whether accounts with a name have it in a section of their own,
 * [smarthost NAME] or [sender NAME]. */
bool conf_key_is_of_account(const struct conf_key *key);

/* Whether any key belongs to `section`. */
bool conf_section_exists(const char *section);

/* The row that other programs call `name`, or whose name is so like it that it
 * must have been meant, in `section` rather than in another; or NULL. */
const struct conf_key *conf_key_guess(const char *section, const char *name);

/* The row that other programs, or people, call `name`; or NULL. */
const struct conf_key *conf_key_by_other_name(const char *name);

/* The section that others call `name`, or write in another case; or NULL. */
const char *conf_section_guess(const char *name);

#endif
