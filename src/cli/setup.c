#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/say.h"
#include "cli/setup.h"

void
setup_init(struct setup *s)
{
	memset(s, 0, sizeof *s);
	secret_init(&s->secret);
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

/* Somebody must hear that there is no log, but no mail is lost over it. */
static void
open_log(const struct conf *conf)
{
	bool syslog = strcmp(conf->log.syslog, "off") != 0;
	struct result res;

	if (log_open(syslog ? conf->log.syslog : NULL,
		conf->log.file[0] == '\0' ? NULL : conf->log.file, &res) == 0)
		return;
	if (syslog)
		log_line(LOG_WARN, "%s", res.text);
	else
		say("sendmail: %s\n", res.text);
}

int
setup_load(struct setup *s, struct result *res)
{
	if (setup_conf(s, NULL, res) == -1)
		return -1;
	open_log(&s->conf);
	if (secret_load(&s->secret, &s->conf, res) == -1)
		return -1;
	secret_note(&s->secret, s->conf.smarthost.user);
	if (aliases_load(&s->aliases, s->conf.recipients.aliases, res) == -1)
		return -1;
	if (s->aliases.left_out > 0)
		log_line(LOG_WARN, "%s; %u entries left out",
		    s->aliases.complaint.text, s->aliases.left_out);
	return identity_load(&s->identity, &s->conf, res);
}

void
setup_clear(struct setup *s)
{
	conf_clear(&s->conf);
	secret_clear(&s->secret);
	aliases_clear(&s->aliases);
	identity_clear(&s->identity);
}
