#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "smtp/client_machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SMALL 1000
#define LARGE (SMTP_PIECE + 1)
#define MAILS_MAX 4

/* What is talked about, and what came of it. */
struct talk {
	struct smtp_plan plan;
	struct smtp_client *c;
	struct envelope envs[MAILS_MAX];
	size_t mails, given;
	uint64_t size; /* of each message */
	size_t body_of; /* the mail whose body was last */
	bool asked_late;
	enum smtp_ask ask;
	size_t yes[MAILS_MAX]; /* said to its end, or ends */
};

static void
make_envelope(struct envelope *env, int recipients)
{
	char address[16];
	struct result res;
	int rc;

	envelope_init(env);
	rc = envelope_set_sender(env, "s@x", &res);
	for (int i = 0; rc == 0 && i < recipients; i++) {
		snprintf(address, sizeof address, "r%d@x", i);
		rc = envelope_add(env, address, NULL, &res);
	}
	assert(rc == 0);
}

/* Byte 0: the plan, the number of mails; byte 1: recipients, the size of the
 * message, the protocol, whether it is only asked for; then all that the
 * smarthost says. */
static void
make(const uint8_t *data, struct talk *t)
{
	*t = (struct talk){ .mails = 1U + data[0] / 64,
		.asked_late = (data[0] & 32) != 0,
		.size = (data[1] & 16) != 0 ? SMALL : LARGE };
	t->plan = (struct smtp_plan){ .host = "host",
		.protocol = data[1] >= 128 ? SMTP_PROTOCOL_LMTP
					   : SMTP_PROTOCOL_SMTP,
		.ehlo = "me",
		.tls = data[0] % 3,
		.authenticate = data[0] & 4,
		.auth = data[0] / 8 % 3,
		.user = "user",
		.password = "password",
		.password_len = 8,
		.nonce = "fyko+d2lbbFgONRv9qkxdawL",
		.recipients_max = data[1] / 16 };
	if (data[1] >= 0xe0)
		t->ask = data[1] >= 0xf0 ? SMTP_ASK_RECIPIENTS
					 : SMTP_ASK_SENDER;
	for (size_t m = 0; m < t->mails; m++)
		make_envelope(&t->envs[m], 1 + data[1] % 16);
}

static void
give(struct talk *t)
{
	struct smtp_mail mail = { &t->envs[t->given], t->size, t->ask };

	if (t->given == t->mails) {
		smtp_finish(t->c);
		return;
	}
	t->given++;
	smtp_give(t->c, &mail);
}

static void
send_body(struct talk *t, enum smtp_todo todo)
{
	const struct envelope *env;

	for (size_t m = 0; m < t->given; m++)
		if (smtp_is_open(t->c, &t->envs[m]))
			t->body_of = m;
	assert(t->ask == SMTP_ASK_NOTHING);
	env = &t->envs[t->body_of];
	/* somebody gets it, or may be accepted in the same flight */
	assert(envelope_count(env, RCPT_ACCEPTED) > 0 ||
	    (todo == SMTP_TODO_CHUNK && t->size <= SMTP_PIECE &&
		envelope_count(env, RCPT_SENT) > 0));
	if (todo == SMTP_TODO_CHUNK && t->size > SMTP_PIECE)
		smtp_sent(t->c);
	if (smtp_asks_next(t->c) && !t->asked_late)
		give(t);
	smtp_body_read(t->c, t->size);
}

/* All have their end; delivered is what there was a yes for. */
static void
check(const struct talk *t)
{
	for (size_t m = 0; m < t->given; m++) {
		const struct envelope *env = &t->envs[m];
		size_t delivered = envelope_count(env, RCPT_DELIVERED);

		assert(delivered == 0 || t->yes[m] > 0);
		assert(delivered == t->yes[m] ||
		    t->plan.protocol != SMTP_PROTOCOL_LMTP ||
		    t->ask != SMTP_ASK_NOTHING);
		assert(delivered + envelope_count(env, RCPT_DEFERRED) +
			envelope_count(env, RCPT_FAILED) ==
		    env->count);
	}
}

/* One reply for the machine; *pos moves on; code 0 when there was none. */
static int
hear(struct smtp_client *c, struct reply *r, const uint8_t *data, size_t size,
    size_t *pos)
{
	struct result res;
	enum reply_push got = REPLY_MORE;
	size_t used = 0;

	reply_reset(r);
	if (*pos < size)
		got = reply_push(
		    r, (const char *)data + *pos, size - *pos, &used, &res);
	*pos += used;
	if (got == REPLY_MORE)
		(void)result_fail(&res, RESULT_LOST, "closed");
	if (got == REPLY_DONE)
		smtp_replied(c, r);
	else
		smtp_broke(c, &res);
	return got == REPLY_DONE ? r->code : 0;
}

/* Whether a yes to what is awaited is one to a mail. */
static bool
is_last(const struct talk *t, enum smtp_state awaited)
{
	switch (t->ask) {
	case SMTP_ASK_SENDER:
		return awaited == SMTP_MAIL;
	case SMTP_ASK_RECIPIENTS:
		return awaited == SMTP_RCPT;
	case SMTP_ASK_NOTHING:
		break;
	}
	return awaited == SMTP_DOT || awaited == SMTP_BDAT ||
	    awaited == SMTP_EACH_DOT || awaited == SMTP_EACH_BDAT;
}

static void
run(struct talk *t, struct reply *r, const uint8_t *data, size_t size)
{
	size_t pos = 2, steps = 0;
	enum smtp_todo todo;
	int code = 0;

	while ((todo = smtp_next(t->c)) != SMTP_TODO_CLOSE) {
		enum smtp_state awaited = smtp_awaited(t->c);
		size_t mail = t->ask == SMTP_ASK_NOTHING ? t->body_of
							 : t->given - 1;
		bool end = is_last(t, awaited);

		assert(steps++ < 100 + 20 * size);
		if (todo == SMTP_TODO_READ)
			code = hear(t->c, r, data, size, &pos);
		if (todo == SMTP_TODO_READ && end && code / 100 == 2)
			t->yes[mail]++;
		assert(todo != SMTP_TODO_BODY || code / 100 == 3);
		if (todo == SMTP_TODO_BODY || todo == SMTP_TODO_CHUNK)
			send_body(t, todo);
		else if (todo == SMTP_TODO_SEND)
			smtp_sent(t->c);
		else if (todo == SMTP_TODO_TLS)
			smtp_tls_done(t->c);
		else if (todo == SMTP_TODO_MAIL)
			give(t);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result res;
	struct reply r;
	struct talk t;

	if (size < 2)
		return 0;
	make(data, &t);
	reply_init(&r);
	if (smtp_client_new(&t.c, &t.plan, &res) == 0)
		run(&t, &r, data, size);
	check(&t);
	smtp_client_free(t.c);
	reply_clear(&r);
	for (size_t m = 0; m < t.mails; m++)
		envelope_clear(&t.envs[m]);
	return 0;
}
