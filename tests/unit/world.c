#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

void
world_make(struct world *w, const struct host *host)
{
	char address[32];
	struct result res;

	*w = (struct world){ .host = host };
	w->plan = (struct smtp_plan){ .host = "mx.test",
		.ehlo = "me.test",
		.tls = host->tls,
		.authenticate = host->authenticate,
		.auth = host->want,
		.user = "me@mx.test",
		.password = "secret",
		.password_len = 6,
		.recipients_max = host->max == 0 ? 50 : host->max };
	envelope_init(&w->env);
	assert_int_equal(envelope_set_sender(&w->env, "s@x", &res), 0);
	for (size_t i = 0; i < (host->recipients ? host->recipients : 1); i++) {
		snprintf(address, sizeof address, "r%zu@x", i);
		assert_int_equal(envelope_add(&w->env, address, NULL, &res), 0);
	}
	reply_init(&w->reply);
	buf_init(&w->sent, 1 << 22);
	assert_int_equal(smtp_client_new(&w->c, &w->plan, &res), 0);
}

void
world_clear(struct world *w)
{
	smtp_client_free(w->c);
	envelope_clear(&w->env);
	reply_clear(&w->reply);
	buf_free(&w->sent);
}

void
world_tell_reply(struct world *w, const char *text)
{
	char in[1024];
	enum smtp_state state = smtp_awaited(w->c);
	struct result res;
	size_t used, n = strlen(text);

	for (size_t i = 0; i < n; i++)
		in[i] = text[i] == '|' ? '\n' : text[i];
	in[n] = '\n';
	reply_reset(&w->reply);
	assert_int_equal(
	    reply_push(&w->reply, in, n + 1, &used, &res), REPLY_DONE);
	w->last_code = w->reply.code;
	w->visited[state][smtp_classify(state, w->reply.code)] = true;
	if (state == SMTP_AUTH && w->reply.code == 235)
		w->logged_in = true;
	if (state == SMTP_DOT && w->last_code / 100 == 2 && !w->mute)
		w->acknowledged = true;
	smtp_replied(w->c, &w->reply);
}

void
world_tell_broke(struct world *w, enum result_kind kind)
{
	enum smtp_state state = smtp_awaited(w->c);
	struct result why;

	w->visited[state][kind == RESULT_PROTOCOL ? SMTP_ANSWER_MALFORMED
		: kind == RESULT_TIMEOUT	  ? SMTP_ANSWER_TIMEOUT
						  : SMTP_ANSWER_EOF] = true;
	(void)result_fail(&why, kind, "%s",
	    kind == RESULT_LOST		     ? "connection closed by the server"
		: kind == RESULT_INTERRUPTED ? "interrupted"
					     : "no room to work in");
	smtp_broke(w->c, &why);
}

const char *
world_usual(const struct world *w)
{
	const struct host *h = w->host;

	switch (smtp_awaited(w->c)) {
	case SMTP_GREETING:
		return h->greeting ? h->greeting : "220 hi";
	case SMTP_STARTTLS:
		return "220 go";
	case SMTP_EHLO:
		return h->ehlo ? h->ehlo : "250 hi";
	case SMTP_HELO:
		return h->helo ? h->helo : "250 OK";
	case SMTP_AUTH:
		if (h->auth != NULL)
			return h->auth;
		/* LOGIN has two steps */
		return w->c->sasl.step < 2 &&
			strcmp(sasl_name(&w->c->sasl), "LOGIN") == 0
		    ? "334 x"
		    : "235 in";
	case SMTP_MAIL:
		return h->mail ? h->mail : "250 ok";
	case SMTP_RCPT:
	case SMTP_VOID_RCPT:
		return h->rcpt ? h->rcpt : "250 ok";
	case SMTP_DATA:
	case SMTP_VOID_DATA:
		return h->data ? h->data : "354 go";
	case SMTP_DOT:
		return h->dot ? h->dot : "250 taken";
	case SMTP_VOID_DOT:
		return "554 no recipients";
	default:
		return "250 ok";
	}
}

static void
send_flight(struct world *w)
{
	const struct buf *shown = smtp_output_shown(w->c);

	/* no mail without the log-in, nothing of worth without TLS */
	if (strstr(shown->data, "MAIL FROM") != NULL)
		assert_true(w->logged_in || !w->plan.authenticate);
	if (w->plan.tls == SMTP_TLS_STARTTLS && !w->c->tls_up)
		assert_true(strcmp(shown->data, "EHLO me.test\r\n") == 0 ||
		    strcmp(shown->data, "STARTTLS\r\n") == 0 ||
		    strcmp(shown->data, "QUIT\r\n") == 0 || shown->len == 0);
	for (size_t i = 0; i < shown->len; i++)
		if (shown->data[i] != '\n')
			buf_putc(&w->sent,
			    shown->data[i] == '\r' ? '|' : shown->data[i]);
	if (shown->len > 0)
		buf_putc(&w->sent, '\n');
	smtp_sent(w->c);
}

bool
world_step(struct world *w)
{
	struct smtp_mail mail = { &w->env, SIZE };

	switch (smtp_next(w->c)) {
	case SMTP_TODO_SEND:
		send_flight(w);
		return true;
	case SMTP_TODO_READ:
		world_tell_reply(w, world_usual(w));
		return true;
	case SMTP_TODO_TLS:
		buf_puts(&w->sent, "(tls)\n");
		smtp_tls_done(w->c);
		return true;
	case SMTP_TODO_BODY:
		assert_int_equal(w->last_code / 100, 3);
		buf_puts(&w->sent, "(body)");
		smtp_body_read(w->c, SIZE);
		return true;
	case SMTP_TODO_MAIL:
		assert_false(w->given);
		smtp_give(w->c, &mail);
		w->given = true;
		return true;
	case SMTP_TODO_CLOSE:
		send_flight(w);
		if (!w->given)
			smtp_give(w->c, &mail);
		w->given = true;
		return false;
	}
	return false;
}

void
world_finish(struct world *w)
{
	size_t steps = 0;

	while (world_step(w))
		assert_true(++steps < 20000);
	assert_int_equal(smtp_next(w->c), SMTP_TODO_CLOSE);
}

void
world_check_settled(const struct world *w)
{
	for (size_t i = 0; i < w->env.count; i++) {
		const struct rcpt *r = &w->env.rcpts[i];

		assert_true(r->state == RCPT_DELIVERED ||
		    r->state == RCPT_DEFERRED || r->state == RCPT_FAILED);
		assert_true(r->state != RCPT_DELIVERED || w->acknowledged);
		assert_true(r->result < w->env.nresults);
		assert_true(w->env.results[r->result].text[0] != '\0');
		if (r->state == RCPT_DEFERRED)
			assert_true(result_is_temporary(
			    w->env.results[r->result].kind));
	}
}

void
world_reach(struct world *w, enum smtp_state state)
{
	while (smtp_awaited(w->c) != state)
		assert_true(world_step(w));
}
