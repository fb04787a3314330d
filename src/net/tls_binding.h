/*
 * tls_binding: bytes that only the two ends of one TLS connection can both
 * know (channel binding, RFC 5056), for a log-in that holds for it alone.
 */
#ifndef NET_TLS_BINDING_H
#define NET_TLS_BINDING_H

#include <openssl/types.h>
#include <stddef.h>

#define TLS_BINDING_MAX 64 /* of SHA-512, the longest */

struct tls_binding {
	const char *type; /* "tls-exporter", "tls-server-end-point" */
	unsigned char bytes[TLS_BINDING_MAX];
	size_t len; /* 0: there is none */
};

/* That of a connection whose handshake is done: from TLS 1.3 on tls-exporter
 * (RFC 9266), before it tls-server-end-point (RFC 5929), which certificates
 * whose signature has no digest of its own do not have. */
void tls_binding_make(struct tls_binding *binding, SSL *ssl);

#endif
