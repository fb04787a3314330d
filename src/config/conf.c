#include "config.h"

#include <bsd/string.h>
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

	if (line == 0)
		return result_context(
		    res, "%s: [%s] %s", conf->path, section, name);
	return result_context(
	    res, "%s:%u: [%s] %s", conf->path, line, section, name);
}

int
conf_fail(const struct conf *conf, const char *section, const char *name,
    struct result *res, const char *text)
{
	(void)result_fail(res, RESULT_CONFIG, "%s", text);
	return conf_context(conf, section, name, res);
}

/*
 * A key that is not in the table.  Its name is shown only when it looks like
 * one: a broken password may stand on a line of its own and hold a "=".
 */
static int
fail_unknown(
    const struct conf *conf, const struct inifile_entry *e, struct result *res)
{
	const struct conf_key *guess = conf_key_guess(e->section, e->name);
	size_t n = strlen(e->name);

	if (guess != NULL)
		return result_fail(res, RESULT_CONFIG,
		    "%s:%u: unknown key %s in [%s]; was %s in [%s] meant?",
		    conf->path, e->line, e->name, e->section, guess->name,
		    guess->section);
	if (n <= 24 && strspn(e->name, "abcdefghijklmnopqrstuvwxyz_") == n)
		return result_fail(res, RESULT_CONFIG,
		    "%s:%u: unknown key %s in [%s]", conf->path, e->line,
		    e->name, e->section);
	return result_fail(res, RESULT_CONFIG, "%s:%u: unknown key in [%s]",
	    conf->path, e->line, e->section);
}

/* Takes what inifile_parse() finds. */
static int
take_entry(void *arg, const struct inifile_entry *e, struct result *res)
{
	struct conf *conf = arg;
	const struct conf_key *key;
	unsigned *line;

	if (*e->section == '\0')
		return result_fail(res, RESULT_CONFIG,
		    "%s:%u: a key before the first [section]", conf->path,
		    e->line);
	if (!conf_section_exists(e->section))
		return result_fail(res, RESULT_CONFIG,
		    "%s:%u: unknown section [%s]", conf->path, e->line,
		    e->section);
	if (e->name == NULL)
		return 0;
	if ((key = conf_key_find(e->section, e->name)) == NULL)
		return fail_unknown(conf, e, res);
	line = &conf->lines[key - conf_keys];
	if (*line != 0)
		return result_fail(res, RESULT_CONFIG,
		    "%s:%u: %s in [%s] was set on line %u already", conf->path,
		    e->line, e->name, e->section, *line);
	*line = e->line;
	return conf_value_set(conf, key, e->value, res);
}

int
conf_defaults(struct conf *conf, const char *path, struct result *res)
{
	memset(conf, 0, sizeof *conf);
	if ((conf->path = strdup(path)) == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	for (size_t i = 0; i < conf_key_count; i++)
		if (conf_value_set(
			conf, &conf_keys[i], conf_keys[i].fallback, res) == -1)
			return -1;
	return 0;
}

int
conf_parse(struct conf *conf, const char *path, const char *p, size_t n,
    struct result *res)
{
	if (conf_defaults(conf, path, res) == -1 ||
	    inifile_parse(path, p, n, take_entry, conf, res) == -1)
		return -1;
	return conf_check(conf, res);
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
	if (*conf->smarthost.password_command != '\0' &&
	    file_check_owner(path, &st, "command to run", res) == -1)
		return -1;
	if (*conf->smarthost.password == '\0')
		return 0;
	return file_check_secret(path, &st, res);
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
	memset(conf, 0, sizeof *conf);
}
