/*
 * dial_resolve: from a host name to the addresses to try, in their order.
 *
 * Internal to dial.
 */
#ifndef NET_DIAL_RESOLVE_H
#define NET_DIAL_RESOLVE_H

#include <netdb.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/result.h"
#include "net/deadline.h"
#include "net/dial.h"

struct dial_address {
	struct sockaddr_storage sa;
	socklen_t len;
};

struct dial_list {
	struct dial_address at[DIAL_ADDRESSES_MAX];
	size_t n;
};

/* Adds the addresses of `ai` to `list` until it is full, the families taking
 * turns, that of the first address first (RFC 8305 section 4). */
void dial_order(struct dial_list *list, const struct addrinfo *ai);

/* The place in `list` of the first address of `family`, or list->n. */
size_t dial_find(const struct dial_list *list, int family);

/* Reads the addresses in `text`, with blanks between them; none of NULL.
 * Kind CONFIG: something else stands there. */
int dial_read(struct dial_list *list, const char *text, struct result *res)
    __attribute__((warn_unused_result));

/* Finds at least one address of `host`.  Addresses and "localhost" need
 * neither file nor resolver.  Kinds RESOLVE, INTERRUPTED, SYSTEM. */
int dial_resolve(struct dial_list *list, const char *host, int port,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

#endif
