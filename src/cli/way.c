#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli/way.h"
#include "delivery/deliver.h"

int
way_init(struct way *w, struct conf *conf, uid_t uid, struct result *res)
{
	*w = (struct way){ .conf = conf };
	secret_init(&w->secret);
	return identity_load(&w->identity, conf, uid, res);
}

int
way_load(struct way *w, struct result *res)
{
	const struct secret_places places = { getenv("CREDENTIALS_DIRECTORY"),
		getenv("HOME") };

	if (secret_load(&w->secret, w->conf, &places, res) == -1)
		return -1;
	secret_note(&w->secret, w->conf->smarthost.user);
	return 0;
}

int
way_trust(struct way *w, struct result *res)
{
	return deliver_trust(&w->tls, w->conf, res);
}

int
way_ask(struct way *w, struct result *res)
{
	if (secret_ask(&w->secret, w->conf, res) == -1)
		return -1;
	secret_note(&w->secret, w->conf->smarthost.user);
	return 0;
}

void
way_clear(struct way *w)
{
	identity_clear(&w->identity);
	secret_clear(&w->secret);
	tls_free(w->tls);
	w->tls = NULL;
}
