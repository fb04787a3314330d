#include "config.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/text.h"
#include "net/stream.h"
#include "net/tls_peer.h"
#include "net/wire.h"

/* What a write that is longer than WIRE_PAYLOAD is cut into. */
#define BLOCK (64 * 1024)
#define DESCRIPTION_MAX 80

struct stream {
	struct wire wire;
	SSL *ssl; /* NULL in clear */
	struct tls_peer peer;
	bool used; /* something was said in clear */
	bool failed; /* TLS is beyond use, `failure` says why */
	struct result failure;
	char description[DESCRIPTION_MAX];
};

int
stream_new(struct stream **s, int fd, struct result *res)
{
	*s = calloc(1, sizeof **s);
	if (*s == NULL) {
		close(fd);
		return result_fail(res, RESULT_SYSTEM, "no memory");
	}
	(*s)->wire.fd = fd;
	return 0;
}

const char *
stream_describe(const struct stream *s)
{
	return s->description;
}

static int
lost(const struct stream *s, struct result *res)
{
	return result_fail(res, RESULT_LOST, "connection lost: %s",
	    s->wire.error != 0 ? strerror(s->wire.error)
			       : "closed by the server");
}

/*
 * After an OpenSSL call that did not succeed: waits for what it wants and
 * returns 0, so that the call is made again, or says why not.  A failure
 * that is final is kept, for OpenSSL tells it only once.
 */
static int
again(struct stream *s, int error, struct result *res)
{
	switch (error) {
	case SSL_ERROR_WANT_READ:
		return wire_wait(&s->wire, res);
	case SSL_ERROR_WANT_WRITE:
		return wire_flush(&s->wire, res);
	case SSL_ERROR_ZERO_RETURN:
	case SSL_ERROR_SYSCALL:
		lost(s, &s->failure);
		ERR_clear_error();
		break;
	default:
		tls_peer_fail(&s->peer, &s->failure);
		break;
	}
	s->failed = true;
	*res = s->failure;
	return -1;
}

/* Says so where the peer's first words were not TLS at all: the types of
 * records are 20 to 23 (RFC 8446 section 5.1).  SMTP begins with digits. */
static int
explain_clear_text(struct stream *s, struct result *res)
{
	struct wire *w = &s->wire;
	char said[2 * sizeof w->first];
	size_t n = 0;

	if (w->first_len == 0 || (w->first[0] >= 20 && w->first[0] <= 23))
		return -1;
	while (n < w->first_len && w->first[n] != '\r' && w->first[n] != '\n')
		n++;
	text_escape(said, sizeof said, w->first, n);
	if (s->used)
		return result_fail(res, RESULT_TLS,
		    "%s: the server answers the TLS handshake in clear text "
		    "(it says \"%s\")",
		    s->peer.host, said);
	return result_fail(res,
	    ascii_is_digit(said[0]) ? RESULT_NOT_TLS : RESULT_NOT_SMTP,
	    "%s: the server on this port does not speak TLS from the start "
	    "(it says \"%s\")",
	    s->peer.host, said);
}

/* The last words of the handshake are ours.  Where they cannot be said, the
 * peer has gone, and reading will tell why. */
static int
finish(struct stream *s, struct result *res)
{
	if (tls_peer_check(s->ssl, &s->peer, res) == -1)
		return -1;
	if (wire_flush(&s->wire, res) == -1 && res->kind != RESULT_LOST)
		return -1;
	return 0;
}

static int
handshake(struct stream *s, struct result *res)
{
	int rc;

	for (;;) {
		ERR_clear_error();
		rc = SSL_connect(s->ssl);
		if (rc == 1)
			return finish(s, res);
		if (again(s, SSL_get_error(s->ssl, rc), res) == 0)
			continue;
		if (s->failed && res->kind == RESULT_LOST)
			result_context(
			    res, "%s: during the TLS handshake", s->peer.host);
		return s->failed ? explain_clear_text(s, res) : -1;
	}
}

/* What came before the handshake did not come from the one it is made with
 * (CVE-2011-0411 and its kin). */
static int
refuse_early_input(struct stream *s, struct result *res)
{
	char c;

	/* A server that has spoken before anything was asked of it speaks in
	 * clear: the handshake finds the words for that. */
	if (!s->used)
		return 0;
	if (recv(s->wire.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) != 1)
		return 0;
	return result_fail(res, RESULT_PROTOCOL,
	    "data before the TLS handshake (injected by somebody in "
	    "between?)");
}

static int
attach(struct stream *s, const struct tls *tls, const char *host,
    struct result *res)
{
	BIO *bio;

	if (tls_peer_new(&s->ssl, &s->peer, tls, host, res) == -1)
		return -1;
	bio = wire_bio(&s->wire);
	if (bio == NULL) {
		ERR_clear_error();
		return result_fail(res, RESULT_SYSTEM, "no memory");
	}
	SSL_set_bio(s->ssl, bio, bio);
	return 0;
}

int
stream_start_tls(struct stream *s, const struct tls *tls, const char *host,
    struct deadline until, struct result *res)
{
	wire_begin(&s->wire, until);
	if (refuse_early_input(s, res) == -1 ||
	    attach(s, tls, host, res) == -1 || handshake(s, res) == -1) {
		/* Nothing shall ever be said to this peer. */
		s->failed = true;
		s->failure = *res;
		return -1;
	}
	snprintf(s->description, sizeof s->description, "%s, %s",
	    SSL_get_version(s->ssl), SSL_get_cipher_name(s->ssl));
	return 0;
}

int
stream_certificate(const struct stream *s, struct tls_certificate *cert)
{
	const X509 *shown = NULL;

	if (s->ssl != NULL)
		shown = tls_peer_certificate(s->ssl, &s->peer);
	if (shown == NULL)
		return -1;
	tls_certificate_read(cert, shown);
	return 0;
}

void
stream_bind(const struct stream *s, struct tls_binding *binding)
{
	tls_binding_make(binding, s->ssl);
}

static int
read_clear(struct stream *s, char *p, size_t n, size_t *got, struct result *res)
{
	ssize_t r;

	for (;;) {
		r = wire_recv(&s->wire, p, n);
		if (r >= 0) {
			*got = (size_t)r;
			return 0;
		}
		if (s->wire.error != 0)
			return lost(s, res);
		if (wire_wait(&s->wire, res) == -1)
			return -1;
	}
}

static int
read_tls(struct stream *s, char *p, size_t n, size_t *got, struct result *res)
{
	int error;

	for (;;) {
		ERR_clear_error();
		if (SSL_read_ex(s->ssl, p, n, got) == 1)
			return 0;
		*got = 0;
		error = SSL_get_error(s->ssl, 0);
		if (error == SSL_ERROR_ZERO_RETURN)
			return 0;
		if (again(s, error, res) == -1)
			return -1;
	}
}

int
stream_read(struct stream *s, char *p, size_t n, size_t *got,
    struct deadline until, struct result *res)
{
	*got = 0;
	wire_begin(&s->wire, until);
	if (s->failed) {
		*res = s->failure;
		return -1;
	}
	if (s->ssl != NULL)
		return read_tls(s, p, n, got, res);
	s->used = true;
	return read_clear(s, p, n, got, res);
}

/* Asks OpenSSL itself, since the bytes that poll would find may be a session
 * ticket, and those it would not may wait decrypted. */
static bool
has_input_tls(struct stream *s)
{
	static const struct deadline at_once = { .at = 0, .cancel = -1 };
	struct result res;
	char c;
	size_t n;
	int error;

	if (s->failed)
		return true;
	wire_begin(&s->wire, at_once);
	ERR_clear_error();
	if (SSL_peek_ex(s->ssl, &c, 1, &n) == 1)
		return true;
	error = SSL_get_error(s->ssl, 0);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return false;
	if (error != SSL_ERROR_ZERO_RETURN)
		(void)again(s, error, &res);
	return true;
}

bool
stream_has_input(struct stream *s)
{
	struct pollfd p = { .fd = s->wire.fd, .events = POLLIN };

	if (s->ssl != NULL)
		return has_input_tls(s);
	return poll(&p, 1, 0) > 0;
}

static int
write_tls(struct stream *s, const char *p, size_t n, struct result *res)
{
	size_t done;

	for (;;) {
		ERR_clear_error();
		if (SSL_write_ex(s->ssl, p, n, &done) == 1)
			return wire_flush(&s->wire, res);
		if (again(s, SSL_get_error(s->ssl, 0), res) == -1)
			return -1;
	}
}

int
stream_write(struct stream *s, const char *p, size_t n, struct deadline until,
    struct result *res)
{
	size_t k;

	wire_begin(&s->wire, until);
	if (s->failed) {
		*res = s->failure;
		return -1;
	}
	if (s->ssl == NULL) {
		s->used = true;
		return wire_send(&s->wire, p, n, res);
	}
	for (; n > 0; p += k, n -= k) {
		k = n <= WIRE_PAYLOAD ? n : BLOCK;
		if (write_tls(s, p, k, res) == -1)
			return -1;
	}
	return 0;
}

/* Sends close_notify, or the alert that OpenSSL has made of a failure, if the
 * kernel takes it at once. */
static void
say_goodbye(struct stream *s)
{
	static const struct deadline at_once = { .at = 0, .cancel = -1 };
	struct result res;

	wire_begin(&s->wire, at_once);
	if (!s->failed)
		(void)SSL_shutdown(s->ssl);
	ERR_clear_error();
	(void)!wire_flush(&s->wire, &res);
}

void
stream_leave(struct stream *s)
{
	s->wire.broken = true;
}

void
stream_close(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->ssl != NULL && !s->wire.broken)
		say_goodbye(s);
	SSL_free(s->ssl);
	tls_peer_clear(&s->peer);
	wire_clear(&s->wire);
	close(s->wire.fd);
	free(s);
}
