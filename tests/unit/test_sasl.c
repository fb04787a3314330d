#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "smtp/caps.h"
#include "smtp/sasl.h"

#define LOGIN CAPS_AUTH_LOGIN
#define PLAIN CAPS_AUTH_PLAIN
#define COUNT(table) (sizeof table / sizeof *table)

static const struct tls_binding none = { .type = "" },
				exporter = { "tls-exporter",
					{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
					    12, 13, 14, 15, 16, 17, 18, 19, 20,
					    21, 22, 23, 24, 25, 26, 27, 28, 29,
					    30, 31 },
					32 };

#define CLEAR NULL
#define TLS &none
#define BOUND &exporter
#define MD5 CAPS_AUTH_CRAM_MD5
#define SHA1 CAPS_AUTH_SCRAM_SHA_1
#define SHA1_PLUS CAPS_AUTH_SCRAM_SHA_1_PLUS
#define SHA256 CAPS_AUTH_SCRAM_SHA_256
#define SHA256_PLUS CAPS_AUTH_SCRAM_SHA_256_PLUS
#define TOKENS (CAPS_AUTH_XOAUTH2 | CAPS_AUTH_OAUTHBEARER)
#define EXTERNAL CAPS_AUTH_EXTERNAL
#define ALL 0x3ff

static const struct {
	enum sasl_want want;
	unsigned offered;
	const struct tls_binding *binding;
	const char *name; /* NULL: refused */
	char gs2; /* 0: of no interest */
} choices[] = {
	{ SASL_AUTO, LOGIN | PLAIN, CLEAR, "PLAIN", 0 },
	{ SASL_AUTO, LOGIN, CLEAR, "LOGIN", 0 },
	{ SASL_AUTO, PLAIN, CLEAR, "PLAIN", 0 },
	{ SASL_LOGIN, LOGIN | PLAIN, CLEAR, "LOGIN", 0 },
	{ SASL_PLAIN, LOGIN | PLAIN, CLEAR, "PLAIN", 0 },
	{ SASL_LOGIN, PLAIN, CLEAR, NULL, 0 },
	{ SASL_PLAIN, LOGIN, CLEAR, NULL, 0 },
	/* the strongest */
	{ SASL_AUTO, ALL, BOUND, "SCRAM-SHA-256-PLUS", 'p' },
	{ SASL_AUTO, ALL, TLS, "SCRAM-SHA-256", 'n' },
	{ SASL_AUTO, ALL, CLEAR, "SCRAM-SHA-256", 'n' },
	{ SASL_AUTO, ALL & ~SHA256_PLUS, BOUND, "SCRAM-SHA-256", 'n' },
	{ SASL_AUTO, SHA256 | SHA1 | PLAIN, BOUND, "SCRAM-SHA-256", 'y' },
	{ SASL_AUTO, SHA1_PLUS | SHA1, BOUND, "SCRAM-SHA-1-PLUS", 'p' },
	{ SASL_AUTO, SHA1_PLUS | PLAIN, TLS, "PLAIN", 0 },
	{ SASL_AUTO, SHA1 | PLAIN, TLS, "SCRAM-SHA-1", 'n' },
	{ SASL_AUTO, LOGIN | PLAIN | MD5, TLS, "PLAIN", 0 },
	{ SASL_AUTO, LOGIN | MD5, TLS, "LOGIN", 0 },
	{ SASL_AUTO, LOGIN | PLAIN | MD5, CLEAR, "CRAM-MD5", 0 },
	{ SASL_AUTO, MD5 | TOKENS | EXTERNAL, TLS, "CRAM-MD5", 0 },
	{ SASL_AUTO, TOKENS | EXTERNAL, TLS, NULL, 0 },
	/* what is wanted */
	{ SASL_SCRAM_SHA_1, ALL, BOUND, "SCRAM-SHA-1-PLUS", 'p' },
	{ SASL_SCRAM_SHA_1, ALL, TLS, "SCRAM-SHA-1", 'n' },
	{ SASL_SCRAM_SHA_256, SHA256, BOUND, "SCRAM-SHA-256", 'y' },
	{ SASL_SCRAM_SHA_256, SHA1, TLS, NULL, 0 },
	{ SASL_SCRAM_SHA_256, SHA256_PLUS, CLEAR, NULL, 0 },
	{ SASL_CRAM_MD5, ALL, TLS, "CRAM-MD5", 0 },
	{ SASL_XOAUTH2, ALL, TLS, "XOAUTH2", 0 },
	{ SASL_OAUTHBEARER, ALL, TLS, "OAUTHBEARER", 0 },
	{ SASL_EXTERNAL, ALL, TLS, "EXTERNAL", 0 },
	{ SASL_XOAUTH2, PLAIN, TLS, NULL, 0 },
	/* after HELO */
	{ SASL_AUTO, 0, BOUND, "LOGIN", 0 },
	{ SASL_LOGIN, 0, CLEAR, "LOGIN", 0 },
	{ SASL_PLAIN, 0, CLEAR, "PLAIN", 0 },
	{ SASL_SCRAM_SHA_256, 0, BOUND, "SCRAM-SHA-256", 'n' },
};

/* The text names what is wanted, and each that is offered. */
static void
check_refused(unsigned offered, const struct result *res)
{
	assert_int_equal(res->kind, RESULT_AUTH_METHOD);
	assert_non_null(strstr(res->text, " is wanted, offered is: "));
	for (unsigned bit = 1; bit < ALL; bit <<= 1)
		if ((offered & bit) != 0)
			assert_non_null(
			    strstr(res->text, caps_mechanism_name(bit)));
}

/* What was good enough before is the least that is taken, where nothing is
 * wanted. */
static void
test_downgrade(void **state)
{
	static const struct {
		enum sasl_grade least;
		enum sasl_want want;
		unsigned offered;
		const struct tls_binding *binding;
		enum result_kind kind;
	} cases[] = {
		{ SASL_GRADE_NONE, SASL_AUTO, PLAIN, TLS, RESULT_OK },
		{ SASL_GRADE_MUTUAL, SASL_AUTO, SHA1 | PLAIN, TLS, RESULT_OK },
		{ SASL_GRADE_MUTUAL, SASL_AUTO, SHA1_PLUS, BOUND, RESULT_OK },
		{ SASL_GRADE_MUTUAL, SASL_AUTO, PLAIN | LOGIN | MD5, TLS,
		    RESULT_DOWNGRADE },
		{ SASL_GRADE_MUTUAL, SASL_AUTO, 0, TLS, RESULT_DOWNGRADE },
		{ SASL_GRADE_MUTUAL, SASL_AUTO, EXTERNAL, TLS,
		    RESULT_AUTH_METHOD },
		{ SASL_GRADE_BOUND, SASL_AUTO, SHA256 | SHA1, BOUND,
		    RESULT_DOWNGRADE },
		{ SASL_GRADE_BOUND, SASL_AUTO, SHA1_PLUS, BOUND, RESULT_OK },
		{ SASL_GRADE_BOUND, SASL_PLAIN, PLAIN, TLS, RESULT_OK },
	};
	struct result res;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sasl s = { .binding = cases[i].binding,
			.least = cases[i].least };

		result_ok(&res);
		(void)!sasl_choose(&s, cases[i].want, cases[i].offered, &res);
		if (res.kind != cases[i].kind)
			fail_msg("%zu: %s", i, res.text);
	}
}

static void
test_choose(void **state)
{
	struct result res;

	(void)state;
	for (size_t i = 0; i < COUNT(choices); i++) {
		struct sasl s = { .binding = choices[i].binding };
		int rc = sasl_choose(
		    &s, choices[i].want, choices[i].offered, &res);

		if (choices[i].name == NULL) {
			assert_int_equal(rc, -1);
			check_refused(choices[i].offered, &res);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(sasl_name(&s), choices[i].name);
		if (choices[i].gs2 != 0)
			assert_int_equal(s.gs2, choices[i].gs2);
	}
}

/* Who logs in, in the examples of the RFCs. */
static const struct sasl plain = { .user = "tim",
	.password = "tanstaaftanstaaf" },
			 latin = { .user = "a@b", .password = "s3cret; \xe9" },
			 sha1 = { .user = "user",
				 .password = "pencil",
				 .nonce = "fyko+d2lbbFgONRv9qkxdawL" },
			 sha256 = { .user = "user",
				 .password = "pencil",
				 .nonce = "rOprNGfwEbeRWgbNEkqO" },
			 bound = { .user = "user",
				 .password = "pencil",
				 .nonce = "fyko+d2lbbFgONRv9qkxdawL",
				 .binding = &exporter },
			 odd = { .user = "a,b=c",
				 .password = "p\xc3\xa4ss",
				 .nonce = "fyko+d2lbbFgONRv9qkxdawL",
				 .binding = &exporter },
			 google = { .user = "someuser@example.com",
				 .password = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhd"
					     "mlzdGEuY29tCg" },
			 bearer = { .user = "user@example.com",
				 .password = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzd"
					     "GEuY29tCg==",
				 .host = "server.example.com",
				 .port = 143 };

#define SHA1_NONCE "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j"
#define SHA1_FIRST SHA1_NONCE ",s=QSXCR+Q6sek8bf92,i=4096"
#define SHA256_NONCE "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define EXPORTED \
	"c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,"
#define ERROR_7628 \
	"{\"status\":\"invalid_token\",\"scope\":\"example_scope\"," \
	"\"openid-configuration\":\"https://example.com/.well-known/" \
	"openid-configuration\"}"

/* Exchanges as they should be, not in base64. */
static const struct exchange {
	const struct sasl *who;
	enum sasl_want want;
	unsigned offered;
	const char *initial; /* NULL: none */
	struct {
		const char *in, *out;
	} turns[2];
	const char *words;
} exchanges[] = {
	/* RFC 2195 section 2 */
	{ &plain, SASL_CRAM_MD5, MD5, NULL,
	    { { "<1896.697170952@postoffice.reston.mci.net>",
		"tim b913a602c7eda7a495b4e6e7334d3890" } },
	    "" },
	/* RFC 5802 section 5 */
	{ &sha1, SASL_SCRAM_SHA_1, SHA1, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
	    { { SHA1_FIRST,
		  "c=biws," SHA1_NONCE ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=" },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", "" } },
	    "" },
	/* RFC 7677 section 3 */
	{ &sha256, SASL_SCRAM_SHA_256, SHA256,
	    "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
	    { { SHA256_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		  "c=biws," SHA256_NONCE
		  ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=" },
		{ "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "" } },
	    "" },
	{ &bound, SASL_SCRAM_SHA_256, SHA256_PLUS,
	    "p=tls-exporter,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
	    { { SHA1_FIRST,
		  EXPORTED SHA1_NONCE
		  ",p=D2/elnCpWN5vzfsupEyIK53QUqQZA7VoJLvCOkoiEBw=" },
		{ "v=/x9512I1emNk+1VDcdC2VMj4vnhDWtaJHavjWnKxnkM=", "" } },
	    "" },
	{ &bound, SASL_SCRAM_SHA_1, ALL,
	    "p=tls-exporter,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
	    { { SHA1_FIRST,
		  EXPORTED SHA1_NONCE ",p=i0z2xFi+ITaJvbLXpcWyruGx26U=" },
		{ "v=YgmPUhdXTCPY9I7+PKzEdnp1cdo=,x=more", "" } },
	    "" },
	/* a name with signs, a password that is not ASCII, one iteration, an
	 * extension */
	{ &odd, SASL_SCRAM_SHA_256, SHA256,
	    "y,,n=a=2Cb=3Dc,r=fyko+d2lbbFgONRv9qkxdawL",
	    { { "r=fyko+d2lbbFgONRv9qkxdawLx,s=QQ==,i=1,x=ext",
		  "c=eSws,r=fyko+d2lbbFgONRv9qkxdawLx,"
		  "p=1JtemphBOBqRuntegNi16XCwj5lpdckX6yE3S28gYLI=" },
		{ "v=apALefsiTIGPFaf/hvgI0DLlJO8bqeGj7raOprUvnc0=", "" } },
	    "" },
	{ &google, SASL_XOAUTH2, ALL,
	    "user=someuser@example.com\1auth=Bearer "
	    "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\1\1",
	    { { "{\"status\":\"401\"}", "" } }, "{\"status\":\"401\"}" },
	/* RFC 7628 section 4 */
	{ &bearer, SASL_OAUTHBEARER, ALL,
	    "n,a=user@example.com,\1host=server.example.com\1port=143\1"
	    "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1",
	    { { ERROR_7628, "\1" } }, ERROR_7628 },
	{ &google, SASL_EXTERNAL, ALL, "someuser@example.com",
	    { { NULL, NULL } }, "" },
	/* whatever it asks */
	{ &latin, SASL_LOGIN, LOGIN, NULL,
	    { { "Password:", "a@b" }, { "Username:", "s3cret; \xe9" } }, "" },
};

static struct sasl
make(const struct sasl *who, enum sasl_want want, unsigned offered)
{
	struct sasl s = *who;
	struct result res;

	s.password_len = strlen(s.password);
	assert_int_equal(sasl_choose(&s, want, offered, &res), 0);
	return s;
}

/* Asserts that `text` is `want` in base64. */
static void
check_base64(const char *text, const char *want)
{
	char base64[1024];

	EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)want,
	    (int)strlen(want));
	assert_string_equal(text, base64);
}

/* Gives it a challenge as it is. */
static enum sasl_turn
ask(struct sasl *s, const char *text, struct buf *out, struct result *res)
{
	buf_reset(out);
	return sasl_answer(s, text, strlen(text), out, res);
}

/* Gives it one that is put in base64 first. */
static enum sasl_turn
tell(struct sasl *s, const char *text, struct buf *out, struct result *res)
{
	char base64[1024];

	EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)text,
	    (int)strlen(text));
	return ask(s, base64, out, res);
}

static void
start(struct sasl *s, const char *initial, struct buf *out)
{
	size_t secret;

	buf_reset(out);
	sasl_start(s, out, &secret);
	assert_memory_equal(out->data, sasl_name(s), strlen(sasl_name(s)));
	if (initial == NULL) {
		assert_int_equal(secret, out->len);
		assert_int_equal(out->len, strlen(sasl_name(s)));
		return;
	}
	assert_int_equal(secret, strlen(sasl_name(s)) + 1);
	check_base64(out->data + secret, initial);
}

static void
exchange(const struct exchange *e, struct buf *out)
{
	struct sasl s = make(e->who, e->want, e->offered);
	struct result res;

	start(&s, e->initial, out);
	for (size_t i = 0; i < COUNT(e->turns) && e->turns[i].in != NULL; i++) {
		assert_int_equal(
		    sasl_is_proven(&s), sasl_grade(&s) == SASL_GRADE_NONE);
		assert_int_equal(
		    tell(&s, e->turns[i].in, out, &res), SASL_ANSWERED);
		check_base64(out->data, e->turns[i].out);
	}
	assert_true(sasl_is_proven(&s));
	assert_memory_equal(s.words, e->words,
	    strlen(e->words) < SASL_WORDS_MAX ? strlen(e->words) + 1 : 100);
	assert_int_equal(tell(&s, "more", out, &res), SASL_SILENT);
	assert_int_equal(tell(&s, "more", out, &res), SASL_SILENT);
	assert_int_equal(out->len, 0);
}

static void
test_exchanges(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < COUNT(exchanges); i++) {
		print_message(
		    "%s\n", exchanges[i].initial ? exchanges[i].initial : "-");
		exchange(&exchanges[i], &out);
	}
	assert_false(buf_failed(&out));
	buf_free(&out);
}

/* What a server can say wrong, not in base64. */
static const char *const bad_firsts[] = { "", "r", "r=", ",", "=", SHA1_NONCE,
	SHA1_NONCE ",s=QQ==", SHA1_NONCE ",i=4096",
	SHA1_NONCE ",s=QQ==,i=", "m=x," SHA1_FIRST, SHA1_FIRST ",",
	SHA1_FIRST ",x", SHA1_FIRST ",1=x", SHA1_FIRST ",,",
	"i=4096,s=QQ==," SHA1_NONCE, "n,," SHA1_FIRST,
	/* the nonce: ours alone, another, with signs */
	"r=fyko+d2lbbFgONRv9qkxdawL,s=QQ==,i=1",
	"r=fyko+d2lbbFgONRv9qkxdaw,s=QQ==,i=1",
	"r=gyko+d2lbbFgONRv9qkxdawLx,s=QQ==,i=1", SHA1_NONCE "\x7f,s=QQ==,i=1",
	SHA1_NONCE " ,s=QQ==,i=1", SHA1_NONCE "\xe9,s=QQ==,i=1",
	/* the salt */
	SHA1_NONCE ",s=,i=1", SHA1_NONCE ",s=Q,i=1", SHA1_NONCE ",s=QQ=,i=1",
	SHA1_NONCE ",s=QQ==QQ==,i=1", SHA1_NONCE ",s=Q===,i=1",
	SHA1_NONCE ",s=====,i=1", SHA1_NONCE ",s=Q*==,i=1",
	SHA1_NONCE ",s= QQ=,i=1", SHA1_NONCE ",s=QQ==\n,i=1",
	/* the iterations */
	SHA1_NONCE ",s=QQ==,i=0", SHA1_NONCE ",s=QQ==,i=01",
	SHA1_NONCE ",s=QQ==,i=-1", SHA1_NONCE ",s=QQ==,i=+1",
	SHA1_NONCE ",s=QQ==,i=1x", SHA1_NONCE ",s=QQ==,i= 1",
	SHA1_NONCE ",s=QQ==,i=1000001", SHA1_NONCE ",s=QQ==,i=9999999",
	SHA1_NONCE ",s=QQ==,i=10000000",
	SHA1_NONCE ",s=QQ==,i=99999999999999999999" };

static const char *const bad_finals[] = { "", "v", "v=", "=", "e",
	"v=rmF9pqV8S7suAoZWja4dJRkFsKQ", "v=smF9pqV8S7suAoZWja4dJRkFsKQ=",
	"rmF9pqV8S7suAoZWja4dJRkFsKQ=", "v=rmF9pqV8S7suAoZWja4dJRkF",
	"V=rmF9pqV8S7suAoZWja4dJRkFsKQ=", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,",
	"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,1=x",
	"x=y,v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
	"v=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=" };

/* What is not base64. */
static const char *const not_base64[] = { "x", "xx", "xxx", "xxxxx", "=",
	"====", "x===", "xx=x", "xx==xxxx", "xx x", " xxxx", "xx*x", "\xe9xxx",
	"-_xx" };

/* One that has got to the step before the challenge. */
static struct sasl
reach(unsigned turns, struct buf *out)
{
	struct sasl s = make(&sha1, SASL_SCRAM_SHA_1, SHA1);
	struct result res;

	start(&s, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", out);
	if (turns > 0)
		assert_int_equal(
		    tell(&s, SHA1_FIRST, out, &res), SASL_ANSWERED);
	return s;
}

static void
breaks(unsigned turns, const char *text,
    enum sasl_turn (*say)(
	struct sasl *, const char *, struct buf *, struct result *))
{
	struct result res;
	struct sasl s;
	struct buf out;

	buf_init(&out, 4096);
	s = reach(turns, &out);
	if (say(&s, text, &out, &res) != SASL_BROKEN)
		fail_msg("taken: %s", text);
	assert_int_equal(res.kind, RESULT_PROTOCOL);
	assert_int_equal(out.len, 0);
	assert_false(sasl_is_proven(&s));
	buf_free(&out);
}

static void
test_scram_wrong(void **state)
{
	static const char last[] = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=";
	char part[sizeof last];

	(void)state;
	for (size_t i = 0; i < COUNT(bad_firsts); i++)
		breaks(0, bad_firsts[i], tell);
	for (size_t i = 0; i < COUNT(bad_finals); i++)
		breaks(1, bad_finals[i], tell);
	for (size_t i = 0; i < COUNT(not_base64); i++) {
		breaks(0, not_base64[i], ask);
		breaks(1, not_base64[i], ask);
	}
	for (size_t i = 0; i + 1 < sizeof last; i++) {
		memcpy(part, last, sizeof last);
		part[i] = '\0';
		breaks(1, part, tell);
		part[i] = last[i] == 'A' ? 'B' : 'A';
		breaks(1, part, tell);
	}
}

/* Too long a nonce, and too long a salt. */
static void
test_scram_long(void **state)
{
	char text[1000];

	(void)state;
	snprintf(text, sizeof text, "%s%0500d,s=QQ==,i=1", SHA1_NONCE, 0);
	breaks(0, text, tell);
	snprintf(text, sizeof text, "%s,s=%0344d,i=1", SHA1_NONCE, 0);
	breaks(0, text, tell);
}

/* The server's own error is heard out, and is no proof. */
static void
test_scram_error(void **state)
{
	struct result res;
	struct sasl s;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	s = reach(1, &out);
	assert_int_equal(
	    tell(&s, "e=invalid-proof", &out, &res), SASL_ANSWERED);
	assert_int_equal(out.len, 0);
	assert_string_equal(s.words, "invalid-proof");
	assert_false(sasl_is_proven(&s));
	buf_free(&out);
}

static void
test_cram_wrong(void **state)
{
	struct result res;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i <= COUNT(not_base64); i++) {
		struct sasl s = make(&plain, SASL_CRAM_MD5, MD5);

		start(&s, NULL, &out);
		assert_int_equal(
		    ask(&s, i < COUNT(not_base64) ? not_base64[i] : "", &out,
			&res),
		    SASL_BROKEN);
		assert_int_equal(res.kind, RESULT_PROTOCOL);
		assert_int_equal(out.len, 0);
	}
	buf_free(&out);
}

/* An error of OAuth that cannot be read is answered all the same. */
static void
test_token_error(void **state)
{
	struct result res;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < COUNT(not_base64); i++) {
		struct sasl s = make(&bearer, SASL_OAUTHBEARER, ALL);
		size_t secret;

		sasl_start(&s, &out, &secret);
		assert_int_equal(
		    ask(&s, not_base64[i], &out, &res), SASL_ANSWERED);
		assert_string_equal(out.data, "AQ==");
		assert_string_equal(s.words, "");
	}
	buf_free(&out);
}

static void
test_plain(void **state)
{
	struct sasl s = make(&plain, SASL_PLAIN, PLAIN);
	struct result res;
	struct buf out;
	size_t secret;

	(void)state;
	buf_init(&out, 4096);
	sasl_start(&s, &out, &secret);
	/* the example of RFC 4616 section 4 */
	assert_string_equal(out.data, "PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
	assert_int_equal(secret, strlen("PLAIN "));
	assert_int_equal(ask(&s, "", &out, &res), SASL_SILENT);
	buf_free(&out);
}

/* An empty response is said so. */
static void
test_empty(void **state)
{
	static const struct sasl nobody = { .user = "", .password = "" };
	struct sasl s = make(&nobody, SASL_EXTERNAL, ALL);
	struct buf out;
	size_t secret;

	(void)state;
	buf_init(&out, 4096);
	sasl_start(&s, &out, &secret);
	assert_string_equal(out.data, "EXTERNAL =");
	buf_free(&out);
}

/* Where the command would be too long the response has a line of its own. */
static void
test_plain_long(void **state)
{
	char password[4096 + 1];
	const struct sasl who = { .user = "user", .password = password };
	struct result res;
	struct sasl s;
	struct buf out;
	size_t secret, n, steps = 0;

	(void)state;
	buf_init(&out, 65536);
	for (n = 300; n < sizeof password; n += n < 400 ? 1 : 500) {
		memset(password, 'p', n);
		password[n] = '\0';
		s = make(&who, SASL_PLAIN, PLAIN);
		buf_reset(&out);
		sasl_start(&s, &out, &secret);
		assert_true(strlen("AUTH ") + out.len + 2 <= 512);
		if (secret < out.len)
			continue;
		assert_string_equal(out.data, "PLAIN");
		assert_int_equal(ask(&s, "", &out, &res), SASL_ANSWERED);
		assert_int_equal(out.len, (1 + 4 + 1 + n + 2) / 3 * 4);
		assert_int_equal(ask(&s, "", &out, &res), SASL_SILENT);
		steps++;
	}
	assert_true(steps > 0);
	assert_false(buf_failed(&out));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_downgrade),
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_scram_wrong),
		cmocka_unit_test(test_scram_long),
		cmocka_unit_test(test_scram_error),
		cmocka_unit_test(test_cram_wrong),
		cmocka_unit_test(test_token_error),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_plain_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
