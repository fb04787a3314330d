#include "config.h"

#include <arpa/inet.h>
#include <bsd/string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/buf.h"
#include "net/dial.h"
#include "net/tls_certificate.h"
#include "net/tls_peer.h"

enum name_type { NAME_DNS, NAME_ADDRESS };

/* Writes `host` without brackets, zone and final dot.  -1: too long. */
static int
bare_host(char *dst, size_t size, const char *host)
{
	size_t n;

	if (host[0] == '[')
		host++;
	if (strlcpy(dst, host, size) >= size)
		return -1;
	if (strchr(dst, ':') != NULL)
		dst[strcspn(dst, "%]")] = '\0';
	n = strlen(dst);
	if (n > 1 && dst[n - 1] == '.')
		dst[n - 1] = '\0';
	return 0;
}

static enum name_type
type_of(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1 ||
	    inet_pton(AF_INET6, host, &v6) == 1)
		return NAME_ADDRESS;
	return NAME_DNS;
}

static void
add_pin(struct buf *b, const X509 *cert)
{
	char text[PIN_TEXT_SIZE] = "unknown";
	struct pin pin;

	if (tls_certificate_pin(&pin, cert) == 0)
		pin_write(text, &pin);
	buf_puts(b, text);
}

static void
say_wrong_host(struct buf *b, X509 *cert, const struct tls_peer *peer)
{
	buf_puts(b, "it is for ");
	tls_certificate_put_names(b, cert);
	buf_printf(b, ", not for %s", peer->host);
}

static void
say_expired(struct buf *b, X509 *cert, const struct tls_peer *peer)
{
	(void)peer;
	buf_puts(b, "it has expired (on ");
	tls_certificate_put_day(b, X509_get0_notAfter(cert));
	buf_puts(b, ")");
}

static void
say_not_yet(struct buf *b, X509 *cert, const struct tls_peer *peer)
{
	(void)peer;
	buf_puts(b, "it is not valid before ");
	tls_certificate_put_day(b, X509_get0_notBefore(cert));
}

static void
say_self_signed(struct buf *b, X509 *cert, const struct tls_peer *peer)
{
	(void)peer;
	buf_puts(b, "it is self-signed, and not trusted here; its key is ");
	add_pin(b, cert);
}

static void
say_unknown_ca(struct buf *b, X509 *cert, const struct tls_peer *peer)
{
	(void)peer;
	buf_puts(b,
	    "it is signed by an authority that is not trusted here (issuer ");
	tls_certificate_put_dn(b, X509_get_issuer_name(cert));
	buf_puts(b, ")");
}

static void
say_other_key(struct buf *b, X509 *cert, const struct tls_peer *peer)
{
	(void)peer;
	buf_puts(b, "its key is none of those in tls_pin, but ");
	add_pin(b, cert);
}

/* clang-format off */
static const struct {
	int error;
	void (*say)(struct buf *, X509 *, const struct tls_peer *);
	enum result_kind kind;
} troubles[] = {
#define TROUBLE(error, say, kind) { X509_V_ERR_##error, say, RESULT_##kind }
	TROUBLE(HOSTNAME_MISMATCH, say_wrong_host, CERT_NAME),
	TROUBLE(IP_ADDRESS_MISMATCH, say_wrong_host, CERT_NAME),
	TROUBLE(CERT_HAS_EXPIRED, say_expired, CERT_TIME),
	TROUBLE(CERT_NOT_YET_VALID, say_not_yet, CERT_TIME),
	TROUBLE(DEPTH_ZERO_SELF_SIGNED_CERT, say_self_signed, CERT_PIN),
	TROUBLE(SELF_SIGNED_CERT_IN_CHAIN, say_unknown_ca, CERT_TRUST),
	TROUBLE(UNABLE_TO_GET_ISSUER_CERT, say_unknown_ca, CERT_TRUST),
	TROUBLE(UNABLE_TO_GET_ISSUER_CERT_LOCALLY, say_unknown_ca, CERT_TRUST),
	TROUBLE(UNABLE_TO_VERIFY_LEAF_SIGNATURE, say_unknown_ca, CERT_TRUST),
	TROUBLE(APPLICATION_VERIFICATION, say_other_key, CERT_PIN),
#undef TROUBLE
};
/* clang-format on */

/* Puts what is wrong with `cert`, `depth` steps above the server's own, and
 * says of what kind that is. */
static enum result_kind
add_trouble(struct buf *b, X509 *cert, int depth, int error,
    const struct tls_peer *peer)
{
	size_t i, n = sizeof troubles / sizeof troubles[0];

	for (i = 0; i < n && troubles[i].error != error; i++)
		;
	if (depth > 0 && (i == n || troubles[i].say != say_unknown_ca)) {
		buf_puts(b, "in its chain, ");
		tls_certificate_put_dn(b, X509_get_subject_name(cert));
		buf_puts(b, ": ");
	}
	if (i == n) {
		buf_puts(b, X509_verify_cert_error_string(error));
		return RESULT_CERTIFICATE;
	}
	troubles[i].say(b, cert, peer);
	return troubles[i].kind;
}

/* Keeps the first trouble's words, and the server's certificate, since all of
 * it is out of reach later. */
static void
keep_trouble(X509_STORE_CTX *store, X509 *cert)
{
	struct tls_peer *peer;
	struct buf b;
	SSL *ssl;

	ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());
	peer = ssl == NULL ? NULL : SSL_get_app_data(ssl);
	if (peer == NULL || cert == NULL || peer->why[0] != '\0')
		return;
	buf_init(&b, sizeof peer->why - 1);
	peer->kind = add_trouble(&b, cert,
	    X509_STORE_CTX_get_error_depth(store),
	    X509_STORE_CTX_get_error(store), peer);
	strlcpy(peer->why, b.data, sizeof peer->why);
	buf_free(&b);
	cert = X509_STORE_CTX_get0_cert(store);
	if (peer->refused == NULL && cert != NULL && X509_up_ref(cert) == 1)
		peer->refused = cert;
}

/* OpenSSL's verification callback; changes no verdict. */
static int
note_trouble(int ok, X509_STORE_CTX *store)
{
	if (!ok)
		keep_trouble(store, X509_STORE_CTX_get_current_cert(store));
	return ok;
}

/* The key is the one that the server has proven to have; nothing is said to
 * it yet, and no certificate of ours shown. */
int
tls_peer_verify_pin(X509_STORE_CTX *store, void *tls)
{
	const struct pins *pins = &((const struct tls *)tls)->pins;
	X509 *cert = X509_STORE_CTX_get0_cert(store);
	int verdict = X509_V_ERR_APPLICATION_VERIFICATION;
	struct pin pin;

	if (cert != NULL && tls_certificate_pin(&pin, cert) == 0 &&
	    pins_have(pins, &pin))
		verdict = X509_V_OK;
	X509_STORE_CTX_set_error(store, verdict);
	if (verdict != X509_V_OK)
		keep_trouble(store, cert);
	return verdict == X509_V_OK;
}

/* Demands `peer->host` of the certificate (RFC 9525 section 6), and names it
 * to the server (RFC 6066 section 3: not when it is no name). */
static int
expect_host(SSL *ssl, struct tls_peer *peer)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
		X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (type_of(peer->host) == NAME_ADDRESS)
		return X509_VERIFY_PARAM_set1_ip_asc(param, peer->host);
	if (SSL_set1_host(ssl, peer->host) != 1)
		return 0;
	return dial_is_path(peer->host) ||
	    SSL_set_tlsext_host_name(ssl, peer->host) == 1;
}

int
tls_peer_new(SSL **ssl, struct tls_peer *peer, const struct tls *tls,
    const char *host, struct result *res)
{
	peer->why[0] = '\0';
	*ssl = NULL;
	if (bare_host(peer->host, sizeof peer->host, host) == -1)
		return result_fail(res, RESULT_TLS,
		    "%.64s...: the host name is too long", host);
	ERR_clear_error();
	*ssl = SSL_new(tls->ctx);
	if (*ssl != NULL && expect_host(*ssl, peer) == 1) {
		SSL_set_app_data(*ssl, peer);
		SSL_set_verify(*ssl, SSL_VERIFY_PEER, note_trouble);
		return 0;
	}
	SSL_free(*ssl);
	*ssl = NULL;
	return tls_peer_fail(peer, res);
}

int
tls_peer_check(SSL *ssl, const struct tls_peer *peer, struct result *res)
{
	/* OpenSSL has made sure of it; but all hangs on this one thing. */
	if (SSL_get0_peer_certificate(ssl) != NULL &&
	    SSL_get_verify_result(ssl) == X509_V_OK)
		return 0;
	return result_fail(res, RESULT_CERTIFICATE,
	    "%s: the server showed no valid certificate", peer->host);
}

const X509 *
tls_peer_certificate(const SSL *ssl, const struct tls_peer *peer)
{
	const X509 *cert = SSL_get0_peer_certificate(ssl);

	return cert != NULL ? cert : peer->refused;
}

void
tls_peer_clear(struct tls_peer *peer)
{
	X509_free(peer->refused);
	peer->refused = NULL;
}

static const struct {
	int reason;
	const char *text;
} reasons[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL,
	    "the server speaks no TLS version as new as tls_min" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
	    "the server speaks no TLS version as new as tls_min" },
	{ SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
	    "the server finds no cipher or key that it accepts" },
	{ SSL_R_TLSV1_UNRECOGNIZED_NAME,
	    "the server does not know itself by this name" },
	{ SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
	    "the server wants a certificate of this machine (tls_cert)" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA,
	    "the server does not trust the certificate in tls_cert" },
	{ SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
	    "the server does not accept the certificate in tls_cert" },
	{ SSL_R_NO_PROTOCOLS_AVAILABLE,
	    "this machine's OpenSSL configuration allows no TLS version" },
};

static const char *
text_of(unsigned long error)
{
	const char *text;
	size_t i;

	for (i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
		    ERR_GET_REASON(error) == reasons[i].reason)
			return reasons[i].text;
	text = ERR_reason_error_string(error);
	return text != NULL ? text : "unknown error in OpenSSL";
}

int
tls_peer_fail(const struct tls_peer *peer, struct result *res)
{
	unsigned long error = ERR_peek_error();

	ERR_clear_error();
	if (peer->why[0] != '\0')
		return result_fail(res, peer->kind,
		    "%s: certificate not accepted: %s", peer->host, peer->why);
	if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
	    ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return result_fail(res, RESULT_CERTIFICATE,
		    "%s: certificate not accepted", peer->host);
	return result_fail(
	    res, RESULT_TLS, "%s: TLS failed: %s", peer->host, text_of(error));
}
