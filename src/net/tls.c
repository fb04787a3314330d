#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "net/tls_own.h"
#include "net/tls_peer.h"

#define SECURITY_LEVEL 2 /* RSA from 2048 bits, no SHA-1 */
#define HASH_DIGITS 8 /* a hashed certificate: "0123abcd.0" */

/* Where systems keep their bundle, after OpenSSL's own default. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
	"/etc/pki/tls/certs/ca-bundle.crt", /* Fedora, RHEL, openEuler */
	"/etc/ssl/ca-bundle.pem", /* SUSE */
	"/etc/ssl/cert.pem", /* Alpine, the BSDs */
};

static const int versions[] = {
	[TLS_MIN_1_2] = TLS1_2_VERSION,
	[TLS_MIN_1_3] = TLS1_3_VERSION,
};

static bool
is_given(const char *s)
{
	return s != NULL && s[0] != '\0';
}

static bool
is_hash_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == HASH_DIGITS &&
	    name[HASH_DIGITS] == '.' && ascii_is_digit(name[HASH_DIGITS + 1]);
}

/* Whether `path` has certificates under their hashes.  Looks no further than
 * the first.  errno is 0 where the directory could be read. */
static bool
is_hashed(const char *path)
{
	struct dirent *e;
	bool found = false;
	DIR *dir;

	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (e = readdir(dir)) != NULL)
		found = is_hash_name(e->d_name);
	closedir(dir);
	errno = 0;
	return found;
}

const char *
tls_why(void)
{
	unsigned long error = ERR_peek_error();
	const char *text;

	ERR_clear_error();
	if (ERR_SYSTEM_ERROR(error))
		return strerror(ERR_GET_REASON(error));
	text = ERR_reason_error_string(error);
	return text != NULL ? text : "no certificate in it";
}

static int
trust_file(struct tls *tls, const char *path, struct result *res)
{
	if (SSL_CTX_load_verify_file(tls->ctx, path) == 1)
		return 0;
	return result_fail(res, RESULT_CONFIG,
	    "cannot read the trusted certificates in %s: %s", path, tls_why());
}

static int
trust_path(struct tls *tls, const char *path, struct result *res)
{
	if (!is_hashed(path))
		return result_fail(res, RESULT_CONFIG,
		    "cannot use the trusted certificates in %s: %s", path,
		    errno != 0 ? strerror(errno)
			       : "none under its hash (see openssl-rehash(1))");
	if (SSL_CTX_load_verify_dir(tls->ctx, path) == 1)
		return 0;
	return result_fail(res, RESULT_CONFIG,
	    "cannot use the trusted certificates in %s: %s", path, tls_why());
}

/* The system's own store.  Not by OpenSSL's function for it, which reads the
 * whole bundle first and lets the environment name another. */
static int
trust_system(struct tls *tls, struct result *res)
{
	const char *path = X509_get_default_cert_dir();

	if (is_hashed(path))
		return trust_path(tls, path, res);
	path = X509_get_default_cert_file();
	if (access(path, R_OK) == 0)
		return trust_file(tls, path, res);
	for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++)
		if (access(bundles[i], R_OK) == 0)
			return trust_file(tls, bundles[i], res);
	return result_fail(res, RESULT_CONFIG,
	    "this machine has no trusted certificates: install "
	    "ca-certificates, or set `ca_file`");
}

static int
trust_pins(struct tls *tls, const char *pins, struct result *res)
{
	if (pins_parse(&tls->pins, pins) == -1 || tls->pins.n == 0)
		return result_fail(
		    res, RESULT_CONFIG, "cannot read the pinned keys");
	SSL_CTX_set_cert_verify_callback(tls->ctx, tls_peer_verify_pin, tls);
	return 0;
}

static int
trust(struct tls *tls, const struct tls_rules *rules, struct result *res)
{
	if (is_given(rules->pins))
		return trust_pins(tls, rules->pins, res);
	if (!is_given(rules->ca_file) && !is_given(rules->ca_path))
		return trust_system(tls, res);
	if (is_given(rules->ca_file) &&
	    trust_file(tls, rules->ca_file, res) == -1)
		return -1;
	if (is_given(rules->ca_path) &&
	    trust_path(tls, rules->ca_path, res) == -1)
		return -1;
	/* What is named is trusted, be it an intermediate or the server's. */
	X509_VERIFY_PARAM_set_flags(
	    SSL_CTX_get0_param(tls->ctx), X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

/* The rules: never weaker than here, though openssl.cnf may be stricter. */
static void
restrict_context(SSL_CTX *ctx, enum tls_min min)
{
	if (SSL_CTX_get_min_proto_version(ctx) < versions[min])
		SSL_CTX_set_min_proto_version(ctx, versions[min]);
	if (SSL_CTX_get_security_level(ctx) < SECURITY_LEVEL)
		SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* Later OpenSSLs can be built to obey SSLKEYLOGFILE. */
	SSL_CTX_set_keylog_callback(ctx, NULL);
	/* Many servers close without close_notify, and nothing is lost: a
	 * reply counts only when its last line is whole. */
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
		SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(
	    ctx, SSL_MODE_AUTO_RETRY | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
}

int
tls_new(struct tls **tls, const struct tls_rules *rules, struct result *res)
{
	struct tls *t;

	*tls = NULL;
	ERR_clear_error();
	t = calloc(1, sizeof *t);
	if (t == NULL)
		return result_fail(res, RESULT_SYSTEM, "no memory");
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL) {
		free(t);
		return result_fail(
		    res, RESULT_TLS, "OpenSSL cannot be used: %s", tls_why());
	}
	restrict_context(t->ctx, rules->min);
	if (trust(t, rules, res) == -1 ||
	    (is_given(rules->cert) &&
		tls_own_load(t->ctx, rules->cert, rules->key, res) == -1)) {
		tls_free(t);
		return -1;
	}
	*tls = t;
	return 0;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}
