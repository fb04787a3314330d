/*
 * tls: what is trusted, and the rules of every handshake.
 *
 * TLS 1.2 at least, the peer's certificate verified always: against the
 * trust store and the configured host name or address (RFC 9525: subject
 * alternative names only), or, where keys are pinned, against these alone:
 * then neither issuer, name nor dates of the certificate count.  No renegotiation, no compression, no session
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
	const char *pins; /* base/pin.h, or NULL or "" */
	const char *cert; /* to show: PEM file, or NULL or "" */
	const char *key; /* its key's; NULL or "": the same file */
	enum tls_min min;
};

struct tls; /* opaque; may serve many connections */

/*
 * Makes the context.  Neither file nor directory given: the system's hashed
 * directory, or, where that is not hashed, its bundle; with pins no store is
 * read.  Kind CONFIG: a trust store that is named but cannot be read, or none
 * found; pins, certificate or key that cannot be used; DENIED: the caller may
 * not read certificate or key; TLS: the library failed.
 */
int tls_new(struct tls **tls, const struct tls_rules *rules, struct result *res)
    __attribute__((warn_unused_result));

void tls_free(struct tls *tls);

#endif
