/*
 * tls_own: the certificate that this machine shows, where it has one, and its
 * key.
 *
 * Internal to net: tls makes the context that they become part of.
 */
#ifndef NET_TLS_OWN_H
#define NET_TLS_OWN_H

#include <openssl/ssl.h>

#include "base/result.h"

/*
 * Loads the certificate in the file `cert`, with the rest of its chain where
 * that follows, and the key in the file `key`, or in `cert` where that is
 * NULL or "".  Both are PEM; the key is not encrypted, and nobody else may
 * read its file (config/file.h).  The text has the path and OpenSSL's words.
 * Kind CONFIG; DENIED: the caller may not read it; SYSTEM.
 */
int tls_own_load(SSL_CTX *ctx, const char *cert, const char *key,
    struct result *res) __attribute__((warn_unused_result));

#endif
