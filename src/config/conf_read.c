#include "config.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"
#include "config/conf_internal.h"
#include "config/inifile.h"

/*
 * A key that is not in the table.  Its name is shown only when it looks like
 * one: a broken password may stand on a line of its own and hold a "=".
 */
static int
fail_unknown(const struct conf *conf, const struct inifile_entry *e,
    const char *section, struct result *res)
{
	const struct conf_key *guess = conf_key_guess(section, e->name);
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

/* The text while it is read for one account. */
struct reading {
	struct conf *conf;
	struct conf **accounts; /* where further ones are added; NULL: they are
				 * known */
	bool has_first; /* a [smarthost] without a name */
	bool own[CONF_KEYS_MAX]; /* keys of sections with the account's name */
};

/* A key that stands above all sections. */
static int
fail_homeless(
    const struct conf *conf, const struct inifile_entry *e, struct result *res)
{
	const struct conf_key *guess = conf_key_guess(CONF_SMARTHOST, e->name);

	return result_fail(res, RESULT_CONFIG,
	    "%s:%u: a key before the first [section]; put [%s] above it",
	    conf->path, e->line,
	    guess != NULL ? guess->section : CONF_SMARTHOST);
}

/* A line without "=": no more of it is shown than the key it looks like. */
static int
look_at_bare(
    const struct conf *conf, const struct inifile_entry *e, struct result *res)
{
	const struct conf_key *key = conf_key_guess(CONF_SMARTHOST, e->name);

	if (key == NULL)
		return 0;
	return result_fail(res, RESULT_CONFIG,
	    "%s:%u: expected `%s = value`, in [%s]", conf->path, e->line,
	    key->name, key->section);
}

static int
fail_section(
    const struct conf *conf, const struct inifile_entry *e, struct result *res)
{
	const char *guess = conf_section_guess(e->section);

	if (guess != NULL)
		return result_fail(res, RESULT_CONFIG,
		    "%s:%u: unknown section [%s]; was [%s] meant?", conf->path,
		    e->line, e->section, guess);
	return result_fail(res, RESULT_CONFIG, "%s:%u: unknown section [%s]",
	    conf->path, e->line, e->section);
}

/* Splits "smarthost NAME" in two; false: no such section can be. */
static bool
split_section(
    const char *section, char base[INIFILE_NAME_MAX + 1], const char **account)
{
	size_t n = strcspn(section, " \t");

	memcpy(base, section, n);
	base[n] = '\0';
	*account = section + n + strspn(section + n, " \t");
	if (**account == '\0')
		return conf_section_exists(base);
	n = strspn(*account,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	return (*account)[n] == '\0' && n <= CONF_ACCOUNT_NAME_MAX &&
	    (strcmp(base, CONF_SMARTHOST) == 0 ||
		strcmp(base, CONF_SENDER) == 0);
}

/* Makes room for the account, if it is not known yet. */
static int
add_account(struct reading *r, const char *account,
    const struct inifile_entry *e, struct result *res)
{
	struct conf **at = r->accounts;
	size_t count = 1;

	while (*at != NULL && strcmp((*at)->account, account) != 0) {
		at = &(*at)->next;
		count++;
	}
	if (*at != NULL)
		return 0;
	if (count == CONF_ACCOUNTS_MAX)
		return result_fail(res, RESULT_CONFIG,
		    "%s:%u: more than %d accounts", r->conf->path, e->line,
		    CONF_ACCOUNTS_MAX);
	if ((*at = calloc(1, sizeof **at)) == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	strlcpy((*at)->account, account, sizeof(*at)->account);
	return 0;
}

/* Whether a key that stands in `section`, whose name ends in `account`, is
 * about the one that is read. */
static bool
is_about(const struct reading *r, const char *section, const char *account,
    const char *name)
{
	if (*account != '\0')
		return strcmp(account, r->conf->account) == 0;
	/* what is the first account's alone */
	return *r->conf->account == '\0' ||
	    (strcmp(section, CONF_SMARTHOST) != 0 &&
		(strcmp(section, CONF_SENDER) != 0 ||
		    strcmp(name, "address") != 0));
}

/* Sets the key; what has the account's name goes before what has none. */
static int
take_value(struct reading *r, const struct conf_key *key,
    const struct inifile_entry *e, bool is_own, struct result *res)
{
	unsigned *line = &r->conf->lines[key - conf_keys];
	bool *own = &r->own[key - conf_keys];

	if (*own && !is_own)
		return 0;
	if (*line != 0 && *own == is_own)
		return result_fail(res, RESULT_CONFIG,
		    "%s:%u: %s in [%s] was set on line %u already",
		    r->conf->path, e->line, e->name, e->section, *line);
	*own = is_own;
	*line = e->line;
	return conf_value_set(r->conf, key, e->value, res);
}

/* Takes what inifile_parse() finds. */
static int
take_entry(void *arg, const struct inifile_entry *e, struct result *res)
{
	struct reading *r = arg;
	char base[INIFILE_NAME_MAX + 1];
	const struct conf_key *key;
	const char *account;

	if (e->is_bare)
		return look_at_bare(r->conf, e, res);
	if (*e->section == '\0')
		return fail_homeless(r->conf, e, res);
	if (!split_section(e->section, base, &account))
		return fail_section(r->conf, e, res);
	if (*account == '\0' && strcmp(base, CONF_SMARTHOST) == 0)
		r->has_first = true;
	if (*account != '\0' && r->accounts != NULL &&
	    add_account(r, account, e, res) == -1)
		return -1;
	if (e->name == NULL)
		return 0;
	key = conf_key_find(base, e->name);
	if (key == NULL || (*account != '\0' && !conf_key_is_of_account(key)))
		return fail_unknown(r->conf, e, base, res);
	if (!is_about(r, base, account, e->name))
		return 0;
	return take_value(r, key, e, *account != '\0', res);
}

/* Where all accounts have names, the first of them is the first. */
static void
drop_first(struct conf *conf)
{
	struct conf *next = conf->next;

	conf_clear_account(conf);
	*conf = *next;
	free(next);
}

int
conf_read(struct conf *conf, const char *path, const char *p, size_t n,
    struct result *res)
{
	struct reading first = { .conf = conf, .accounts = &conf->next };

	if (conf_defaults(conf, path, res) == -1 ||
	    inifile_parse(path, p, n, take_entry, &first, res) == -1)
		return -1;
	for (struct conf *c = conf->next; c != NULL; c = c->next) {
		struct reading r = { .conf = c };

		if (conf_set_defaults(c, path, res) == -1 ||
		    inifile_parse(path, p, n, take_entry, &r, res) == -1)
			return -1;
	}
	if (!first.has_first && conf->next != NULL)
		drop_first(conf);
	return 0;
}
