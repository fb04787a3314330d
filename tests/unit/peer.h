/*
 * peer: the other end of a connection, played by a thread, and throw-away
 * certificates for it.  For the tests of stream and tls.
 */
#ifndef UNIT_PEER_H
#define UNIT_PEER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stddef.h>

#include "net/tls.h"

#define PEER_DAY (24 * 3600L)

enum peer_signer {
	PEER_CA, /* the one that peer_trust() trusts */
	PEER_STRANGER,
	PEER_EXPIRED_CA, /* trusted, but no longer */
	PEER_ITSELF
};

enum peer_key { PEER_EC, PEER_RSA_1024 };

/* What a certificate says. */
struct peer_cert {
	const char *cn;
	const char *names; /* "DNS:a,IP:b"; NULL: none */
	long from, until; /* seconds from now; both 0: a day ago and hence */
	enum peer_signer signer;
	enum peer_key key;
};

struct peer {
	int fd; /* blocking; the thread's, which need not close it */
	SSL_CTX *ctx;
	SSL *ssl;
	char sni[64]; /* the name that the client asked for, or "" */
	void (*play)(struct peer *);
	pthread_t thread;
};

/* A server's context with such a certificate. */
SSL_CTX *peer_context(const struct peer_cert *cert);

/* Trusts PEER_CA and PEER_EXPIRED_CA. */
struct tls *peer_trust(enum tls_min min);

/* Writes such a certificate, with its authority's, and its key.  The two
 * files may be one; nobody else may read them. */
void peer_write(
    const struct peer_cert *cert, const char *cert_file, const char *key_file);

/* Makes the server want a certificate that PEER_CA has signed. */
void peer_want(SSL_CTX *ctx);

/* The file peer_trust() reads. */
const char *peer_ca_file(void);

/* Starts `play` on one end of a TCP connection; returns the other.  `ctx`,
 * which is taken, may be NULL when nothing is encrypted. */
int peer_start(struct peer *p, SSL_CTX *ctx, void (*play)(struct peer *));

/* Waits for the thread to end, and releases what is left. */
void peer_join(struct peer *p);

/* For `play`: the server's side of the handshake; 1, or what SSL_accept
 * gave. */
int peer_accept(struct peer *p);

/* For `play`: sends all of it, in TLS after peer_accept. */
void peer_say(struct peer *p, const char *text);

/* For `play`: reads up to `n` bytes until the end or an error; the number
 * of bytes. */
size_t peer_hear(struct peer *p, char *dst, size_t n);

/* Releases the keys and the file, once all is done. */
void peer_clean(void);

#endif
