#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/caps.h"

#define LOGIN CAPS_AUTH_LOGIN
#define PLAIN CAPS_AUTH_PLAIN
#define XOAUTH2 CAPS_AUTH_XOAUTH2

static const struct {
	const char *name, *in;
	unsigned flags, mechanisms;
	uint64_t size;
} cases[] = {
	{ "nothing", "250 mail\r\n", 0, 0, 0 },
	{ "the first line is the host's", "250 PIPELINING\r\n", 0, 0, 0 },
	{ "163, 2026",
	    "250-mail\r\n250-AUTH LOGIN PLAIN XOAUTH2\r\n"
	    "250-AUTH=LOGIN PLAIN XOAUTH2\r\n250-coremail 1Uxr2xKj7kG0\r\n"
	    "250-STARTTLS\r\n250-ID\r\n250 8BITMIME\r\n",
	    CAPS_AUTH | CAPS_STARTTLS | CAPS_8BITMIME, LOGIN | PLAIN | XOAUTH2,
	    0 },
	{ "126, 2020: trailing blank",
	    "250-mail\r\n250-PIPELINING\r\n250 AUTH LOGIN PLAIN \r\n",
	    CAPS_AUTH | CAPS_PIPELINING, LOGIN | PLAIN, 0 },
	{ "QQ",
	    "250-newxmesmtp\r\n250-PIPELINING\r\n250-SIZE 73400320\r\n"
	    "250-AUTH LOGIN PLAIN XOAUTH XOAUTH2\r\n250-AUTH=LOGIN\r\n"
	    "250-MAILCOMPRESS\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n",
	    CAPS_AUTH | CAPS_PIPELINING | CAPS_SIZE | CAPS_8BITMIME |
		CAPS_SMTPUTF8,
	    LOGIN | PLAIN | XOAUTH2, 73400320 },
	{ "old form alone", "250-x\r\n250 AUTH=LOGIN PLAIN\r\n", CAPS_AUTH,
	    LOGIN | PLAIN, 0 },
	{ "any case", "250-x\r\n250-auth login\r\n250 Size 10\r\n",
	    CAPS_AUTH | CAPS_SIZE, LOGIN, 10 },
	{ "no mechanism", "250-x\r\n250 AUTH\r\n", CAPS_AUTH, 0, 0 },
	{ "unknown ones", "250-x\r\n250 AUTH XLOGIN PLAINER PLAI\r\n",
	    CAPS_AUTH, 0, 0 },
	{ "all of them",
	    "250-x\r\n250 AUTH CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS "
	    "SCRAM-SHA-256 scram-sha-256-plus XOAUTH2 OAUTHBEARER EXTERNAL "
	    "LOGIN PLAIN\r\n",
	    CAPS_AUTH, 0x3ff, 0 },
	{ "DSN", "250-x\r\n250 DSN\r\n", CAPS_DSN, 0, 0 },
	{ "part of a word", "250-x\r\n250-XPIPELINING\r\n250 SIZEX 5\r\n", 0, 0,
	    0 },
	{ "SIZE alone", "250-x\r\n250 SIZE\r\n", CAPS_SIZE, 0, 0 },
	{ "SIZE 0", "250-x\r\n250 SIZE 0\r\n", CAPS_SIZE, 0, 0 },
	{ "SIZE -1", "250-x\r\n250 SIZE -1\r\n", CAPS_SIZE, 0, 0 },
	{ "SIZE 12x", "250-x\r\n250 SIZE 12x\r\n", CAPS_SIZE, 0, 0 },
	{ "SIZE, the largest", "250-x\r\n250 SIZE 18446744073709551615\r\n",
	    CAPS_SIZE, 0, UINT64_MAX },
	{ "SIZE, too large", "250-x\r\n250 SIZE 18446744073709551616\r\n",
	    CAPS_SIZE, 0, 0 },
	{ "SIZE, far too large", "250-x\r\n250 SIZE 99999999999999999999\r\n",
	    CAPS_SIZE, 0, 0 },
	{ "the rest",
	    "250-x\r\n250-chunking\r\n250-SMTPUTF8\r\n250 RequireTLS\r\n",
	    CAPS_CHUNKING | CAPS_SMTPUTF8 | CAPS_REQUIRETLS, 0, 0 },
	{ "empty lines", "250-x\r\n250-\r\n250\r\n", 0, 0, 0 },
	{ "signs alone", "250-x\r\n250-=\r\n250 ==AUTH\r\n", CAPS_AUTH, 0, 0 },
};

static void
parse(struct caps *caps, const char *in)
{
	struct result res;
	struct reply r;
	size_t used;

	memset(caps, 0xff, sizeof *caps);
	reply_init(&r);
	assert_int_equal(
	    reply_push(&r, in, strlen(in), &used, &res), REPLY_DONE);
	caps_parse(caps, &r);
	reply_clear(&r);
}

static void
test_parse(void **state)
{
	struct caps caps;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("%s\n", cases[i].name);
		parse(&caps, cases[i].in);
		assert_int_equal(caps.flags, cases[i].flags);
		assert_int_equal(caps.mechanisms, cases[i].mechanisms);
		assert_true(caps.size == cases[i].size);
		assert_true(caps.mail_max == 0 && caps.rcpt_max == 0);
	}
}

/* What is malformed, or not known, is not there. */
static void
test_limits(void **state)
{
	static const struct {
		const char *limits;
		uint64_t mail_max, rcpt_max;
	} limits[] = {
		{ "LIMITS MAILMAX=20 RCPTMAX=100 RCPTDOMAINMAX=1", 20, 100 },
		{ "limits  rcptmax=999999", 0, 999999 },
		{ "Limits MailMax=1", 1, 0 },
		{ "LIMITS", 0, 0 },
		{ "LIMITS MAILMAX RCPTMAX", 0, 0 },
		{ "LIMITS MAILMAX= RCPTMAX=", 0, 0 },
		{ "LIMITS MAILMAX=0 RCPTMAX=07", 0, 0 },
		{ "LIMITS MAILMAX=1000000 RCPTMAX=18446744073709551617", 0, 0 },
		{ "LIMITS MAILMAX=-1 RCPTMAX=+1", 0, 0 },
		{ "LIMITS MAILMAX=5x RCPTMAX=0x5", 0, 0 },
		{ "LIMITS MAILMAX==5 RCPTMAX=5=", 0, 0 },
		{ "LIMITS XMAILMAX=5 RCPTMA=5 =5", 0, 0 },
		{ "LIMITS MAILMAX=3 MAILMAX=x RCPTMAX=y RCPTMAX=7", 3, 7 },
		{ "XLIMITS MAILMAX=20", 0, 0 },
	};
	struct caps caps;
	char in[128];

	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		snprintf(
		    in, sizeof in, "250-x\r\n250 %s\r\n", limits[i].limits);
		print_message("%s\n", limits[i].limits);
		parse(&caps, in);
		assert_true(caps.mail_max == limits[i].mail_max);
		assert_true(caps.rcpt_max == limits[i].rcpt_max);
	}
}

/* A list as long as a reply may be. */
static void
test_huge(void **state)
{
	struct result res;
	struct caps caps;
	struct reply r;
	struct buf in;
	size_t used;

	(void)state;
	buf_init(&in, 65536);
	buf_puts(&in, "250-x\r\n250 AUTH");
	while (in.len < REPLY_LINE_MAX - 20)
		buf_puts(&in, " MECHANISM");
	buf_puts(&in, " PLAIN\r\n");
	reply_init(&r);
	assert_int_equal(
	    reply_push(&r, in.data, in.len, &used, &res), REPLY_DONE);
	caps_parse(&caps, &r);
	assert_int_equal(caps.mechanisms, PLAIN);
	reply_clear(&r);
	buf_free(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
