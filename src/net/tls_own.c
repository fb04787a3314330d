#include "config.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "config/file.h"
#include "net/tls_own.h"
#include "net/tls_peer.h"

#define OWN_MAX (256 * 1024) /* bytes of a file */

/* Reads the file `path` into memory that OpenSSL can read, and judges it by
 * `check` where there is one. */
static BIO *
open_file(const char *path,
    int (*check)(const char *, const struct stat *, struct result *),
    struct buf *text, struct result *res)
{
	struct stat st;
	BIO *bio;

	if (file_read(text, path, &st, res) == -1 ||
	    (check != NULL && check(path, &st, res) == -1))
		return NULL;
	bio = BIO_new_mem_buf(text->data, (int)text->len);
	if (bio == NULL)
		(void)result_fail(res, RESULT_SYSTEM, "no memory");
	return bio;
}

/* Notes that OpenSSL asks for a password, which it would do at the terminal,
 * and has none. */
static int
have_no_password(char *dst, int size, int rw, void *asked)
{
	(void)dst;
	(void)size;
	(void)rw;
	*(bool *)asked = true;
	return -1;
}

/* The certificate, and those after it up to the end of the file. */
static int
take_chain(SSL_CTX *ctx, BIO *bio)
{
	bool asked = false;
	X509 *cert;
	int ok;

	cert = PEM_read_bio_X509_AUX(bio, NULL, have_no_password, &asked);
	if (cert == NULL)
		return -1;
	ok = SSL_CTX_use_certificate(ctx, cert);
	X509_free(cert);
	while (ok == 1 &&
	    (cert = PEM_read_bio_X509(bio, NULL, have_no_password, &asked)) !=
		NULL) {
		ok = SSL_CTX_add1_chain_cert(ctx, cert) == 1;
		X509_free(cert);
	}
	if (ok != 1 || ERR_GET_REASON(ERR_peek_error()) != PEM_R_NO_START_LINE)
		return -1;
	ERR_clear_error();
	return 0;
}

static int
load_cert(SSL_CTX *ctx, const char *path, struct buf *text, struct result *res)
{
	BIO *bio;
	int status;

	bio = open_file(path, NULL, text, res);
	if (bio == NULL)
		return -1;
	status = take_chain(ctx, bio);
	BIO_free(bio);
	if (status == 0)
		return 0;
	return result_fail(res, RESULT_CONFIG,
	    "%s: no certificate that can be used: %s", path, tls_why());
}

static int
fail_key(const char *path, bool asked, struct result *res)
{
	if (!asked)
		return result_fail(res, RESULT_CONFIG,
		    "%s: no key that can be used: %s", path, tls_why());
	ERR_clear_error();
	return result_fail(res, RESULT_CONFIG,
	    "%s: the key is encrypted, and nobody is asked for its password; "
	    "openssl pkey -in %s writes it without",
	    path, path);
}

static int
load_key(SSL_CTX *ctx, const char *path, struct buf *text, struct result *res)
{
	bool asked = false;
	EVP_PKEY *key;
	BIO *bio;
	int status = 0;

	bio = open_file(path, file_check_key, text, res);
	if (bio == NULL)
		return -1;
	key = PEM_read_bio_PrivateKey(bio, NULL, have_no_password, &asked);
	BIO_free(bio);
	if (key == NULL)
		return fail_key(path, asked, res);
	/* It is compared with the certificate, too. */
	if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
		status = result_fail(res, RESULT_CONFIG,
		    "%s: not the key of the certificate: %s", path, tls_why());
	EVP_PKEY_free(key);
	return status;
}

int
tls_own_load(
    SSL_CTX *ctx, const char *cert, const char *key, struct result *res)
{
	struct buf text;
	int status;

	buf_init(&text, OWN_MAX);
	status = load_cert(ctx, cert, &text, res);
	buf_free(&text);
	if (status == -1)
		return result_context(res, "tls_cert");
	if (key == NULL || key[0] == '\0')
		key = cert;
	status = load_key(ctx, key, &text, res);
	buf_free(&text);
	return status == -1 ? result_context(res, "tls_key") : 0;
}
