/*
 * plan: what an account wants of a connection.
 */
#ifndef SMTP_PLAN_H
#define SMTP_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"
#include "smtp/sasl.h"

enum smtp_tls {
	SMTP_TLS_NONE, /* in clear */
	SMTP_TLS_STARTTLS, /* required, by STARTTLS */
	SMTP_TLS_UP /* already there */
};

/* LMTP (RFC 2033) says LHLO, never HELO, and after a message it answers for
 * each recipient who was accepted. */
enum smtp_protocol { SMTP_PROTOCOL_SMTP, SMTP_PROTOCOL_LMTP };

/*
 * Whoever knows better than a refusal's first digit what it means: the kind of
 * result that the reply ("450 MI:DMC ...") to the command `stage` is; OK: he
 * does not.  A temporary kind defers, a permanent one fails, and DEFERRED and
 * REFUSED say no more than that.
 */
struct smtp_judge {
	enum result_kind (*judge)(
	    void *arg, const char *stage, const char *reply);
	void *arg;
};

/* Constant for a connection; borrows its strings. */
struct smtp_plan {
	const char *host; /* as configured, for messages */
	long port;
	enum smtp_protocol protocol;
	const char *ehlo; /* argument of EHLO or LHLO */
	enum smtp_tls tls;
	bool authenticate;
	enum sasl_want auth;
	enum sasl_grade least; /* of a log-in by AUTO */
	const char *user;
	const char *password;
	size_t password_len;
	const char *nonce; /* of this connection alone; the session's */
	size_t recipients_max; /* per transaction; 0: one */
	struct smtp_judge judge; /* judge NULL: nobody */
};

#endif
