#include "config.h"

#include <arpa/inet.h>
#include <bsd/string.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/ascii.h"
#include "base/hostname.h"
#include "config/host.h"

#define PATH_LENGTH_MAX (sizeof((struct sockaddr_un *)NULL)->sun_path - 1)
#define DOMAIN_MAX (HOSTNAME_MAX - sizeof "_submissions._tcp")
#define PORT_HIGHEST 65535

/* Reads an IPv6 address with or without brackets. */
static bool
read_ipv6(const char *name, struct in6_addr *address)
{
	char bare[HOST_MAX + 1];
	size_t n = strlcpy(bare, name, sizeof bare);

	if (n >= sizeof bare)
		return false;
	if (n > 2 && bare[0] == '[' && bare[n - 1] == ']') {
		bare[n - 1] = '\0';
		return inet_pton(AF_INET6, bare + 1, address) == 1;
	}
	return inet_pton(AF_INET6, bare, address) == 1;
}

enum host_kind
host_kind_of(const char *name)
{
	struct in6_addr ignored;

	if (read_ipv6(name, &ignored))
		return HOST_IPV6;
	if (inet_pton(AF_INET, name, &ignored) == 1)
		return HOST_IPV4;
	return hostname_is_valid(name) ? HOST_NAME : HOST_BAD;
}

bool
host_is_loopback(const struct host *host)
{
	struct in6_addr address;

	switch (host->kind) {
	case HOST_NAME:
		return ascii_equal(host->name, "localhost");
	case HOST_IPV4:
		return strncmp(host->name, "127.", 4) == 0;
	case HOST_IPV6:
		return read_ipv6(host->name, &address) &&
		    IN6_IS_ADDR_LOOPBACK(&address);
	case HOST_PATH:
		return true;
	default:
		return false;
	}
}

/* Where in the `n` bytes of an entry the ":port" begins: at its last colon,
 * but no address of IPv6 ends in one; `n` when there is none. */
static size_t
find_port(const char *entry, size_t n)
{
	const char *colon = memrchr(entry, ':', n);

	if (colon == NULL || colon == entry)
		return n;
	if (colon[-1] == ']' ||
	    memchr(entry, ':', (size_t)(colon - entry)) == NULL)
		return (size_t)(colon - entry);
	return n;
}

/* The number that the `n` bytes at `digits` are, or 0. */
static long
read_port(const char *digits, size_t n)
{
	long port = 0;

	for (size_t i = 0; i < n; i++) {
		if (!ascii_is_digit(digits[i]))
			return 0;
		port = port * 10 + (digits[i] - '0');
		if (port > PORT_HIGHEST)
			return 0;
	}
	return port;
}

/* Nobody has a certificate for a whole top-level domain, so one must have two
 * labels. */
static enum host_kind
kind_of_domain(const char *domain)
{
	return hostname_is_valid(domain) && strchr(domain, '.') != NULL &&
		strlen(domain) <= DOMAIN_MAX
	    ? HOST_SRV
	    : HOST_BAD_DOMAIN;
}

/* Puts the `n` bytes at `name` there; whether there is room for them. */
static bool
put_name(struct host *host, const char *name, size_t n)
{
	size_t copied = n <= HOST_MAX ? n : HOST_MAX;

	memcpy(host->name, name, copied);
	host->name[copied] = '\0';
	return n <= HOST_MAX;
}

/* Reads an entry of `n` bytes that is no path and no domain. */
static void
read_entry(struct host *host, const char *entry, size_t n)
{
	size_t len = find_port(entry, n);
	bool fits = put_name(host, entry, len);

	host->kind = fits ? host_kind_of(host->name) : HOST_BAD;
	if (len < n)
		host->port = read_port(entry + len + 1, n - len - 1);
	if (host->port == 0 && host->kind != HOST_BAD)
		host->kind = HOST_BAD_PORT;
}

bool
host_next(const char **list, long port, struct host *host)
{
	const size_t prefix = strlen(HOST_SRV_PREFIX);
	const char *entry;
	size_t n;

	*list += strspn(*list, " ");
	entry = *list;
	n = strcspn(entry, " ");
	*list += n;
	host->port = port;
	if (entry[0] == '/') {
		(void)put_name(host, entry, n);
		host->kind = n <= PATH_LENGTH_MAX ? HOST_PATH : HOST_BAD_PATH;
	} else if (n >= prefix && memcmp(entry, HOST_SRV_PREFIX, prefix) == 0) {
		(void)put_name(host, entry + prefix, n - prefix);
		host->kind = kind_of_domain(host->name);
	} else {
		read_entry(host, entry, n);
	}
	return n > 0;
}
