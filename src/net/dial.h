/*
 * dial: from a host name and port to a connected socket, in bounded time.
 *
 * Resolves without blocking past the deadline, then tries the addresses with
 * a head start for each and the families taking turns (RFC 8305); the first
 * that connects wins.  Knows nothing of TLS or SMTP.
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

struct dial {
	int fd; /* non-blocking, TCP_NODELAY, close-on-exec */
	char address[64]; /* the peer, as digits */
	bool is_loopback; /* the peer is */
	/* this end, as an address literal (RFC 5321 section 4.1.3): what a
	 * machine without a proper name calls itself in EHLO */
	char literal[64];
	/* what the name led to, as digits with blanks between, as far as there
	 * is room; and when, on the monotonic clock (ms): 0, when it led to
	 * nothing */
	char found[DIAL_FOUND_MAX];
	int64_t found_at;
};

/*
 * Connects to `host` (a name or an address, IPv6 with or without brackets)
 * and `port`, from an address in `source`: one of a family at most, with
 * blanks between them, and no address of another family is tried; NULL or "":
 * whatever the system chooses.
 * "localhost" is always this machine's loopback (RFC 6761).
 * Kind RESOLVE: no address, or not in time; CONNECT: none of them answered
 * (in time), the text names each kind of failure once; INTERRUPTED, SYSTEM;
 * CONFIG: `source` is not such a list.
 * The socket is the caller's.
 * An alarm does not ring while the name is looked up: it may fork, and the
 * thread that asks would be missing there.
 */
int dial(struct dial *d, const char *host, int port, const char *source,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

#endif
