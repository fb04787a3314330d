#include "config.h"

/* EVP, which OpenSSL would rather see used, sets up the whole library first:
 * that costs more than all else that is done to keep a small mail.  These use
 * the processor's instructions just as well. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/sha256.h"

/* There is no way for these to fail. */

void
sha256_begin(struct sha256 *sha)
{
	(void)SHA256_Init(&sha->state);
}

void
sha256_add(struct sha256 *sha, const void *p, size_t n)
{
	(void)SHA256_Update(&sha->state, p, n);
}

void
sha256_end(struct sha256 *sha, unsigned char sum[SHA256_SIZE])
{
	(void)SHA256_Final(sum, &sha->state);
}
