/*
 * preset: what a provider's account is configured by, as data.
 *
 * providers.ini (provider.h) has a section for each provider:
 *
 *	[provider 163]
 *	title = NetEase 163
 *	domains = 163.com			; of the mail addresses it gives
 *	host = smtp.163.com:465 smtp.163.com:994
 *	messages_per_connection = 10
 *	rewrite = always
 *	user_en = the full address
 *	user_zh = ...
 *	code_en = ...
 *	code_zh = ...
 *
 * Any key of [smarthost] and [sender] may stand in it by its own name, but
 * none that says where a password is; it is what the key has where the
 * configuration names the provider and does not set the key.  Unknown keys
 * are passed by.  The other sections are nothing to this module.
 *
 * All pointers of a preset belong to the struct presets it is in.
 */
#ifndef CONFIG_PRESET_H
#define CONFIG_PRESET_H

#include <stddef.h>

#include "base/language.h"
#include "base/result.h"
#include "config/conf_keys.h"

/* What a person is told, in each language. */
enum preset_text {
	PRESET_USER, /* what `user` is, to go after "user: " */
	PRESET_CODE, /* where to get the password or authorisation code */
	PRESET_HOST, /* what `host` is, where the preset cannot know it */
	PRESET_TEXT_COUNT
};

/* What a key has by the preset. */
struct preset_value {
	const struct conf_key *key;
	char *text; /* as it would be written */
};

struct preset {
	char *name; /* "163" */
	char *title; /* "NetEase 163", or "" */
	char *domains; /* patterns (pattern.h) with blanks between, or "" */
	char *texts[PRESET_TEXT_COUNT][LANGUAGE_COUNT]; /* or "" */
	struct preset_value *values; /* in the order of the file */
	size_t count; /* of them */
};

/* All of them, in the order of the file: all[0] to all[count - 1]. */
struct presets {
	struct preset *all;
	size_t count;
};

/*
 * Reads the file `path` (provider_path()).  `p` need not be initialised, and
 * is to be cleared whatever the result.  Kind CONFIG: it is missing, may be
 * changed by others, or is no INI file; two presets have one name; a key is set
 * twice, or is none of a preset's.  Whether the values are valid is not looked at.
 */
int presets_load(struct presets *p, const char *path, struct result *res)
    __attribute__((warn_unused_result));

/* The same from `n` bytes in memory, called `path` in messages. */
int presets_parse(struct presets *p, const char *path, const char *text,
    size_t n, struct result *res) __attribute__((warn_unused_result));

void presets_clear(struct presets *p);

/* The preset called `name`, whatever the case of its letters; or NULL. */
const struct preset *preset_find_name(
    const struct presets *p, const char *name);

/* The same; when there is none, kind CONFIG, and what may have been meant. */
const struct preset *preset_choose(
    const struct presets *p, const char *name, struct result *res);

/* The first preset that has `domain` among its domains; or NULL.  Of a mail
 * address, what stands after its last @ counts. */
const struct preset *preset_find_domain(
    const struct presets *p, const char *domain);

/* The preset that must have been meant by a `name` that is none: it has that
 * domain, or a name so like it; or NULL. */
const struct preset *preset_guess(const struct presets *p, const char *name);

/* A text in `language`, else in English; "" where there is none. */
const char *preset_text(const struct preset *preset, enum preset_text which,
    enum language language);

/* What `name` in [smarthost] or [sender] has by the preset, as it would be
 * written; the default of the key where the preset says nothing. */
const char *preset_value(
    const struct preset *preset, const char *section, const char *name);

#endif
