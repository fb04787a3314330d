#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/check_way.h"
#include "cli/request.h"
#include "delivery/fit.h"
#include "delivery/journal.h"
#include "mail/address.h"

/*
 * The sender, and where wanted a recipient, and a mail: it is made as any other
 * would be, so that the envelope is what others would have.  Unless it is to be
 * sent, it is only asked for.
 */

#define MAIL_MAX 4096 /* bytes: what a pipe takes at once */

/* Whom nobody is asked about, where only the sender is: it never goes out. */
#define NOBODY "nobody@example.invalid"

struct ask {
	struct check_way *w;
	struct options options;
	char to[ADDRESS_MAX + 1];
	char *operands[1]; /* that, for `options` */
	struct request request;
	struct source message;
	struct fit fit;
	struct session_mail mail;
	bool given;
};

static enum session_next
next(void *arg, const struct caps *caps, const struct session_mail **mail)
{
	struct ask *a = arg;

	if (a->given)
		return SESSION_DONE;
	a->given = true;
	a->mail.message = fit_mail(&a->fit, a->mail.env, &a->message, caps);
	*mail = &a->mail;
	return SESSION_MAIL;
}

static void
settled(void *arg, const struct session_mail *mail)
{
	(void)arg;
	(void)mail;
}

static void put_words(struct buf *out, const struct check *c,
    enum check_word word, ...) __attribute__((sentinel));

static void
put_words(struct buf *out, const struct check *c, enum check_word word, ...)
{
	va_list texts;

	va_start(texts, word);
	check_words_put(out, word, c->rules->language, texts);
	va_end(texts);
}

/* The mail, as a caller would write it. */
static void
write_mail(struct buf *out, const struct ask *a)
{
	const struct check *c = a->w->c;
	const char *host = a->w->delivery.id->host.data;

	buf_printf(out, "To: %s\nSubject: ", a->to);
	put_words(out, c, CHECK_MAIL_SUBJECT, host, NULL);
	buf_puts(out, "\nAuto-Submitted: auto-generated\n\n");
	put_words(out, c, CHECK_MAIL_BODY, host, NULL);
	buf_putc(out, '\n');
}

/* Reads it as from any caller: out of a pipe, which takes all of it. */
static int
read_mail(struct ask *a, const struct buf *mail, struct result *res)
{
	ssize_t wrote = -1;
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return result_fail(
		    res, RESULT_SYSTEM, "pipe: %s", strerror(errno));
	if (!buf_failed(mail))
		wrote = write(ends[1], mail->data, mail->len);
	close(ends[1]);
	if (wrote == (ssize_t)mail->len)
		rc = request_read_from(&a->request, ends[0], res);
	else
		rc = result_fail(
		    res, RESULT_SYSTEM, "the test mail cannot be made");
	close(ends[0]);
	return rc;
}

static int
make(struct ask *a, struct result *res)
{
	struct buf mail;
	int rc;

	buf_init(&mail, MAIL_MAX);
	write_mail(&mail, a);
	rc = read_mail(a, &mail, res);
	buf_free(&mail);
	if (rc == -1 || request_make(&a->request, REQUEST_HERE, res) == -1)
		return -1;
	a->message = compose_source(&a->request.message);
	return 0;
}

/* What was said of the first recipient who does not have it; NULL: all do. */
static const struct result *
first_failure(const struct envelope *env)
{
	for (size_t i = 0; i < env->count; i++)
		if (env->rcpts[i].state != RCPT_DELIVERED)
			return envelope_result(env, &env->rcpts[i]);
	return NULL;
}

static bool
is_stage(const struct result *why, const char *stage)
{
	return why != NULL && strcmp(why->stage, stage) == 0;
}

/* Whether MAIL was taken; if not, that is the end. */
static bool
tell_sender(struct ask *a)
{
	const struct envelope *env = &a->request.entry.env;
	const struct result *why = first_failure(env);
	struct check *c = a->w->c;
	bool is_taken = a->w->answers[SMTP_MAIL].code / 100 == 2;

	check_begin(c, CHECK_STAGE_MAIL);
	if (is_taken)
		check_note(c, CHECK_SAYS_SENDER, env->sender, NULL);
	else if (why != NULL)
		check_fail(c, why);
	if (a->w->answers[SMTP_MAIL].at > 0)
		check_end_at(c, a->w->answers[SMTP_MAIL].at);
	else
		check_end(c);
	return is_taken;
}

/* Whether there is one who was taken, whatever became of the mail. */
static bool
tell_recipients(struct ask *a)
{
	const struct envelope *env = &a->request.entry.env;
	struct check *c = a->w->c;
	size_t taken = 0;

	check_begin(c, CHECK_STAGE_RCPT);
	for (size_t i = 0; i < env->count; i++) {
		const struct rcpt *rcpt = &env->rcpts[i];
		const struct result *why = envelope_result(env, rcpt);

		if (rcpt->state != RCPT_DELIVERED &&
		    (is_stage(why, "RCPT") || is_stage(why, ""))) {
			check_fail(c, why);
			continue;
		}
		check_note(c, CHECK_SAYS_TAKEN, rcpt->address, NULL);
		taken++;
	}
	if (a->w->answers[SMTP_RCPT].at > 0)
		check_end_at(c, a->w->answers[SMTP_RCPT].at);
	else
		check_end(c);
	return taken > 0;
}

static void
tell_sent(struct ask *a)
{
	const struct envelope *env = &a->request.entry.env;
	struct check *c = a->w->c;

	check_begin(c, CHECK_STAGE_SEND);
	for (size_t i = 0; i < env->count; i++) {
		const struct rcpt *rcpt = &env->rcpts[i];
		const struct result *why = envelope_result(env, rcpt);

		if (rcpt->state == RCPT_DELIVERED)
			check_note(c, CHECK_SAYS_SENT, rcpt->address,
			    why != NULL ? why->text : "", NULL);
		else if (!is_stage(why, "RCPT") && !is_stage(why, ""))
			check_fail(c, why);
	}
	check_end(c);
}

/* Says that it was sent, as of any other mail. */
static void
journal(const struct ask *a)
{
	const struct journal j = { .id = a->request.entry.id,
		.uid = a->w->c->setup.uid,
		.message_id = a->request.message.id,
		.relay = a->w->delivery.relay,
		.delay = (double)(time(NULL) - a->request.entry.created),
		.exit = -1 };

	journal_results(&j, &a->request.entry.env);
}

static void
run(struct ask *a)
{
	const struct check_rules *rules = a->w->c->rules;
	const struct session_feed feed = { next, settled, NULL, a };
	struct result res;

	a->mail.env = &a->request.entry.env;
	if (envelope_count(a->mail.env, RCPT_PENDING) == 0) {
		/* an alias leads to nobody */
		(void)tell_recipients(a);
		return;
	}
	if (rules->depth == CHECK_ASK)
		a->mail.ask = rules->to == NULL ? SMTP_ASK_SENDER
						: SMTP_ASK_RECIPIENTS;
	/* what fails is told by the recipients' results */
	if (deliver_send(&a->w->delivery, &feed, a->w->until, &res) == -1)
		envelope_settle_all(
		    a->mail.env, RCPT_PENDING, RCPT_DEFERRED, &res);
	if (tell_sender(a) && a->mail.ask != SMTP_ASK_SENDER &&
	    tell_recipients(a) && a->mail.ask == SMTP_ASK_NOTHING)
		tell_sent(a);
	if (a->mail.ask == SMTP_ASK_NOTHING)
		journal(a);
}

/* To whom: NULL, where a mail is to be sent and nobody is named. */
static const char *
recipient(const struct check_way *w)
{
	const struct check_rules *rules = w->c->rules;
	const struct buf *account = &w->delivery.id->account;

	if (rules->to != NULL)
		return rules->to;
	if (rules->depth == CHECK_ASK)
		return NOBODY;
	return account->len > 0 ? account->data : NULL;
}

static void
begin(struct ask *a)
{
	struct result res;

	a->operands[0] = a->to;
	a->options = (struct options){ .recipients = a->operands, .count = 1 };
	request_init(&a->request, &a->options, &a->w->c->setup);
	if (make(a, &res) == 0) {
		run(a);
	} else {
		check_begin(a->w->c, CHECK_STAGE_MAIL);
		check_fail(a->w->c, &res);
		check_end(a->w->c);
	}
	fit_clear(&a->fit);
	request_clear(&a->request);
}

void
check_ask(struct check_way *w)
{
	struct ask a = { .w = w };
	const char *to = recipient(w);

	if (to == NULL) {
		check_begin(w->c, CHECK_STAGE_SEND);
		check_wrong(w->c, CHECK_SAYS_NOBODY, NULL);
		check_advise(w->c, CHECK_DO_TO, NULL);
		check_end(w->c);
		return;
	}
	strlcpy(a.to, to, sizeof a.to);
	begin(&a);
}
