#include "config.h"

#include <bsd/string.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/conf.h"
#include "config/conf_internal.h"
#include "config/file.h"
#include "config/inifile.h"

#define NAME "outpost.ini"
#define PATH_LIMIT 4096

/* Puts `directory`, and `rest` after it, in `path`; whether it exists. */
static bool
try_path(struct buf *path, const char *directory, const char *rest)
{
	if (directory == NULL || *directory != '/')
		return false;
	buf_reset(path);
	buf_puts(path, directory);
	buf_puts(path, rest);
	return !buf_failed(path) && !file_is_missing(path->data);
}

void
conf_find(
    const char *override, const char *xdg, const char *home, struct buf *path)
{
	buf_reset(path);
	if (override != NULL && *override != '\0') {
		buf_puts(path, override);
		return;
	}
	if (try_path(path, CONF_DEFAULT_PATH, "") ||
	    try_path(path, xdg, "/" NAME) ||
	    try_path(path, home, "/.config/" NAME))
		return;
	buf_reset(path);
	buf_puts(path, CONF_DEFAULT_PATH);
}

int
conf_context(const struct conf *conf, const char *section, const char *name,
    struct result *res)
{
	const struct conf_key *key = conf_key_find(section, name);
	unsigned line = key != NULL ? conf->lines[key - conf_keys] : 0;

	bool is_own = *conf->account != '\0' &&
	    strcmp(section, CONF_SMARTHOST) == 0;
	char where[INIFILE_NAME_MAX + 16] = "";

	if (line == CONF_BY_PRESET)
		snprintf(where, sizeof where, ": provider %s",
		    conf->smarthost.provider);
	else if (line > 0)
		snprintf(where, sizeof where, ":%u", line);
	return result_context(res, "%s%s: [%s%s%s] %s", conf->path, where,
	    section, is_own ? " " : "", is_own ? conf->account : "", name);
}

int
conf_fail(const struct conf *conf, const char *section, const char *name,
    struct result *res, const char *text)
{
	(void)result_fail(res, RESULT_CONFIG, "%s", text);
	return conf_context(conf, section, name, res);
}

int
conf_set_defaults(struct conf *conf, const char *path, struct result *res)
{
	if ((conf->path = strdup(path)) == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	for (size_t i = 0; i < conf_key_count; i++)
		if (conf_value_set(
			conf, &conf_keys[i], conf_keys[i].fallback, res) == -1)
			return -1;
	return 0;
}

int
conf_defaults(struct conf *conf, const char *path, struct result *res)
{
	memset(conf, 0, sizeof *conf);
	return conf_set_defaults(conf, path, res);
}

void
conf_clear_account(struct conf *conf)
{
	char **text;

	for (size_t i = 0; i < conf_key_count; i++) {
		if (!conf_type_is_string(conf_keys[i].type))
			continue;
		text = conf_string(conf, &conf_keys[i]);
		if (*text != NULL)
			explicit_bzero(*text, strlen(*text));
		free(*text);
	}
	free(conf->path);
}

int
conf_parse(struct conf *conf, const char *path, const char *p, size_t n,
    struct result *res)
{
	if (conf_read(conf, path, p, n, res) == -1)
		return -1;
	for (struct conf *c = conf; c != NULL; c = c->next)
		if (conf_fill(c, res) == -1 || conf_check(c, res) == -1)
			return -1;
	return 0;
}

/* One that was named must be there; where none is, mail can be left in the
 * drop folder as if it were there for others. */
static int
fail_missing(const char *path, struct result *res)
{
	return result_fail(res,
	    strcmp(path, CONF_DEFAULT_PATH) == 0 ? RESULT_DENIED
						 : RESULT_CONFIG,
	    "%s: no such file; outpost.ini(5) says what to put there", path);
}

static bool
holds_secret(const struct conf *conf)
{
	return *conf->smarthost.password != '\0' ||
	    strchr(conf->smarthost.proxy, '@') != NULL;
}

/* Reads, and checks who may write to, the file. */
static int
load(struct conf *conf, const char *path, struct buf *text, struct result *res)
{
	struct stat st;

	if (file_is_missing(path))
		return fail_missing(path, res);
	if (file_read(text, path, &st, res) == -1)
		return -1;
	if (file_check_writers(path, &st, res) == -1 ||
	    conf_parse(conf, path, text->data, text->len, res) == -1)
		return -1;
	for (const struct conf *c = conf; c != NULL; c = c->next)
		if ((*c->smarthost.password_command != '\0' &&
			file_check_owner(path, &st, "command to run", res) ==
			    -1) ||
		    (holds_secret(c) &&
			file_check_secret(path, &st, res) == -1))
			return -1;
	return 0;
}

int
conf_load(struct conf *conf, const char *path, struct result *res)
{
	struct buf text;
	int status;

	memset(conf, 0, sizeof *conf);
	buf_init(&text, CONF_FILE_MAX);
	status = load(conf, path, &text, res);
	buf_free(&text);
	return status;
}

void
conf_clear(struct conf *conf)
{
	struct conf *next;

	for (struct conf *c = conf->next; c != NULL; c = next) {
		next = c->next;
		conf_clear_account(c);
		free(c);
	}
	conf_clear_account(conf);
	memset(conf, 0, sizeof *conf);
}
