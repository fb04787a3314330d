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
	X(8BITMIME, 2) \
	X(STARTTLS, 3) \
	X(AUTH, 4) \
	X(DSN, 5) \
	X(CHUNKING, 6) \
	X(SMTPUTF8, 7) \
	X(REQUIRETLS, 8) \
	X(LIMITS, 9)

enum caps_flag {
#define CAPS_ENUM(word, bit) CAPS_##word = 1 << bit,
	CAPS_KEYWORDS(CAPS_ENUM)
#undef CAPS_ENUM
};

/* Mechanisms of AUTH. */
#define CAPS_MECHANISMS(X) \
	X(LOGIN, 0, "LOGIN") \
	X(PLAIN, 1, "PLAIN") \
	X(CRAM_MD5, 2, "CRAM-MD5") \
	X(SCRAM_SHA_1, 3, "SCRAM-SHA-1") \
	X(SCRAM_SHA_1_PLUS, 4, "SCRAM-SHA-1-PLUS") \
	X(SCRAM_SHA_256, 5, "SCRAM-SHA-256") \
	X(SCRAM_SHA_256_PLUS, 6, "SCRAM-SHA-256-PLUS") \
	X(XOAUTH2, 7, "XOAUTH2") \
	X(OAUTHBEARER, 8, "OAUTHBEARER") \
	X(EXTERNAL, 9, "EXTERNAL")

/* Those offered are a set. */
enum caps_mechanism {
#define CAPS_AUTH_ENUM(id, bit, name) CAPS_AUTH_##id = 1 << bit,
	CAPS_MECHANISMS(CAPS_AUTH_ENUM)
#undef CAPS_AUTH_ENUM
};

struct caps {
	unsigned flags; /* of enum caps_flag */
	unsigned mechanisms; /* of enum caps_mechanism */
	uint64_t size; /* of SIZE; 0: none or no fixed limit */
	/* of LIMITS (RFC 9422): MAIL commands of a session, recipients of a
	 * transaction; 0: none */
	uint64_t mail_max, rcpt_max;
};

/* Reads the lines after the first; keywords in any case, "AUTH=" as "AUTH ";
 * a SIZE that is no number, or too large a one, means no limit, and so does
 * each of LIMITS that is malformed. */
void caps_parse(struct caps *caps, const struct reply *r);

/* "LOGIN"; of one. */
const char *caps_mechanism_name(enum caps_mechanism mechanism);

#endif
