/*
 * tls: what is trusted, and the rules of every handshake.
 *
 * TLS 1.2 at least, the peer's certificate verified always, against the
 * trust store and the configured host name or address (RFC 9525: subject
 * alternative names only).  No renegotiation, no compression, no session
 * reuse, no key log.  The trust store is the hashed directory where there is
 * one, since reading a bundle costs more than the handshake.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stddef.h>

#include "base/result.h"

enum tls_min { TLS_MIN_1_2, TLS_MIN_1_3 };

struct tls_rules {
	const char *ca_file; /* PEM bundle, or NULL or "" */
	const char *ca_path; /* hashed directory, or NULL or "" */
	enum tls_min min;
};

struct tls; /* opaque; may serve many connections */

/*
 * Makes the context.  Neither file nor directory given: the system's hashed
 * directory, or, where that is not hashed, its bundle.  Kind CONFIG: a
 * trust store that is named but cannot be read, or none found; TLS: the
 * library failed.
 */
int tls_new(struct tls **tls, const struct tls_rules *rules, struct result *res)
    __attribute__((warn_unused_result));

void tls_free(struct tls *tls);

#endif
