#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "smtp/client_machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE 1000

/* Byte 0: the plan; byte 1: recipients; then all that the smarthost says. */
static void
make(const uint8_t *data, struct smtp_plan *plan, struct envelope *env)
{
	char address[16];
	struct result res;
	int rc;

	*plan = (struct smtp_plan){ "host", "me", data[0] % 3, data[0] & 4,
		data[0] / 8 % 3, "user", "password", 8, data[1] / 16 };
	envelope_init(env);
	rc = envelope_set_sender(env, "s@x", &res);
	for (int i = 0; rc == 0 && i <= data[1] % 16; i++) {
		snprintf(address, sizeof address, "r%d@x", i);
		rc = envelope_add(env, address, NULL, &res);
	}
	assert(rc == 0);
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t pos = 2, steps = 0, mails = 0;
	int code = 0, yes = 0;
	enum smtp_todo todo;
	struct smtp_mail mail = { .size = SIZE };
	struct smtp_plan plan;
	struct smtp_client *c;
	struct envelope env;
	struct result res;
	struct reply r;

	if (size < 2)
		return 0;
	make(data, &plan, mail.env = &env);
	reply_init(&r);
	if (smtp_client_new(&c, &plan, &res) == -1)
		return 0;
	while ((todo = smtp_next(c)) != SMTP_TODO_CLOSE || mails == 0) {
		bool dot = smtp_awaited(c) == SMTP_DOT;

		assert(steps++ < 100 + 20 * size);
		if (todo == SMTP_TODO_READ)
			code = hear(c, &r, data, size, &pos);
		yes += todo == SMTP_TODO_READ && dot && code / 100 == 2;
		assert(todo != SMTP_TODO_BODY || code / 100 == 3);
		if (todo == SMTP_TODO_BODY)
			smtp_body_read(c, SIZE);
		else if (todo == SMTP_TODO_SEND)
			smtp_sent(c);
		else if (todo == SMTP_TODO_TLS)
			smtp_tls_done(c);
		else if (todo != SMTP_TODO_READ) {
			assert(mails == 0);
			mails++;
			smtp_give(c, &mail);
		}
	}
	assert(envelope_count(&env, RCPT_DELIVERED) == 0 || yes > 0);
	assert(envelope_count(&env, RCPT_DELIVERED) +
		envelope_count(&env, RCPT_DEFERRED) +
		envelope_count(&env, RCPT_FAILED) ==
	    env.count);
	smtp_client_free(c);
	reply_clear(&r);
	envelope_clear(&env);
	return 0;
}
