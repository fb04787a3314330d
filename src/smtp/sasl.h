/*
 * sasl: the mechanisms of AUTH (RFC 4954), one table.
 *
 * PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), SCRAM with SHA-1 or SHA-256,
 * bound to the TLS connection where "-PLUS" is offered (RFC 5802, RFC 7677),
 * XOAUTH2, OAUTHBEARER (RFC 7628), EXTERNAL (RFC 4422).  LOGIN and PLAIN answer
 * challenges by their turn, never by their text; the others read them, and take
 * nothing that they need not.
 *
 * SCRAM wants SASLprep (RFC 4013) of user and password.  It changes nothing in
 * ASCII; what is not ASCII is taken as it is, without normalisation.
 *
 * Pure: what is random, and what binds to TLS, is handed in.
 */
#ifndef SMTP_SASL_H
#define SMTP_SASL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/result.h"
#include "net/tls_binding.h"

#define SASL_NONCE_SIZE 25 /* 18 random bytes in base64, and the NUL */
#define SASL_WORDS_MAX 200
#define SASL_DIGEST_MAX 64

struct sasl_mechanism; /* a row of the table */

/* How well a mechanism guards the password from who stands in between. */
enum sasl_grade {
	SASL_GRADE_NONE, /* the other end gets it, or what it can be guessed by;
			  * TLS alone guards it */
	SASL_GRADE_MUTUAL, /* SCRAM: nobody gets it, and the server proves
			    * that it knows it */
	SASL_GRADE_BOUND /* the same, on this very connection: -PLUS */
};

struct sasl {
	const struct sasl_mechanism *mechanism;
	const char *user, *password; /* borrowed, as all that follow */
	size_t password_len;
	const char *host; /* as configured */
	long port; /* 0: not told */
	const char *nonce; /* for SCRAM: random, of this exchange alone */
	const struct tls_binding *binding; /* NULL: in clear */
	enum sasl_grade least; /* that AUTO may choose */
	unsigned step;
	char gs2; /* what SCRAM says of binding: 'n', 'y' or 'p' (RFC 5802) */
	bool proven; /* the server knows the password */
	unsigned char signature[SASL_DIGEST_MAX]; /* that would prove it */
	/* why it refuses, as it says itself in a challenge, or "" */
	char words[SASL_WORDS_MAX];
};

/* What the configuration wants. */
enum sasl_want {
	SASL_AUTO, /* the strongest offered that takes a password */
	SASL_LOGIN,
	SASL_PLAIN,
	SASL_CRAM_MD5,
	SASL_SCRAM_SHA_1, /* this and the next: with -PLUS, if it can be */
	SASL_SCRAM_SHA_256,
	SASL_XOAUTH2, /* this and the next: the password is a token */
	SASL_OAUTHBEARER,
	SASL_EXTERNAL /* no password */
};

/*
 * Chooses a mechanism.  `offered` is a set of enum caps_mechanism; 0 after
 * HELO, where nothing is known: then `want`, and LOGIN for AUTO.  Kind
 * AUTH_METHOD: the wanted one, or any, is not offered (the text names both);
 * DOWNGRADE: nothing is offered that is as good as `least`.
 */
int sasl_choose(struct sasl *s, enum sasl_want want, unsigned offered,
    struct result *res) __attribute__((warn_unused_result));

const char *sasl_name(const struct sasl *s);
enum sasl_grade sasl_grade(const struct sasl *s);

/* Appends the argument line of AUTH: "LOGIN", or "PLAIN <response>"; where
 * secrets begin goes to *secret (an offset into `out`, its end when none). */
void sasl_start(struct sasl *s, struct buf *out, size_t *secret);

enum sasl_turn {
	SASL_ANSWERED, /* by the line in `out`, which may be empty */
	SASL_SILENT, /* no more to say: to be cancelled by "*" */
	SASL_BROKEN /* the server is not to be talked to; the result says why */
};

/* Appends the answer to the 334 of the text `p`, without its CRLF.  Kinds
 * PROTOCOL, SYSTEM. */
enum sasl_turn sasl_answer(struct sasl *s, const char *p, size_t n,
    struct buf *out, struct result *res) __attribute__((warn_unused_result));

/* Whether a log-in may be taken as done: where the server must prove that it
 * knows the password, it has. */
bool sasl_is_proven(const struct sasl *s);

#endif
