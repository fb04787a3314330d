/*
 * pin: the keys of servers, each by the SHA-256 of its SubjectPublicKeyInfo,
 * as text.
 *
 * Pure; whether a server has such a key is for others to find out.
 */
#ifndef BASE_PIN_H
#define BASE_PIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sha256.h"

#define PINS_MAX 16
#define PIN_TEXT_SIZE 53 /* "sha256//", 44 of base64, NUL */

struct pin {
	unsigned char sum[SHA256_SIZE];
};

struct pins {
	struct pin at[PINS_MAX];
	size_t n; /* 0: nothing is pinned */
};

/* Reads up to PINS_MAX pins with blanks between them: 64 hexadecimal digits
 * each, with or without a colon between the bytes, or "sha256//" and base64.
 * -1: something else stands there, or there are too many. */
int pins_parse(struct pins *pins, const char *text)
    __attribute__((warn_unused_result));

bool pins_have(const struct pins *pins, const struct pin *pin);

/* Makes the pin of the `n` bytes at `der`, a SubjectPublicKeyInfo. */
void pin_make(struct pin *pin, const void *der, size_t n);

/* Writes it as "sha256//BASE64". */
void pin_write(char dst[PIN_TEXT_SIZE], const struct pin *pin);

#endif
