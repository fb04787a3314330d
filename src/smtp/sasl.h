/*
 * sasl: AUTH LOGIN and AUTH PLAIN (RFC 4954, RFC 4616), one table.
 *
 * Answers challenges by their turn, never by their text.  Pure.
 */
#ifndef SMTP_SASL_H
#define SMTP_SASL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/result.h"

struct sasl_mechanism; /* a row of the table */

struct sasl {
	const struct sasl_mechanism *mechanism;
	const char *user, *password; /* borrowed */
	size_t password_len;
	unsigned step;
};

/* What the configuration wants. */
enum sasl_want {
	SASL_AUTO, /* the first offered of the table: PLAIN, then LOGIN */
	SASL_LOGIN,
	SASL_PLAIN
};

/*
 * Chooses a mechanism.  `offered` is a set of enum caps_mechanism; 0 after
 * HELO, where nothing is known: then `want`, and LOGIN for AUTO.  Kind
 * NO_AUTH: the wanted one, or any, is not offered (the text names both).
 */
int sasl_choose(struct sasl *s, enum sasl_want want, unsigned offered,
    struct result *res) __attribute__((warn_unused_result));

const char *sasl_name(const struct sasl *s);

/* Appends the argument line of AUTH: "LOGIN", or "PLAIN <response>"; where
 * secrets begin goes to *secret (an offset into `out`, its end when none). */
void sasl_start(struct sasl *s, struct buf *out, size_t *secret);

/* Appends the answer to the next 334, without its CRLF; false when the
 * mechanism has no more to say: then the exchange is to be cancelled by "*". */
bool sasl_answer(struct sasl *s, struct buf *out);

#endif
