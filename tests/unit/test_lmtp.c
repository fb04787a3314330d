/* LMTP (RFC 2033): a reply for each recipient. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LMTP .protocol = SMTP_PROTOCOL_LMTP
#define TO(n) "RCPT TO:<r" #n "@x>|"
#define MAIL "MAIL FROM:<s@x>|"

static const struct dialogue dialogues[] = {
	{ { "each his own", .ehlo = PIPE, .recipients = 4, LMTP },
	    "EACH_DOT:1 552 5.2.2 full\nEACH_DOT:2 450 later",
	    "LHLO me.test|\n" MAIL TO(0) TO(1) TO(2) TO(3) "DATA|\n"
							   "(body).|QUIT|\n",
	    "+-~+", RESULT_OK, "mx.test took the message: 250 taken" },
	{ { "in the order of those accepted", .ehlo = PIPE, .recipients = 4,
	      LMTP },
	    "RCPT 550 no\nRCPT:2 450 later\nEACH_DOT:1 552 full",
	    "LHLO me.test|\n" MAIL TO(0) TO(1) TO(2) TO(3) "DATA|\n"
							   "(body).|QUIT|\n",
	    "-+~-", RESULT_RECIPIENT, NULL },
	{ { "one by one", .recipients = 2, LMTP }, "EACH_DOT 552 full",
	    "LHLO me.test|\n" MAIL "\n" TO(0) "\n" TO(1) "\nDATA|\n(body).|\n"
							 "QUIT|\n",
	    "-+", RESULT_REFUSED,
	    "mx.test refused the message for <r0@x>: 552 full" },
	{ { "put off", .ehlo = PIPE, LMTP }, "EACH_DOT 451 later",
	    "LHLO me.test|\n" MAIL TO(0) "DATA|\n(body).|QUIT|\n", "~",
	    RESULT_DEFERRED,
	    "mx.test refused the message for <r0@x>: 451 later" },
	{ { "a refusal is no other batch's", .ehlo = PIPE, .recipients = 3,
	      .max = 2, LMTP },
	    "EACH_DOT 552 full\nEACH_DOT:1 552 full",
	    "LHLO me.test|\n" MAIL TO(0)
		TO(1) "DATA|\n(body).|\n" MAIL TO(2) "DATA|\n(body).|QUIT|\n",
	    "--+", RESULT_REFUSED, NULL },
	{ { "too many", .ehlo = PIPE, .recipients = 3, LMTP },
	    "RCPT:1 452 many\nRCPT:2 452 many\nEACH_DOT 552 full",
	    "LHLO me.test|\n" MAIL TO(0) TO(1)
		TO(2) "DATA|\n(body).|\n" MAIL TO(1)
		    TO(2) "DATA|\n(body).|QUIT|\n",
	    "-++", RESULT_REFUSED, NULL },
	{ { "the next mail goes along", .ehlo = PIPE, .recipients = 2,
	      .mails = 2, LMTP },
	    "EACH_DOT:1 552 full\nEACH_DOT:2 450 later",
	    "LHLO me.test|\n" MAIL TO(0)
		TO(1) "DATA|\n"
		      "(body).|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|RCPT "
		      "TO:<r1@x1>|DATA|\n"
		      "(body).|QUIT|\n",
	    "+- ~+", RESULT_DEFERRED, "450 later" },
	{ { "no LHLO", .ehlo = "500 what", LMTP }, NULL,
	    "LHLO me.test|\nQUIT|\n", "~", RESULT_SMARTHOST,
	    "mx.test refused LHLO: 500 what" },
	{ { "STARTTLS and AUTH", .ehlo = "250-hi|250-STARTTLS|250 AUTH PLAIN",
	      .tls = SMTP_TLS_STARTTLS, .authenticate = true, LMTP },
	    NULL,
	    "LHLO me.test|\nSTARTTLS|\n(tls)\nLHLO me.test|\n"
	    "AUTH PLAIN ********|\n" MAIL "\n" TO(0) "\nDATA|\n(body).|\n"
						     "QUIT|\n",
	    "+", RESULT_OK, NULL },
	{ { "nobody, and DATA is refused", .ehlo = PIPE, .rcpt = "550 no",
	      .data = "503 no", .mails = 2, LMTP },
	    NULL,
	    "LHLO me.test|\n" MAIL TO(
		0) "DATA|\n"
		   "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\nQUIT|\n",
	    "- -", RESULT_RECIPIENT, NULL },
	{ { "nobody, and 354", .ehlo = PIPE, .rcpt = "550 no", .mails = 2,
	      LMTP },
	    NULL, "LHLO me.test|\n" MAIL TO(0) "DATA|\n", "- ~",
	    RESULT_PROTOCOL, "mx.test gave a wrong answer to DATA: 354 go" },
	{ { "DATA refused", .ehlo = PIPE, .recipients = 2, .data = "451 no",
	      LMTP },
	    NULL, "LHLO me.test|\n" MAIL TO(0) TO(1) "DATA|\nQUIT|\n", "~~",
	    RESULT_DEFERRED, NULL },
	{ { "BDAT waits for the recipients", .ehlo = CHUNKS, .recipients = 3,
	      LMTP },
	    "RCPT:1 550 no\nEACH_BDAT:1 450 later",
	    "LHLO me.test|\n" MAIL TO(0) TO(1)
		TO(2) "\n"
		      "BDAT 100 LAST|(body)QUIT|\n",
	    "+-~", RESULT_OK, NULL },
	{ { "BDAT, all refused", .ehlo = CHUNKS, .recipients = 2,
	      .rcpt = "550 no", LMTP },
	    NULL, "LHLO me.test|\n" MAIL TO(0) TO(1) "\nQUIT|\n", "--",
	    RESULT_RECIPIENT, NULL },
	{ { "no BDAT", .ehlo = CHUNKS, .recipients = 2, LMTP },
	    "EACH_BDAT 500 what",
	    "LHLO me.test|\n" MAIL TO(0) TO(1) "\nBDAT 100 LAST|(body)QUIT|\n",
	    "~~", RESULT_DEFERRED, "so the mail will be sent by DATA" },
	{ { "BDAT for one", .ehlo = CHUNKS, .recipients = 3, LMTP },
	    "EACH_BDAT:1 500 what",
	    "LHLO me.test|\n" MAIL TO(0) TO(1)
		TO(2) "\n"
		      "BDAT 100 LAST|(body)QUIT|\n",
	    "+-+", RESULT_OK, NULL },
	{ { "BDAT, the next mail goes along", .ehlo = CHUNKS, .recipients = 2,
	      .mails = 2, LMTP },
	    "EACH_BDAT:1 552 full",
	    "LHLO me.test|\n" MAIL TO(0)
		TO(1) "\n"
		      "BDAT 100 LAST|(body)MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|"
		      "RCPT TO:<r1@x1>|\nBDAT 100 LAST|(body)QUIT|\n",
	    "+- ++", RESULT_OK, NULL },
};

static void
test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dialogues); i++)
		world_play(&dialogues[i]);
}

/* What ends the session when `heard` of three have their replies: those stand,
 * and of the others nobody knows. */
static void
test_ends(void **state)
{
	static const struct {
		const char *reply; /* NULL: none, for the reason `why` */
		enum result_kind why;
		enum result_kind first; /* of the one whose turn it is */
		enum result_kind trouble;
	} cases[] = {
		{ NULL, RESULT_LOST, RESULT_POSSIBLE_DUPLICATE, RESULT_LOST },
		{ NULL, RESULT_TIMEOUT, RESULT_POSSIBLE_DUPLICATE,
		    RESULT_TIMEOUT },
		{ NULL, RESULT_PROTOCOL, RESULT_POSSIBLE_DUPLICATE,
		    RESULT_PROTOCOL },
		{ NULL, RESULT_INTERRUPTED, RESULT_POSSIBLE_DUPLICATE,
		    RESULT_INTERRUPTED },
		{ "354 go", 0, RESULT_POSSIBLE_DUPLICATE, RESULT_PROTOCOL },
		{ "421 bye", 0, RESULT_SMARTHOST, RESULT_SMARTHOST },
	};
	static const struct host all[] = {
		{ "DATA", .ehlo = PIPE, .recipients = 5, .max = 3, .mails = 2,
		    LMTP },
		{ "BDAT", .ehlo = CHUNKS, .recipients = 5, .max = 3, .mails = 2,
		    LMTP },
	};

	(void)state;
	for (size_t i = 0; i < 2 * 3 * COUNT(cases); i++) {
		size_t k = i / 6, heard = i / 2 % 3;
		const struct envelope *env;
		struct world w;

		world_make(&w, &all[i % 2]);
		world_reach(&w, i % 2 == 0 ? SMTP_EACH_DOT : SMTP_EACH_BDAT);
		for (size_t n = 0; n < heard; n++)
			world_tell_reply(&w, n == 0 ? "250 yes" : "552 full");
		assert_true(smtp_is_out(w.c));
		if (cases[k].reply != NULL)
			world_tell_reply(&w, cases[k].reply);
		else
			world_tell_broke(&w, cases[k].why);
		assert_false(smtp_is_out(w.c));
		assert_int_equal(smtp_trouble(w.c)->kind, cases[k].trouble);
		world_finish(&w);
		world_check_settled(&w);
		env = &w.envs[0];
		for (size_t n = 0; n < 5; n++) {
			enum result_kind kind =
			    env->results[env->rcpts[n].result].kind;

			if (n < heard)
				assert_int_equal(
				    kind, n == 0 ? RESULT_OK : RESULT_REFUSED);
			else if (n == heard)
				assert_int_equal(kind, cases[k].first);
			else if (n < 3)
				assert_int_equal(
				    kind, RESULT_POSSIBLE_DUPLICATE);
			else
				assert_int_equal(kind, cases[k].trouble);
		}
		world_clear(&w);
	}
}

/* The mail behind is not sent, whenever the replies to the one before end. */
static void
test_end_before_next(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE, .recipients = 2,
		.mails = 2, LMTP };
	struct world w;

	(void)state;
	for (size_t heard = 0; heard < 2; heard++) {
		world_make(&w, &host);
		world_reach(&w, SMTP_EACH_DOT);
		assert_int_equal(w.given, 2);
		for (size_t n = 0; n < heard; n++)
			world_tell_reply(&w, "250 yes");
		/* the first mail is not over before its last reply */
		assert_true(smtp_is_open(w.c, &w.envs[0]));
		assert_int_equal(smtp_awaited(w.c), SMTP_EACH_DOT);
		world_tell_broke(&w, RESULT_LOST);
		world_finish(&w);
		world_check_settled(&w);
		assert_int_equal(
		    envelope_count(&w.envs[0], RCPT_DELIVERED), heard);
		assert_int_equal(envelope_count(&w.envs[1], RCPT_DEFERRED), 2);
		assert_int_equal(w.envs[1].results[0].kind, RESULT_LOST);
		world_clear(&w);
	}
}

/* The last reply of the first mail lets go of it, and the next one is about
 * the second. */
static void
test_replies_of_both(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE, .recipients = 2,
		.mails = 2, LMTP };
	struct world w;

	(void)state;
	world_make(&w, &host);
	world_reach(&w, SMTP_EACH_DOT);
	world_tell_reply(&w, "250 yes");
	world_tell_reply(&w, "450 later");
	assert_false(smtp_is_open(w.c, &w.envs[0]));
	assert_true(smtp_is_open(w.c, &w.envs[1]));
	assert_int_equal(smtp_awaited(w.c), SMTP_MAIL);
	world_tell_reply(&w, "550 no");
	assert_int_equal(w.envs[1].rcpts[0].state, RCPT_FAILED);
	assert_int_equal(envelope_count(&w.envs[0], RCPT_DELIVERED), 1);
	assert_int_equal(envelope_count(&w.envs[0], RCPT_DEFERRED), 1);
	world_clear(&w);
}

/* In mid-message a reply is the first recipient's; nobody has the message. */
static void
test_early(void **state)
{
	static const struct host all[] = {
		{ "DATA", .ehlo = PIPE, .recipients = 3, LMTP },
		{ "BDAT", .ehlo = CHUNKS, .recipients = 3,
		    .size = SMTP_PIECE + 1, LMTP },
	};
	static const struct {
		const char *reply;
		enum rcpt_state first;
	} cases[] = {
		{ "552 full", RCPT_FAILED },
		{ "450 later", RCPT_DEFERRED },
		{ "421 bye", RCPT_DEFERRED },
		{ "250 ok", RCPT_DEFERRED },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		world_make(&w, &all[i % 2]);
		world_reach(&w, i % 2 == 0 ? SMTP_BODY : SMTP_CHUNK);
		world_tell_reply(&w, cases[i / 2].reply);
		assert_int_equal(smtp_next(w.c), SMTP_TODO_CLOSE);
		assert_int_equal(smtp_output(w.c)->len, 0);
		assert_int_equal(w.envs[0].rcpts[0].state, cases[i / 2].first);
		for (size_t n = 1; n < 3; n++)
			assert_int_equal(
			    w.envs[0].rcpts[n].state, RCPT_DEFERRED);
		for (size_t n = 0; n < w.envs[0].nresults; n++)
			assert_int_not_equal(w.envs[0].results[n].kind,
			    RESULT_POSSIBLE_DUPLICATE);
		world_clear(&w);
	}
}

/* As many recipients as a transaction can have. */
static void
test_many(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE, .recipients = 1000,
		.max = 1000, .mails = 2, LMTP };
	struct world w;

	(void)state;
	world_make(&w, &host);
	world_finish(&w);
	world_check_settled(&w);
	for (size_t m = 0; m < 2; m++) {
		assert_int_equal(
		    envelope_count(&w.envs[m], RCPT_DELIVERED), 1000);
		assert_int_equal(w.envs[m].nresults, 1);
	}
	world_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_end_before_next),
		cmocka_unit_test(test_replies_of_both),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
