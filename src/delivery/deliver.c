#include "config.h"

#include <bsd/string.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "delivery/deliver.h"
#include "net/tls.h"

bool
deliver_is_relay_fault(const struct result *res)
{
	static const bool relay_at_fault[RESULT_KIND_COUNT] = {
		[RESULT_RESOLVE] = true,
		[RESULT_CONNECT] = true,
		[RESULT_LOST] = true,
		[RESULT_TIMEOUT] = true,
		[RESULT_NO_GREETING] = true,
		[RESULT_PROTOCOL] = true,
		[RESULT_TLS] = true,
		[RESULT_NOT_TLS] = true,
		[RESULT_NOT_SMTP] = true,
		[RESULT_CERTIFICATE] = true,
		[RESULT_CERT_NAME] = true,
		[RESULT_CERT_TIME] = true,
		[RESULT_CERT_TRUST] = true,
		[RESULT_CERT_PIN] = true,
		[RESULT_NO_STARTTLS] = true,
		[RESULT_SMARTHOST] = true,
		[RESULT_DEFERRED] = true,
		[RESULT_RENEW] = true,
		[RESULT_RATE] = true,
		[RESULT_SETUP] = true,
	};

	/* who refuses a log-in, even by "not now", speaks of the account */
	if (res->reply != 0 && res->kind != RESULT_PROTOCOL &&
	    strcmp(res->stage, "AUTH") == 0)
		return false;
	return relay_at_fault[res->kind];
}

static void
make_plan(const struct delivery *d, struct smtp_plan *plan)
{
	static const enum smtp_protocol protocol[] = {
		[CONF_PROTOCOL_SMTP] = SMTP_PROTOCOL_SMTP,
		[CONF_PROTOCOL_LMTP] = SMTP_PROTOCOL_LMTP,
	};
	static const enum sasl_want auth[] = {
		[CONF_AUTH_AUTO] = SASL_AUTO,
		[CONF_AUTH_LOGIN] = SASL_LOGIN,
		[CONF_AUTH_PLAIN] = SASL_PLAIN,
		[CONF_AUTH_CRAM_MD5] = SASL_CRAM_MD5,
		[CONF_AUTH_SCRAM_SHA_1] = SASL_SCRAM_SHA_1,
		[CONF_AUTH_SCRAM_SHA_256] = SASL_SCRAM_SHA_256,
		[CONF_AUTH_XOAUTH2] = SASL_XOAUTH2,
		[CONF_AUTH_OAUTHBEARER] = SASL_OAUTHBEARER,
		[CONF_AUTH_EXTERNAL] = SASL_EXTERNAL,
		[CONF_AUTH_OFF] = SASL_AUTO,
	};
	const struct conf *conf = d->conf;

	*plan = (struct smtp_plan){
		.host = d->place.host.name,
		.port = d->place.host.port,
		.protocol = protocol[conf->smarthost.protocol],
		.ehlo = d->id->ehlo.len > 0 ? d->id->ehlo.data
					    : d->peer.literal,
		.tls = d->place.tls,
		.authenticate = conf->smarthost.auth != CONF_AUTH_OFF &&
		    conf->smarthost.user[0] != '\0',
		.auth = auth[conf->smarthost.auth],
		.least = d->least,
		.user = conf->smarthost.user,
		.password = d->secret->password.data,
		.password_len = d->secret->password.len,
		.recipients_max = (size_t)
				      conf->smarthost.recipients_per_message,
		.judge = judge_by(d->judge),
	};
}

/* A password may go in clear to this machine alone, unless the configuration
 * says otherwise; the name was checked before, this is the peer itself. */
static int
check_clear(
    const struct delivery *d, const struct smtp_plan *plan, struct result *res)
{
	if (plan->tls != SMTP_TLS_NONE || !plan->authenticate ||
	    plan->auth == SASL_EXTERNAL || d->peer.is_loopback ||
	    d->conf->smarthost.insecure_auth)
		return 0;
	return result_fail(res, RESULT_CONFIG,
	    "%s is %s, not this machine: "
	    "the password would go there in clear; set tls, or "
	    "insecure_auth = yes",
	    plan->host, d->peer.address);
}

/* What the log calls the relay, as far as is known who it is. */
static void
name_relay(struct delivery *d)
{
	const struct host *host = &d->place.host;
	const char *address = d->peer.address;

	if (host->kind == HOST_SRV)
		snprintf(d->relay, sizeof d->relay, "%s%s", HOST_SRV_PREFIX,
		    host->name);
	else if (host->kind == HOST_PATH)
		strlcpy(d->relay, host->name, sizeof d->relay);
	else if (address[0] == '\0')
		snprintf(d->relay, sizeof d->relay, "%s:%ld", host->name,
		    host->port);
	else
		snprintf(d->relay, sizeof d->relay, "%s[%s]:%ld", host->name,
		    address, host->port);
}

static int
connect_host(struct delivery *d, struct deadline until, struct result *res)
{
	const struct dial_to to = { .host = d->place.host.name,
		.port = (int)d->place.host.port,
		.source = d->conf->smarthost.source_address,
		.proxy = d->conf->smarthost.proxy };
	struct session_rules rules = { 0 };
	struct deadline connect;
	struct dial *peer = &d->peer;

	connect = deadline_in(d->conf->smarthost.connect_timeout, -1);
	if (dial(peer, &to, deadline_earlier(until, connect), res) == -1)
		return -1;
	name_relay(d);
	make_plan(d, &rules.plan);
	if (check_clear(d, &rules.plan, res) == -1) {
		close(peer->fd);
		return -1;
	}
	rules.tls = d->tls;
	rules.tls_name = d->place.tls_name;
	rules.secret = d->secret;
	rules.watch = d->watch;
	rules.timeout = d->conf->smarthost.timeout;
	return session_open(&d->session, peer->fd, &rules, until, res);
}

int
deliver_trust(struct tls **tls, const struct conf *conf, struct result *res)
{
	struct tls_rules rules = {
		.ca_file = conf->smarthost.ca_file,
		.ca_path = conf->smarthost.ca_path,
		.pins = conf->smarthost.tls_pin,
		.cert = conf->smarthost.tls_cert,
		.key = conf->smarthost.tls_key,
		.min = conf->smarthost.tls_min == CONF_TLS_1_3 ? TLS_MIN_1_3
							       : TLS_MIN_1_2,
	};

	*tls = NULL;
	if (conf->smarthost.tls == CONF_TLS_OFF)
		return 0;
	return tls_new(tls, &rules, res);
}

/* Takes the hosts one by one. */
static int
open_any(struct delivery *d, struct hosts *hosts, struct deadline until,
    struct result *res)
{
	enum hosts_next next;

	while (
	    (next = hosts_next(hosts, &d->place, until, res)) != HOSTS_NONE) {
		d->peer.address[0] = '\0';
		name_relay(d);
		if (next == HOSTS_ONE &&
		    connect_host(d, hosts_share(hosts, until), res) == 0)
			return 0;
		if (!deliver_is_relay_fault(res) || deadline_left(until) == 0)
			return -1;
	}
	return -1;
}

int
deliver_open(struct delivery *d, struct deadline until, struct result *res)
{
	struct hosts hosts;
	int rv;

	d->session = NULL;
	d->relay[0] = '\0';
	result_fail(res, RESULT_CONFIG, "no smarthost is configured");
	hosts_begin(&hosts, d->conf);
	rv = open_any(d, &hosts, until, res);
	hosts_end(&hosts);
	return rv;
}

int
deliver_send(struct delivery *d, const struct session_feed *feed,
    struct deadline until, struct result *res)
{
	return session_send(d->session, feed, until, res);
}

void
deliver_close(struct delivery *d)
{
	session_close(d->session);
	d->session = NULL;
}
