#include "config.h"

#include <bsd/string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/text.h"
#include "smtp/sasl_steps.h"

/* SCRAM (RFC 5802): each side proves that it knows the password, and nobody
 * says it.  The names are the RFC's. */

#define NONCE_MAX 512 /* ours and the server's */
#define SALT_MAX 256
#define ROUNDS_MAX 1000000 /* about a second's work */
#define ROUNDS_DIGITS 7

struct text {
	const char *p;
	size_t n;
};

/* What server-first-message says. */
struct server_first {
	struct text nonce;
	struct buf salt;
	int rounds;
};

_Static_assert(SASL_DIGEST_MAX >= EVP_MAX_MD_SIZE, "any digest fits");

/* gs2-header */
static void
put_gs2(const struct sasl *s, struct buf *out)
{
	buf_putc(out, s->gs2);
	if (s->gs2 == 'p')
		buf_printf(out, "=%s", s->binding->type);
	buf_puts(out, ",,");
}

/* client-first-message-bare */
static void
put_bare(const struct sasl *s, struct buf *out)
{
	buf_puts(out, "n=");
	sasl_put_name(out, s->user);
	buf_printf(out, ",r=%s", s->nonce);
}

/* client-final-message-without-proof */
static void
put_without_proof(
    const struct sasl *s, const struct text *nonce, struct buf *out)
{
	struct buf bound;

	buf_init(&bound, SASL_MESSAGE_MAX);
	put_gs2(s, &bound);
	if (s->gs2 == 'p')
		buf_add(&bound, s->binding->bytes, s->binding->len);
	if (buf_failed(&bound))
		out->failed = true;
	buf_puts(out, "c=");
	base64_encode(out, bound.data, bound.len);
	buf_puts(out, ",r=");
	buf_add(out, nonce->p, nonce->n);
	buf_free(&bound);
}

/* Takes "name=value" off the rest, and the comma when something follows. */
static bool
take(struct text *rest, char name, struct text *value)
{
	const char *end;

	if (rest->n < 2 || rest->p[0] != name || rest->p[1] != '=')
		return false;
	value->p = rest->p + 2;
	end = memchr(value->p, ',', rest->n - 2);
	value->n = end == NULL ? rest->n - 2 : (size_t)(end - value->p);
	rest->p += 2 + value->n;
	rest->n -= 2 + value->n;
	if (rest->n == 0)
		return true;
	rest->p++;
	return --rest->n > 0;
}

/* Extensions that need not be understood. */
static bool
take_extensions(struct text *rest)
{
	struct text ignored;

	while (rest->n > 0)
		if (!ascii_is_alpha(rest->p[0]) ||
		    !take(rest, rest->p[0], &ignored))
			return false;
	return true;
}

/* It begins with ours, and the server has added something. */
static bool
is_our_nonce(const struct sasl *s, const struct text *nonce)
{
	size_t n = strlen(s->nonce);

	if (nonce->n <= n || nonce->n > NONCE_MAX ||
	    memcmp(nonce->p, s->nonce, n) != 0)
		return false;
	for (size_t i = 0; i < nonce->n; i++)
		if (!ascii_is_visible(nonce->p[i]))
			return false;
	return true;
}

/* 0: no number from 1 to ROUNDS_MAX. */
static int
parse_rounds(const struct text *t)
{
	int rounds = 0;

	if (t->n == 0 || t->n > ROUNDS_DIGITS || t->p[0] == '0')
		return 0;
	for (size_t i = 0; i < t->n; i++) {
		if (!ascii_is_digit(t->p[i]))
			return 0;
		rounds = rounds * 10 + (t->p[i] - '0');
	}
	return rounds <= ROUNDS_MAX ? rounds : 0;
}

/* Reads server-first-message; NULL, or what is wrong with it. */
static const char *
read_first(
    const struct sasl *s, const struct buf *in, struct server_first *first)
{
	struct text rest, salt, rounds;

	if (in == NULL)
		return "the challenge is not base64";
	rest = (struct text){ in->data, in->len };
	if (!take(&rest, 'r', &first->nonce) || !take(&rest, 's', &salt) ||
	    !take(&rest, 'i', &rounds) || !take_extensions(&rest))
		return "the challenge cannot be read";
	if (!is_our_nonce(s, &first->nonce))
		return "the challenge is an answer to something else";
	if (!base64_decode(&first->salt, salt.p, salt.n) ||
	    first->salt.len == 0)
		return "the salt cannot be read";
	if ((first->rounds = parse_rounds(&rounds)) == 0)
		return "the count of iterations is none, or too high";
	return NULL;
}

static bool
mac(const struct sasl *s, const unsigned char *key, const struct text *of,
    unsigned char *out)
{
	const EVP_MD *digest = s->mechanism->digest();

	return HMAC(digest, key, EVP_MD_get_size(digest),
		   (const unsigned char *)of->p, of->n, out, NULL) != NULL;
}

/* All keys of RFC 5802 section 3. */
struct keys {
	unsigned char salted[EVP_MAX_MD_SIZE], client[EVP_MAX_MD_SIZE],
	    stored[EVP_MAX_MD_SIZE], signature[EVP_MAX_MD_SIZE],
	    server[EVP_MAX_MD_SIZE];
};

/* Makes them, and the signature that the server has to give. */
static bool
make_keys(struct sasl *s, const struct server_first *first,
    const struct buf *message, struct keys *k)
{
	static const struct text client = { "Client Key", 10 },
				 server = { "Server Key", 10 };
	const struct text auth = { message->data, message->len };
	const EVP_MD *digest = s->mechanism->digest();
	size_t size = (size_t)EVP_MD_get_size(digest);

	return PKCS5_PBKDF2_HMAC(s->password, (int)s->password_len,
		   (const unsigned char *)first->salt.data,
		   (int)first->salt.len, first->rounds, digest, (int)size,
		   k->salted) == 1 &&
	    mac(s, k->salted, &client, k->client) &&
	    EVP_Digest(k->client, size, k->stored, NULL, digest, NULL) == 1 &&
	    mac(s, k->stored, &auth, k->signature) &&
	    mac(s, k->salted, &server, k->server) &&
	    mac(s, k->server, &auth, s->signature);
}

/* Appends ",p=" and the proof. */
static int
put_proof(struct sasl *s, const struct server_first *first,
    const struct buf *message, struct buf *out, struct result *res)
{
	size_t size = (size_t)EVP_MD_get_size(s->mechanism->digest());
	struct keys k;
	int rc = 0;

	if (make_keys(s, first, message, &k)) {
		for (size_t i = 0; i < size; i++)
			k.client[i] ^= k.signature[i];
		buf_puts(out, ",p=");
		base64_encode(out, k.client, size);
	} else {
		rc = result_fail(res, RESULT_SYSTEM,
		    "OpenSSL cannot make the proof of the password");
	}
	explicit_bzero(&k, sizeof k);
	return rc;
}

int
sasl_scram_first(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	(void)in;
	(void)res;
	put_gs2(s, out);
	put_bare(s, out);
	return 0;
}

int
sasl_scram_final(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	struct server_first first;
	struct buf message; /* AuthMessage */
	const char *wrong;
	int rc;

	buf_init(&first.salt, SALT_MAX);
	buf_init(&message, SASL_MESSAGE_MAX);
	wrong = read_first(s, in, &first);
	if (wrong != NULL) {
		rc = result_fail(res, RESULT_PROTOCOL, "%s", wrong);
	} else {
		put_without_proof(s, &first.nonce, out);
		put_bare(s, &message);
		buf_putc(&message, ',');
		buf_add(&message, in->data, in->len);
		buf_putc(&message, ',');
		buf_add(&message, out->data, out->len);
		if (buf_failed(&message))
			out->failed = true;
		rc = put_proof(s, &first, &message, out, res);
	}
	buf_free(&first.salt);
	buf_free(&message);
	return rc;
}

static bool
is_signature(const struct sasl *s, const struct text *value)
{
	size_t size = (size_t)EVP_MD_get_size(s->mechanism->digest());
	struct buf bytes;
	bool is;

	buf_init(&bytes, SASL_DIGEST_MAX);
	is = base64_decode(&bytes, value->p, value->n) && bytes.len == size &&
	    CRYPTO_memcmp(bytes.data, s->signature, size) == 0;
	buf_free(&bytes);
	return is;
}

/* server-final-message: the signature, or an error, which is to be answered
 * before the server says its no. */
int
sasl_scram_check(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	struct text rest, value;

	(void)out;
	if (in == NULL)
		return result_fail(
		    res, RESULT_PROTOCOL, "the challenge is not base64");
	rest = (struct text){ in->data, in->len };
	if (take(&rest, 'e', &value)) {
		text_escape(s->words, sizeof s->words, value.p, value.n);
		return 0;
	}
	rest = (struct text){ in->data, in->len };
	if (!take(&rest, 'v', &value) || !take_extensions(&rest) ||
	    !is_signature(s, &value))
		return result_fail(res, RESULT_PROTOCOL,
		    "the server does not prove that it knows the password");
	s->proven = true;
	return 0;
}
