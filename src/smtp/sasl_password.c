#include "config.h"

#include <bsd/string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "smtp/sasl_steps.h"

/* LOGIN, PLAIN and EXTERNAL, which do not read challenges, and CRAM-MD5. */

int
sasl_put_user(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	(void)in;
	(void)res;
	buf_puts(out, s->user);
	return 0;
}

int
sasl_put_password(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	(void)in;
	(void)res;
	buf_add(out, s->password, s->password_len);
	return 0;
}

/* RFC 4616: no authorisation identity, NUL, user, NUL, password. */
int
sasl_put_plain(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	(void)in;
	(void)res;
	buf_putc(out, '\0');
	buf_puts(out, s->user);
	buf_putc(out, '\0');
	buf_add(out, s->password, s->password_len);
	return 0;
}

/* RFC 2195: the user, and the keyed digest of the challenge. */
int
sasl_put_cram(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (in == NULL || in->len == 0)
		return result_fail(
		    res, RESULT_PROTOCOL, "the challenge cannot be read");
	if (HMAC(EVP_md5(), s->password, (int)s->password_len,
		(const unsigned char *)in->data, in->len, digest, &len) == NULL)
		return result_fail(
		    res, RESULT_SYSTEM, "OpenSSL cannot do CRAM-MD5 here");
	buf_puts(out, s->user);
	buf_putc(out, ' ');
	for (unsigned int i = 0; i < len; i++)
		buf_printf(out, "%02x", digest[i]);
	explicit_bzero(digest, sizeof digest);
	return 0;
}
