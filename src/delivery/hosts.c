#include "config.h"

#include <bsd/string.h>
#include <string.h>

#include "base/hostname.h"
#include "delivery/hosts.h"

void
hosts_begin(struct hosts *h, const struct conf *conf)
{
	*h = (struct hosts){ .conf = conf, .rest = conf->smarthost.host };
}

/* Takes the next blank-separated word off the list; false at its end. */
static bool
next_word(struct hosts *h, char word[HOST_NAME_SIZE])
{
	size_t n;

	h->rest += strspn(h->rest, " \t");
	n = strcspn(h->rest, " \t");
	if (n == 0 || n >= HOST_NAME_SIZE)
		return false;
	memcpy(word, h->rest, n);
	word[n] = '\0';
	h->rest += n;
	return true;
}

static void
take_configured(const struct hosts *h, struct host *host)
{
	static const enum smtp_tls tls[] = {
		[CONF_TLS_IMPLICIT] = SMTP_TLS_UP,
		[CONF_TLS_STARTTLS] = SMTP_TLS_STARTTLS,
		[CONF_TLS_OFF] = SMTP_TLS_NONE,
	};

	host->port = h->conf->smarthost.port;
	host->tls = tls[h->conf->smarthost.tls];
	strlcpy(host->tls_name, host->name, sizeof host->tls_name);
}

/* Both kinds of TLS are demanded and verified alike. */
static void
take_found(struct hosts *h, struct host *host)
{
	static const enum smtp_tls tls[] = {
		[SRV_SUBMISSIONS] = SMTP_TLS_UP,
		[SRV_SUBMISSION] = SMTP_TLS_STARTTLS,
	};
	const struct srv_target *target = &h->found.at[h->next++];
	bool within = hostname_is_within(target->name, h->domain);

	strlcpy(host->name, target->name, sizeof host->name);
	host->port = target->port;
	host->tls = tls[h->found.service];
	strlcpy(host->tls_name, within ? target->name : h->domain,
	    sizeof host->tls_name);
}

static int
look_up(struct hosts *h, const char *domain, struct deadline until,
    struct result *res)
{
	struct deadline connect = deadline_in(
	    h->conf->smarthost.connect_timeout, -1);

	h->next = 0;
	strlcpy(h->domain, domain, sizeof h->domain);
	return srv_find(&h->found, domain,
	    deadline_earlier(hosts_share(h, until), connect), res);
}

enum hosts_next
hosts_next(struct hosts *h, struct host *host, struct deadline until,
    struct result *res)
{
	const size_t prefix = strlen(CONF_SRV);

	if (h->next == h->found.n) {
		if (!next_word(h, host->name))
			return HOSTS_NONE;
		if (strncmp(host->name, CONF_SRV, prefix) != 0) {
			take_configured(h, host);
			return HOSTS_ONE;
		}
		if (look_up(h, host->name + prefix, until, res) == -1)
			return HOSTS_FAILED;
	}
	take_found(h, host);
	return HOSTS_ONE;
}

struct deadline
hosts_share(const struct hosts *h, struct deadline until)
{
	if (h->next == h->found.n && h->rest[strspn(h->rest, " \t")] == '\0')
		return until;
	return deadline_earlier(
	    until, deadline_in(deadline_left(until) / 2, -1));
}
