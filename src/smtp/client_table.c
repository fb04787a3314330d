#include "config.h"

#include <string.h>

#include "smtp/client_machine.h"

static const struct {
	const char *stage, *name;
} states[SMTP_STATE_COUNT] = {
#define STATE(id, stage, name) [SMTP_##id] = { stage, name },
	SMTP_STATES(STATE)
#undef STATE
};

const char *
smtp_state_stage(enum smtp_state state)
{
	return states[state].stage;
}

const char *
smtp_state_name(enum smtp_state state)
{
	return states[state].name;
}

/*
 * Where one code alone means yes, or means that more is wanted, any other of
 * its class is malformed: 220 opens (RFC 5321 section 3.1, RFC 3207), 235 and
 * 334 are AUTH's (RFC 4954).
 */
static const struct {
	int yes, more;
} exact[SMTP_STATE_COUNT] = {
	[SMTP_GREETING] = { 220, 0 },
	[SMTP_STARTTLS] = { 220, 0 },
	[SMTP_AUTH] = { 235, 334 },
};

enum smtp_answer
smtp_classify(enum smtp_state state, int code)
{
	static const enum smtp_answer classes[] = { [2] = SMTP_ANSWER_2XX,
		[3] = SMTP_ANSWER_3XX,
		[4] = SMTP_ANSWER_4XX,
		[5] = SMTP_ANSWER_5XX };

	if (code < 200 || code > 599)
		return SMTP_ANSWER_MALFORMED;
	if (code == 421)
		return SMTP_ANSWER_421;
	if (code < 300 && exact[state].yes != 0 && exact[state].yes != code)
		return SMTP_ANSWER_MALFORMED;
	if (code >= 300 && code < 400 && exact[state].more != 0 &&
	    exact[state].more != code)
		return SMTP_ANSWER_MALFORMED;
	return classes[code / 100];
}

/* clang-format off */
#define V(act, kind) { smtp_on_##act, RESULT_##kind }
#define WRONG V(wrong, PROTOCOL)
#define LOST V(lost, PROTOCOL), V(lost, LOST), V(lost, TIMEOUT)
#define DOUBT V(doubt, POSSIBLE_DUPLICATE)

/*
 * What an answer means.  Columns as SMTP_ANSWERS:
 *	2xx, 3xx,
 *	4xx, 5xx,
 *	421, malformed, EOF, time-out.
 */
static const struct smtp_verdict rows[SMTP_STATE_COUNT][SMTP_ANSWER_COUNT] = {
	[SMTP_IDLE] = {
		WRONG, WRONG,
		WRONG, WRONG,
		V(closing, SMARTHOST), LOST },
	[SMTP_GREETING] = {
		V(greeted, OK), WRONG,
		V(refused, SMARTHOST), V(refused, SMARTHOST),
		V(closing, SMARTHOST),
		V(lost, PROTOCOL), V(lost, LOST), V(lost, NO_GREETING) },
	[SMTP_EHLO] = {
		V(offered, OK), WRONG,
		V(refused, DEFERRED), V(no_ehlo, NO_STARTTLS),
		V(closing, SMARTHOST), LOST },
	[SMTP_HELO] = {
		V(helloed, OK), WRONG,
		V(refused, DEFERRED), V(refused, SMARTHOST),
		V(closing, SMARTHOST), LOST },
	[SMTP_LHLO] = {
		V(offered, OK), WRONG,
		V(refused, DEFERRED), V(refused, SMARTHOST),
		V(closing, SMARTHOST), LOST },
	[SMTP_STARTTLS] = {
		V(tls, OK), WRONG,
		V(refused, DEFERRED), V(refused, NO_STARTTLS),
		V(closing, SMARTHOST), LOST },
	[SMTP_AUTH] = {
		V(logged_in, OK), V(challenged, OK),
		V(refused, DEFERRED), V(refused, AUTH),
		V(closing, SMARTHOST), LOST },
	[SMTP_CANCEL] = {
		V(refused, AUTH), V(refused, AUTH),
		V(refused, AUTH), V(refused, AUTH),
		V(closing, AUTH), LOST },
	[SMTP_RSET] = {
		V(fine, OK), WRONG,
		V(refused, DEFERRED), V(refused, SMARTHOST),
		V(closing, SMARTHOST), LOST },
	[SMTP_MAIL] = {
		V(fine, OK), WRONG,
		V(mail_refused, DEFERRED), V(mail_refused, SENDER),
		V(closing, SMARTHOST), LOST },
	[SMTP_RCPT] = {
		V(rcpt_taken, OK), WRONG,
		V(rcpt_refused, DEFERRED), V(rcpt_refused, RECIPIENT),
		V(closing, SMARTHOST), LOST },
	[SMTP_DATA] = {
		WRONG, V(go_ahead, OK),
		V(data_refused, DEFERRED), V(data_refused, REFUSED),
		V(closing, SMARTHOST), LOST },
	[SMTP_BODY] = {
		WRONG, WRONG,
		V(early, DEFERRED), V(early, REFUSED),
		V(closing, SMARTHOST), LOST },
	[SMTP_DOT] = {
		V(answered, OK), DOUBT,
		V(answered, DEFERRED), V(answered, REFUSED),
		V(closing, SMARTHOST), DOUBT, DOUBT, DOUBT },
	[SMTP_CHUNK] = {
		WRONG, WRONG,
		V(early, DEFERRED), V(early, REFUSED),
		V(closing, SMARTHOST), LOST },
	[SMTP_BDAT] = {
		V(answered, OK), DOUBT,
		V(answered, DEFERRED), V(answered, REFUSED),
		V(closing, SMARTHOST), DOUBT, DOUBT, DOUBT },
	[SMTP_EACH_DOT] = {
		V(heard, OK), DOUBT,
		V(heard, DEFERRED), V(heard, REFUSED),
		V(parting, SMARTHOST), DOUBT, DOUBT, DOUBT },
	[SMTP_EACH_BDAT] = {
		V(heard, OK), DOUBT,
		V(heard, DEFERRED), V(heard, REFUSED),
		V(parting, SMARTHOST), DOUBT, DOUBT, DOUBT },
	[SMTP_VOID_RCPT] = {
		V(ignored, OK), V(ignored, OK),
		V(ignored, OK), V(ignored, OK),
		V(closing, SMARTHOST), LOST },
	[SMTP_VOID_DATA] = {
		WRONG, V(empty, OK),
		V(ignored, OK), V(ignored, OK),
		V(closing, SMARTHOST), LOST },
	[SMTP_VOID_DOT] = {
		V(ignored, OK), V(ignored, OK),
		V(ignored, OK), V(ignored, OK),
		V(closing, SMARTHOST), LOST },
	[SMTP_VOID_BDAT] = {
		V(ignored, OK), V(ignored, OK),
		V(ignored, OK), V(ignored, OK),
		V(closing, SMARTHOST), LOST },
};

/* Codes that mean something else than their class does. */
static const struct {
	enum smtp_state state;
	int first, last;
	/* enhanced; "": without one; NULL: any; ending in ".": so it begins */
	const char *status;
	struct smtp_verdict verdict;
} special[] = {
	/* a fault of the account, not of the mail (RFC 4954 section 6) */
	{ SMTP_MAIL, 530, 530, NULL, V(mail_refused, AUTH) },
	{ SMTP_MAIL, 535, 535, NULL, V(mail_refused, AUTH) },
	{ SMTP_MAIL, 538, 538, NULL, V(mail_refused, AUTH) },
	/* RFC 1870 section 6.1 */
	{ SMTP_MAIL, 552, 552, NULL, V(mail_refused, TOO_BIG) },
	/* AUTH's, so an answer out of turn: to send the message would be to
	 * have it read as commands */
	{ SMTP_DATA, 334, 334, NULL, WRONG },
	/* too many recipients: the code, and what RFC 5321 section 4.5.3.1.10
	 * wants treated like it, unless it says that it is something else,
	 * such as a full mailbox (5.2.2) */
	{ SMTP_RCPT, 452, 452, NULL, V(rcpt_full, DEFERRED) },
	{ SMTP_RCPT, 552, 552, "", V(rcpt_full, DEFERRED) },
	{ SMTP_RCPT, 552, 552, "4.5.3", V(rcpt_full, DEFERRED) },
	{ SMTP_RCPT, 552, 552, "5.5.3", V(rcpt_full, DEFERRED) },
	/* the command is at fault, not the message */
	{ SMTP_CHUNK, 500, 504, NULL, V(no_bdat, DEFERRED) },
	{ SMTP_CHUNK, 500, 599, "5.5.", V(no_bdat, DEFERRED) },
	{ SMTP_BDAT, 500, 504, NULL, V(no_bdat, DEFERRED) },
	{ SMTP_BDAT, 500, 599, "5.5.", V(no_bdat, DEFERRED) },
	{ SMTP_EACH_BDAT, 500, 504, NULL, V(no_bdat, DEFERRED) },
};
/* clang-format on */

static bool
fits(const char *status, const char *want)
{
	size_t n = want == NULL ? 0 : strlen(want);

	if (n > 0 && want[n - 1] == '.')
		return strncmp(status, want, n) == 0;
	return want == NULL || strcmp(status, want) == 0;
}

const struct smtp_verdict *
smtp_verdict(
    enum smtp_state state, enum smtp_answer answer, const struct reply *r)
{
	for (size_t i = 0; r != NULL && i < sizeof special / sizeof *special;
	     i++)
		if (special[i].state == state && r->code >= special[i].first &&
		    r->code <= special[i].last &&
		    fits(r->status, special[i].status))
			return &special[i].verdict;
	return &rows[state][answer];
}

/* Whether the kind says no more than a reply's first digit does. */
static bool
is_plain(enum result_kind kind)
{
	return kind == RESULT_DEFERRED || kind == RESULT_REFUSED;
}

/* The verdict on a refusal about a mail. */
static struct smtp_verdict
overrule_mail(
    const struct smtp_verdict *v, enum smtp_state state, enum result_kind kind)
{
	bool temporary = result_is_temporary(kind);
	struct smtp_verdict other =
	    rows[state][temporary ? SMTP_ANSWER_4XX : SMTP_ANSWER_5XX];

	if (is_plain(kind) && temporary == result_is_temporary(v->kind))
		return *v;
	if (state == SMTP_RCPT && kind == RESULT_CROWD)
		other.act = smtp_on_rcpt_full;
	if (!is_plain(kind))
		other.kind = kind;
	return other;
}

static bool
is_among(smtp_act *act, smtp_act *const acts[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (acts[i] == act)
			return true;
	return false;
}

struct smtp_verdict
smtp_overrule(
    const struct smtp_verdict *v, enum smtp_state state, enum result_kind kind)
{
	static smtp_act *const of_mail[] = { smtp_on_mail_refused,
		smtp_on_rcpt_refused, smtp_on_rcpt_full, smtp_on_data_refused,
		smtp_on_early, smtp_on_answered, smtp_on_heard };
	static smtp_act *const of_session[] = { smtp_on_refused,
		smtp_on_closing, smtp_on_parting };

	if (kind == RESULT_OK)
		return *v;
	if (is_among(v->act, of_mail, sizeof of_mail / sizeof *of_mail))
		return overrule_mail(v, state, kind);
	if (is_among(
		v->act, of_session, sizeof of_session / sizeof *of_session) &&
	    result_is_temporary(kind) && !is_plain(kind))
		return (struct smtp_verdict){ v->act, kind };
	return *v;
}
