#include "config.h"

#include <arpa/inet.h>
#include <bsd/string.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/ascii.h"
#include "base/hostname.h"
#include "base/log.h"
#include "base/pin.h"
#include "base/proxy.h"
#include "config/conf.h"
#include "config/conf_internal.h"

#define HOST_MAX HOSTNAME_MAX
#define PATH_MAX_LEN (sizeof((struct sockaddr_un *)NULL)->sun_path - 1)
#define EHLO_MAX 255 /* RFC 5321, section 4.5.3.1.2 */

#define SRV_MAX (HOST_MAX - sizeof "_submissions._tcp") /* of the domain */

enum host_kind {
	HOST_BAD,
	HOST_NAME,
	HOST_IPV4,
	HOST_IPV6,
	HOST_PATH,
	HOST_SRV,
	HOST_KIND_COUNT
};

static bool
is_srv(const char *host)
{
	return strncmp(host, CONF_SRV, strlen(CONF_SRV)) == 0;
}

/* Nobody has a certificate for a whole top-level domain. */
static bool
is_srv_domain(const char *domain)
{
	return hostname_is_valid(domain) && strchr(domain, '.') != NULL &&
	    strlen(domain) <= SRV_MAX;
}

/* Copies `host` to `bare` without the brackets of an IPv6 address. */
static enum host_kind
classify(const char *host, size_t n, char bare[HOST_MAX + 1])
{
	struct in6_addr ignored;
	bool bracketed = n > 2 && host[0] == '[' && host[n - 1] == ']';

	if (bracketed) {
		host++;
		n -= 2;
	}
	if (n > HOST_MAX)
		return HOST_BAD;
	memcpy(bare, host, n);
	bare[n] = '\0';
	if (inet_pton(AF_INET6, bare, &ignored) == 1)
		return HOST_IPV6;
	if (bracketed)
		return HOST_BAD;
	if (inet_pton(AF_INET, bare, &ignored) == 1)
		return HOST_IPV4;
	if (bare[0] == '/')
		return n <= PATH_MAX_LEN ? HOST_PATH : HOST_BAD;
	if (is_srv(bare))
		return is_srv_domain(bare + strlen(CONF_SRV)) ? HOST_SRV
							      : HOST_BAD;
	return hostname_is_valid(bare) ? HOST_NAME : HOST_BAD;
}

/* Whether the host can be nothing but this machine. */
static bool
is_loopback(enum host_kind kind, const char *bare)
{
	struct in6_addr address;

	switch (kind) {
	case HOST_NAME:
		return ascii_equal(bare, "localhost");
	case HOST_IPV4:
		return strncmp(bare, "127.", 4) == 0;
	case HOST_IPV6:
		return inet_pton(AF_INET6, bare, &address) == 1 &&
		    IN6_IS_ADDR_LOOPBACK(&address);
	case HOST_PATH:
		return true;
	case HOST_SRV:
	case HOST_BAD:
	case HOST_KIND_COUNT:
		break;
	}
	return false;
}

/* Takes the next name off the list; 0 at its end. */
static size_t
next_host(const char **list, const char **host)
{
	size_t n;

	*list += strspn(*list, " ");
	*host = *list;
	n = strcspn(*list, " ");
	*list += n;
	return n;
}

static int
fail_smarthost(const struct conf *conf, const char *name, const char *text,
    struct result *res)
{
	return conf_fail(conf, "smarthost", name, res, text);
}

/* With a host that can be none. */
static const char *
what_is_wrong(const char *host, size_t n)
{
	if (host[0] == '/')
		return "the path is too long for a socket";
	if (is_srv(host))
		return "srv: must have a domain like example.com after it";
	if (memchr(host, ':', n) != NULL)
		return "not a host name or address (the port has a key of "
		       "its own)";
	return "not a host name or address";
}

static int
check_host(const struct conf *conf, struct result *res)
{
	const char *list = conf->smarthost.host, *host;
	char bare[HOST_MAX + 1];
	size_t n;

	if (list[strspn(list, " ")] == '\0')
		return fail_smarthost(conf, "host",
		    "must be set to the server that takes your mail", res);
	while ((n = next_host(&list, &host)) > 0)
		if (classify(host, n, bare) == HOST_BAD)
			return fail_smarthost(
			    conf, "host", what_is_wrong(host, n), res);
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
	size_t n, seen[HOST_KIND_COUNT] = { 0 };
	const char *list = conf->smarthost.source_address, *address;
	char bare[HOST_MAX + 1];
	enum host_kind kind;

	while ((n = next_host(&list, &address)) > 0) {
		kind = classify(address, n, bare);
		if (++seen[kind] > most[kind])
			return fail_smarthost(conf, "source_address",
			    "must be an IPv4 address, an IPv6 address, or one "
			    "of each",
			    res);
	}
	return 0;
}

static int
check_proxy(const struct conf *conf, struct result *res)
{
	char bare[HOST_MAX + 1];
	struct proxy proxy;
	bool good;

	if (*conf->smarthost.proxy == '\0')
		return 0;
	good = proxy_parse(&proxy, conf->smarthost.proxy) == 0 &&
	    proxy.host[0] != '/' &&
	    classify(proxy.host, strlen(proxy.host), bare) != HOST_BAD;
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
	    "one (or rewrite = never)");
}

/* Whether what is said to the host stays on this machine, of which nobody can
 * be sure behind a proxy. */
static bool
stays_here(const struct conf *conf, const char *host, size_t n)
{
	char bare[HOST_MAX + 1];
	enum host_kind kind = classify(host, n, bare);

	if (kind != HOST_PATH && *conf->smarthost.proxy != '\0')
		return false;
	return is_loopback(kind, bare);
}

/* The password must not go over a network in clear. */
static int
check_clear(const struct conf *conf, struct result *res)
{
	const char *list = conf->smarthost.host, *host;
	size_t n;

	if (conf->smarthost.tls != CONF_TLS_OFF ||
	    conf->smarthost.auth == CONF_AUTH_OFF ||
	    conf->smarthost.auth == CONF_AUTH_EXTERNAL ||
	    *conf->smarthost.user == '\0' || conf->smarthost.insecure_auth)
		return 0;
	while ((n = next_host(&list, &host)) > 0)
		if (!stays_here(conf, host, n))
			return fail_smarthost(conf, "tls",
			    "with off, the password would go over the network "
			    "in clear; insecure_auth = yes allows that",
			    res);
	return 0;
}

/* What does not go with hosts of some kind.  No certificate is for a path; who
 * connects to port 25 expects SMTP, and a reply for the whole message (RFC 2033
 * section 5); SRV records are of submission, and not to be had by a proxy. */
static int
check_kinds(const struct conf *conf, struct result *res)
{
	const char *list = conf->smarthost.host, *host;
	bool clear = conf->smarthost.tls == CONF_TLS_OFF;
	bool pinned = *conf->smarthost.tls_pin != '\0';
	bool lmtp = conf->smarthost.protocol == CONF_PROTOCOL_LMTP;
	bool has[HOST_KIND_COUNT] = { false };
	char bare[HOST_MAX + 1];
	size_t n;

	while ((n = next_host(&list, &host)) > 0)
		has[classify(host, n, bare)] = true;
	const struct {
		const char *name;
		bool is_wrong;
		const char *text;
	} rules[] = {
		{ "tls", has[HOST_PATH] && !clear && !pinned,
		    "must be off for a host that is a path, since no "
		    "certificate is for a path (or set tls_pin)" },
		{ "port",
		    (has[HOST_NAME] || has[HOST_IPV4] || has[HOST_IPV6]) &&
			lmtp && conf->smarthost.port == 25,
		    "must not be 25 with protocol = lmtp; 24 is what LMTP "
		    "servers listen on, where not on a socket" },
		{ "tls", has[HOST_SRV] && clear,
		    "cannot be off with a host that begins with srv:" },
		{ "protocol", has[HOST_SRV] && lmtp,
		    "must be smtp with a host that begins with srv:" },
		{ "proxy", has[HOST_SRV] && *conf->smarthost.proxy != '\0',
		    "cannot be set with a host that begins with srv:, which no "
		    "proxy can look up" },
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].is_wrong)
			return fail_smarthost(
			    conf, rules[i].name, rules[i].text, res);
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
	static int (*const checks[])(const struct conf *,
	    struct result *) = { check_host, check_kinds, check_ehlo,
		check_login, check_clear, check_pin, check_tls, check_source,
		check_proxy, check_sender, check_queue, check_syslog };

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i](conf, res) == -1)
			return -1;
	return 0;
}
