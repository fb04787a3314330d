/*
 * caps: what a smarthost offers in its answer to EHLO (RFC 5321 section
 * 4.1.1.1).  Pure.
 */
#ifndef SMTP_CAPS_H
#define SMTP_CAPS_H

#include <stdint.h>

#include "smtp/reply.h"

/* Keywords that something is done with. */
#define CAPS_KEYWORDS(X) \
	X(PIPELINING, 0) \
	X(SIZE, 1) \
	X(8BITMIME, 2) X(STARTTLS, 3) X(AUTH, 4) X(DSN, 5) X(CHUNKING, 6) \
	    X(SMTPUTF8, 7) X(REQUIRETLS, 8) X(LIMITS, 9)

enum caps_flag {
#define CAPS_ENUM(word, bit) CAPS_##word = 1 << bit,
	CAPS_KEYWORDS(CAPS_ENUM)
#undef CAPS_ENUM
};

/* Mechanisms offered, as a set. */
enum caps_mechanism { CAPS_AUTH_LOGIN = 1 << 0, CAPS_AUTH_PLAIN = 1 << 1 };

struct caps {
	unsigned flags; /* of enum caps_flag */
	unsigned mechanisms; /* of enum caps_mechanism */
	uint64_t size; /* of SIZE; 0: none or no fixed limit */
	/* of LIMITS (RFC 9422): transactions of a session, recipients of a
	 * transaction; 0: none */
	uint64_t mail_max, rcpt_max;
};

/* Reads the lines after the first; keywords in any case, "AUTH=" as "AUTH ";
 * a SIZE that is no number, or too large a one, means no limit. */
void caps_parse(struct caps *caps, const struct reply *r);

#endif
