/*
 * dial: from a host name and port, or a path, to a connected socket, in
 * bounded time.
 *
 * Resolves without blocking past the deadline, then tries the addresses with
 * a head start for each and the families taking turns (RFC 8305); the first
 * that connects wins.  Where there is a proxy, this is the way to it, and the
 * host is the proxy's to find.  Knows nothing of TLS or SMTP.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"
#include "net/deadline.h"

#define DIAL_HEAD_START 250 /* ms, RFC 8305 section 8 */
#define DIAL_ADDRESSES_MAX 32
#define DIAL_FOUND_MAX 256

/* Where to, and how; borrowed. */
struct dial_to {
	/* a name or an address, IPv6 with or without brackets; or the path of
	 * a UNIX socket, for which nothing else counts */
	const char *host;
	int port;
	/* addresses to connect from: one of a family at most, with blanks
	 * between them, and no address of another family is tried; NULL or "":
	 * whatever the system chooses */
	const char *source;
	const char *proxy; /* base/proxy.h; NULL or "": none */
};

struct dial {
	int fd; /* non-blocking, TCP_NODELAY, close-on-exec */
	/* the peer, as digits; "via " and the proxy's; "": a UNIX socket */
	char address[64];
	/* the peer is this machine; never known of what is behind a proxy */
	bool is_loopback;
	/* this end, as an address literal (RFC 5321 section 4.1.3): what a
	 * machine without a proper name calls itself in EHLO */
	char literal[64];
	/* what the name led to, as digits with blanks between, as far as there
	 * is room; and when, on the monotonic clock (ms): 0, when it led to
	 * nothing, or was not looked up here */
	char found[DIAL_FOUND_MAX];
	int64_t found_at;
};

/* Whether `host` is the path of a UNIX socket. */
bool dial_is_path(const char *host);

/*
 * Connects.  "localhost" is always this machine's loopback (RFC 6761), unless
 * a proxy is asked for it.
 * Kind RESOLVE: no address, or not in time; CONNECT: none of them answered
 * (in time), the text names each kind of failure once; or the proxy refused,
 * and why; INTERRUPTED, SYSTEM; CONFIG: `source` is not such a list, `proxy`
 * not one.
 * The socket is the caller's.
 * An alarm does not ring while the name is looked up: it may fork, and the
 * thread that asks would be missing there.
 */
int dial(struct dial *d, const struct dial_to *to, struct deadline until,
    struct result *res) __attribute__((warn_unused_result));

#endif
