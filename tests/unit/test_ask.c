#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

/* Mails that are only asked for. */
static const struct dialogue dialogues[] = {
	{ { "the sender", .ehlo = PIPE, .authenticate = true, .recipients = 2,
	      .ask = SMTP_ASK_SENDER },
	    NULL,
	    "EHLO me.test|\nAUTH PLAIN ********|\nMAIL FROM:<s@x>|\nRSET|\n"
	    "QUIT|\n",
	    "++", RESULT_OK, NULL },
	{ { "the sender refused", .ehlo = PIPE, .mail = "553 no",
	      .ask = SMTP_ASK_SENDER },
	    NULL, "EHLO me.test|\nMAIL FROM:<s@x>|\nQUIT|\n", "-",
	    RESULT_SENDER, "mx.test refused MAIL FROM:<s@x>: 553 no" },
	{ { "the sender put off", .mail = "451 later", .recipients = 2,
	      .ask = SMTP_ASK_SENDER },
	    NULL, "EHLO me.test|\nMAIL FROM:<s@x>|\nQUIT|\n", "~~",
	    RESULT_DEFERRED, "451 later" },
	{ { "recipients in one flight", .ehlo = PIPE, .recipients = 2,
	      .ask = SMTP_ASK_RECIPIENTS },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|\n"
	    "RSET|\nQUIT|\n",
	    "++", RESULT_OK, NULL },
	{ { "recipients one by one", .recipients = 2,
	      .ask = SMTP_ASK_RECIPIENTS },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\n"
	    "RCPT TO:<r1@x>|\nRSET|\nQUIT|\n",
	    "++", RESULT_OK, NULL },
	{ { "one refused", .ehlo = CHUNKS, .recipients = 3,
	      .ask = SMTP_ASK_RECIPIENTS },
	    "RCPT:1 550 5.1.1 no such user",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "RCPT TO:<r2@x>|\nRSET|\nQUIT|\n",
	    "+-+", RESULT_OK, NULL },
	{ { "all refused", .ehlo = PIPE, .rcpt = "550 no",
	      .ask = SMTP_ASK_RECIPIENTS },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|\nRSET|\nQUIT|\n",
	    "-", RESULT_RECIPIENT, "mx.test refused RCPT TO:<r0@x>: 550 no" },
	{ { "too many: the rest next", .ehlo = PIPE, .recipients = 2,
	      .ask = SMTP_ASK_RECIPIENTS },
	    "RCPT:1 452 4.5.3 too many",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|\n"
	    "RSET|\nMAIL FROM:<s@x>|RCPT TO:<r1@x>|\nRSET|\nQUIT|\n",
	    "++", RESULT_OK, NULL },
	{ { "too many, nobody taken", .rcpt = "452 4.2.2 full",
	      .ask = SMTP_ASK_RECIPIENTS },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\nRSET|\nQUIT|\n",
	    "~", RESULT_DEFERRED, "452 4.2.2 full" },
	{ { "RSET refused, when all is known", .ehlo = PIPE,
	      .ask = SMTP_ASK_RECIPIENTS },
	    "RSET 502 what",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|\nRSET|\nQUIT|\n",
	    "+", RESULT_OK, NULL },
	{ { "two mails", .ehlo = PIPE, .mails = 2, .ask = SMTP_ASK_RECIPIENTS },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|\nRSET|\n"
	    "MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\nRSET|\nQUIT|\n",
	    "+ +", RESULT_OK, NULL },
	{ { "too large, without a word", .ehlo = "250-hi|250 SIZE 10",
	      .ask = SMTP_ASK_SENDER },
	    NULL, "EHLO me.test|\nQUIT|\n", "-", RESULT_TOO_BIG, NULL },
};

static void
test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dialogues); i++)
		world_play(&dialogues[i]);
}

/* Whatever ends it, and wherever: all have a result, and nothing is sent. */
static void
test_ends(void **state)
{
	static const enum result_kind ends[] = { RESULT_LOST, RESULT_TIMEOUT,
		RESULT_PROTOCOL, RESULT_INTERRUPTED };
	static const enum smtp_state states[] = { SMTP_MAIL, SMTP_RCPT,
		SMTP_RSET };
	const struct host host = { "x", .ehlo = CHUNKS, .recipients = 2,
		.ask = SMTP_ASK_RECIPIENTS };
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(ends) * COUNT(states); i++) {
		enum smtp_state at = states[i / COUNT(ends)];

		world_make(&w, &host);
		world_reach(&w, at);
		world_tell_broke(&w, ends[i % COUNT(ends)]);
		world_finish(&w);
		world_check_settled(&w);
		assert_int_equal(envelope_count(&w.envs[0], RCPT_DELIVERED),
		    at == SMTP_RSET ? 2 : 0);
		assert_null(strstr(w.sent.data, "BDAT"));
		assert_null(strstr(w.sent.data, "DATA"));
		world_clear(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
