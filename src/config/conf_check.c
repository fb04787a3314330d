#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/log.h"
#include "base/pin.h"
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

/* What is wrong with an entry of `host`. */
static const char *
complaint(const struct host *host)
{
	if (host->kind == HOST_BAD_PORT)
		return "the port after a : must be a number from 1 to 65535";
	if (host->name[0] == '/')
		return "a path is not a host";
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
		if (host.kind == HOST_BAD || host.kind == HOST_BAD_PORT)
			return fail_smarthost(
			    conf, "host", complaint(&host), res);
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
	static const size_t most[] = {
		[HOST_BAD] = 0,
		[HOST_BAD_PORT] = 0,
		[HOST_NAME] = 0,
		[HOST_IPV4] = 1,
		[HOST_IPV6] = 1,
	};
	size_t seen[sizeof most / sizeof *most] = { 0 };
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
	if (n <= EHLO_MAX && is_visible && (is_literal || host_is_name(ehlo)))
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
		if (!host_is_loopback(&host))
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
	static int (*const checks[])(
	    const struct conf *, struct result *) = { check_scheme, check_host,
		check_ehlo, check_login, check_clear, check_pin, check_tls,
		check_source, check_sender, check_queue, check_syslog };

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i](conf, res) == -1)
			return -1;
	return 0;
}
