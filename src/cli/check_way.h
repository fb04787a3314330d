/*
 * check_way: the way to one host of an account's smarthost, for check_way.c and
 * those who go on from there: how far it has come, and when each answer came.
 */
#ifndef CLI_CHECK_WAY_H
#define CLI_CHECK_WAY_H

#include "cli/check_parts.h"
#include "delivery/account.h"

#define CHECK_REMARK_MAX 128

struct check_way {
	struct check *c;
	struct conf conf; /* as configured, but for one host; borrows */
	struct delivery delivery;
	struct account account;
	struct deadline until;
	enum check_stage at; /* the stage under way */
	char remark[CHECK_REMARK_MAX]; /* of TLS */
	struct tls_certificate certificate;
	bool is_shown; /* there is one */
	const char *login; /* the mechanism, or "" */
	/* when it was answered last, and how */
	struct {
		int64_t at; /* 0: never */
		int code;
	} answers[SMTP_STATE_COUNT];
};

/* check_tls.c: the stage TLS, from what is known; with `why` it failed. */
void check_tls(struct check_way *w, const struct result *why);

/* check_ask.c: MAIL, RCPT, and a mail, over the open connection. */
void check_ask(struct check_way *w);

#endif
