#include "config.h"

#include <arpa/inet.h>
#include <bsd/string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "peer.h"

#define PATIENCE 20 /* s: a test that waits so long has failed */

/* An authority's name, key and certificate, made when first needed. */
static struct authority {
	const char *name;
	long from, until;
	EVP_PKEY *key;
	X509 *cert;
} authorities[] = {
	[PEER_CA] = { "Test CA", -PEER_DAY, PEER_DAY, NULL, NULL },
	[PEER_STRANGER] = { "Stranger", -PEER_DAY, PEER_DAY, NULL, NULL },
	[PEER_EXPIRED_CA] = { "Old CA", -9 * PEER_DAY, -PEER_DAY, NULL, NULL },
};

static char ca_file[] = "/tmp/outpost-test-ca-XXXXXX";
static int ca_file_made;

static void
add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	assert_int_equal(X509_add_ext(cert, e, -1), 1);
	X509_EXTENSION_free(e);
}

/* A certificate of `cn` for `key`, yet without extensions or signature. */
static X509 *
blank(const char *cn, EVP_PKEY *key, long from, long until)
{
	static long serial;
	X509 *cert = X509_new();

	assert_non_null(cert);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), from);
	X509_gmtime_adj(X509_getm_notAfter(cert), until);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
	    MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	X509_set_pubkey(cert, key);
	return cert;
}

static const struct authority *
authority(enum peer_signer which)
{
	struct authority *a = &authorities[which];

	if (a->cert != NULL)
		return a;
	a->key = EVP_EC_gen("P-256");
	a->cert = blank(a->name, a->key, a->from, a->until);
	X509_set_issuer_name(a->cert, X509_get_subject_name(a->cert));
	add_extension(a->cert, NID_basic_constraints, "critical,CA:TRUE");
	assert_int_not_equal(X509_sign(a->cert, a->key, EVP_sha256()), 0);
	return a;
}

static X509 *
certificate(const struct peer_cert *c, EVP_PKEY *key)
{
	const struct authority *a;
	X509 *cert;

	if (c->from == 0 && c->until == 0)
		cert = blank(c->cn, key, -PEER_DAY, PEER_DAY);
	else
		cert = blank(c->cn, key, c->from, c->until);
	if (c->names != NULL)
		add_extension(cert, NID_subject_alt_name, c->names);
	if (c->signer == PEER_ITSELF) {
		X509_set_issuer_name(cert, X509_get_subject_name(cert));
		X509_sign(cert, key, EVP_sha256());
		return cert;
	}
	a = authority(c->signer);
	X509_set_issuer_name(cert, X509_get_subject_name(a->cert));
	X509_sign(cert, a->key, EVP_sha256());
	return cert;
}

static int
note_name(SSL *ssl, int *alert, void *arg)
{
	struct peer *p = SSL_get_app_data(ssl);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	(void)arg;
	strlcpy(p->sni, name != NULL ? name : "", sizeof p->sni);
	return SSL_TLSEXT_ERR_OK;
}

static EVP_PKEY *
make_key(enum peer_key kind)
{
	EVP_PKEY *key;

	key = kind == PEER_EC ? EVP_EC_gen("P-256") : EVP_RSA_gen(1024);
	assert_non_null(key);
	return key;
}

SSL_CTX *
peer_context(const struct peer_cert *c)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = make_key(c->key);
	X509 *cert = certificate(c, key);

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	if (c->signer != PEER_ITSELF)
		SSL_CTX_add1_chain_cert(ctx, authority(c->signer)->cert);
	SSL_CTX_set_tlsext_servername_callback(ctx, note_name);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

static FILE *
append(const char *path)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	assert_int_equal(chmod(path, 0600), 0);
	return f;
}

void
peer_write(
    const struct peer_cert *c, const char *cert_file, const char *key_file)
{
	EVP_PKEY *key = make_key(c->key);
	X509 *cert = certificate(c, key);
	FILE *f = append(cert_file);

	PEM_write_X509(f, cert);
	if (c->signer != PEER_ITSELF)
		PEM_write_X509(f, authority(c->signer)->cert);
	assert_int_equal(fclose(f), 0);
	f = append(key_file);
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	assert_int_equal(fclose(f), 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}

void
peer_want(SSL_CTX *ctx)
{
	X509_STORE_add_cert(
	    SSL_CTX_get_cert_store(ctx), authority(PEER_CA)->cert);
	SSL_CTX_set_verify(
	    ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

const char *
peer_ca_file(void)
{
	FILE *f;
	int fd;

	if (ca_file_made)
		return ca_file;
	fd = mkstemp(ca_file);
	assert_int_not_equal(fd, -1);
	f = fdopen(fd, "w");
	assert_non_null(f);
	PEM_write_X509(f, authority(PEER_CA)->cert);
	PEM_write_X509(f, authority(PEER_EXPIRED_CA)->cert);
	assert_int_equal(fclose(f), 0);
	ca_file_made = 1;
	return ca_file;
}

struct tls *
peer_trust(enum tls_min min)
{
	struct tls_rules rules = { .ca_file = peer_ca_file(), .min = min };
	struct result res;
	struct tls *tls;

	assert_int_equal(tls_new(&tls, &rules, &res), 0);
	return tls;
}

/* Both ends of a TCP connection on loopback. */
static void
connected(int *here, int *there)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = PATIENCE };
	socklen_t n = sizeof sa;
	int room = 65536; /* so that the kernel does not hold it all */
	int l = socket(AF_INET, SOCK_STREAM, 0);

	*here = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(l, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	assert_int_equal(bind(l, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&sa, &n), 0);
	assert_int_equal(connect(*here, (struct sockaddr *)&sa, n), 0);
	*there = accept(l, NULL, NULL);
	assert_int_not_equal(*there, -1);
	setsockopt(*there, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(*there, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	close(l);
}

static void *
run(void *arg)
{
	struct peer *p = arg;
	sigset_t pipe_only;

	/* OpenSSL's own socket BIO raises it; what we test must not. */
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
	p->play(p);
	SSL_free(p->ssl);
	p->ssl = NULL;
	if (p->fd != -1)
		close(p->fd);
	ERR_clear_error();
	return NULL;
}

int
peer_start(struct peer *p, SSL_CTX *ctx, void (*play)(struct peer *))
{
	int fd;

	*p = (struct peer){ .ctx = ctx, .play = play };
	connected(&fd, &p->fd);
	assert_int_equal(pthread_create(&p->thread, NULL, run, p), 0);
	return fd;
}

void
peer_join(struct peer *p)
{
	pthread_join(p->thread, NULL);
	SSL_CTX_free(p->ctx);
}

int
peer_accept(struct peer *p)
{
	p->ssl = SSL_new(p->ctx);
	SSL_set_app_data(p->ssl, p);
	SSL_set_fd(p->ssl, p->fd);
	return SSL_accept(p->ssl);
}

void
peer_say(struct peer *p, const char *text)
{
	size_t n = strlen(text);

	if (p->ssl != NULL)
		(void)SSL_write(p->ssl, text, (int)n);
	else
		(void)!send(p->fd, text, n, MSG_NOSIGNAL);
}

size_t
peer_hear(struct peer *p, char *dst, size_t n)
{
	size_t have = 0;
	ssize_t r;

	while (have < n) {
		r = p->ssl != NULL
		    ? SSL_read(p->ssl, dst + have, (int)(n - have))
		    : recv(p->fd, dst + have, n - have, 0);
		if (r <= 0)
			break;
		have += (size_t)r;
	}
	return have;
}

void
peer_clean(void)
{
	for (size_t i = 0; i < sizeof authorities / sizeof authorities[0];
	     i++) {
		X509_free(authorities[i].cert);
		EVP_PKEY_free(authorities[i].key);
		authorities[i].cert = NULL;
		authorities[i].key = NULL;
	}
	if (ca_file_made)
		unlink(ca_file);
	ca_file_made = 0;
}
