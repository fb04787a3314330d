#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LARGE (SMTP_PIECE + 1)
#define BDAT_TEXT \
	"mx.test offers CHUNKING but does not take BDAT, so the mail will be " \
	"sent by DATA: "

/* CHUNKING and LIMITS. */
static const struct dialogue dialogues[] = {
	{ { "one flight", .ehlo = CHUNKS, .authenticate = true,
	      .recipients = 2 },
	    NULL,
	    "EHLO me.test|\nAUTH PLAIN ********|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|BDAT 100 LAST|"
	    "(body)\nQUIT|\n",
	    "++", RESULT_OK, "mx.test took the message: 250 taken" },
	{ { "to one: QUIT goes along", .ehlo = CHUNKS }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)QUIT|\n",
	    "+", RESULT_OK, "250 taken" },
	{ { "one by one", .ehlo = "250-hi|250 CHUNKING", .recipients = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|\nRCPT TO:<r0@x>|\n"
	    "RCPT TO:<r1@x>|\nBDAT 100 LAST|(body)\nQUIT|\n",
	    "++", RESULT_OK, "250 taken" },
	{ { "a piece", .ehlo = CHUNKS, .size = SMTP_PIECE }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 65536 LAST|(body)QUIT|\n",
	    "+", RESULT_OK, NULL },
	{ { "more than a piece", .ehlo = CHUNKS, .recipients = 2,
	      .size = LARGE },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|\n"
	    "BDAT 65537 LAST|(part)\n(body)QUIT|\n",
	    "++", RESULT_OK, NULL },
	{ { "more than a piece, all refused", .ehlo = CHUNKS, .rcpt = "550 no",
	      .size = LARGE, .mails = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|\n"
	    "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\nQUIT|\n",
	    "- -", RESULT_RECIPIENT, NULL },
	{ { "more than a piece, the sender refused", .ehlo = CHUNKS,
	      .mail = "553 no", .size = LARGE },
	    NULL, "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|\nQUIT|\n",
	    "-", RESULT_SENDER, NULL },
	{ { "one of three refused", .ehlo = CHUNKS, .recipients = 3 },
	    "RCPT:1 550 5.1.1 no such user",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "RCPT TO:<r2@x>|BDAT 100 LAST|(body)\nQUIT|\n",
	    "+-+", RESULT_OK, NULL },
	{ { "all refused", .ehlo = CHUNKS, .rcpt = "550 no", .recipients = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "BDAT 100 LAST|(body)\nQUIT|\n",
	    "--", RESULT_RECIPIENT, "mx.test refused RCPT TO:<r0@x>: 550 no" },
	{ { "all refused, and a mail to nobody taken", .ehlo = CHUNKS,
	      .rcpt = "550 no", .mails = 2, .later = true },
	    "VOID_BDAT:0 250 taken",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|"
	    "(body)\nRSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\nQUIT|\n",
	    "- -", RESULT_RECIPIENT, NULL },
	{ { "the sender refused", .ehlo = CHUNKS, .mail = "553 no",
	      .recipients = 2, .mails = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "BDAT 100 LAST|(body)\nMAIL FROM:<s@x1>|RCPT TO:<r0@x1>|"
	    "RCPT TO:<r1@x1>|BDAT 100 LAST|(body)\nQUIT|\n",
	    "-- --", RESULT_SENDER, NULL },
	{ { "too many: the rest in a next transaction", .ehlo = CHUNKS,
	      .recipients = 3 },
	    "RCPT:2 452 4.5.3 many",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "RCPT TO:<r2@x>|BDAT 100 LAST|(body)\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r2@x>|BDAT 100 LAST|(body)QUIT|\n",
	    "+++", RESULT_OK, NULL },
	{ { "too many, nobody taken", .ehlo = CHUNKS, .rcpt = "452 many" },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|"
	    "(body)QUIT|\n",
	    "~", RESULT_DEFERRED, "452 many" },
	{ { "batches", .ehlo = CHUNKS, .recipients = 3, .max = 2 }, NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "BDAT 100 LAST|(body)\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r2@x>|BDAT 100 LAST|(body)QUIT|\n",
	    "+++", RESULT_OK, NULL },
	{ { "three mails", .ehlo = CHUNKS, .mails = 3 }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)"
	    "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\n"
	    "BDAT 100 LAST|(body)MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|\n"
	    "BDAT 100 LAST|(body)QUIT|\n",
	    "+ + +", RESULT_OK, NULL },
	{ { "three mails, each asked for late", .ehlo = CHUNKS, .mails = 3,
	      .later = true },
	    NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)\n"
	    "MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|BDAT 100 LAST|(body)\n"
	    "MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|BDAT 100 LAST|(body)\n"
	    "QUIT|\n",
	    "+ + +", RESULT_OK, NULL },
	{ { "two mails to two", .ehlo = CHUNKS, .mails = 2, .recipients = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "BDAT 100 LAST|(body)\n"
	    "MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|RCPT TO:<r1@x1>|"
	    "BDAT 100 LAST|(body)\nQUIT|\n",
	    "++ ++", RESULT_OK, NULL },
	{ { "the first recipient refused, the next mail is there",
	      .ehlo = CHUNKS, .mails = 2 },
	    "RCPT:0 550 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)"
	    "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\n"
	    "BDAT 100 LAST|(body)QUIT|\n",
	    "- +", RESULT_OK, NULL },
	{ { "the first sender refused, the next mail is there", .ehlo = CHUNKS,
	      .mails = 2 },
	    "MAIL:0 553 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)"
	    "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\n"
	    "BDAT 100 LAST|(body)QUIT|\n",
	    "- +", RESULT_OK, NULL },
	{ { "the first recipient put off by 452, the next mail is there",
	      .ehlo = CHUNKS, .mails = 2 },
	    "RCPT:0 452 full",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)"
	    "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\n"
	    "BDAT 100 LAST|(body)QUIT|\n",
	    "~ +", RESULT_OK, NULL },
	{ { "the second recipient refused", .ehlo = CHUNKS, .mails = 3 },
	    "RCPT:1 550 no",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)"
	    "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\n"
	    "RSET|MAIL FROM:<s@x2>|RCPT TO:<r0@x2>|\n"
	    "BDAT 100 LAST|(body)QUIT|\n",
	    "+ - +", RESULT_OK, NULL },
	{ { "RSET refused", .ehlo = CHUNKS, .mails = 2 }, "RSET 500 what",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)"
	    "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\nQUIT|\n",
	    "+ ~", RESULT_SMARTHOST, "mx.test refused RSET: 500 what" },
	{ { "the first message refused", .ehlo = CHUNKS, .mails = 2 },
	    "BDAT:0 554 spam",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)"
	    "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\n"
	    "BDAT 100 LAST|(body)QUIT|\n",
	    "- +", RESULT_OK, NULL },
	{ { "message refused: not sent again", .ehlo = CHUNKS,
	      .dot = "554 5.7.1 spam", .recipients = 3, .max = 1 },
	    NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)\nQUIT|\n",
	    "---", RESULT_REFUSED,
	    "mx.test refused the message: 554 5.7.1 spam" },
	{ { "message: 421", .ehlo = CHUNKS, .dot = "421 bye" }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)QUIT|\n",
	    "~", RESULT_SMARTHOST, "421 bye" },
	{ { "recipient: 421", .ehlo = CHUNKS, .rcpt = "421 bye" }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)QUIT|\n",
	    "~", RESULT_SMARTHOST, "421 bye" },
	{ { "message: 354", .ehlo = CHUNKS, .dot = "354 what" }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)QUIT|\n",
	    "~", RESULT_POSSIBLE_DUPLICATE, "354 what" },
	{ { "BDAT is unknown", .ehlo = CHUNKS, .dot = "500 what" }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)QUIT|\n",
	    "~", RESULT_DEFERRED, BDAT_TEXT "500 what" },
	{ { "BDAT is out of sequence", .ehlo = CHUNKS, .recipients = 3,
	      .max = 2, .dot = "550 5.5.1 what" },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "BDAT 100 LAST|(body)\n",
	    "~~~", RESULT_DEFERRED, BDAT_TEXT "550 5.5.1 what" },
	{ { "BDAT is unknown, two mails", .ehlo = CHUNKS, .mails = 2 },
	    "BDAT:0 502 what",
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)"
	    "RSET|MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|\n",
	    "~ ~", RESULT_LOST, "not sent, since the mail before it" },
	{ { "504 and 505", .ehlo = CHUNKS, .dot = "505 no" }, NULL,
	    "EHLO me.test|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r0@x>|BDAT 100 LAST|(body)QUIT|\n",
	    "-", RESULT_REFUSED, "505 no" },
	{ { "RCPTMAX", .ehlo = "250-hi|250-PIPELINING|250 LIMITS RCPTMAX=2",
	      .recipients = 3 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "DATA|\n(body).|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r2@x>|DATA|\n(body).|QUIT|\n",
	    "+++", RESULT_OK, NULL },
	{ { "RCPTMAX is more",
	      .ehlo = "250-hi|250-PIPELINING|"
		      "250 LIMITS RCPTMAX=5",
	      .recipients = 3, .max = 2 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|RCPT TO:<r1@x>|"
	    "DATA|\n(body).|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r2@x>|DATA|\n(body).|QUIT|\n",
	    "+++", RESULT_OK, NULL },
	{ { "MAILMAX in a mail",
	      .ehlo = "250-hi|250-PIPELINING|"
		      "250 LIMITS RCPTMAX=1 MAILMAX=2",
	      .recipients = 4 },
	    NULL,
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n(body).|\n"
	    "MAIL FROM:<s@x>|RCPT TO:<r1@x>|DATA|\n(body).|\nQUIT|\n",
	    "++~~", RESULT_OK, NULL },
	{ { "MAILMAX between mails",
	      .ehlo = "250-hi|250-PIPELINING|"
		      "250 LIMITS MAILMAX=2",
	      .mails = 3 },
	    "MAIL:0 553 no",
	    "EHLO me.test|\nMAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n.|\n"
	    "MAIL FROM:<s@x1>|RCPT TO:<r0@x1>|DATA|\n(body).|\nQUIT|\n",
	    "- + ~", RESULT_LOST,
	    "mx.test takes 2 mails over a connection and no more" },
};

static void
test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dialogues); i++)
		world_play(&dialogues[i]);
}

static const struct result *
result_of(const struct world *w, size_t rcpt)
{
	return envelope_result(&w->envs[0], &w->envs[0].rcpts[rcpt]);
}

/* Once the flight is out, it may have been taken, whatever is awaited. */
static void
test_doubt(void **state)
{
	static const struct host host = { "x", .ehlo = CHUNKS, .recipients = 3,
		.max = 2 };
	static const enum smtp_state states[] = { SMTP_MAIL, SMTP_RCPT,
		SMTP_BDAT };
	static const enum result_kind ends[] = { RESULT_LOST, RESULT_TIMEOUT,
		RESULT_PROTOCOL, RESULT_HANDED_OVER, RESULT_TLS };
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(states) * COUNT(ends); i++) {
		world_make(&w, &host);
		world_reach(&w, states[i / COUNT(ends)]);
		assert_true(smtp_is_out(w.c));
		world_tell_broke(&w, ends[i % COUNT(ends)]);
		world_finish(&w);
		world_check_settled(&w);
		for (size_t k = 0; k < 2; k++) {
			assert_int_equal(
			    result_of(&w, k)->kind, RESULT_POSSIBLE_DUPLICATE);
			assert_string_equal(result_of(&w, k)->stage, "BDAT");
		}
		assert_int_equal(result_of(&w, 2)->kind, ends[i % COUNT(ends)]);
		world_clear(&w);
	}
}

/* Who was refused has that, and a wrong answer leaves the others in doubt. */
static void
test_doubt_of_some(void **state)
{
	static const struct host host = { "x", .ehlo = CHUNKS,
		.recipients = 3 };
	struct world w;

	(void)state;
	for (int i = 0; i < 2; i++) {
		world_make(&w, &host);
		world_reach(&w, SMTP_RCPT);
		world_tell_reply(&w, "550 no");
		if (i == 0)
			world_tell_reply(&w, "354 what");
		else
			world_tell_broke(&w, RESULT_LOST);
		world_finish(&w);
		world_check_settled(&w);
		assert_int_equal(result_of(&w, 0)->kind, RESULT_RECIPIENT);
		assert_int_equal(
		    result_of(&w, 1)->kind, RESULT_POSSIBLE_DUPLICATE);
		assert_int_equal(
		    result_of(&w, 2)->kind, RESULT_POSSIBLE_DUPLICATE);
		world_clear(&w);
	}
}

/* There is none when nobody can have it, or not all of it went out. */
static void
test_no_doubt(void **state)
{
	static const struct host refused = { "x", .ehlo = CHUNKS,
		.rcpt = "550 no" },
				 large = { "x", .ehlo = CHUNKS, .size = LARGE };
	struct world w;

	(void)state;
	world_make(&w, &refused);
	world_reach(&w, SMTP_VOID_BDAT);
	assert_false(smtp_is_out(w.c));
	world_clear(&w);
	world_make(&w, &large);
	world_reach(&w, SMTP_CHUNK);
	assert_false(smtp_is_out(w.c));
	world_tell_broke(&w, RESULT_TIMEOUT);
	assert_int_equal(result_of(&w, 0)->kind, RESULT_TIMEOUT);
	assert_string_equal(result_of(&w, 0)->text,
	    "mx.test: the message was not taken in time");
	world_clear(&w);
}

/* In mid-message: a refusal counts, but not one of BDAT itself. */
static void
test_early(void **state)
{
	static const struct host host = { "x", .ehlo = CHUNKS, .recipients = 3,
		.max = 1, .size = LARGE };
	static const struct {
		const char *reply;
		enum rcpt_state state;
		enum result_kind kind;
	} cases[] = {
		{ "552 too big", RCPT_FAILED, RESULT_REFUSED },
		{ "451 later", RCPT_DEFERRED, RESULT_DEFERRED },
		{ "421 bye", RCPT_DEFERRED, RESULT_SMARTHOST },
		{ "250 taken", RCPT_DEFERRED, RESULT_PROTOCOL },
		{ "354 go", RCPT_DEFERRED, RESULT_PROTOCOL },
		{ "503 what", RCPT_DEFERRED, RESULT_DEFERRED },
		{ "554 5.5.1 what", RCPT_DEFERRED, RESULT_DEFERRED },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		world_make(&w, &host);
		world_reach(&w, SMTP_CHUNK);
		if (i >= COUNT(cases)) {
			world_unwritten(&w);
			assert_int_equal(smtp_next(w.c), SMTP_TODO_READ);
		}
		world_tell_reply(&w, cases[i % COUNT(cases)].reply);
		assert_int_equal(smtp_next(w.c), SMTP_TODO_CLOSE);
		smtp_body_read(w.c, LARGE);
		assert_int_equal(smtp_output(w.c)->len, 0);
		assert_int_equal(
		    envelope_count(&w.envs[0], cases[i % COUNT(cases)].state),
		    3);
		assert_int_equal(
		    result_of(&w, 0)->kind, cases[i % COUNT(cases)].kind);
		assert_string_equal(result_of(&w, 0)->stage, "BDAT");
		world_clear(&w);
	}
}

/* Not all of the message could be read: not a word of its flight is said. */
static void
test_short_body(void **state)
{
	static const struct host host = { "x", .ehlo = CHUNKS };
	static const uint64_t sizes[] = { 0, SIZE - 1, SIZE + 1 };
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		world_make(&w, &host);
		while (smtp_next(w.c) != SMTP_TODO_CHUNK)
			world_step(&w);
		/* out of turn, whatever would come */
		assert_int_equal(smtp_awaited(w.c), SMTP_IDLE);
		smtp_body_read(w.c, sizes[i]);
		assert_int_equal(smtp_next(w.c), SMTP_TODO_CLOSE);
		assert_int_equal(smtp_output(w.c)->len, 0);
		assert_int_equal(result_of(&w, 0)->kind, RESULT_STORAGE);
		world_clear(&w);
	}
}

/* A yes after a write that failed may be a yes to a part. */
static void
test_unwritten(void **state)
{
	static const struct host host = { "x", .ehlo = CHUNKS };
	static const struct {
		const char *reply;
		enum result_kind kind;
	} cases[] = { { "250 taken", RESULT_POSSIBLE_DUPLICATE },
		{ "552 too big", RESULT_REFUSED },
		{ "500 what", RESULT_DEFERRED } };
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		world_make(&w, &host);
		while (smtp_next(w.c) != SMTP_TODO_CHUNK)
			world_step(&w);
		world_step(&w);
		world_unwritten(&w);
		world_reach(&w, SMTP_BDAT);
		world_tell_reply(&w, cases[i].reply);
		assert_int_equal(smtp_next(w.c), SMTP_TODO_CLOSE);
		world_check_settled(&w);
		assert_int_equal(result_of(&w, 0)->kind, cases[i].kind);
		world_clear(&w);
	}
}

/* What ended at BDAT goes by DATA the next time, and only that. */
static void
test_remembered(void **state)
{
	static const struct host host = { "x", .ehlo = CHUNKS,
		.recipients = 2 };
	static const struct {
		const char *stage;
		enum rcpt_state state; /* of the one it was said of */
		const char *how;
	} cases[] = {
		{ "BDAT", RCPT_PENDING, "|DATA|" },
		{ "DOT", RCPT_PENDING, "|BDAT " },
		{ "", RCPT_PENDING, "|BDAT " },
		{ "BDAT", RCPT_DELIVERED, "|BDAT " },
	};
	struct result res;
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		world_make(&w, &host);
		(void)result_fail(&res, RESULT_LOST, "why");
		envelope_settle(&w.envs[0], 0, RCPT_PENDING, &res);
		strcpy(res.stage, cases[i].stage);
		envelope_settle(&w.envs[0], 1, cases[i].state, &res);
		world_finish(&w);
		assert_non_null(strstr(w.sent.data, cases[i].how));
		assert_int_equal(envelope_count(&w.envs[0], RCPT_DELIVERED), 2);
		world_clear(&w);
	}
}

#define U "\xc3\xa9"
#define BOTH "250-hi|250-8BITMIME|250 SMTPUTF8"

/* SMTPUTF8, where it is needed and offered, and else not a word. */
static void
test_utf8(void **state)
{
	static const struct {
		const char *name, *ehlo, *sender, *rcpt;
		bool is_utf8;
		const char *mail; /* NULL: none is sent */
		const char *text; /* of who fails; NULL: nobody does */
	} cases[] = {
		{ "not needed", BOTH, "s@x", "r@x", false, "MAIL FROM:<s@x>|",
		    NULL },
		{ "sender", BOTH, U "@x", "r@x", false,
		    "MAIL FROM:<" U "@x> BODY=8BITMIME SMTPUTF8|", NULL },
		{ "recipient", BOTH, "s@x", U "@x", false,
		    "MAIL FROM:<s@x> BODY=8BITMIME SMTPUTF8|", NULL },
		{ "header", BOTH, "s@x", "r@x", true,
		    "MAIL FROM:<s@x> BODY=8BITMIME SMTPUTF8|", NULL },
		{ "sender, not offered", "250 hi", U "@x", "r@x", false, NULL,
		    "mx.test does not offer SMTPUTF8, which an address" },
		{ "recipient, not offered", "250 hi", "s@x", U "@x", false,
		    NULL,
		    "mx.test does not offer SMTPUTF8, which an address that "
		    "is not ASCII needs: <" U "@x>" },
		{ "header, not offered", "250 hi", "s@x", "r@x", true, NULL,
		    "mx.test does not offer SMTPUTF8, which a header" },
		{ "half an offer", "250-hi|250 SMTPUTF8", "s@x", "r@x", true,
		    NULL, "mx.test does not offer 8BITMIME" },
	};
	struct host host = { .name = "x" };
	const struct envelope *env;
	struct result res;
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("%s\n", cases[i].name);
		host.ehlo = cases[i].ehlo;
		world_make(&w, &host);
		env = &w.envs[0];
		envelope_clear(&w.envs[0]);
		envelope_init(&w.envs[0]);
		assert_int_equal(
		    envelope_set_sender(&w.envs[0], cases[i].sender, &res), 0);
		assert_int_equal(
		    envelope_add(&w.envs[0], cases[i].rcpt, NULL, &res), 0);
		w.envs[0].is_utf8 = cases[i].is_utf8;
		world_finish(&w);
		if (cases[i].mail == NULL)
			assert_null(strstr(w.sent.data, "MAIL"));
		else
			assert_non_null(strstr(w.sent.data, cases[i].mail));
		if (cases[i].text == NULL) {
			assert_int_equal(env->rcpts[0].state, RCPT_DELIVERED);
		} else {
			assert_int_equal(env->rcpts[0].state, RCPT_FAILED);
			assert_int_equal(
			    result_of(&w, 0)->kind, RESULT_UTF8_ADDRESS);
			assert_string_equal(result_of(&w, 0)->status, "5.6.7");
			assert_non_null(
			    strstr(result_of(&w, 0)->text, cases[i].text));
		}
		world_clear(&w);
	}
}

/* Each transaction for itself; and one recipient does not fail the others. */
static void
test_utf8_of_some(void **state)
{
	struct host host = { "x", .ehlo = BOTH, .recipients = 2, .max = 1 };
	struct result res;
	struct world w;

	(void)state;
	for (int i = 0; i < 2; i++) {
		world_make(&w, &host);
		assert_int_equal(
		    envelope_add(&w.envs[0], U "@x", NULL, &res), 0);
		w.envs[0].is_8bit = true;
		world_finish(&w);
		if (i == 0)
			assert_string_equal(w.sent.data,
			    "EHLO me.test|\n"
			    "MAIL FROM:<s@x> BODY=8BITMIME|\n"
			    "RCPT TO:<r0@x>|\nDATA|\n(body).|\n"
			    "MAIL FROM:<s@x> BODY=8BITMIME|\n"
			    "RCPT TO:<r1@x>|\nDATA|\n(body).|\n"
			    "MAIL FROM:<s@x> BODY=8BITMIME SMTPUTF8|\n"
			    "RCPT TO:<" U "@x>|\nDATA|\n(body).|\nQUIT|\n");
		assert_int_equal(w.envs[0].rcpts[0].state, RCPT_DELIVERED);
		assert_int_equal(w.envs[0].rcpts[2].state,
		    i == 0 ? RCPT_DELIVERED : RCPT_FAILED);
		world_clear(&w);
		host.ehlo = "250 hi";
	}
}

/* Whatever is offered, no control and nothing that is no UTF-8. */
static void
test_utf8_addresses(void **state)
{
	static const struct {
		const char *address;
		enum rcpt_state state;
	} cases[] = {
		{ U "@x", RCPT_DELIVERED },
		{ "\xe4\xbd\xa0@\xe4\xbe\x8b.\xe4\xbe\x8b", RCPT_DELIVERED },
		{ "\"" U " " U "\"@x", RCPT_DELIVERED },
		{ "\xf0\x9f\x93\xae@x", RCPT_DELIVERED },
		{ "\xc2\xa0@x", RCPT_DELIVERED },
		{ "\xc2\x85@x", RCPT_FAILED },
		{ "\xc2\x9f@x", RCPT_FAILED },
		{ "\xe9@x", RCPT_FAILED },
		{ "\xc3@x", RCPT_FAILED },
		{ "a@x\xc3", RCPT_FAILED },
		{ "\xc0\xaf@x", RCPT_FAILED },
		{ "\xed\xa0\x80@x", RCPT_FAILED },
		{ U "@x>", RCPT_FAILED },
		{ U "\r\n@x", RCPT_FAILED },
		{ "\"" U "\\\"@x", RCPT_FAILED },
	};
	static const struct host host = { "x", .ehlo = BOTH };
	struct result res;
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		world_make(&w, &host);
		assert_int_equal(
		    envelope_add(&w.envs[0], cases[i].address, NULL, &res), 0);
		world_finish(&w);
		world_check_settled(&w);
		assert_int_equal(w.envs[0].rcpts[1].state, cases[i].state);
		if (cases[i].state == RCPT_FAILED)
			assert_int_equal(result_of(&w, 1)->kind, RESULT_BUG);
		world_clear(&w);
	}
}

static void
test_require_tls(void **state)
{
	static const struct {
		struct host host;
		const char *text; /* NULL: it is sent */
	} cases[] = {
		{ { "offered", .ehlo = "250-hi|250 REQUIRETLS",
		      .tls = SMTP_TLS_UP },
		    NULL },
		{ { "not offered", .tls = SMTP_TLS_UP, .recipients = 2 },
		    "mx.test does not offer REQUIRETLS" },
		{ { "offered in clear", .ehlo = "250-hi|250 REQUIRETLS" },
		    "the connection to mx.test has no TLS" },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		world_make(&w, &cases[i].host);
		w.envs[0].require_tls = true;
		world_finish(&w);
		if (cases[i].text == NULL) {
			assert_non_null(
			    strstr(w.sent.data, "MAIL FROM:<s@x> REQUIRETLS|"));
			assert_int_equal(
			    w.envs[0].rcpts[0].state, RCPT_DELIVERED);
		} else {
			assert_null(strstr(w.sent.data, "MAIL"));
			assert_int_equal(
			    envelope_count(&w.envs[0], RCPT_FAILED),
			    w.envs[0].count);
			assert_int_equal(
			    result_of(&w, 0)->kind, RESULT_REQUIRETLS);
			assert_string_equal(result_of(&w, 0)->status, "5.7.30");
			assert_string_equal(
			    result_of(&w, 0)->text, cases[i].text);
		}
		world_clear(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_doubt_of_some),
		cmocka_unit_test(test_no_doubt),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_short_body),
		cmocka_unit_test(test_unwritten),
		cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_of_some),
		cmocka_unit_test(test_utf8_addresses),
		cmocka_unit_test(test_require_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
