/*
 * result: how a step ended.  The one error type.
 *
 * A function that can fail returns 0 or -1 and takes a struct result last; it
 * is filled exactly when -1 is returned, at the place of failure, with the
 * system's or library's words taken there.  A row of the table gives each
 * kind its exit status (sysexits), its enhanced status code (RFC 3463), and
 * whether trying again may help.  The exit status, the line on stderr and the
 * line in the log are all made from this struct and nothing else.
 */
#ifndef BASE_RESULT_H
#define BASE_RESULT_H

#include <stdbool.h>
#include <sysexits.h>

/*
 * KIND, sysexits code, enhanced status, TEMPORARY or PERMANENT, what happened
 * in general, what to do about it ("" where the text says it all).
 */
#define RESULT_KINDS(X) \
	X(OK, EX_OK, "2.0.0", PERMANENT, "done", "") \
	X(USAGE, EX_USAGE, "5.5.4", PERMANENT, "wrong usage", "") \
	X(MODE, EX_UNAVAILABLE, "5.3.3", PERMANENT, \
	    "not available in this version", "") \
	X(CONFIG, EX_CONFIG, "5.3.5", PERMANENT, "bad configuration", "") \
	X(NOPERM, EX_NOPERM, "5.7.0", PERMANENT, "not permitted", "") \
	X(NOINPUT, EX_NOINPUT, "5.6.0", PERMANENT, "no input", "") \
	X(INPUT, EX_IOERR, "5.6.0", PERMANENT, "the input broke off", "") \
	X(DATA, EX_DATAERR, "5.6.0", PERMANENT, "bad message", "") \
	X(ADDRESS, EX_DATAERR, "5.1.3", PERMANENT, "bad address", "") \
	X(UTF8_ADDRESS, EX_DATAERR, "5.6.7", PERMANENT, \
	    "address is not ASCII", "") \
	X(LOOP, EX_DATAERR, "5.4.6", PERMANENT, "mail loop", "") \
	X(ALIAS, EX_UNAVAILABLE, "5.2.4", PERMANENT, "bad alias", "") \
	X(TOO_BIG, EX_DATAERR, "5.3.4", PERMANENT, "message too big", "") \
	X(SYSTEM, EX_TEMPFAIL, "4.3.0", TEMPORARY, "system error", "") \
	X(STORAGE, EX_TEMPFAIL, "4.3.1", TEMPORARY, "no room to work in", "") \
	X(BUG, EX_SOFTWARE, "5.3.0", PERMANENT, "internal error", \
	    "Please report this.") \
	X(RESOLVE, EX_TEMPFAIL, "4.4.3", TEMPORARY, "host not found", \
	    "Check `host` in the configuration and this machine's DNS.") \
	X(CONNECT, EX_TEMPFAIL, "4.4.1", TEMPORARY, "cannot connect", \
	    "Check `host` and `port`, and that a firewall lets this " \
	    "connection out; many clouds block port 25: use 465.") \
	X(LOST, EX_TEMPFAIL, "4.4.2", TEMPORARY, "connection lost", "") \
	X(TIMEOUT, EX_TEMPFAIL, "4.4.2", TEMPORARY, "no answer in time", "") \
	X(NO_GREETING, EX_TEMPFAIL, "4.4.2", TEMPORARY, "no greeting in time", \
	    "The port may want TLS first: try port 465, tls = implicit.") \
	X(PROTOCOL, EX_TEMPFAIL, "4.5.0", TEMPORARY, \
	    "the smarthost does not keep to SMTP", "") \
	X(INTERRUPTED, EX_TEMPFAIL, "4.3.0", TEMPORARY, "interrupted", "") \
	X(TLS, EX_TEMPFAIL, "4.7.5", TEMPORARY, "TLS failed", \
	    "tls = implicit belongs to port 465, starttls to 587 and 25.") \
	X(CERTIFICATE, EX_TEMPFAIL, "4.7.5", TEMPORARY, \
	    "the certificate was not accepted", \
	    "Check `host`, this machine's clock, and ca-certificates or " \
	    "`ca_file`.") \
	X(NO_STARTTLS, EX_TEMPFAIL, "4.7.4", TEMPORARY, \
	    "STARTTLS is not offered", "Use tls = implicit with port 465.") \
	X(AUTH, EX_TEMPFAIL, "4.7.8", TEMPORARY, "login refused", \
	    "Check `user` and `password`; many providers want an " \
	    "authorisation code or app password, not the login password.") \
	X(NO_AUTH, EX_TEMPFAIL, "4.7.8", TEMPORARY, \
	    "no usable way to log in is offered", \
	    "Check `auth`, `tls` and `port` in the configuration.") \
	X(SMARTHOST, EX_TEMPFAIL, "4.3.2", TEMPORARY, \
	    "the smarthost is not available", "") \
	X(DEFERRED, EX_TEMPFAIL, "4.0.0", TEMPORARY, \
	    "the smarthost asks to wait", "") \
	X(POSSIBLE_DUPLICATE, EX_TEMPFAIL, "4.4.2", TEMPORARY, \
	    "the connection broke before the message was acknowledged: it " \
	    "may have been delivered", \
	    "") \
	X(SENDER, EX_UNAVAILABLE, "5.1.0", PERMANENT, "sender refused", \
	    "Check `address` and `rewrite` in [sender]: most providers take " \
	    "no sender but the account itself.") \
	X(RECIPIENT, EX_NOUSER, "5.1.1", PERMANENT, "recipient refused", "") \
	X(REFUSED, EX_UNAVAILABLE, "5.6.0", PERMANENT, "message refused", "")

enum result_kind {
#define RESULT_ENUM(kind, code, status, lasting, text, advice) RESULT_##kind,
	RESULT_KINDS(RESULT_ENUM)
#undef RESULT_ENUM
	    RESULT_KIND_COUNT
};

#define RESULT_TEXT_MAX 768 /* bytes, the NUL included */
#define RESULT_STATUS_MAX 12 /* "5.123.123" */
#define RESULT_STAGE_MAX 12 /* "GREETING" */

struct result {
	enum result_kind kind;
	int reply; /* SMTP reply code, or 0 */
	char status[RESULT_STATUS_MAX]; /* enhanced status code */
	char stage[RESULT_STAGE_MAX]; /* SMTP command that was answered, in
					 * capitals, or "" */
	char text[RESULT_TEXT_MAX]; /* printable, one line */
};

/* Makes a result of `kind` with the text printf makes, escaped and bounded;
 * an empty text becomes the kind's own.  The only maker.  Returns -1. */
int result_fail(struct result *res, enum result_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes `res` the result of a success. */
void result_ok(struct result *res);

/* Puts "what: " before the text, once, and changes nothing else.
 * Returns -1, so that a caller can pass the failure on. */
int result_context(struct result *res, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What the table says of a kind. */
int result_exit_status(enum result_kind kind);
bool result_is_temporary(enum result_kind kind);
const char *result_advice(enum result_kind kind);
const char *result_kind_name(enum result_kind kind);

#endif
