/*
 * socks: the way through a SOCKS5 proxy (RFC 1928), where it wants that with
 * a log-in by name and password (RFC 1929).
 *
 * The negotiation is a machine without I/O.  It asks for as many octets as it
 * can be sure of and no more, since what follows them is the other end's
 * first word.  A name is never resolved here: the proxy does that.
 */
#ifndef NET_SOCKS_H
#define NET_SOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/proxy.h"
#include "base/result.h"
#include "net/deadline.h"

#define SOCKS_OUT_MAX (3 + 2 * (PROXY_TEXT_MAX - 1)) /* a log-in */
#define SOCKS_IN_MAX (4 + 1 + 255 + 2) /* an answer with a name */

enum socks_state { SOCKS_METHOD, SOCKS_LOGIN, SOCKS_ANSWER, SOCKS_DONE };

struct socks {
	const struct proxy *proxy;
	const char *host;
	int port;
	enum socks_state state;
	unsigned char out[SOCKS_OUT_MAX]; /* to be sent; may hold a secret */
	size_t out_len;
	unsigned char in[SOCKS_IN_MAX]; /* the answer so far */
	size_t in_len, in_want;
};

/* Begins to ask `proxy` for a connection to `host` (a name of at most 255
 * bytes, or an address, with or without brackets); borrows all of it. */
void socks_begin(
    struct socks *s, const struct proxy *proxy, const char *host, int port);

/* Octets to read next, at most; 0: there is something to send, or all is
 * done. */
size_t socks_wants(const struct socks *s);

/* Takes `n` octets, no more than were wanted.  Kind CONNECT: the proxy
 * refuses, and why; or it is none. */
int socks_push(struct socks *s, const void *p, size_t n, struct result *res)
    __attribute__((warn_unused_result));

/* The output was sent. */
void socks_sent(struct socks *s);

/*
 * Does all of it over `fd`, which is connected to the proxy and does not
 * block.  Kind CONNECT: the proxy refuses, hangs up, or says nothing in time;
 * INTERRUPTED, SYSTEM, and what the alarm makes of it.
 */
int socks_connect(int fd, const struct proxy *proxy, const char *host, int port,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

#endif
