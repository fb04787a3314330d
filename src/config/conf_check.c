#include "config.h"

#include <bsd/string.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/hostname.h"
#include "base/log.h"
#include "base/pin.h"
#include "base/proxy.h"
#include "config/conf.h"
#include "config/conf_internal.h"
#include "config/host.h"

#define EHLO_MAX 255 /* RFC 5321, section 4.5.3.1.2 */
#define NO_PORT (-1)

static int
fail_smarthost(const struct conf *conf, const char *name, const char *text,
    struct result *res)
{
	return conf_fail(conf, "smarthost", name, res, text);
}

/* What is wrong with an entry of `host`; NULL: nothing. */
static const char *
complaint(const struct host *host)
{
	if (host->kind == HOST_BAD_PORT)
		return "the port after a : must be a number from 1 to 65535";
	if (host->kind == HOST_BAD_PATH)
		return "the path is too long for a socket";
	if (host->kind == HOST_BAD_DOMAIN)
		return "srv: must have a domain like example.com after it";
	if (host->kind != HOST_BAD)
		return NULL;
	if (strchr(host->name, ':') != NULL)
		return "not a host name or address (before a port, an IPv6 "
		       "address stands in brackets)";
	return "not a host name or address";
}

static int
check_host(const struct conf *conf, struct result *res)
{
	const char *list = conf->smarthost.host;
	struct host host;

	if (list[strspn(list, " ")] == '\0')
		return fail_smarthost(conf, "host",
		    "must be set to the server that takes your mail, or "
		    "provider to one that `outpost providers` lists",
		    res);
	while (host_next(&list, conf->smarthost.port, &host))
		if (complaint(&host) != NULL)
			return fail_smarthost(
			    conf, "host", complaint(&host), res);
	return 0;
}

/* What does not go with hosts of some kind.  No certificate is for a path; who
 * connects to port 25 expects SMTP, and a reply for the whole message (RFC 2033
 * section 5); SRV records are of submission, and not to be had by a proxy. */
static int
check_kinds(const struct conf *conf, struct result *res)
{
	const char *list = conf->smarthost.host;
	bool clear = conf->smarthost.tls == CONF_TLS_OFF;
	bool pinned = *conf->smarthost.tls_pin != '\0';
	bool proxied = *conf->smarthost.proxy != '\0';
	bool lmtp = conf->smarthost.protocol == CONF_PROTOCOL_LMTP;
	bool has[HOST_KIND_COUNT] = { false }, has_port_25 = false;
	struct host host;

	while (host_next(&list, conf->smarthost.port, &host)) {
		has[host.kind] = true;
		has_port_25 = has_port_25 ||
		    (host.port == 25 && host.kind != HOST_PATH);
	}
	const struct {
		const char *name;
		bool is_wrong;
		const char *text;
	} rules[] = {
		{ "tls", has[HOST_PATH] && !clear && !pinned,
		    "must be off for a host that is a path, since no "
		    "certificate is for a path (or set tls_pin)" },
		{ "tls", has[HOST_SRV] && clear,
		    "cannot be off with a host that begins with srv:" },
		{ "protocol", has[HOST_SRV] && lmtp,
		    "must be smtp with a host that begins with srv:" },
		{ "protocol", has_port_25 && lmtp,
		    "cannot be lmtp with port 25; 24 is what LMTP servers "
		    "listen on, where not on a socket" },
		{ "proxy", has[HOST_SRV] && proxied,
		    "cannot be set with a host that begins with srv:, which no "
		    "proxy can look up" },
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].is_wrong)
			return fail_smarthost(
			    conf, rules[i].name, rules[i].text, res);
	return 0;
}

static int
check_pin(const struct conf *conf, struct result *res)
{
	const char *pin = conf->smarthost.tls_pin;
	struct pins pins;

	if (*pin == '\0' || (pins_parse(&pins, pin) == 0 && pins.n > 0))
		return 0;
	return fail_smarthost(conf, "tls_pin",
	    "must be the SHA-256 of a public key, as 64 hexadecimal digits or "
	    "sha256//BASE64; or up to 16 of them",
	    res);
}

/* What of TLS is worth nothing beside, or without, another key. */
static int
check_tls(const struct conf *conf, struct result *res)
{
	bool pinned = *conf->smarthost.tls_pin != '\0';
	bool clear = conf->smarthost.tls == CONF_TLS_OFF;
	const struct {
		const char *name, *value;
		bool is_wrong;
		const char *text;
	} rules[] = {
		{ "tls_pin", conf->smarthost.tls_pin, clear,
		    "cannot be set together with tls = off" },
		{ "tls_cert", conf->smarthost.tls_cert, clear,
		    "cannot be set together with tls = off" },
		{ "ca_file", conf->smarthost.ca_file, pinned,
		    "cannot be set together with tls_pin, which alone counts" },
		{ "ca_path", conf->smarthost.ca_path, pinned,
		    "cannot be set together with tls_pin, which alone counts" },
		{ "tls_key", conf->smarthost.tls_key,
		    *conf->smarthost.tls_cert == '\0',
		    "is of no use without tls_cert" },
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].is_wrong && *rules[i].value != '\0')
			return fail_smarthost(
			    conf, rules[i].name, rules[i].text, res);
	return 0;
}

static int
check_source(const struct conf *conf, struct result *res)
{
	static const size_t most[HOST_KIND_COUNT] = {
		[HOST_IPV4] = 1,
		[HOST_IPV6] = 1,
	};
	size_t seen[HOST_KIND_COUNT] = { 0 };
	const char *list = conf->smarthost.source_address;
	struct host address;

	while (host_next(&list, NO_PORT, &address))
		if (address.port != NO_PORT ||
		    ++seen[address.kind] > most[address.kind])
			return fail_smarthost(conf, "source_address",
			    "must be an IPv4 address, an IPv6 address, or one "
			    "of each",
			    res);
	return 0;
}

static int
check_proxy(const struct conf *conf, struct result *res)
{
	struct proxy proxy;
	bool good;

	if (*conf->smarthost.proxy == '\0')
		return 0;
	good = proxy_parse(&proxy, conf->smarthost.proxy) == 0 &&
	    host_kind_of(proxy.host) != HOST_BAD;
	explicit_bzero(&proxy, sizeof proxy);
	if (good)
		return 0;
	return fail_smarthost(conf, "proxy",
	    "must be socks5://[user[:password]@]host:port, where %XX in user "
	    "or password stands for a byte",
	    res);
}

/* An EHLO argument is a domain or an address literal; whatever follows a
 * blank would be something else. */
static int
check_ehlo(const struct conf *conf, struct result *res)
{
	const char *ehlo = conf->smarthost.ehlo;
	size_t n = strlen(ehlo);
	bool is_visible = true;
	bool is_literal = n > 2 && ehlo[0] == '[' && ehlo[n - 1] == ']';

	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!ascii_is_visible(ehlo[i]))
			is_visible = false;
	if (n <= EHLO_MAX && is_visible &&
	    (is_literal || hostname_is_valid(ehlo)))
		return 0;
	return fail_smarthost(
	    conf, "ehlo", "must be a host name or an [address]", res);
}

/* Other programs take URLs. */
static int
check_scheme(const struct conf *conf, struct result *res)
{
	if (strstr(conf->smarthost.host, "://") == NULL)
		return 0;
	return fail_smarthost(conf, "host",
	    "must be the name alone: what smtps:// says is tls = implicit, "
	    "and smtp:// tls = starttls",
	    res);
}

/* Puts the key that says where the password is in `name`, or NULL: then it
 * may be in places that no key names. */
static int
find_password(const struct conf *conf, const char **name, struct result *res)
{
	const struct {
		const char *name, *value;
	} keys[] = { { "password", conf->smarthost.password },
		{ "password_file", conf->smarthost.password_file },
		{ "password_command", conf->smarthost.password_command } };
	char text[64];

	*name = NULL;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (*keys[i].value == '\0')
			continue;
		if (*name == NULL) {
			*name = keys[i].name;
			continue;
		}
		snprintf(
		    text, sizeof text, "cannot be set together with %s", *name);
		return fail_smarthost(conf, keys[i].name, text, res);
	}
	return 0;
}

static int
check_login(const struct conf *conf, struct result *res)
{
	bool has_user = *conf->smarthost.user != '\0';
	long auth = conf->smarthost.auth;
	const char *password;

	if (find_password(conf, &password, res) == -1)
		return -1;
	if (auth == CONF_AUTH_OFF || has_user ||
	    (auth == CONF_AUTH_AUTO && password == NULL))
		return 0;
	return fail_smarthost(
	    conf, "user", "must be set to log in (auth = off: no login)", res);
}

/* Who logs in with something that is not an address must say what the sender
 * is to be: no smarthost takes root@localhost. */
static int
check_sender(const struct conf *conf, struct result *res)
{
	const char *user = conf->smarthost.user;

	if (conf->smarthost.auth == CONF_AUTH_OFF || *user == '\0' ||
	    strchr(user, '@') != NULL || *conf->sender.address != '\0' ||
	    conf->sender.rewrite != CONF_REWRITE_ALWAYS)
		return 0;
	return conf_fail(conf, "sender", "address", res,
	    "must be set to the account's mail address, since user is not "
	    "one (or set user to it, or rewrite = never)");
}

/* Whether what is said to the host stays on this machine, of which nobody can
 * be sure behind a proxy. */
static bool
stays_here(const struct conf *conf, const struct host *host)
{
	if (host->kind != HOST_PATH && *conf->smarthost.proxy != '\0')
		return false;
	return host_is_loopback(host);
}

/* The password must not go over a network in clear. */
static int
check_clear(const struct conf *conf, struct result *res)
{
	const char *list = conf->smarthost.host;
	struct host host;

	if (conf->smarthost.tls != CONF_TLS_OFF ||
	    conf->smarthost.auth == CONF_AUTH_OFF ||
	    conf->smarthost.auth == CONF_AUTH_EXTERNAL ||
	    *conf->smarthost.user == '\0' || conf->smarthost.insecure_auth)
		return 0;
	while (host_next(&list, conf->smarthost.port, &host))
		if (!stays_here(conf, &host))
			return fail_smarthost(conf, "tls",
			    "off would send the password over the network in "
			    "clear; set implicit for port 465, starttls for "
			    "587 (insecure_auth = yes allows off)",
			    res);
	return 0;
}

/* Mail that nobody waits for must be kept. */
static int
check_queue(const struct conf *conf, struct result *res)
{
	const char *directory = conf->queue.directory;

	if (*directory == '\0') {
		if (conf->queue.delivery == CONF_DELIVERY_WAIT)
			return 0;
		return conf_fail(conf, "queue", "delivery", res,
		    "must be wait, since directory is empty and no mail can "
		    "be kept");
	}
	if (directory[strspn(directory, "/.")] == '\0')
		return conf_fail(conf, "queue", "directory", res,
		    "must be a directory that is there for nothing else");
	return 0;
}

static int
check_syslog(const struct conf *conf, struct result *res)
{
	if (strcmp(conf->log.syslog, "off") == 0 ||
	    log_is_facility(conf->log.syslog))
		return 0;
	return conf_fail(conf, "log", "syslog", res,
	    "must be off or a facility: mail, daemon, user, local0 ...");
}

int
conf_check(const struct conf *conf, struct result *res)
{
	static int (*const checks[])(const struct conf *, struct result *) = {
		check_scheme,
		check_host,
		check_kinds,
		check_ehlo,
		check_login,
		check_clear,
		check_pin,
		check_tls,
		check_source,
		check_proxy,
		check_sender,
		check_queue,
		check_syslog,
	};

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i](conf, res) == -1)
			return -1;
	return 0;
}
