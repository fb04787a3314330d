#include "config.h"

#include <arpa/inet.h>
#include <bsd/string.h>
#include <netinet/in.h>
#include <string.h>

#include "base/ascii.h"
#include "config/host.h"

#define NAME_MAX_BYTES 253 /* RFC 1035: 255 on the wire */
#define LABEL_MAX 63
#define PORT_HIGHEST 65535

bool
host_is_name(const char *name)
{
	const char *label = name;
	size_t n, digits;

	if (strlen(name) > NAME_MAX_BYTES)
		return false;
	for (;;) {
		n = strcspn(label, ".");
		digits = strspn(label, "0123456789");
		if (n == 0 || n > LABEL_MAX || label[0] == '-' ||
		    label[n - 1] == '-')
			return false;
		for (size_t i = 0; i < n; i++)
			if (!ascii_is_alnum(label[i]) && label[i] != '-' &&
			    label[i] != '_')
				return false;
		if (label[n] == '\0')
			return digits != n;
		label += n + 1;
	}
}

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
	return host_is_name(name) ? HOST_NAME : HOST_BAD;
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
	case HOST_BAD:
	case HOST_BAD_PORT:
		break;
	}
	return false;
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

bool
host_next(const char **list, long port, struct host *host)
{
	const char *entry;
	size_t n, len, copied;

	*list += strspn(*list, " ");
	entry = *list;
	n = strcspn(entry, " ");
	*list += n;
	len = find_port(entry, n);
	copied = len <= HOST_MAX ? len : HOST_MAX;
	memcpy(host->name, entry, copied);
	host->name[copied] = '\0';
	host->kind = len <= HOST_MAX ? host_kind_of(host->name) : HOST_BAD;
	host->port = len == n ? port : read_port(entry + len + 1, n - len - 1);
	if (host->port == 0 && host->kind != HOST_BAD)
		host->kind = HOST_BAD_PORT;
	return n > 0;
}
