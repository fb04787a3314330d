#include "config.h"

#include <bsd/string.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/ascii.h"
#include "base/pin.h"

#define SCHEME "sha256//"
#define SCHEME_LENGTH (sizeof SCHEME - 1)
#define BASE64_LENGTH (PIN_TEXT_SIZE - 1 - SCHEME_LENGTH)
#define BASE64_BYTES (BASE64_LENGTH / 4 * 3) /* that it decodes to */

void
pin_make(struct pin *pin, const void *der, size_t n)
{
	struct sha256 sha;

	sha256_begin(&sha);
	sha256_add(&sha, der, n);
	sha256_end(&sha, pin->sum);
}

void
pin_write(char dst[PIN_TEXT_SIZE], const struct pin *pin)
{
	strlcpy(dst, SCHEME, PIN_TEXT_SIZE);
	(void)EVP_EncodeBlock((unsigned char *)dst + SCHEME_LENGTH, pin->sum,
	    (int)sizeof pin->sum);
}

/* Reads the `n` characters at `p` as pin_write() would write them. */
static bool
read_base64(struct pin *pin, const char *p, size_t n)
{
	unsigned char bytes[BASE64_BYTES];
	char again[PIN_TEXT_SIZE];

	if (n != PIN_TEXT_SIZE - 1 ||
	    EVP_DecodeBlock(bytes, (const unsigned char *)p + SCHEME_LENGTH,
		(int)BASE64_LENGTH) != (int)sizeof bytes)
		return false;
	memcpy(pin->sum, bytes, sizeof pin->sum);
	/* The decoder takes more forms than one. */
	pin_write(again, pin);
	return memcmp(again, p, n) == 0;
}

/* The value of a hexadecimal digit, or -1. */
static int
digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_hex(struct pin *pin, const char *p, size_t n)
{
	const char *end = p + n;

	for (size_t i = 0; i < sizeof pin->sum; i++) {
		if (i > 0 && p < end && *p == ':')
			p++;
		if (end - p < 2 || digit(p[0]) == -1 || digit(p[1]) == -1)
			return false;
		pin->sum[i] = (unsigned char)(digit(p[0]) << 4 | digit(p[1]));
		p += 2;
	}
	return p == end;
}

int
pins_parse(struct pins *pins, const char *text)
{
	bool (*take)(struct pin *, const char *, size_t);
	size_t n;

	pins->n = 0;
	for (;; text += n) {
		text += strspn(text, " \t");
		n = strcspn(text, " \t");
		if (n == 0)
			return 0;
		take = strncmp(text, SCHEME, SCHEME_LENGTH) == 0 ? read_base64
								 : read_hex;
		if (pins->n == PINS_MAX || !take(&pins->at[pins->n], text, n))
			return -1;
		pins->n++;
	}
}

bool
pins_have(const struct pins *pins, const struct pin *pin)
{
	for (size_t i = 0; i < pins->n; i++)
		if (memcmp(pins->at[i].sum, pin->sum, sizeof pin->sum) == 0)
			return true;
	return false;
}
