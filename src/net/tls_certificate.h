/*
 * tls_certificate: what a certificate says, in words.  Whether it is to be
 * believed is tls's.
 */
#ifndef NET_TLS_CERTIFICATE_H
#define NET_TLS_CERTIFICATE_H

#include <openssl/types.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/pin.h"

#define TLS_CERTIFICATE_TEXT_MAX 400 /* bytes, the NUL included */

struct tls_certificate {
	char names[TLS_CERTIFICATE_TEXT_MAX]; /* "a.example, b.example" */
	char issuer[TLS_CERTIFICATE_TEXT_MAX]; /* "CN=R11" */
	int64_t begins, ends; /* when it is valid: seconds since 1970, or 0 */
	char key[PIN_TEXT_SIZE]; /* base/pin.h; "" when it has none */
};

void tls_certificate_read(struct tls_certificate *c, const X509 *cert);

/* Puts the host names and addresses that it is for, the first few of them; CN,
 * or else the last part, of a subject or issuer; a day. */
void tls_certificate_put_names(struct buf *b, const X509 *cert);
void tls_certificate_put_dn(struct buf *b, const X509_NAME *dn);
void tls_certificate_put_day(struct buf *b, const ASN1_TIME *at);

/* The pin of its key.  -1: no memory. */
int tls_certificate_pin(struct pin *pin, const X509 *cert);

#endif
