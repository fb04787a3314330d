/*
 * sasl_steps: the inside of the mechanisms, for sasl*.c.
 */
#ifndef SMTP_SASL_STEPS_H
#define SMTP_SASL_STEPS_H

#include <openssl/types.h>

#include "smtp/caps.h"
#include "smtp/sasl.h"

#define SASL_MESSAGE_MAX 65536

/*
 * Appends the answer to the challenge `in`, neither of them in base64.  NULL:
 * the challenge is not base64, or there is none yet.  Kinds PROTOCOL, SYSTEM;
 * the first step of what is INITIAL does not fail.
 */
typedef int sasl_step(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res);

enum sasl_trait {
	SASL_INITIAL = 1 << 0, /* the first step goes with the command */
	SASL_MUTUAL = 1 << 1, /* the server proves itself, too */
	SASL_BINDS = 1 << 2 /* to the TLS connection */
};

struct sasl_mechanism {
	enum caps_mechanism offered;
	enum sasl_want want;
	/* more is better; 0: only if it is wanted */
	unsigned in_tls, in_clear;
	unsigned traits; /* of enum sasl_trait */
	const EVP_MD *(*digest)(void); /* of SCRAM */
	sasl_step *steps[4]; /* in their turn, NULL after the last */
};

/* sasl_password.c */
sasl_step sasl_put_user, sasl_put_password, sasl_put_plain, sasl_put_cram;
/* sasl_scram.c */
sasl_step sasl_scram_first, sasl_scram_final, sasl_scram_check;
/* sasl_token.c: of XOAUTH2 and OAUTHBEARER, and what they say to an error */
sasl_step sasl_put_xoauth2, sasl_hear_xoauth2;
sasl_step sasl_put_bearer, sasl_hear_bearer;

/* sasl_token.c: appends a name to a list with commas (RFC 5801 section 4). */
void sasl_put_name(struct buf *out, const char *name);

#endif
