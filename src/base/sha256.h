/*
 * sha256: a checksum, of pieces that come one after the other.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <openssl/sha.h>
#include <stddef.h>

#define SHA256_SIZE SHA256_DIGEST_LENGTH

struct sha256 {
	SHA256_CTX state;
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *p, size_t n);
void sha256_end(struct sha256 *sha, unsigned char sum[SHA256_SIZE]);

#endif
