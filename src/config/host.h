/*
 * host: names and addresses of servers, as the configuration writes them.
 *
 * A list has blanks between its entries.  An entry is a host name, an IPv4
 * address, or an IPv6 address with or without brackets, and may have ":port"
 * after it; an IPv6 address then needs the brackets.  Or it is the path of a
 * UNIX socket, or "srv:" and a domain whose SRV records name the servers.
 * Pure.
 */
#ifndef CONFIG_HOST_H
#define CONFIG_HOST_H

#include <stdbool.h>

#define HOST_MAX 255 /* bytes of a name, brackets among them */

#define HOST_SRV_PREFIX "srv:"

enum host_kind {
	HOST_BAD,
	HOST_BAD_PORT,
	HOST_BAD_PATH,
	HOST_BAD_DOMAIN,
	HOST_NAME,
	HOST_IPV4,
	HOST_IPV6,
	HOST_PATH,
	HOST_SRV,
	HOST_KIND_COUNT
};

struct host {
	enum host_kind kind;
	char name[HOST_MAX + 1]; /* as written, without port and "srv:"; of a
				  * bad one, as much as there is room for */
	long port; /* 1..65535; nothing to a PATH or SRV */
};

/* Takes the next entry off *list; false at its end.  `port` is that of an
 * entry without one. */
bool host_next(const char **list, long port, struct host *host);

/* What `name`, without a port, is: BAD, NAME, IPV4 or IPV6. */
enum host_kind host_kind_of(const char *name);

/* Whether it can be nothing but this machine. */
bool host_is_loopback(const struct host *host);

#endif
