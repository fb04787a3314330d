#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/client_login.h"
#include "world.h"

/* The machine, where AUTH takes more than to say the password. */

#define OFFER(mechanisms) "250-hi|250-PIPELINING|250 AUTH " mechanisms
#define HELLO "EHLO me.test|\n"
#define MAIL "MAIL FROM:<s@x>|RCPT TO:<r0@x>|DATA|\n(body).|QUIT|\n"
#define SCRAM HELLO "AUTH SCRAM-SHA-256 ********|\n"
/* r=fyko+d2lbbFgONRv9qkxdawLx,s=QQ==,i=1 */
#define FIRST \
	"AUTH:0 334 cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0x4LHM9UVE9PSxpPTE=\n"
/* v=, and what the password of the world makes of it */
#define PROOF \
	"334 dj1waTM2NFc0eUxJakVKeFh0MGdTNVg0V1VaUjVmUTBHZjZ3emJGeURrY2k0PQ=="

#define REFUSED(name, password_, text) \
	{ \
		{ "refused: " name, .ehlo = OFFER("PLAIN"), \
			.authenticate = true, .auth = "535 no", \
			.password = password_ }, \
		    NULL, HELLO "AUTH PLAIN ********|\nQUIT|\n", "~", \
		    RESULT_AUTH, text \
	}

static const struct dialogue dialogues[] = {
	REFUSED("a blank at its end", "secret ",
	    "begins or ends with a blank: 535 no"),
	REFUSED("a tab before it", "\tsecret",
	    "begins or ends with a blank: 535 no"),
	REFUSED("quotes", "\"secret\"", "stands in quotes: 535 no"),
	REFUSED("one quote", "\"secret", "me@mx.test: 535 no"),
	REFUSED("blanks", "abcd efgh", "holds a blank: 535 no"),
	REFUSED("printer's quotes", "\xe2\x80\x9csecret",
	    "holds more than ASCII: 535 no"),
	{ { "SCRAM", .ehlo = OFFER("PLAIN SCRAM-SHA-256"),
	      .authenticate = true },
	    FIRST "AUTH:1 " PROOF, SCRAM "********|\n|\n" MAIL, "+", RESULT_OK,
	    NULL },
	{ { "SCRAM: not the password's proof", .ehlo = OFFER("SCRAM-SHA-256"),
	      .authenticate = true },
	    FIRST "AUTH:1 334 dj1BQUFB", SCRAM "********|\n", "~",
	    RESULT_PROTOCOL,
	    "mx.test: AUTH SCRAM-SHA-256 as me@mx.test: the server does not "
	    "prove that it knows the password" },
	{ { "SCRAM: yes without a proof", .ehlo = OFFER("SCRAM-SHA-256"),
	      .authenticate = true },
	    FIRST, SCRAM "********|\n", "~", RESULT_PROTOCOL,
	    "mx.test: AUTH SCRAM-SHA-256 as me@mx.test: the server says yes, "
	    "but does not prove" },
	{ { "SCRAM: yes at once", .ehlo = OFFER("SCRAM-SHA-256"),
	      .authenticate = true },
	    NULL, SCRAM, "~", RESULT_PROTOCOL, "but does not prove" },
	{ { "SCRAM: yes after an error", .ehlo = OFFER("SCRAM-SHA-256"),
	      .authenticate = true },
	    FIRST "AUTH:1 334 ZT1pbnZhbGlkLXByb29m", SCRAM "********|\n|\n",
	    "~", RESULT_PROTOCOL, "but does not prove" },
	{ { "SCRAM: no after an error", .ehlo = OFFER("SCRAM-SHA-256"),
	      .authenticate = true },
	    FIRST "AUTH:1 334 ZT1pbnZhbGlkLXByb29m\nAUTH:2 535 no",
	    SCRAM "********|\n|\nQUIT|\n", "~", RESULT_AUTH,
	    "mx.test refused AUTH SCRAM-SHA-256 as me@mx.test "
	    "(invalid-proof): 535 no" },
	{ { "SCRAM: no", .ehlo = OFFER("SCRAM-SHA-256"), .authenticate = true },
	    FIRST "AUTH:1 535 no", SCRAM "********|\nQUIT|\n", "~", RESULT_AUTH,
	    "mx.test refused AUTH SCRAM-SHA-256 as me@mx.test: 535 no" },
	{ { "SCRAM: a wrong challenge", .ehlo = OFFER("SCRAM-SHA-256"),
	      .authenticate = true },
	    "AUTH:0 334 what?", SCRAM, "~", RESULT_PROTOCOL,
	    "the challenge is not base64" },
	{ { "SCRAM: more challenges", .ehlo = OFFER("SCRAM-SHA-256"),
	      .authenticate = true },
	    FIRST "AUTH:1 " PROOF "\nAUTH:2 334 x",
	    SCRAM "********|\n|\n*|\nQUIT|\n", "~", RESULT_AUTH,
	    "refused AUTH SCRAM-SHA-256" },
	{ { "CRAM-MD5", .ehlo = OFFER("PLAIN CRAM-MD5"), .authenticate = true },
	    "AUTH:0 334 PEBoPg==", HELLO "AUTH CRAM-MD5|\n********|\n" MAIL,
	    "+", RESULT_OK, NULL },
	{ { "CRAM-MD5: a wrong challenge", .ehlo = OFFER("CRAM-MD5"),
	      .authenticate = true },
	    "AUTH:0 334 <@h>", HELLO "AUTH CRAM-MD5|\n", "~", RESULT_PROTOCOL,
	    "mx.test: AUTH CRAM-MD5 as me@mx.test: the challenge cannot" },
	{ { "XOAUTH2", .ehlo = OFFER("XOAUTH2"), .authenticate = true,
	      .want = SASL_XOAUTH2 },
	    NULL, HELLO "AUTH XOAUTH2 ********|\n" MAIL, "+", RESULT_OK, NULL },
	{ { "XOAUTH2: refused", .ehlo = OFFER("XOAUTH2"), .authenticate = true,
	      .want = SASL_XOAUTH2 },
	    "AUTH:0 334 eyJzdGF0dXMiOiI0MDAifQ==\nAUTH:1 535 no",
	    HELLO "AUTH XOAUTH2 ********|\n|\nQUIT|\n", "~", RESULT_AUTH,
	    "mx.test refused AUTH XOAUTH2 as me@mx.test "
	    "({\"status\":\"400\"}): 535 no" },
	{ { "OAUTHBEARER: refused", .ehlo = OFFER("OAUTHBEARER"),
	      .authenticate = true, .want = SASL_OAUTHBEARER },
	    "AUTH:0 334 eyJzdGF0dXMiOiI0MDAifQ==\nAUTH:1 535 no",
	    HELLO "AUTH OAUTHBEARER ********|\n********|\nQUIT|\n", "~",
	    RESULT_AUTH, "({\"status\":\"400\"}): 535 no" },
	{ { "EXTERNAL", .ehlo = OFFER("EXTERNAL"), .authenticate = true,
	      .want = SASL_EXTERNAL },
	    NULL, HELLO "AUTH EXTERNAL ********|\n" MAIL, "+", RESULT_OK,
	    NULL },
	{ { "tokens alone", .ehlo = OFFER("XOAUTH2 OAUTHBEARER"),
	      .authenticate = true },
	    NULL, HELLO "QUIT|\n", "~", RESULT_AUTH_METHOD,
	    "mx.test: AUTH with a password is wanted, offered is: XOAUTH2 "
	    "OAUTHBEARER" },
};

static void
test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dialogues); i++)
		world_play(&dialogues[i]);
}

/* What binds is known before the log-in, and makes it the stronger one. */
static void
test_bound(void **state)
{
	static const struct tls_binding binding = { "tls-exporter", { 1 }, 32 };
	static const struct host host = { "bound",
		.ehlo = OFFER("SCRAM-SHA-256 SCRAM-SHA-256-PLUS"),
		.tls = SMTP_TLS_UP, .authenticate = true };
	struct world w;

	(void)state;
	world_make(&w, &host);
	smtp_bind(w.c, &binding);
	world_reach(&w, SMTP_AUTH);
	assert_non_null(strstr(w.sent.data, "AUTH SCRAM-SHA-256-PLUS ***"));
	assert_int_equal(w.c->sasl.gs2, 'p');
	world_finish(&w);
	world_clear(&w);
}

/* SCRAM's challenges are not for people, and nothing else is hidden. */
static void
test_sealed(void **state)
{
	static const struct {
		const char *ehlo;
		int code;
		bool sealed;
	} cases[] = {
		{ OFFER("SCRAM-SHA-1"), 334, true },
		{ OFFER("SCRAM-SHA-1"), 235, false },
		{ OFFER("SCRAM-SHA-1"), 535, false },
		{ OFFER("LOGIN"), 334, false },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct host host = { "sealed", .ehlo = cases[i].ehlo,
			.authenticate = true };
		const struct reply r = { .code = cases[i].code };

		world_make(&w, &host);
		assert_false(smtp_is_sealed(w.c, &r));
		world_reach(&w, SMTP_AUTH);
		assert_int_equal(smtp_is_sealed(w.c, &r), cases[i].sealed);
		world_finish(&w);
		assert_false(smtp_is_sealed(w.c, &r));
		world_clear(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
