#include "config.h"

#include <bsd/string.h>
#include <stdio.h>

#include "base/ascii.h"
#include "smtp/client_machine.h"

#define SUBJECT_MAX 400 /* a longer address leaves no room for the answer */

/* What is odd about the password: how it looks when it was not pasted whole,
 * or with more than itself.  Tells nothing else of it. */
static const char *
oddity(const char *p, size_t n)
{
	size_t blanks = 0, foreign = 0;

	if (n == 0)
		return "";
	if (ascii_is_blank(p[0]) || ascii_is_blank(p[n - 1]))
		return ", with a password that begins or ends with a blank";
	if (n > 1 && (p[0] == '"' || p[0] == '\'') && p[n - 1] == p[0])
		return ", with a password that stands in quotes";
	for (size_t i = 0; i < n; i++) {
		blanks += ascii_is_blank(p[i]);
		foreign += (unsigned char)p[i] > 126;
	}
	if (foreign > 0)
		return ", with a password that holds more than ASCII";
	return blanks > 0 ? ", with a password that holds a blank" : "";
}

/* With what the smarthost said in mid-exchange. */
static void
name_login(const struct smtp_client *c, char dst[SUBJECT_MAX])
{
	const char *words = c->sasl.words;
	bool any = words[0] != '\0';

	snprintf(dst, SUBJECT_MAX, "AUTH %s as %s%s%s%s%s", sasl_name(&c->sasl),
	    c->plan->user, oddity(c->plan->password, c->plan->password_len),
	    any ? " (" : "", words, any ? ")" : "");
}

/* Whether it is one alone of those whom the message is for that an answer is
 * about, and to be named: for whom it was taken goes without saying, so that
 * they can share a result. */
static bool
is_of_one(const struct smtp_event *e, enum result_kind kind)
{
	return (e->state == SMTP_EACH_DOT || e->state == SMTP_EACH_BDAT) &&
	    kind == e->kind && kind != RESULT_OK &&
	    kind != RESULT_POSSIBLE_DUPLICATE;
}

/* What it was that the smarthost answered, addresses and all. */
static void
name_subject(const struct smtp_client *c, const struct smtp_event *e,
    enum result_kind kind, char dst[SUBJECT_MAX])
{
	const struct smtp_work *w = smtp_answered(c);
	const struct envelope *env = w->mail.env;
	enum smtp_state state = e->state;

	strlcpy(dst, smtp_state_name(state), SUBJECT_MAX);
	if (state == SMTP_MAIL)
		snprintf(dst, SUBJECT_MAX, "MAIL FROM:<%s>", env->sender);
	else if (state == SMTP_RCPT)
		snprintf(dst, SUBJECT_MAX, "RCPT TO:<%s>",
		    env->rcpts[smtp_current(w)].address);
	else if (state == SMTP_AUTH || state == SMTP_CANCEL)
		name_login(c, dst);
	else if (state == SMTP_BODY || state == SMTP_CHUNK)
		strlcpy(dst, "the message", SUBJECT_MAX);
	else if (is_of_one(e, kind))
		snprintf(dst, SUBJECT_MAX, "the message for <%s>",
		    env->rcpts[smtp_addressee(w)].address);
}

static void
explain_reply(const struct smtp_client *c, const struct smtp_event *e,
    enum result_kind kind, struct result *res)
{
	char subject[SUBJECT_MAX], what[2 * SUBJECT_MAX];
	const char *did = "refused";

	name_subject(c, e, kind, subject);
	if (kind == RESULT_OK)
		did = "took";
	else if (kind == RESULT_PROTOCOL)
		did = "gave a wrong answer to";
	else if (kind == RESULT_POSSIBLE_DUPLICATE &&
	    e->answer == SMTP_ANSWER_421)
		did = "may have taken, but closed the session after";
	else if (kind == RESULT_POSSIBLE_DUPLICATE)
		did = "may have taken, but gave a wrong answer to";
	if (e->state == SMTP_IDLE)
		snprintf(
		    what, sizeof what, "%s spoke out of turn", c->plan->host);
	else
		snprintf(
		    what, sizeof what, "%s %s %s", c->plan->host, did, subject);
	(void)reply_fail(e->reply, kind, smtp_state_stage(e->state), what, res);
}

/* Whether a reason says what was tried, and with whom, by itself. */
static bool
stands_alone(const struct smtp_client *c, enum result_kind kind)
{
	switch (kind) {
	case RESULT_LOST:
		/* in a handshake, net/ has found words for it */
		return c->tls_due;
	case RESULT_TIMEOUT:
	case RESULT_PROTOCOL:
	case RESULT_INTERRUPTED:
		return false;
	default:
		return true;
	}
}

/* Why no reply came, and in what place: "connection closed by the server
 * after RCPT TO", "no answer to RCPT TO in time". */
static void
explain_silence(const struct smtp_client *c, const struct smtp_event *e,
    enum result_kind kind, struct result *res)
{
	const char *host = c->plan->host, *name = smtp_state_name(e->state);
	const char *text = e->why->text, *tail = "";
	bool timed_out = e->why->kind == RESULT_TIMEOUT;

	if (kind == RESULT_POSSIBLE_DUPLICATE)
		tail = "; it may have been delivered";
	if (stands_alone(c, e->why->kind))
		(void)result_fail(res, kind, "%s%s", text, tail);
	else if (timed_out && e->state == SMTP_GREETING)
		(void)result_fail(res, kind, "%s: no greeting in time", host);
	else if (timed_out && (e->state == SMTP_BODY || e->state == SMTP_CHUNK))
		(void)result_fail(
		    res, kind, "%s: the message was not taken in time", host);
	else if (timed_out)
		(void)result_fail(res, kind, "%s: no answer to %s in time%s",
		    host, name, tail);
	else if (e->state == SMTP_GREETING)
		(void)result_fail(
		    res, kind, "%s: %s before its greeting", host, text);
	else
		(void)result_fail(
		    res, kind, "%s: %s after %s%s", host, text, name, tail);
	strlcpy(res->stage, smtp_state_stage(e->state), sizeof res->stage);
}

void
smtp_explain(const struct smtp_client *c, const struct smtp_event *e,
    enum result_kind kind, struct result *res)
{
	if (e->reply != NULL)
		explain_reply(c, e, kind, res);
	else
		explain_silence(c, e, kind, res);
}

void
smtp_explain_bdat(
    const struct smtp_client *c, const struct smtp_event *e, struct result *res)
{
	char what[RESULT_TEXT_MAX];

	snprintf(what, sizeof what,
	    "%s offers CHUNKING but does not take BDAT, so the mail will be "
	    "sent by DATA",
	    c->plan->host);
	(void)reply_fail(
	    e->reply, e->kind, smtp_state_stage(e->state), what, res);
}

/* What the smarthost did to the mail before, or to the connection, is a lost
 * connection to this one; what ended it at this side concerns both. */
void
smtp_explain_unsent(const struct result *end, struct result *res)
{
	enum result_kind kind = end->kind;

	if (end->reply != 0 || kind == RESULT_PROTOCOL ||
	    kind == RESULT_TIMEOUT)
		kind = RESULT_LOST;
	(void)result_fail(res, kind,
	    "not sent, since the mail before it ended the session: %s",
	    end->text);
}
