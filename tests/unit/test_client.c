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

/* Hosts that together lead through every state. */
static const struct host hosts[] = {
	{ "plain", .recipients = 3 },
	{ "pipelining", .ehlo = PIPE, .recipients = 3 },
	{ "batches", .ehlo = PIPE, .recipients = 5, .max = 2 },
	{ "batches, one by one", .recipients = 5, .max = 2 },
	{ "HELO only", .ehlo = "502 what", .tls = SMTP_TLS_UP,
	    .recipients = 2 },
	{ "HELO and LOGIN", .ehlo = "500 what", .authenticate = true },
	{ "STARTTLS", .ehlo = "250-hi|250-STARTTLS|250 AUTH LOGIN",
	    .tls = SMTP_TLS_STARTTLS, .authenticate = true },
	{ "STARTTLS missing", .tls = SMTP_TLS_STARTTLS },
	{ "AUTH PLAIN", .ehlo = PIPE, .authenticate = true,
	    .tls = SMTP_TLS_UP },
	{ "AUTH LOGIN", .ehlo = PIPE, .authenticate = true,
	    .want = SASL_LOGIN },
	{ "AUTH missing", .authenticate = true },
	{ "AUTH without end", .ehlo = PIPE, .authenticate = true,
	    .auth = "334 more" },
	{ "sender refused", .ehlo = PIPE, .mail = "553 no", .recipients = 2 },
	{ "sender refused, DATA refused", .ehlo = PIPE, .mail = "450 no",
	    .data = "503 no" },
	{ "recipients refused", .ehlo = PIPE, .rcpt = "550 no", .recipients = 2,
	    .max = 1 },
	{ "recipients refused, DATA too", .ehlo = PIPE, .rcpt = "550 no",
	    .data = "554 no", .recipients = 2, .max = 1 },
	{ "recipients refused, one by one", .rcpt = "450 no", .recipients = 2,
	    .max = 1 },
	{ "too many, all of them", .ehlo = PIPE, .rcpt = "452 many",
	    .recipients = 3 },
	{ "DATA refused", .ehlo = PIPE, .data = "451 no", .recipients = 3,
	    .max = 2 },
	{ "message refused", .ehlo = PIPE, .dot = "554 spam", .recipients = 3,
	    .max = 2 },
	{ "two mails", .ehlo = PIPE, .recipients = 2, .mails = 2 },
	{ "two mails, one by one", .recipients = 2, .mails = 2 },
	{ "two mails, asked for late", .ehlo = PIPE, .mails = 2,
	    .later = true },
	{ "two mails in batches", .ehlo = PIPE, .recipients = 3, .max = 2,
	    .mails = 2 },
	{ "two mails, senders refused", .ehlo = PIPE, .mail = "553 no",
	    .mails = 2 },
	{ "two mails, recipients refused", .ehlo = PIPE, .rcpt = "550 no",
	    .recipients = 2, .mails = 2 },
	{ "two mails, recipients refused, DATA too", .ehlo = PIPE,
	    .rcpt = "550 no", .data = "554 no", .mails = 2 },
	{ "two mails, recipients refused, one by one", .rcpt = "450 no",
	    .mails = 2 },
	{ "two mails, DATA refused", .ehlo = PIPE, .data = "451 no",
	    .mails = 2 },
	{ "two mails, messages refused", .ehlo = PIPE, .dot = "554 spam",
	    .mails = 2 },
	{ "three mails", .ehlo = PIPE, .mails = 3 },
	{ "BDAT", .ehlo = CHUNKS, .recipients = 3 },
	{ "BDAT, one by one", .ehlo = "250-hi|250 CHUNKING", .recipients = 2 },
	{ "BDAT, a large message", .ehlo = CHUNKS, .size = SMTP_PIECE + 1 },
	{ "BDAT, batches", .ehlo = CHUNKS, .recipients = 5, .max = 2 },
	{ "BDAT, sender refused", .ehlo = CHUNKS, .mail = "553 no",
	    .recipients = 2 },
	{ "BDAT, recipients refused", .ehlo = CHUNKS, .rcpt = "550 no",
	    .recipients = 2, .max = 1 },
	{ "BDAT, too many, all of them", .ehlo = CHUNKS, .rcpt = "452 many",
	    .recipients = 3 },
	{ "BDAT, message refused", .ehlo = CHUNKS, .dot = "554 spam",
	    .recipients = 3, .max = 2 },
	{ "BDAT, three mails", .ehlo = CHUNKS, .mails = 3 },
	{ "BDAT, three large mails", .ehlo = CHUNKS, .mails = 3,
	    .size = SMTP_PIECE + 1 },
	{ "BDAT, two mails, asked for late", .ehlo = CHUNKS, .mails = 2,
	    .later = true },
	{ "BDAT, three mails to two", .ehlo = CHUNKS, .recipients = 2,
	    .mails = 3 },
	{ "BDAT, two mails, recipients refused", .ehlo = CHUNKS,
	    .rcpt = "550 no", .mails = 2 },
	{ "BDAT, two mails, recipients too many", .ehlo = CHUNKS,
	    .rcpt = "452 no", .mails = 2 },
	{ "BDAT, two mails, senders refused", .ehlo = CHUNKS, .mail = "553 no",
	    .mails = 2 },
	{ "LMTP", .ehlo = PIPE, .recipients = 3, LMTP },
	{ "LMTP, one by one", .recipients = 2, LMTP },
	{ "LMTP, batches", .ehlo = PIPE, .recipients = 5, .max = 2, LMTP },
	{ "LMTP, no LHLO", .ehlo = "500 what", LMTP },
	{ "LMTP, STARTTLS", .ehlo = "250-hi|250-STARTTLS|250 AUTH LOGIN",
	    .tls = SMTP_TLS_STARTTLS, .authenticate = true, LMTP },
	{ "LMTP, sender refused", .ehlo = PIPE, .mail = "553 no",
	    .data = "503 no", LMTP },
	{ "LMTP, recipients refused", .ehlo = PIPE, .rcpt = "550 no",
	    .data = "503 no", .recipients = 3, .max = 2, LMTP },
	{ "LMTP, recipients refused, 354 comes", .ehlo = PIPE, .rcpt = "550 no",
	    .recipients = 3, .max = 2, LMTP },
	{ "LMTP, too many, all of them", .ehlo = PIPE, .rcpt = "452 many",
	    .data = "503 no", .recipients = 3, LMTP },
	{ "LMTP, message refused", .ehlo = PIPE, .dot = "552 full",
	    .recipients = 3, .max = 2, LMTP },
	{ "LMTP, message put off", .ehlo = PIPE, .dot = "450 later",
	    .recipients = 3, .max = 2, LMTP },
	{ "LMTP, three mails", .ehlo = PIPE, .recipients = 2, .mails = 3,
	    LMTP },
	{ "LMTP, three mails in batches", .ehlo = PIPE, .recipients = 3,
	    .max = 2, .mails = 3, LMTP },
	{ "LMTP, three mails to one", .ehlo = PIPE, .mails = 3, LMTP },
	{ "LMTP, two mails, asked for late", .ehlo = PIPE, .recipients = 2,
	    .mails = 2, .later = true, LMTP },
	{ "LMTP, two mails, messages refused", .ehlo = PIPE, .dot = "552 full",
	    .recipients = 2, .mails = 2, LMTP },
	{ "LMTP, two mails, recipients refused", .ehlo = PIPE, .rcpt = "550 no",
	    .data = "503 no", .recipients = 2, .mails = 2, LMTP },
	{ "LMTP, BDAT", .ehlo = CHUNKS, .recipients = 3, LMTP },
	{ "LMTP, BDAT, one by one", .ehlo = "250-hi|250 CHUNKING",
	    .recipients = 2, LMTP },
	{ "LMTP, BDAT, a large message", .ehlo = CHUNKS, .recipients = 2,
	    .size = SMTP_PIECE + 1, LMTP },
	{ "LMTP, BDAT, message refused", .ehlo = CHUNKS, .dot = "552 full",
	    .recipients = 3, .max = 2, LMTP },
	{ "LMTP, BDAT, recipients refused", .ehlo = CHUNKS, .rcpt = "550 no",
	    .recipients = 2, .max = 1, LMTP },
	{ "LMTP, BDAT, three mails", .ehlo = CHUNKS, .recipients = 2,
	    .mails = 3, LMTP },
	{ "LIMITS",
	    .ehlo = "250-hi|250-PIPELINING|"
		    "250 LIMITS MAILMAX=2 RCPTMAX=2",
	    .recipients = 3, .mails = 3 },
};

static const char *const odd_replies[] = { "150 x", "200 x", "220 x", "235 x",
	"250 x", "259 x", "300 x", "334 x", "354 x", "359 x", "400 x",
	"421 bye", "450 x", "452 many", "454 x", "500 x", "502 x", "530 x",
	"535 x", "538 x", "550 x", "552 x", "554 x" };

static const enum result_kind odd_ends[] = { RESULT_PROTOCOL, RESULT_LOST,
	RESULT_TIMEOUT, RESULT_INTERRUPTED, RESULT_TLS, RESULT_STORAGE };

static bool visited[SMTP_STATE_COUNT][SMTP_ANSWER_COUNT];

static bool
may_fail(const char *odd)
{
	return odd != NULL && odd[0] == '5';
}

/* The same of an odd reply, as it is judged. */
static bool
may_odd_fail(const char *odd, const struct host *host)
{
	if (host->judged == RESULT_OK)
		return may_fail(odd);
	return !result_is_temporary(host->judged) &&
	    strncmp(odd, "421", 3) != 0;
}

static void
note_visits(const struct world *w)
{
	for (int s = 0; s < SMTP_STATE_COUNT; s++)
		for (int a = 0; a < SMTP_ANSWER_COUNT; a++)
			visited[s][a] = visited[s][a] || w->visited[s][a];
}

/* Runs a host's dialogue with one odd event instead of (or before) the step
 * `at`; returns whether that step was reached. */
static bool
run_odd(const struct host *host, size_t at, const char *odd,
    enum result_kind end, bool unwritten)
{
	struct world w;
	bool reached = true;
	enum smtp_state state = SMTP_IDLE;

	world_make(&w, host);
	for (size_t i = 0; reached && i < at; i++)
		reached = world_step(&w);
	if (reached && smtp_next(w.c) == SMTP_TODO_CLOSE)
		reached = false;
	if (reached && unwritten)
		world_unwritten(&w);
	state = smtp_awaited(w.c);
	if (reached && odd != NULL && odd[0] != '1')
		world_tell_reply(&w, odd);
	else if (reached)
		world_tell_broke(&w, odd == NULL ? end : RESULT_PROTOCOL);
	world_finish(&w);
	world_check_settled(&w);
	if (envelope_count(&w.envs[0], RCPT_FAILED) > 0)
		assert_true((may_odd_fail(odd, host) && state >= SMTP_MAIL) ||
		    may_fail(host->mail) || may_fail(host->rcpt) ||
		    may_fail(host->data) || may_fail(host->dot));
	note_visits(&w);
	world_clear(&w);
	return reached;
}

static void
test_odd_replies(void **state)
{
	size_t at;

	(void)state;
	for (size_t h = 0; h < COUNT(hosts); h++)
		for (size_t i = 0; i < COUNT(odd_replies); i++)
			for (at = 0; run_odd(&hosts[h], at, odd_replies[i],
				 RESULT_OK, false);
			     at++)
				assert_true(at < 200);
}

static void
test_odd_ends(void **state)
{
	size_t at;

	(void)state;
	for (size_t h = 0; h < COUNT(hosts); h++)
		for (size_t i = 0; i < COUNT(odd_ends); i++)
			for (at = 0;
			     run_odd(&hosts[h], at, NULL, odd_ends[i], false);
			     at++)
				assert_true(at < 200);
}

static void
test_odd_writes(void **state)
{
	size_t at;

	(void)state;
	for (size_t h = 0; h < COUNT(hosts); h++)
		for (size_t i = 0; i < COUNT(odd_replies); i++)
			for (at = 0; run_odd(&hosts[h], at, odd_replies[i],
				 RESULT_OK, true);
			     at++)
				assert_true(at < 200);
}

/* Whoever knows better is heard wherever a refusal comes, and no mail fails by
 * a word that was said before it, or was meant to defer it. */
static void
test_judged_anywhere(void **state)
{
	static const enum result_kind kinds[] = { RESULT_DEFERRED,
		RESULT_REFUSED, RESULT_RENEW, RESULT_RATE, RESULT_QUOTA,
		RESULT_AUTH, RESULT_SETUP, RESULT_CROWD, RESULT_SPAM };
	static const char *const replies[] = { "421 JUDGED", "450 JUDGED",
		"452 JUDGED", "500 JUDGED", "535 JUDGED", "550 JUDGED",
		"552 JUDGED" };
	struct host host;
	size_t at;

	(void)state;
	for (size_t h = 0; h < COUNT(hosts) * COUNT(kinds); h++) {
		host = hosts[h / COUNT(kinds)];
		host.judged = kinds[h % COUNT(kinds)];
		for (size_t i = 0; i < COUNT(replies); i++)
			for (at = 0;
			     run_odd(&host, at, replies[i], RESULT_OK, false);
			     at++)
				assert_true(at < 200);
	}
}

/* What a refusal means to whoever knows better, and what comes of it for the
 * first recipient. */
static void
test_judged(void **state)
{
	static const struct {
		enum smtp_state at;
		const char *reply;
		enum result_kind judged, kind;
		enum rcpt_state state;
	} cases[] = {
		{ SMTP_GREETING, "554 JUDGED", RESULT_RATE, RESULT_RATE,
		    RCPT_DEFERRED },
		{ SMTP_GREETING, "421 JUDGED", RESULT_RATE, RESULT_RATE,
		    RCPT_DEFERRED },
		/* never fails a mail */
		{ SMTP_GREETING, "450 JUDGED", RESULT_REFUSED, RESULT_SMARTHOST,
		    RCPT_DEFERRED },
		{ SMTP_GREETING, "550 JUDGED", RESULT_CROWD, RESULT_SMARTHOST,
		    RCPT_DEFERRED },
		/* HELO is tried all the same */
		{ SMTP_EHLO, "550 JUDGED", RESULT_SETUP, RESULT_OK,
		    RCPT_DELIVERED },
		{ SMTP_EHLO, "450 JUDGED", RESULT_SETUP, RESULT_SETUP,
		    RCPT_DEFERRED },
		{ SMTP_AUTH, "535 JUDGED", RESULT_RATE, RESULT_RATE,
		    RCPT_DEFERRED },
		{ SMTP_AUTH, "454 JUDGED", RESULT_AUTH, RESULT_AUTH,
		    RCPT_DEFERRED },
		{ SMTP_AUTH, "535 JUDGED", RESULT_REFUSED, RESULT_AUTH,
		    RCPT_DEFERRED },
		{ SMTP_AUTH, "535 JUDGED", RESULT_DEFERRED, RESULT_AUTH,
		    RCPT_DEFERRED },
		{ SMTP_MAIL, "553 JUDGED", RESULT_SETUP, RESULT_SETUP,
		    RCPT_DEFERRED },
		{ SMTP_MAIL, "550 JUDGED", RESULT_DEFERRED, RESULT_DEFERRED,
		    RCPT_DEFERRED },
		{ SMTP_MAIL, "450 JUDGED", RESULT_REFUSED, RESULT_SENDER,
		    RCPT_FAILED },
		{ SMTP_MAIL, "552 JUDGED", RESULT_REFUSED, RESULT_TOO_BIG,
		    RCPT_FAILED },
		{ SMTP_MAIL, "530 JUDGED", RESULT_DEFERRED, RESULT_AUTH,
		    RCPT_DEFERRED },
		{ SMTP_MAIL, "530 JUDGED", RESULT_REFUSED, RESULT_SENDER,
		    RCPT_FAILED },
		{ SMTP_MAIL, "421 JUDGED", RESULT_QUOTA, RESULT_QUOTA,
		    RCPT_DEFERRED },
		{ SMTP_MAIL, "421 JUDGED", RESULT_REFUSED, RESULT_SMARTHOST,
		    RCPT_DEFERRED },
		{ SMTP_RCPT, "550 JUDGED", RESULT_RATE, RESULT_RATE,
		    RCPT_DEFERRED },
		{ SMTP_RCPT, "450 JUDGED", RESULT_REFUSED, RESULT_RECIPIENT,
		    RCPT_FAILED },
		{ SMTP_RCPT, "452 JUDGED", RESULT_RATE, RESULT_RATE,
		    RCPT_DEFERRED },
		{ SMTP_RCPT, "452 JUDGED", RESULT_REFUSED, RESULT_RECIPIENT,
		    RCPT_FAILED },
		/* with the others gone, it is taken */
		{ SMTP_RCPT, "550 JUDGED", RESULT_CROWD, RESULT_OK,
		    RCPT_DELIVERED },
		{ SMTP_RCPT, "452 JUDGED", RESULT_DEFERRED, RESULT_OK,
		    RCPT_DELIVERED },
		{ SMTP_DATA, "554 JUDGED", RESULT_QUOTA, RESULT_QUOTA,
		    RCPT_DEFERRED },
		{ SMTP_DATA, "451 JUDGED", RESULT_REFUSED, RESULT_REFUSED,
		    RCPT_FAILED },
		{ SMTP_BODY, "552 JUDGED", RESULT_SPAM, RESULT_SPAM,
		    RCPT_DEFERRED },
		{ SMTP_DOT, "554 JUDGED", RESULT_SPAM, RESULT_SPAM,
		    RCPT_DEFERRED },
		{ SMTP_DOT, "451 JUDGED", RESULT_SETUP, RESULT_SETUP,
		    RCPT_DEFERRED },
		{ SMTP_DOT, "451 JUDGED", RESULT_REFUSED, RESULT_REFUSED,
		    RCPT_FAILED },
		{ SMTP_DOT, "554 JUDGED", RESULT_OK, RESULT_REFUSED,
		    RCPT_FAILED },
	};
	struct host host = { "x", .ehlo = PIPE, .recipients = 3, .max = 2,
		.authenticate = true };
	const struct rcpt *first;
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("%d %s\n", cases[i].at, cases[i].reply);
		host.judged = cases[i].judged;
		world_make(&w, &host);
		world_reach(&w, cases[i].at);
		world_tell_reply(&w, cases[i].reply);
		world_finish(&w);
		world_check_settled(&w);
		first = &w.envs[0].rcpts[0];
		assert_int_equal(first->state, cases[i].state);
		assert_int_equal(
		    w.envs[0].results[first->result].kind, cases[i].kind);
		world_clear(&w);
	}
}

/* Too many recipients, by a word that is for good: nobody was taken. */
static void
test_judged_crowd(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE, .recipients = 3,
		.rcpt = "550 JUDGED", .judged = RESULT_CROWD };
	struct world w;

	(void)state;
	world_make(&w, &host);
	world_finish(&w);
	world_check_settled(&w);
	assert_int_equal(envelope_count(&w.envs[0], RCPT_FAILED), 3);
	assert_int_equal(w.envs[0].results[0].kind, RESULT_CROWD);
	world_clear(&w);
}

/* The mail behind one that ended the session is not judged by its answer. */
static void
test_judged_before(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE, .mails = 2,
		.judged = RESULT_QUOTA };
	struct world w;

	(void)state;
	world_make(&w, &host);
	world_reach(&w, SMTP_BODY);
	world_step(&w);
	world_reach(&w, SMTP_DOT);
	world_tell_reply(&w, "421 JUDGED");
	world_finish(&w);
	world_check_settled(&w);
	assert_int_equal(w.envs[0].results[0].kind, RESULT_QUOTA);
	assert_int_equal(w.envs[1].results[0].kind, RESULT_LOST);
	assert_int_equal(smtp_trouble(w.c)->kind, RESULT_QUOTA);
	world_clear(&w);
}

/* The table has a verdict for every edge, and the tests above took each. */
static void
test_table(void **state)
{
	(void)state;
	for (int s = 0; s < SMTP_STATE_COUNT; s++) {
		for (int a = 0; a < SMTP_ANSWER_COUNT; a++) {
			if (smtp_verdict(s, a, NULL)->act == NULL ||
			    (!visited[s][a] && s != SMTP_CANCEL))
				print_message("state %d %s, answer %d\n", s,
				    smtp_state_stage(s), a);
			assert_non_null(smtp_verdict(s, a, NULL)->act);
			assert_true(visited[s][a]);
		}
	}
}

/* The words for what did not come, and the kinds. */
static void
test_silence(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE, .recipients = 3,
		.max = 2, .authenticate = true };
	static const struct {
		enum smtp_state at;
		enum result_kind why, kind;
		const char *text;
		enum result_kind rest; /* kind of the last recipient's */
	} cases[] = {
		{ SMTP_GREETING, RESULT_TIMEOUT, RESULT_NO_GREETING,
		    "mx.test: no greeting in time", RESULT_NO_GREETING },
		{ SMTP_GREETING, RESULT_LOST, RESULT_LOST,
		    "mx.test: connection closed by the server before its "
		    "greeting",
		    RESULT_LOST },
		{ SMTP_EHLO, RESULT_TIMEOUT, RESULT_TIMEOUT,
		    "mx.test: no answer to EHLO in time", RESULT_TIMEOUT },
		{ SMTP_RCPT, RESULT_LOST, RESULT_LOST,
		    "mx.test: connection closed by the server after RCPT TO",
		    RESULT_LOST },
		{ SMTP_RCPT, RESULT_INTERRUPTED, RESULT_INTERRUPTED,
		    "mx.test: interrupted after RCPT TO", RESULT_INTERRUPTED },
		{ SMTP_BODY, RESULT_TIMEOUT, RESULT_TIMEOUT,
		    "mx.test: the message was not taken in time",
		    RESULT_TIMEOUT },
		{ SMTP_BODY, RESULT_STORAGE, RESULT_STORAGE,
		    "no room to work in", RESULT_STORAGE },
		{ SMTP_DOT, RESULT_LOST, RESULT_POSSIBLE_DUPLICATE,
		    "mx.test: connection closed by the server after the "
		    "message; it may have been delivered",
		    RESULT_LOST },
		{ SMTP_DOT, RESULT_TIMEOUT, RESULT_POSSIBLE_DUPLICATE,
		    "mx.test: no answer to the message in time; it may have "
		    "been delivered",
		    RESULT_TIMEOUT },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		world_make(&w, &host);
		world_reach(&w, cases[i].at);
		world_tell_broke(&w, cases[i].why);
		world_finish(&w);
		world_check_settled(&w);
		assert_int_equal(
		    envelope_count(&w.envs[0], RCPT_DEFERRED), w.envs[0].count);
		assert_int_equal(
		    w.envs[0].results[w.envs[0].rcpts[0].result].kind,
		    cases[i].kind);
		assert_string_equal(
		    w.envs[0].results[w.envs[0].rcpts[0].result].text,
		    cases[i].text);
		assert_int_equal(
		    w.envs[0].results[w.envs[0].rcpts[2].result].kind,
		    cases[i].rest);
		assert_non_null(smtp_trouble(w.c));
		world_clear(&w);
	}
}

/* In mid-message: a refusal counts, and the dot is never sent. */
static void
test_early(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE, .recipients = 3,
		.max = 1 };
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
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct result *res;

		world_make(&w, &host);
		world_reach(&w, SMTP_BODY);
		if (i >= COUNT(cases)) {
			world_unwritten(&w);
			assert_int_equal(smtp_next(w.c), SMTP_TODO_READ);
		}
		world_tell_reply(&w, cases[i % COUNT(cases)].reply);
		assert_int_equal(smtp_next(w.c), SMTP_TODO_CLOSE);
		smtp_body_read(w.c, SIZE);
		assert_int_equal(smtp_output(w.c)->len, 0);
		res = &w.envs[0].results[w.envs[0].rcpts[0].result];
		assert_int_equal(
		    envelope_count(&w.envs[0], cases[i % COUNT(cases)].state),
		    w.envs[0].count);
		assert_int_equal(w.envs[0].nresults, 1);
		assert_int_equal(res->kind, cases[i % COUNT(cases)].kind);
		assert_string_equal(res->stage, "DOT");
		assert_non_null(
		    strstr(res->text, cases[i % COUNT(cases)].reply));
		world_clear(&w);
	}
}

/* Fewer octets, or more, than the message has: no dot. */
static void
test_short_body(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE };
	static const uint64_t sizes[] = { 0, SIZE - 1, SIZE + 1 };
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		world_make(&w, &host);
		world_reach(&w, SMTP_BODY);
		smtp_body_read(w.c, sizes[i]);
		assert_int_equal(smtp_next(w.c), SMTP_TODO_CLOSE);
		assert_int_equal(smtp_output(w.c)->len, 0);
		assert_int_equal(w.envs[0].rcpts[0].state, RCPT_DEFERRED);
		assert_int_equal(
		    w.envs[0].results[w.envs[0].rcpts[0].result].kind,
		    RESULT_STORAGE);
		world_clear(&w);
	}
}

/* A yes after a write that failed may be a yes to a part. */
static void
test_unwritten_dot(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE };
	struct world w;

	(void)state;
	for (int i = 0; i < 2; i++) {
		world_make(&w, &host);
		world_reach(&w, SMTP_BODY);
		world_step(&w);
		world_unwritten(&w);
		assert_int_equal(smtp_next(w.c), SMTP_TODO_READ);
		world_tell_reply(&w, i == 0 ? "250 taken" : "552 too big");
		assert_int_equal(smtp_next(w.c), SMTP_TODO_CLOSE);
		world_check_settled(&w);
		assert_int_equal(
		    w.envs[0].results[w.envs[0].rcpts[0].result].kind,
		    i == 0 ? RESULT_POSSIBLE_DUPLICATE : RESULT_REFUSED);
		world_clear(&w);
	}
}

/* The next mail is on its way when the dot of the first is answered. */
static void
test_dot_of_first(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE, .recipients = 2,
		.mails = 2 };
	static const struct {
		const char *reply; /* NULL: none, for the reason `why` */
		enum result_kind why, kind, next;
		enum rcpt_state state, next_state;
	} cases[] = {
		{ "250 x", 0, RESULT_OK, RESULT_OK, RCPT_DELIVERED,
		    RCPT_DELIVERED },
		{ "451 x", 0, RESULT_DEFERRED, RESULT_OK, RCPT_DEFERRED,
		    RCPT_DELIVERED },
		{ "554 x", 0, RESULT_REFUSED, RESULT_OK, RCPT_FAILED,
		    RCPT_DELIVERED },
		{ "354 x", 0, RESULT_POSSIBLE_DUPLICATE, RESULT_LOST,
		    RCPT_DEFERRED, RCPT_DEFERRED },
		{ "421 x", 0, RESULT_SMARTHOST, RESULT_LOST, RCPT_DEFERRED,
		    RCPT_DEFERRED },
		{ NULL, RESULT_LOST, RESULT_POSSIBLE_DUPLICATE, RESULT_LOST,
		    RCPT_DEFERRED, RCPT_DEFERRED },
		{ NULL, RESULT_TIMEOUT, RESULT_POSSIBLE_DUPLICATE, RESULT_LOST,
		    RCPT_DEFERRED, RCPT_DEFERRED },
		{ NULL, RESULT_PROTOCOL, RESULT_POSSIBLE_DUPLICATE, RESULT_LOST,
		    RCPT_DEFERRED, RCPT_DEFERRED },
		{ NULL, RESULT_HANDED_OVER, RESULT_POSSIBLE_DUPLICATE,
		    RESULT_HANDED_OVER, RCPT_DEFERRED, RCPT_DEFERRED },
	};
	struct world w;

	(void)state;
	for (size_t k = 0; k < COUNT(cases); k++) {
		const struct envelope *envs = w.envs;

		world_make(&w, &host);
		world_reach(&w, SMTP_BODY);
		world_step(&w);
		assert_int_equal(w.given, 2);
		world_reach(&w, SMTP_DOT);
		if (cases[k].reply != NULL)
			world_tell_reply(&w, cases[k].reply);
		else
			world_tell_broke(&w, cases[k].why);
		world_finish(&w);
		world_check_settled(&w);
		for (size_t r = 0; r < 2; r++) {
			assert_int_equal(
			    envs[0].rcpts[r].state, cases[k].state);
			assert_int_equal(
			    envs[1].rcpts[r].state, cases[k].next_state);
			assert_int_equal(
			    envs[0].results[envs[0].rcpts[r].result].kind,
			    cases[k].kind);
			assert_int_equal(
			    envs[1].results[envs[1].rcpts[r].result].kind,
			    cases[k].next);
		}
		world_clear(&w);
	}
}

/* A session is over: what is given to it then is put off. */
static void
test_given_too_late(void **state)
{
	static const struct host host = { "x", .ehlo = PIPE };
	struct smtp_mail mail = { .size = SIZE };
	struct envelope env;
	struct result res;
	struct world w;

	(void)state;
	world_make(&w, &host);
	world_finish(&w);
	envelope_init(&env);
	assert_int_equal(envelope_set_sender(&env, "s@y", &res), 0);
	assert_int_equal(envelope_add(&env, "r@y", NULL, &res), 0);
	mail.env = &env;
	smtp_give(w.c, &mail);
	assert_false(smtp_is_open(w.c, &env));
	assert_int_equal(env.rcpts[0].state, RCPT_DEFERRED);
	assert_int_equal(env.results[0].kind, RESULT_LOST);
	envelope_clear(&env);
	world_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd_replies),
		cmocka_unit_test(test_odd_ends),
		cmocka_unit_test(test_odd_writes),
		cmocka_unit_test(test_judged_anywhere),
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_judged_crowd),
		cmocka_unit_test(test_judged_before),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_short_body),
		cmocka_unit_test(test_unwritten_dot),
		cmocka_unit_test(test_dot_of_first),
		cmocka_unit_test(test_given_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
