#include "config.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#include "base/hostname.h"
#include "delivery/hosts.h"

void
hosts_begin(struct hosts *h, const struct conf *conf)
{
	*h = (struct hosts){ .conf = conf, .rest = conf->smarthost.host };
}

void
hosts_end(struct hosts *h)
{
	free(h->found);
}

static bool
has_found(const struct hosts *h)
{
	return h->found != NULL && h->next < h->found->n;
}

static void
take_configured(const struct hosts *h, struct hosts_place *place)
{
	static const enum smtp_tls tls[] = {
		[CONF_TLS_IMPLICIT] = SMTP_TLS_UP,
		[CONF_TLS_STARTTLS] = SMTP_TLS_STARTTLS,
		[CONF_TLS_OFF] = SMTP_TLS_NONE,
	};

	place->tls = tls[h->conf->smarthost.tls];
	strlcpy(place->tls_name, place->host.name, sizeof place->tls_name);
}

/* Both kinds of TLS are demanded and verified alike. */
static void
take_found(struct hosts *h, struct hosts_place *place)
{
	static const enum smtp_tls tls[] = {
		[SRV_SUBMISSIONS] = SMTP_TLS_UP,
		[SRV_SUBMISSION] = SMTP_TLS_STARTTLS,
	};
	const struct srv_target *target = &h->found->at[h->next++];
	bool within = hostname_is_within(target->name, h->domain);

	place->host.kind = HOST_NAME;
	place->host.port = target->port;
	strlcpy(place->host.name, target->name, sizeof place->host.name);
	place->tls = tls[h->found->service];
	strlcpy(place->tls_name, within ? target->name : h->domain,
	    sizeof place->tls_name);
}

static int
look_up(struct hosts *h, const char *domain, struct deadline until,
    struct result *res)
{
	struct deadline connect = deadline_in(
	    h->conf->smarthost.connect_timeout, -1);

	if (h->found == NULL)
		h->found = calloc(1, sizeof *h->found);
	if (h->found == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	h->next = 0;
	strlcpy(h->domain, domain, sizeof h->domain);
	return srv_find(h->found, domain,
	    deadline_earlier(hosts_share(h, until), connect), res);
}

enum hosts_next
hosts_next(struct hosts *h, struct hosts_place *place, struct deadline until,
    struct result *res)
{
	if (!has_found(h)) {
		if (!host_next(&h->rest, h->conf->smarthost.port, &place->host))
			return HOSTS_NONE;
		if (place->host.kind != HOST_SRV) {
			take_configured(h, place);
			return HOSTS_ONE;
		}
		if (look_up(h, place->host.name, until, res) == -1)
			return HOSTS_FAILED;
	}
	take_found(h, place);
	return HOSTS_ONE;
}

struct deadline
hosts_share(const struct hosts *h, struct deadline until)
{
	if (!has_found(h) && h->rest[strspn(h->rest, " ")] == '\0')
		return until;
	return deadline_earlier(
	    until, deadline_in(deadline_left(until) / 2, -1));
}
