#include "config.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/stream.h"
#include "net/tls.h"
#include "peer.h"

/* Both ends of a connection make the same of it, and of no other. */

#define HOST "smtp.example"
#define LONG 20000 /* ms */
#define LABEL "EXPORTER-Channel-Binding"

static struct peer peer;
static unsigned char exported[32];

/* What the other end makes of TLS 1.3 (RFC 9266 section 2). */
static void
play(struct peer *p)
{
	char c;

	if (peer_accept(p) == 1)
		(void)SSL_export_keying_material(p->ssl, exported,
		    sizeof exported, LABEL, sizeof LABEL - 1, NULL, 0, 0);
	(void)peer_hear(p, &c, 1);
}

/* The digest of the certificate that `ctx` shows (RFC 5929 section 4). */
static size_t
end_point(SSL_CTX *ctx, unsigned char digest[TLS_BINDING_MAX])
{
	unsigned int n = 0;

	assert_int_equal(X509_digest(SSL_CTX_get0_certificate(ctx),
			     EVP_sha256(), digest, &n),
	    1);
	return n;
}

/* Makes a connection, and what binds to it; then it is over. */
static void
connect_and_bind(SSL_CTX *ctx, struct tls_binding *binding)
{
	struct tls *tls = peer_trust(TLS_MIN_1_2);
	struct stream *s;
	struct result res;

	assert_int_equal(stream_new(&s, peer_start(&peer, ctx, play), &res), 0);
	if (stream_start_tls(s, tls, HOST, deadline_in(LONG, -1), &res) == -1)
		fail_msg("%s", res.text);
	stream_bind(s, binding);
	stream_close(s);
	peer_join(&peer);
	tls_free(tls);
	assert_int_equal(ERR_peek_error(), 0);
}

static SSL_CTX *
context(int version)
{
	static const struct peer_cert cert = { .cn = "x",
		.names = "DNS:" HOST };
	SSL_CTX *ctx = peer_context(&cert);

	assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
	return ctx;
}

static void
test_exporter(void **state)
{
	struct tls_binding a, b;

	(void)state;
	connect_and_bind(context(TLS1_3_VERSION), &a);
	assert_string_equal(a.type, "tls-exporter");
	assert_int_equal(a.len, sizeof exported);
	assert_memory_equal(a.bytes, exported, sizeof exported);
	connect_and_bind(context(TLS1_3_VERSION), &b);
	assert_memory_not_equal(a.bytes, b.bytes, sizeof exported);
}

static void
test_end_point(void **state)
{
	unsigned char digest[TLS_BINDING_MAX];
	SSL_CTX *ctx = context(TLS1_2_VERSION);
	size_t n = end_point(ctx, digest);
	struct tls_binding a;

	(void)state;
	connect_and_bind(ctx, &a);
	assert_string_equal(a.type, "tls-server-end-point");
	assert_int_equal(a.len, n);
	assert_memory_equal(a.bytes, digest, n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exporter),
		cmocka_unit_test(test_end_point),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	peer_clean();
	return rc;
}
