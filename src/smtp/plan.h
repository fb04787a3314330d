/*
 * plan: what an account wants of a connection.
 */
#ifndef SMTP_PLAN_H
#define SMTP_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "smtp/sasl.h"

enum smtp_tls {
	SMTP_TLS_NONE, /* in clear */
	SMTP_TLS_STARTTLS, /* required, by STARTTLS */
	SMTP_TLS_UP /* already there */
};

/* LMTP (RFC 2033) says LHLO, never HELO, and after a message it answers for
 * each recipient who was accepted. */
enum smtp_protocol { SMTP_PROTOCOL_SMTP, SMTP_PROTOCOL_LMTP };

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
};

#endif
