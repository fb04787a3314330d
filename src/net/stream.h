/*
 * stream: bytes to and from the peer, in clear or over TLS, until a deadline.
 *
 * Works on a non-blocking socket.  Knows nothing of lines or SMTP.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"
#include "net/deadline.h"
#include "net/tls.h"
#include "net/tls_binding.h"
#include "net/tls_certificate.h"

struct stream;

/* Takes the socket `fd`.  Kind SYSTEM: no memory (fd is closed). */
int stream_new(struct stream **s, int fd, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Makes the handshake as a client of `host`, the configured name (sent as
 * SNI unless it is an address), and verifies the certificate.  After words
 * in clear (STARTTLS), bytes that have come but were not read abort it first.
 * Kinds: CERT_NAME, CERT_TIME, CERT_TRUST, CERT_PIN or CERTIFICATE (the text
 * says what is wrong and for which host), NOT_TLS (the peer spoke first, in
 * clear), TLS, LOST, TIMEOUT, INTERRUPTED, PROTOCOL (bytes before the handshake).  After a failure the
 * stream can only be closed.
 */
int stream_start_tls(struct stream *s, const struct tls *tls, const char *host,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* "TLSv1.3, TLS_AES_256_GCM_SHA384", or "" in clear. */
const char *stream_describe(const struct stream *s);

/* Reads the certificate that the peer has shown, accepted or not; -1: none. */
int stream_certificate(const struct stream *s, struct tls_certificate *cert)
    __attribute__((warn_unused_result));

/* What ties a log-in to this connection, once it is TLS. */
void stream_bind(const struct stream *s, struct tls_binding *binding);

/* Reads at least one byte; *got 0 at the end of the stream, orderly or (over
 * TLS) truncated.  Kinds LOST, TIMEOUT, INTERRUPTED, TLS. */
int stream_read(struct stream *s, char *p, size_t n, size_t *got,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* Whether stream_read would give something (or the end) at once. */
bool stream_has_input(struct stream *s);

/*
 * Writes all `n` bytes and hands them to the kernel: at most one system call
 * per 64 KiB.  Kinds LOST, TIMEOUT, INTERRUPTED, TLS.  After each of the
 * first three nothing more can be written, but what the peer said before may
 * still be read.
 */
int stream_write(struct stream *s, const char *p, size_t n,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* Another process has the connection now: from here on nothing is written. */
void stream_leave(struct stream *s);

/* Says goodbye (close_notify) without waiting, closes, releases.  Accepts
 * NULL. */
void stream_close(struct stream *s);

#endif
