#include "config.h"

#include <bsd/string.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"

/* Bytes that are encoded at a time, in whole groups of three. */
#define CHUNK 48
#define CHUNK_BASE64 (CHUNK / 3 * 4 + 1)

void
base64_encode(struct buf *out, const void *p, size_t n)
{
	unsigned char text[CHUNK_BASE64];
	const unsigned char *bytes = p;
	size_t part;
	int len;

	for (; n > 0; bytes += part, n -= part) {
		part = n < CHUNK ? n : CHUNK;
		len = EVP_EncodeBlock(text, bytes, (int)part);
		buf_add(out, text, (size_t)len);
	}
	explicit_bzero(text, sizeof text);
}

static bool
is_digit(char c)
{
	return ascii_is_alnum(c) || c == '+' || c == '/';
}

/* OpenSSL's decoder, which is lenient, sees nothing but whole groups of
 * digits, with "=" or "==" at the end of the last one alone. */
bool
base64_decode(struct buf *out, const char *p, size_t n)
{
	unsigned char bytes[3];
	size_t pad = 0, digits;

	while (pad < 2 && pad < n && p[n - 1 - pad] == '=')
		pad++;
	digits = n - pad;
	for (size_t i = 0; i < digits; i++)
		if (!is_digit(p[i]))
			return false;
	if (n % 4 != 0)
		return false;
	for (size_t i = 0; i < n; i += 4) {
		if (EVP_DecodeBlock(bytes, (const unsigned char *)p + i, 4) !=
		    3)
			return false;
		buf_add(out, bytes, i + 4 == n ? 3 - pad : 3);
	}
	explicit_bzero(bytes, sizeof bytes);
	return !buf_failed(out);
}
