/*
 * tls_peer: one connection's side of tls: whom to expect at the other end,
 * and, when the handshake fails, why, in words that name the host.
 *
 * Internal to net: tls makes the context, stream moves the bytes.
 */
#ifndef NET_TLS_PEER_H
#define NET_TLS_PEER_H

#include <openssl/ssl.h>

#include "base/pin.h"
#include "base/result.h"
#include "net/tls.h"

#define TLS_HOST_MAX 256 /* longer than any DNS name; NUL included */

struct tls {
	SSL_CTX *ctx;
	struct pins pins; /* when there are any, nothing else is trusted */
};

struct tls_peer {
	char host[TLS_HOST_MAX]; /* bare: no brackets, no final dot */
	enum result_kind kind; /* of what is in `why` */
	char why[RESULT_TEXT_MAX / 2]; /* what is wrong with the
					 * certificate, or "" */
	X509 *refused; /* the one that is not accepted, or NULL */
};

/*
 * Makes a client connection that will accept nobody but `host`, a name or an
 * address (with or without brackets).  `peer`, which begins as zero bytes, must
 * outlive it, and be cleared whatever the result.  Kind TLS.
 */
int tls_peer_new(SSL **ssl, struct tls_peer *peer, const struct tls *tls,
    const char *host, struct result *res) __attribute__((warn_unused_result));

/* OpenSSL's callback where keys are pinned, in place of all its own checks:
 * whether the leaf certificate has such a key.  `tls` is the struct tls. */
int tls_peer_verify_pin(X509_STORE_CTX *store, void *tls);

/* Whether the handshake that has ended was with `peer` and nobody else. */
int tls_peer_check(SSL *ssl, const struct tls_peer *peer, struct result *res)
    __attribute__((warn_unused_result));

/* Makes the result of an operation that failed inside OpenSSL, and empties
 * its error queue: kind CERTIFICATE, CERT_NAME, CERT_TIME, CERT_TRUST, CERT_PIN
 * or TLS.  Returns -1. */
int tls_peer_fail(const struct tls_peer *peer, struct result *res);

/* The certificate that the server has shown, accepted or not; or NULL. */
const X509 *tls_peer_certificate(const SSL *ssl, const struct tls_peer *peer);

void tls_peer_clear(struct tls_peer *peer);

/* OpenSSL's reason for its first error, or the system's where that is behind
 * it; empties the error queue. */
const char *tls_why(void);

#endif
