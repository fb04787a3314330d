#include "config.h"

#include <bsd/stdlib.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/client_login.h"
#include "smtp/session_parts.h"

#define GOODBYE 1000 /* ms for QUIT to be written */

/* Shows the watcher what the server has shown. */
static void
show_certificate(const struct session *s)
{
	const struct session_watch *watch = &s->rules.watch;
	struct tls_certificate cert;

	if (watch->certificate != NULL &&
	    stream_certificate(s->stream, &cert) == 0)
		watch->certificate(watch->arg, &cert);
}

static int
start_tls(struct session *s, struct result *res)
{
	struct tls_binding binding;
	const char *said;
	int rc;

	if (s->in_pos < s->in_len)
		return result_fail(res, RESULT_PROTOCOL,
		    "data before the TLS handshake (injected by somebody in "
		    "between?)");
	rc = stream_start_tls(
	    s->stream, s->rules.tls, s->rules.tls_name, session_limit(s), res);
	show_certificate(s);
	if (rc == -1)
		return -1;
	stream_bind(s->stream, &binding);
	smtp_bind(s->client, &binding);
	said = stream_describe(s->stream);
	session_show(s, '*', said, strlen(said));
	session_passed(s, SMTP_STARTTLS, NULL);
	return 0;
}

static void
go_tls(struct session *s)
{
	struct result res;

	if (start_tls(s, &res) == 0)
		smtp_tls_done(s->client);
	else
		smtp_broke(s->client, &res);
}

bool
session_ask_next(struct session *s)
{
	const struct session_mail *mail;
	struct smtp_mail given;

	switch (s->feed->next(s->feed->arg, smtp_offers(s->client), &mail)) {
	case SESSION_MAIL:
		s->given[s->ngiven++] = mail;
		given = (struct smtp_mail){ mail->env, mail->message->size,
			mail->ask };
		smtp_give(s->client, &given);
		return true;
	case SESSION_DONE:
		smtp_finish(s->client);
		return true;
	case SESSION_LATER:
		break;
	}
	return false;
}

/* Tells of the mails that are settled, in the order of their beginning. */
static void
tell_settled(struct session *s)
{
	const struct session_mail *mail;

	while (s->ngiven > 0 && !smtp_is_open(s->client, s->given[0]->env)) {
		mail = s->given[0];
		s->given[0] = s->given[1];
		s->ngiven--;
		s->feed->settled(s->feed->arg, mail);
	}
}

/* Does what the machine says until there is nothing to be done. */
static void
drive(struct session *s)
{
	for (;;) {
		tell_settled(s);
		switch (smtp_next(s->client)) {
		case SMTP_TODO_SEND:
			session_send_output(s);
			break;
		case SMTP_TODO_READ:
			session_read_reply(s);
			break;
		case SMTP_TODO_TLS:
			go_tls(s);
			break;
		case SMTP_TODO_BODY:
		case SMTP_TODO_CHUNK:
			session_write_message(s);
			break;
		case SMTP_TODO_MAIL:
			if (s->feed == NULL || !session_ask_next(s))
				return;
			break;
		case SMTP_TODO_CLOSE:
			return;
		}
	}
}

/* The end of drive() for the caller. */
static int
outcome(const struct session *s, struct result *res)
{
	const struct result *trouble = smtp_trouble(s->client);

	if (trouble == NULL)
		return 0;
	*res = *trouble;
	return -1;
}

/* Something that this connection alone says, for SCRAM. */
static void
make_nonce(struct session *s)
{
	unsigned char random[(SASL_NONCE_SIZE - 1) / 4 * 3];

	arc4random_buf(random, sizeof random);
	EVP_EncodeBlock((unsigned char *)s->nonce, random, sizeof random);
	s->rules.plan.nonce = s->nonce;
}

static int
begin(struct session *s, struct result *res)
{
	const char *host = s->rules.plan.host;

	if (smtp_client_new(&s->client, &s->rules.plan, res) == -1)
		return -1;
	session_passed(s, SMTP_IDLE, NULL);
	if (s->rules.plan.tls == SMTP_TLS_UP && start_tls(s, res) == -1) {
		if (res->kind == RESULT_TIMEOUT ||
		    res->kind == RESULT_INTERRUPTED)
			(void)result_context(
			    res, "%s: in the TLS handshake", host);
		smtp_broke(s->client, res);
		return -1;
	}
	drive(s);
	return outcome(s, res);
}

int
session_open(struct session **sp, int fd, const struct session_rules *rules,
    struct deadline until, struct result *res)
{
	struct session *s = calloc(1, sizeof *s);
	struct stream *stream;

	*sp = NULL;
	if (stream_new(&stream, fd, res) == -1) {
		free(s);
		return -1;
	}
	if (s == NULL) {
		stream_close(stream);
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	}
	s->stream = stream;
	s->rules = *rules;
	s->until = until;
	make_nonce(s);
	reply_init(&s->reply);
	if (begin(s, res) == -1) {
		if (res->kind == RESULT_HANDED_OVER)
			session_leave(s);
		session_close(s);
		return -1;
	}
	*sp = s;
	return 0;
}

int
session_send(struct session *s, const struct session_feed *feed,
    struct deadline until, struct result *res)
{
	if (outcome(s, res) == -1)
		return -1;
	if (smtp_next(s->client) == SMTP_TODO_CLOSE)
		return result_fail(res, RESULT_LOST, "%s: the session is over",
		    s->rules.plan.host);
	s->feed = feed;
	s->until = until;
	drive(s);
	return outcome(s, res);
}

enum sasl_grade
session_grade(const struct session *s)
{
	return smtp_grade(s->client);
}

void
session_leave(struct session *s)
{
	s->left = true;
	stream_leave(s->stream);
}

/* QUIT, if it was not said; the answer is of no interest. */
static void
say_goodbye(struct session *s)
{
	const struct buf *out = smtp_output(s->client);
	struct result res;

	smtp_finish(s->client);
	if (out->len == 0)
		return;
	session_show_output(s, 0, out->len);
	(void)!stream_write(
	    s->stream, out->data, out->len, deadline_in(GOODBYE, -1), &res);
	smtp_sent(s->client);
}

void
session_close(struct session *s)
{
	if (s == NULL)
		return;
	if (s->client != NULL && !s->left)
		say_goodbye(s);
	stream_close(s->stream);
	smtp_client_free(s->client);
	reply_clear(&s->reply);
	free(s);
}
