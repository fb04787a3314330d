#include "config.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "net/tls_binding.h"

#define EXPORTER_LABEL "EXPORTER-Channel-Binding"
#define EXPORTER_LEN 32

static void
make_exporter(struct tls_binding *binding, SSL *ssl)
{
	static const unsigned char no_context[1];

	binding->type = "tls-exporter";
	if (SSL_export_keying_material(ssl, binding->bytes, EXPORTER_LEN,
		EXPORTER_LABEL, strlen(EXPORTER_LABEL), no_context, 0, 1) == 1)
		binding->len = EXPORTER_LEN;
}

/* RFC 5929 section 4.1: the digest of the certificate's signature, or SHA-256
 * where that is MD5 or SHA-1. */
static const EVP_MD *
end_point_digest(X509 *certificate)
{
	int digest = NID_undef;

	if (X509_get_signature_info(certificate, &digest, NULL, NULL, NULL) !=
	    1)
		return NULL;
	if (digest == NID_md5 || digest == NID_sha1 || digest == NID_md5_sha1)
		return EVP_sha256();
	return EVP_get_digestbynid(digest);
}

static void
make_end_point(struct tls_binding *binding, SSL *ssl)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	const EVP_MD *digest = NULL;
	unsigned int len = 0;

	binding->type = "tls-server-end-point";
	if (certificate != NULL)
		digest = end_point_digest(certificate);
	if (digest != NULL &&
	    X509_digest(certificate, digest, binding->bytes, &len) == 1)
		binding->len = len;
}

void
tls_binding_make(struct tls_binding *binding, SSL *ssl)
{
	_Static_assert(TLS_BINDING_MAX >= EVP_MAX_MD_SIZE, "any digest fits");

	*binding = (struct tls_binding){ .type = "" };
	if (SSL_version(ssl) >= TLS1_3_VERSION)
		make_exporter(binding, ssl);
	else
		make_end_point(binding, ssl);
	ERR_clear_error();
}
