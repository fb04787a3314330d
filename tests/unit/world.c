#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

/* The first mail is from s@x to r0@x, r1@x..., the next from s@x1. */
static void
make_envelope(struct envelope *env, size_t mail, size_t recipients)
{
	char address[64], domain[24] = "x";
	struct result res;

	if (mail > 0)
		snprintf(domain, sizeof domain, "x%zu", mail);
	envelope_init(env);
	snprintf(address, sizeof address, "s@%s", domain);
	assert_int_equal(envelope_set_sender(env, address, &res), 0);
	for (size_t i = 0; i < recipients; i++) {
		snprintf(address, sizeof address, "r%zu@%s", i, domain);
		assert_int_equal(envelope_add(env, address, NULL, &res), 0);
	}
}

/* smtp_judge: he is asked of refusals alone. */
static enum result_kind
judge(void *arg, const char *stage, const char *reply)
{
	const struct world *w = arg;

	assert_non_null(stage);
	assert_true(reply[0] == '4' || reply[0] == '5');
	return strstr(reply, "JUDGED") != NULL ? w->host->judged : RESULT_OK;
}

void
world_make(struct world *w, const struct host *host)
{
	const char *password = host->password;
	struct result res;

	if (password == NULL)
		password = "secret";
	*w = (struct world){ .host = host, .nasked = 1 };
	w->plan = (struct smtp_plan){ .host = "mx.test",
		.ehlo = "me.test",
		.protocol = host->protocol,
		.tls = host->tls,
		.authenticate = host->authenticate,
		.auth = host->want,
		.user = "me@mx.test",
		.password = password,
		.password_len = strlen(password),
		.nonce = "fyko+d2lbbFgONRv9qkxdawL",
		.recipients_max = host->max == 0 ? 50 : host->max,
		.judge = { judge, w } };
	w->mails = host->mails > 0 ? host->mails : 1;
	for (size_t m = 0; m < w->mails; m++)
		make_envelope(&w->envs[m], m,
		    host->recipients > 0 ? host->recipients : 1);
	reply_init(&w->reply);
	buf_init(&w->sent, 1 << 22);
	assert_int_equal(smtp_client_new(&w->c, &w->plan, &res), 0);
}

void
world_clear(struct world *w)
{
	smtp_client_free(w->c);
	for (size_t m = 0; m < w->mails; m++)
		envelope_clear(&w->envs[m]);
	reply_clear(&w->reply);
	buf_free(&w->sent);
}

/* What is answered to those who are only asked for. */
static const enum smtp_state asked_last[] = {
	[SMTP_ASK_NOTHING] = SMTP_STATE_COUNT,
	[SMTP_ASK_SENDER] = SMTP_MAIL,
	[SMTP_ASK_RECIPIENTS] = SMTP_RCPT,
};

static bool
is_each(enum smtp_state state)
{
	return state == SMTP_EACH_DOT || state == SMTP_EACH_BDAT;
}

/* The mail that the next reply is about; to the end of a message there may be
 * more of them than one. */
static size_t
mail_asked(struct world *w, enum smtp_state state)
{
	size_t mail;

	if (w->nreplied == w->nasked || state == SMTP_IDLE ||
	    state == SMTP_BODY || state == SMTP_CHUNK)
		return w->asking;
	mail = w->asked[w->nreplied % COUNT(w->asked)];
	if (!is_each(state) ||
	    envelope_count(&w->envs[mail], RCPT_ACCEPTED) == 1)
		w->nreplied++;
	return mail;
}

void
world_tell_reply(struct world *w, const char *text)
{
	char in[1024], tag[16] = "";
	enum smtp_state state = smtp_awaited(w->c);
	struct result res;
	size_t used, n, mail = mail_asked(w, state);

	if (state > SMTP_RSET)
		snprintf(tag, sizeof tag, " #%zu", mail);
	n = (size_t)snprintf(in, sizeof in, "%s%s\n", text, tag);
	for (size_t i = 0; i < n; i++)
		in[i] = in[i] == '|' ? '\n' : in[i];
	reply_reset(&w->reply);
	assert_int_equal(reply_push(&w->reply, in, n, &used, &res), REPLY_DONE);
	w->last_code = w->reply.code;
	w->visited[state][smtp_classify(state, w->reply.code)] = true;
	if (state == SMTP_AUTH && w->reply.code == 235)
		w->logged_in = true;
	if ((state == SMTP_DOT || state == SMTP_BDAT || is_each(state)) &&
	    w->last_code / 100 == 2 && !w->mute) {
		w->acknowledged[w->body_of] = true;
		w->yes[w->body_of]++;
	}
	if (state == asked_last[w->host->ask] && w->last_code / 100 == 2)
		w->acknowledged[w->asking] = true;
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
	case SMTP_LHLO:
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
	case SMTP_BDAT:
	case SMTP_EACH_DOT:
	case SMTP_EACH_BDAT:
		return h->dot ? h->dot : "250 taken";
	case SMTP_VOID_DOT:
	case SMTP_VOID_BDAT:
		return "554 no recipients";
	default:
		return "250 ok";
	}
}

/* Notes which mail each command is about. */
static void
note_commands(struct world *w)
{
	static const char from[] = "MAIL FROM:<s@x";
	const char *p = smtp_output_shown(w->c)->data, *end;

	for (; (end = strstr(p, "\r\n")) != NULL; p = end + 2) {
		if (strncmp(p, from, sizeof from - 1) == 0)
			w->asking = strtoul(p + sizeof from - 1, NULL, 10);
		w->asked[w->nasked++ % COUNT(w->asked)] = w->asking;
	}
}

void
world_unwritten(struct world *w)
{
	struct result why;

	(void)result_fail(&why, RESULT_LOST, "broken pipe");
	w->mute = true;
	note_commands(w);
	smtp_unwritten(w->c, &why);
}

static uint64_t
size_of(const struct world *w)
{
	return w->host->size > 0 ? w->host->size : SIZE;
}

static void
send_flight(struct world *w)
{
	const struct buf *shown = smtp_output_shown(w->c);
	size_t before = smtp_output_before(w->c);

	/* no mail without the log-in, nothing of worth without TLS */
	if (strstr(shown->data, "MAIL FROM") != NULL)
		assert_true(w->logged_in || !w->plan.authenticate);
	if (w->plan.tls == SMTP_TLS_STARTTLS && !w->c->tls_up)
		assert_true(strcmp(shown->data, "EHLO me.test\r\n") == 0 ||
		    strcmp(shown->data, "LHLO me.test\r\n") == 0 ||
		    strcmp(shown->data, "STARTTLS\r\n") == 0 ||
		    strcmp(shown->data, "QUIT\r\n") == 0 || shown->len == 0);
	note_commands(w);
	for (size_t i = 0; i < shown->len; i++) {
		if (shown->data[i] != '\n')
			buf_putc(&w->sent,
			    shown->data[i] == '\r' ? '|' : shown->data[i]);
		if (i + 1 == before)
			buf_puts(&w->sent,
			    smtp_next(w->c) == SMTP_TODO_CHUNK ? "(part)"
							       : "(body)");
	}
	if (shown->len > 0)
		buf_putc(&w->sent, '\n');
	smtp_sent(w->c);
}

static void
give(struct world *w)
{
	const struct smtp_mail mail = { &w->envs[w->given++], size_of(w),
		w->host->ask };

	if (smtp_next(w->c) != SMTP_TODO_CLOSE)
		w->handed_out++;
	smtp_give(w->c, &mail);
}

static size_t
count_open(const struct envelope *env)
{
	return envelope_count(env, RCPT_PENDING) +
	    envelope_count(env, RCPT_SENT) + envelope_count(env, RCPT_ACCEPTED);
}

static void
send_body(struct world *w)
{
	bool is_chunk = smtp_next(w->c) == SMTP_TODO_CHUNK;

	if (!is_chunk)
		assert_int_equal(w->last_code / 100, 3);
	if (smtp_output(w->c)->len == 0)
		buf_puts(&w->sent, "(body)");
	for (size_t m = 0; m < w->given; m++) {
		if (count_open(&w->envs[m]) == 0)
			continue;
		/* no other is under way */
		assert_int_equal(m, w->given - 1);
		assert_true(envelope_count(&w->envs[m], RCPT_ACCEPTED) > 0 ||
		    (is_chunk && envelope_count(&w->envs[m], RCPT_SENT) > 0));
		w->body_of = m;
	}
	if (smtp_asks_next(w->c) && !w->host->later) {
		if (w->given < w->mails)
			give(w);
		else
			smtp_finish(w->c);
		assert_false(smtp_asks_next(w->c));
	}
	smtp_body_read(w->c, size_of(w));
	w->dotted[w->body_of] = true;
}

/* The mails that are settled are let go of at once, and no others. */
static void
check_open(const struct world *w)
{
	for (size_t m = 0; m < w->given; m++)
		assert_int_equal(smtp_is_open(w->c, &w->envs[m]),
		    count_open(&w->envs[m]) > 0);
}

bool
world_step(struct world *w)
{
	check_open(w);
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
		send_body(w);
		return true;
	case SMTP_TODO_CHUNK:
		if (size_of(w) > SMTP_PIECE && smtp_output(w->c)->len > 0)
			send_flight(w);
		else
			send_body(w);
		return true;
	case SMTP_TODO_MAIL:
		if (w->given < w->mails)
			give(w);
		else
			smtp_finish(w->c);
		return true;
	case SMTP_TODO_CLOSE:
		send_flight(w);
		while (w->given < w->mails)
			give(w);
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

/* The result speaks of mail `m`, or of the one before, which ended it all. */
static void
check_attributed(const struct result *res, size_t m)
{
	const char *tag = strrchr(res->text, '#');

	if (tag == NULL)
		return;
	if (strncmp(res->text, "not sent, since the mail before", 31) == 0)
		assert_int_equal(strtoul(tag + 1, NULL, 10) + 1, m);
	else
		assert_int_equal(strtoul(tag + 1, NULL, 10), m);
}

static void
check_mail(const struct world *w, size_t m)
{
	const struct envelope *env = &w->envs[m];

	for (size_t i = 0; i < env->count; i++) {
		const struct rcpt *r = &env->rcpts[i];
		const struct result *res = &env->results[r->result];

		assert_true(r->state == RCPT_DELIVERED ||
		    r->state == RCPT_DEFERRED || r->state == RCPT_FAILED);
		assert_true(r->state != RCPT_DELIVERED || w->acknowledged[m]);
		assert_true(r->result < env->nresults);
		assert_true(res->text[0] != '\0');
		if (r->state == RCPT_DEFERRED)
			assert_true(result_is_temporary(res->kind));
		if (res->kind == RESULT_POSSIBLE_DUPLICATE)
			assert_true(w->dotted[m]);
		if (m < w->handed_out)
			check_attributed(res, m);
	}
	if (w->plan.protocol == SMTP_PROTOCOL_LMTP)
		assert_int_equal(
		    envelope_count(env, RCPT_DELIVERED), w->yes[m]);
}

void
world_check_settled(const struct world *w)
{
	for (size_t m = 0; m < w->mails; m++)
		check_mail(w, m);
}

void
world_reach(struct world *w, enum smtp_state state)
{
	while (smtp_awaited(w->c) != state)
		assert_true(world_step(w));
}

/* Runs a dialogue with its replies that differ: the `n`th (from 0, over the
 * whole session) of those that answer a state. */
static void
run_dialogue(struct world *w, const char *replies)
{
	static const char *const names[] = {
#define NAME(id, stage, name) #id,
		SMTP_STATES(NAME)
#undef NAME
	};
	size_t count[SMTP_STATE_COUNT] = { 0 }, steps = 0;
	char want[32], line[128];

	do {
		const char *p = replies;
		enum smtp_state s = smtp_awaited(w->c);
		bool told = false;

		assert_true(++steps < 1000);
		if (smtp_next(w->c) != SMTP_TODO_READ)
			continue;
		while (p != NULL && *p != '\0' && !told) {
			size_t n = strcspn(p, "\n"), len;

			snprintf(line, sizeof line, "%.*s", (int)n, p);
			len = strcspn(line, " ");
			snprintf(want, sizeof want,
			    strchr(line, ':') != NULL &&
				    strchr(line, ':') < line + len
				? "%s:%zu"
				: "%s",
			    names[s], count[s]);
			if (strlen(want) == len &&
			    strncmp(want, line, len) == 0 &&
			    (strchr(want, ':') != NULL || count[s] == 0)) {
				world_tell_reply(w, line + len + 1);
				told = true;
			}
			p += n + (p[n] == '\n');
		}
		count[s]++;
		if (told)
			continue;
		world_tell_reply(w, world_usual(w));
	} while (smtp_next(w->c) == SMTP_TODO_READ || world_step(w));
}

/* The states of all recipients in letters. */
static void
spell_states(const struct world *w, char states[32])
{
	static const char letters[] = { [RCPT_DELIVERED] = '+',
		[RCPT_DEFERRED] = '~',
		[RCPT_FAILED] = '-' };
	size_t n = 0;

	for (size_t m = 0; m < w->mails; m++) {
		if (m > 0)
			states[n++] = ' ';
		for (size_t k = 0; k < w->envs[m].count; k++)
			states[n++] = letters[w->envs[m].rcpts[k].state];
	}
	states[n] = '\0';
}

void
world_play(const struct dialogue *d)
{
	const struct envelope *last;
	const struct result *first;
	char states[32];
	struct world w;

	print_message("%s\n", d->host.name);
	world_make(&w, &d->host);
	run_dialogue(&w, d->replies);
	world_check_settled(&w);
	assert_string_equal(w.sent.data, d->sent);
	spell_states(&w, states);
	assert_string_equal(states, d->states);
	last = &w.envs[w.mails - 1];
	first = &last->results[last->rcpts[0].result];
	assert_int_equal(first->kind, d->kind);
	if (d->text != NULL && strstr(first->text, d->text) == NULL)
		assert_string_equal(first->text, d->text);
	world_clear(&w);
}
