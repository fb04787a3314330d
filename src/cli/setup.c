#include "config.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "cli/say.h"
#include "cli/setup.h"
#include "config/file.h"

void
setup_init(struct setup *s)
{
	memset(s, 0, sizeof *s);
	s->uid = getuid();
	result_ok(&s->complaint);
}

void
setup_log(struct setup *s)
{
	const struct conf *conf = &s->conf;
	bool syslog = strcmp(conf->log.syslog, "off") != 0;
	bool file = conf->log.file[0] != '\0';

	s->has_log = true;
	if (log_open(syslog ? conf->log.syslog : NULL,
		file ? conf->log.file : NULL, &s->complaint) == -1)
		s->has_log = syslog;
}

int
setup_conf(struct setup *s, const char *path, struct result *res)
{
	struct buf found;
	int rc;

	buf_init(&found, 65536);
	conf_find(path != NULL ? path : getenv("OUTPOST_CONFIG"),
	    getenv("XDG_CONFIG_HOME"), getenv("HOME"), &found);
	if (buf_failed(&found))
		rc = result_fail(
		    res, RESULT_CONFIG, "the configuration's path is too long");
	else
		rc = conf_load(&s->conf, found.data, res);
	buf_free(&found);
	return rc;
}

enum language
setup_language(const char *path)
{
	struct setup s;
	struct result ignored;
	enum language language;

	setup_init(&s);
	language = say_language(
	    setup_conf(&s, path, &ignored) == 0 ? &s.conf : NULL);
	setup_clear(&s);
	return language;
}

/* Keeps what is wrong with a table, unless something else was before. */
static void
note_left_out(struct setup *s, unsigned left_out, const struct result *why)
{
	if (left_out > 0 && s->complaint.kind == RESULT_OK)
		s->complaint = *why;
}

static int
load_tables(struct setup *s, struct result *res)
{
	if (aliases_load(&s->aliases, s->conf.recipients.aliases, res) == -1 ||
	    sender_map_load(&s->senders, &s->conf, res) == -1)
		return -1;
	note_left_out(s, s->aliases.left_out, &s->aliases.complaint);
	note_left_out(s, s->senders.left_out, &s->senders.complaint);
	return 0;
}

static int
load_charsets(struct setup *s, struct result *res)
{
	const char *const locales[] = { getenv("LC_ALL"), getenv("LC_CTYPE"),
		getenv("LANG") };
	const char *charset = s->conf.message.charset;

	charset_choose(&s->charsets, charset, locales);
	if (*charset == '\0' || charset_is_usable(charset))
		return 0;
	return conf_fail(&s->conf, "message", "charset", res,
	    "mail text cannot be in this character set");
}

/* Who we are with each account. */
static int
make_ways(struct setup *s, struct result *res)
{
	size_t n = 0;

	for (const struct conf *c = &s->conf; c != NULL; c = c->next)
		n++;
	if ((s->ways = calloc(n, sizeof *s->ways)) == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	for (struct conf *c = &s->conf; c != NULL; c = c->next) {
		struct way *w = &s->ways[s->routes.count];

		s->routes.at[s->routes.count++] = (struct route){ c,
			&w->identity };
		if (way_init(w, c, s->uid, res) == -1)
			return -1;
	}
	return 0;
}

static void
clear_ways(struct setup *s)
{
	for (size_t i = 0; i < s->routes.count; i++)
		way_clear(&s->ways[i]);
	free(s->ways);
	s->ways = NULL;
	s->routes.count = s->at = 0;
}

int
setup_load(struct setup *s, struct result *res)
{
	setup_log(s);
	if (load_tables(s, res) == -1 || load_charsets(s, res) == -1)
		return -1;
	return make_ways(s, res);
}

void
setup_choose(struct setup *s, const char *sender)
{
	const struct rewrite rw = setup_rewrite_by(s, &s->ways[0]);

	s->at = route_choose(&s->routes, &rw, sender);
}

struct way *
setup_way(struct setup *s)
{
	return &s->ways[s->at];
}

struct way *
setup_fallback(struct setup *s)
{
	size_t other = route_fallback(&s->routes, s->at);

	return other == s->at ? NULL : &s->ways[other];
}

int
setup_open_way(struct setup *s, struct result *res)
{
	struct way *way = setup_way(s), *other = setup_fallback(s);

	if (other != NULL && way_load(other, &s->no_fallback) == 0 &&
	    way_trust(other, &s->no_fallback) == 0)
		result_ok(&s->no_fallback);
	return way_ask(way, res) == -1 ? -1 : way_trust(way, res);
}

/* The first mail on a machine that was not prepared for it: whoever is to own
 * the spool could not make it. */
static void
give_spool(const struct setup *s)
{
	const char *dir = s->conf.queue.directory;
	const struct passwd *pw;

	if (*dir == '\0' || !file_is_missing(dir) ||
	    (pw = getpwnam(SETUP_USER)) == NULL || mkdir(dir, 0711) == -1)
		return;
	(void)!chmod(dir, 0711); /* whatever the umask */
	(void)!chown(dir, pw->pw_uid, pw->pw_gid);
}

int
setup_become(struct setup *s, struct result *res)
{
	if (s->uid != 0)
		return 0;
	give_spool(s);
	return process_become(SETUP_USER, res);
}

int
setup_without(struct setup *s, struct result *res)
{
	if (s->conf.path == NULL || s->conf.queue.directory == NULL) {
		conf_clear(&s->conf);
		if (conf_defaults(&s->conf, CONF_DEFAULT_PATH, res) == -1)
			return -1;
	}
	clear_ways(s);
	return make_ways(s, res);
}

struct rewrite
setup_rewrite_by(const struct setup *s, const struct way *w)
{
	return (
	    struct rewrite){ w->conf, &w->identity, &s->aliases, &s->senders };
}

struct rewrite
setup_rewrite(const struct setup *s)
{
	return setup_rewrite_by(s, &s->ways[s->at]);
}

void
setup_clear(struct setup *s)
{
	clear_ways(s);
	conf_clear(&s->conf);
	aliases_clear(&s->aliases);
	sender_map_clear(&s->senders);
	judge_clear(&s->judge);
}
