/*
 * client_events: what happens to the machine, and what each of it does there;
 * for client*.c.
 */
#ifndef SMTP_CLIENT_EVENTS_H
#define SMTP_CLIENT_EVENTS_H

#include "base/result.h"
#include "smtp/client.h"
#include "smtp/reply.h"
#include "smtp/states.h"

/* Either `reply` or `why` is not NULL. */
struct smtp_event {
	enum smtp_state state;
	enum smtp_answer answer;
	const struct reply *reply;
	const struct result *why;
	enum result_kind kind; /* of the verdict */
	enum result_kind judged; /* what the judge says; OK: nothing */
};

typedef void smtp_act(struct smtp_client *c, const struct smtp_event *e);

struct smtp_verdict {
	smtp_act *act; /* NULL: missing */
	enum result_kind kind; /* of the trouble, where it is one */
};

/* client_table.c: the class of a reply code in a state; the verdict, where
 * the reply itself (NULL: none) may overrule its class. */
enum smtp_answer smtp_classify(enum smtp_state state, int code);
const struct smtp_verdict *smtp_verdict(
    enum smtp_state state, enum smtp_answer answer, const struct reply *r);

/* client_table.c: what becomes of the verdict on a refusal that is held to be
 * of `kind` (OK: by nobody).  Before MAIL none fails a mail, whatever it is held
 * to be; and a command that is not known (EHLO, BDAT) stays that. */
struct smtp_verdict smtp_overrule(
    const struct smtp_verdict *v, enum smtp_state state, enum result_kind kind);

/* client_answers.c: whoever may have the message already. */
void smtp_settle_doubt(struct smtp_client *c, const struct smtp_event *e);

/* client_words.c: the result of an event: what failed, on what, and the
 * smarthost's own words. */
void smtp_explain(const struct smtp_client *c, const struct smtp_event *e,
    enum result_kind kind, struct result *res);

/* client_words.c: the result of a mail that goes by DATA next time, since the
 * smarthost does not understand BDAT. */
void smtp_explain_bdat(const struct smtp_client *c, const struct smtp_event *e,
    struct result *res);

/* client.c: goes on; ends the session: with QUIT, at once, for want of an
 * answer that makes sense, for want of any. */
smtp_act smtp_on_fine, smtp_on_refused, smtp_on_closing, smtp_on_wrong,
    smtp_on_lost;
/* client_hello.c: up to the log-in */
smtp_act smtp_on_greeted, smtp_on_offered, smtp_on_no_ehlo, smtp_on_helloed,
    smtp_on_tls, smtp_on_challenged, smtp_on_logged_in;
/* client_answers.c: transactions */
smtp_act smtp_on_mail_refused, smtp_on_rcpt_taken, smtp_on_rcpt_full,
    smtp_on_rcpt_refused, smtp_on_go_ahead, smtp_on_data_refused, smtp_on_early,
    smtp_on_answered, smtp_on_heard, smtp_on_parting, smtp_on_doubt,
    smtp_on_ignored, smtp_on_empty, smtp_on_no_bdat;

#endif
