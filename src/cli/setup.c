#include "config.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "cli/setup.h"
#include "config/file.h"
#include "delivery/deliver.h"

void
setup_init(struct setup *s)
{
	memset(s, 0, sizeof *s);
	s->uid = getuid();
	secret_init(&s->secret);
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

int
setup_load(struct setup *s, struct result *res)
{
	const struct secret_places places = { getenv("CREDENTIALS_DIRECTORY"),
		getenv("HOME") };

	setup_log(s);
	if (secret_load(&s->secret, &s->conf, &places, res) == -1)
		return -1;
	secret_note(&s->secret, s->conf.smarthost.user);
	if (load_tables(s, res) == -1 || load_charsets(s, res) == -1)
		return -1;
	return identity_load(&s->identity, &s->conf, s->uid, res);
}

int
setup_trust(struct setup *s, struct result *res)
{
	return deliver_trust(&s->tls, &s->conf, res);
}

int
setup_ask(struct setup *s, struct result *res)
{
	if (secret_ask(&s->secret, &s->conf, res) == -1)
		return -1;
	secret_note(&s->secret, s->conf.smarthost.user);
	return 0;
}

int
setup_way(struct setup *s, struct result *res)
{
	return setup_ask(s, res) == -1 ? -1 : setup_trust(s, res);
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
	identity_clear(&s->identity);
	return identity_load(&s->identity, &s->conf, s->uid, res);
}

struct rewrite
setup_rewrite(const struct setup *s)
{
	return (
	    struct rewrite){ &s->conf, &s->identity, &s->aliases, &s->senders };
}

void
setup_clear(struct setup *s)
{
	conf_clear(&s->conf);
	secret_clear(&s->secret);
	aliases_clear(&s->aliases);
	sender_map_clear(&s->senders);
	identity_clear(&s->identity);
	tls_free(s->tls);
}
