#include "config.h"

#include <bsd/string.h>

#include "smtp/client_login.h"
#include "smtp/client_machine.h"

#define MASK "********"

/* The greeting, EHLO, HELO or LHLO, STARTTLS and AUTH. */

static void
put_ehlo(struct smtp_client *c)
{
	enum smtp_state hello = smtp_is_lmtp(c) ? SMTP_LHLO : SMTP_EHLO;

	c->caps = (struct caps){ 0 };
	smtp_put(c, hello, "%s %s", smtp_state_name(hello), c->plan->ehlo);
}

/* Ends it for a want of ours, before the message was spoken of. */
static void
give_up(struct smtp_client *c, struct result *res, const char *stage)
{
	strlcpy(res->stage, stage, sizeof res->stage);
	smtp_end(c, res, SMTP_SAY_QUIT);
}

/* Puts a line whose part from `secret` on (an offset into the output) is not
 * for people; `begin` is where the line begins. */
static void
end_secret_line(struct smtp_client *c, size_t begin, size_t secret)
{
	buf_add(&c->shown, c->out.data + begin, secret - begin);
	if (secret < c->out.len)
		buf_puts(&c->shown, MASK);
	buf_puts(&c->out, "\r\n");
	buf_puts(&c->shown, "\r\n");
	smtp_owe(c, SMTP_AUTH);
}

static int
choose_mechanism(struct smtp_client *c, struct result *res)
{
	/* after HELO nothing is known: it is tried as configured */
	if (!c->helo_only && (c->caps.flags & CAPS_AUTH) == 0)
		return result_fail(res, RESULT_NO_AUTH, "AUTH is not offered");
	if (!c->helo_only && c->caps.mechanisms == 0)
		return result_fail(res, RESULT_NO_AUTH,
		    "no kind of AUTH that is known here is offered");
	return sasl_choose(&c->sasl, c->plan->auth, c->caps.mechanisms, res);
}

static void
log_in(struct smtp_client *c)
{
	size_t begin = c->out.len, secret;
	struct result res;

	c->sasl = (struct sasl){ .user = c->plan->user,
		.password = c->plan->password,
		.password_len = c->plan->password_len,
		.host = c->plan->host,
		.port = c->plan->port,
		.nonce = c->plan->nonce,
		.binding = c->tls_up ? &c->binding : NULL,
		.least = c->plan->least };
	if (choose_mechanism(c, &res) == -1) {
		(void)result_context(&res, "%s", c->plan->host);
		give_up(c, &res, "AUTH");
		return;
	}
	buf_puts(&c->out, "AUTH ");
	sasl_start(&c->sasl, &c->out, &secret);
	end_secret_line(c, begin, secret);
}

/* Known to each other; TLS, where wanted, is up. */
static void
go_on(struct smtp_client *c)
{
	if (c->plan->authenticate)
		log_in(c);
}

void
smtp_on_greeted(struct smtp_client *c, const struct smtp_event *e)
{
	(void)e;
	put_ehlo(c);
}

void
smtp_on_offered(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	caps_parse(&c->caps, e->reply);
	if (c->plan->tls != SMTP_TLS_STARTTLS || c->tls_up) {
		go_on(c);
	} else if ((c->caps.flags & CAPS_STARTTLS) != 0) {
		smtp_put(c, SMTP_STARTTLS, "STARTTLS");
	} else {
		(void)result_fail(&res, RESULT_NO_STARTTLS,
		    "%s does not offer STARTTLS", c->plan->host);
		give_up(c, &res, "STARTTLS");
	}
}

/* A server too old for EHLO (RFC 5321 section 3.2) cannot offer STARTTLS. */
void
smtp_on_no_ehlo(struct smtp_client *c, const struct smtp_event *e)
{
	if (c->plan->tls == SMTP_TLS_STARTTLS && !c->tls_up) {
		smtp_on_refused(c, e);
		return;
	}
	c->helo_only = true;
	smtp_put(c, SMTP_HELO, "HELO %s", c->plan->ehlo);
}

void
smtp_on_helloed(struct smtp_client *c, const struct smtp_event *e)
{
	(void)e;
	go_on(c);
}

void
smtp_on_tls(struct smtp_client *c, const struct smtp_event *e)
{
	(void)e;
	c->tls_due = true;
}

void
smtp_bind(struct smtp_client *c, const struct tls_binding *binding)
{
	c->binding = *binding;
}

void
smtp_tls_done(struct smtp_client *c)
{
	if (!c->tls_due)
		return;
	c->tls_due = false;
	c->tls_up = true;
	put_ehlo(c);
	smtp_conclude(c);
}

/* Ends a log-in to a server that is not to be talked to. */
static void
break_off(struct smtp_client *c, struct result *res)
{
	(void)result_context(res, "%s: AUTH %s as %s", c->plan->host,
	    sasl_name(&c->sasl), c->plan->user);
	strlcpy(res->stage, "AUTH", sizeof res->stage);
	smtp_end(c, res, SMTP_CLOSE_AT_ONCE);
}

void
smtp_on_challenged(struct smtp_client *c, const struct smtp_event *e)
{
	size_t begin = c->out.len, n;
	const char *p = reply_line(e->reply, 0, &n);
	struct result res;

	switch (sasl_answer(&c->sasl, p, n, &c->out, &res)) {
	case SASL_ANSWERED:
		end_secret_line(c, begin, begin);
		break;
	case SASL_SILENT:
		smtp_put(c, SMTP_CANCEL, "*");
		break;
	case SASL_BROKEN:
		break_off(c, &res);
		break;
	}
}

void
smtp_on_logged_in(struct smtp_client *c, const struct smtp_event *e)
{
	struct result res;

	(void)e;
	if (sasl_is_proven(&c->sasl))
		return;
	(void)result_fail(&res, RESULT_PROTOCOL,
	    "the server says yes, but does not prove that it knows the "
	    "password");
	break_off(c, &res);
}

const char *
smtp_login(const struct smtp_client *c)
{
	return c->sasl.mechanism != NULL ? sasl_name(&c->sasl) : "";
}

bool
smtp_is_sealed(const struct smtp_client *c, const struct reply *r)
{
	return smtp_awaited(c) == SMTP_AUTH && r->code == 334 &&
	    sasl_grade(&c->sasl) != SASL_GRADE_NONE;
}

enum sasl_grade
smtp_grade(const struct smtp_client *c)
{
	return c->sasl.mechanism != NULL ? sasl_grade(&c->sasl)
					 : SASL_GRADE_NONE;
}
