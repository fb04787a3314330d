#include "config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/distance.h"
#include "base/pattern.h"
#include "config/file.h"
#include "config/inifile.h"
#include "config/preset.h"
#include "config/provider.h"

#define SECTION "provider"

struct reader {
	const char *path;
	struct presets *presets;
	struct preset *preset; /* whose section is being read, or NULL */
};

/* What is no key of the configuration; all of a preset's strings. */
static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "title", offsetof(struct preset, title) },
	{ "domains", offsetof(struct preset, domains) },
	{ "user_en",
	    offsetof(struct preset, texts[PRESET_USER][LANGUAGE_ENGLISH]) },
	{ "user_zh",
	    offsetof(struct preset, texts[PRESET_USER][LANGUAGE_CHINESE]) },
	{ "code_en",
	    offsetof(struct preset, texts[PRESET_CODE][LANGUAGE_ENGLISH]) },
	{ "code_zh",
	    offsetof(struct preset, texts[PRESET_CODE][LANGUAGE_CHINESE]) },
	{ "host_en",
	    offsetof(struct preset, texts[PRESET_HOST][LANGUAGE_ENGLISH]) },
	{ "host_zh",
	    offsetof(struct preset, texts[PRESET_HOST][LANGUAGE_CHINESE]) },
};

#define FIELD_COUNT (sizeof fields / sizeof *fields)

static char **
field_of(struct preset *preset, size_t i)
{
	return (char **)(void *)((char *)preset + fields[i].offset);
}

static int
fail_memory(struct result *res)
{
	return result_fail(res, RESULT_SYSTEM, "out of memory");
}

static int
fail_entry(const struct reader *r, const struct inifile_entry *e,
    const char *text, struct result *res)
{
	return result_fail(res, RESULT_CONFIG, "%s:%u: %s%s%s", r->path,
	    e->line, e->name != NULL ? e->name : "", e->name != NULL ? " " : "",
	    text);
}

/* Makes the string `at` a copy of `text`. */
static int
set(char **at, const char *text, struct result *res)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return fail_memory(res);
	free(*at);
	*at = copy;
	return 0;
}

/* The name in "provider NAME"; NULL where the section is another. */
static const char *
preset_name(const char *section)
{
	size_t n = strlen(SECTION);

	if (strncmp(section, SECTION, n) != 0 || section[n] != ' ')
		return NULL;
	section += n;
	while (*section == ' ')
		section++;
	return section;
}

static int
begin_preset(struct reader *r, const struct inifile_entry *e, const char *name,
    struct result *res)
{
	struct presets *p = r->presets;
	struct preset *all;

	if (preset_find_name(p, name) != NULL)
		return fail_entry(
		    r, e, "there is a provider of this name already", res);
	all = reallocarray(p->all, p->count + 1, sizeof *all);
	if (all == NULL)
		return fail_memory(res);
	p->all = all;
	r->preset = &all[p->count++];
	memset(r->preset, 0, sizeof *r->preset);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (set(field_of(r->preset, i), "", res) == -1)
			return -1;
	return set(&r->preset->name, name, res);
}

/* The key of the configuration by this name, or NULL. */
static const struct conf_key *
find_key(const char *name)
{
	const struct conf_key *key = conf_key_find("smarthost", name);

	return key != NULL ? key : conf_key_find("sender", name);
}

/* Where the password is, is for the configuration to say: the file it stands
 * in has its owner and mode looked at. */
static bool
may_set(const struct conf_key *key)
{
	return key->type != CONF_SECRET &&
	    !ascii_begins(key->name, "password") &&
	    strcmp(key->name, "provider") != 0;
}

static const struct preset_value *
find_value(const struct preset *preset, const struct conf_key *key)
{
	for (size_t i = 0; i < preset->count; i++)
		if (preset->values[i].key == key)
			return &preset->values[i];
	return NULL;
}

static int
add_value(struct preset *preset, const struct conf_key *key,
    const struct inifile_entry *e, struct result *res)
{
	struct preset_value *values = reallocarray(
	    preset->values, preset->count + 1, sizeof *values);

	if (values == NULL)
		return fail_memory(res);
	preset->values = values;
	values += preset->count++;
	*values = (struct preset_value){ key, NULL };
	return set(&values->text, e->value, res);
}

static int
take_value(struct reader *r, const struct inifile_entry *e, struct result *res)
{
	const struct conf_key *key = find_key(e->name);

	if (key == NULL)
		return 0;
	if (!may_set(key))
		return fail_entry(r, e, "cannot be set by a provider", res);
	if (find_value(r->preset, key) != NULL)
		return fail_entry(r, e, "is set twice", res);
	return add_value(r->preset, key, e, res);
}

/* Takes what inifile_parse() finds. */
static int
take_entry(void *arg, const struct inifile_entry *e, struct result *res)
{
	struct reader *r = arg;
	const char *name;
	char **field;

	if (e->name == NULL) {
		r->preset = NULL;
		name = preset_name(e->section);
		return name != NULL ? begin_preset(r, e, name, res) : 0;
	}
	if (r->preset == NULL)
		return 0;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (strcmp(fields[i].name, e->name) != 0)
			continue;
		field = field_of(r->preset, i);
		if (**field != '\0')
			return fail_entry(r, e, "is set twice", res);
		return set(field, e->value, res);
	}
	return take_value(r, e, res);
}

int
presets_parse(struct presets *p, const char *path, const char *text, size_t n,
    struct result *res)
{
	struct reader reader = { path, p, NULL };

	memset(p, 0, sizeof *p);
	return inifile_parse(path, text, n, take_entry, &reader, res);
}

int
presets_load(struct presets *p, const char *path, struct result *res)
{
	struct buf text;
	struct stat st;
	int status = -1;

	memset(p, 0, sizeof *p);
	buf_init(&text, PROVIDER_FILE_MAX);
	if (file_read(&text, path, &st, res) == 0 &&
	    file_check_writers(path, &st, res) == 0)
		status = presets_parse(p, path, text.data, text.len, res);
	buf_free(&text);
	return status;
}

static void
clear_preset(struct preset *preset)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		free(*field_of(preset, i));
	for (size_t i = 0; i < preset->count; i++)
		free(preset->values[i].text);
	free(preset->values);
	free(preset->name);
}

void
presets_clear(struct presets *p)
{
	for (size_t i = 0; i < p->count; i++)
		clear_preset(&p->all[i]);
	free(p->all);
	memset(p, 0, sizeof *p);
}

const struct preset *
preset_find_name(const struct presets *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (ascii_equal(p->all[i].name, name))
			return &p->all[i];
	return NULL;
}

/* Whether `domain` is one of the blank-separated patterns in `list`. */
static bool
is_listed(const char *list, const char *domain)
{
	size_t n, len = strlen(domain);

	for (list += strspn(list, " "); *list != '\0';
	     list += n + strspn(list + n, " ")) {
		n = strcspn(list, " ");
		if (pattern_fits(list, n, domain, len))
			return true;
	}
	return false;
}

const struct preset *
preset_find_domain(const struct presets *p, const char *domain)
{
	const char *at = strrchr(domain, '@');

	if (at != NULL)
		domain = at + 1;
	for (size_t i = 0; i < p->count; i++)
		if (is_listed(p->all[i].domains, domain))
			return &p->all[i];
	return NULL;
}

const struct preset *
preset_guess(const struct presets *p, const char *name)
{
	const struct preset *best = preset_find_domain(p, name);
	size_t cost, least = 3;

	if (best != NULL)
		return best;
	for (size_t i = 0; i < p->count; i++) {
		cost = distance(name, p->all[i].name);
		/* Half the letters wrong is no likeness. */
		if (cost < least && 2 * cost < strlen(p->all[i].name)) {
			least = cost;
			best = &p->all[i];
		}
	}
	return best;
}

const struct preset *
preset_choose(const struct presets *p, const char *name, struct result *res)
{
	const struct preset *found = preset_find_name(p, name), *guess;

	if (found != NULL)
		return found;
	if ((guess = preset_guess(p, name)) != NULL)
		(void)result_fail(res, RESULT_CONFIG,
		    "there is no provider of this name; was %s meant?",
		    guess->name);
	else
		(void)result_fail(res, RESULT_CONFIG,
		    "there is no provider of this name; `outpost providers` "
		    "lists them");
	return NULL;
}

const char *
preset_text(
    const struct preset *preset, enum preset_text which, enum language language)
{
	const char *const *texts = (const char *const *)preset->texts[which];

	return *texts[language] != '\0' ? texts[language]
					: texts[LANGUAGE_ENGLISH];
}

const char *
preset_value(const struct preset *preset, const char *section, const char *name)
{
	const struct conf_key *key = conf_key_find(section, name);
	const struct preset_value *value;

	if (key == NULL)
		return "";
	value = find_value(preset, key);
	return value != NULL ? value->text : key->fallback;
}
