#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/setup.h"
#include "delivery/deliver.h"

void
setup_init(struct setup *s)
{
	memset(s, 0, sizeof *s);
	secret_init(&s->secret);
	result_ok(&s->complaint);
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

static void
open_log(struct setup *s)
{
	const struct conf *conf = &s->conf;
	bool syslog = strcmp(conf->log.syslog, "off") != 0;
	bool file = conf->log.file[0] != '\0';

	s->has_log = true;
	if (log_open(syslog ? conf->log.syslog : NULL,
		file ? conf->log.file : NULL, &s->complaint) == -1)
		s->has_log = syslog;
}

static int
load_aliases(struct setup *s, struct result *res)
{
	if (aliases_load(&s->aliases, s->conf.recipients.aliases, res) == -1)
		return -1;
	if (s->aliases.left_out > 0 && s->complaint.kind == RESULT_OK)
		s->complaint = s->aliases.complaint;
	return 0;
}

int
setup_load(struct setup *s, struct result *res)
{
	if (setup_conf(s, NULL, res) == -1)
		return -1;
	open_log(s);
	if (secret_load(&s->secret, &s->conf, res) == -1)
		return -1;
	secret_note(&s->secret, s->conf.smarthost.user);
	if (load_aliases(s, res) == -1 ||
	    identity_load(&s->identity, &s->conf, res) == -1)
		return -1;
	return deliver_trust(&s->tls, &s->conf, res);
}

void
setup_clear(struct setup *s)
{
	conf_clear(&s->conf);
	secret_clear(&s->secret);
	aliases_clear(&s->aliases);
	identity_clear(&s->identity);
	tls_free(s->tls);
}
