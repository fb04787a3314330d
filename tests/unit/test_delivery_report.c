#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mail/delivery_report.h"
#include "mail/lines.h"

#define BOUNDARY "=_bound"

static const char header[] = "From: Me <me@example.com>\r\n"
			     "Subject: Hello\r\n"
			     "Message-ID:\r\n <1@example.com>\r\n";

/* What the callbacks are given. */
struct want {
	size_t skipped; /* recipient that is not reported */
	const char *advice;
};

static const struct want all = { SIZE_MAX, "" };

static bool
is_reported(size_t rcpt, const void *arg)
{
	const struct want *want = arg;

	return rcpt != want->skipped;
}

static void
advise(const struct result *res, struct buf *out, const void *arg)
{
	const struct want *want = arg;

	assert_int_not_equal(res->kind, RESULT_OK);
	if (strstr(out->data, want->advice) == NULL)
		buf_puts(out, want->advice);
}

static struct delivery_report
make_report(void)
{
	return (struct delivery_report){ .from = "me@example.com",
		.to = "you@example.com",
		.date = "Sun, 22 Nov 2026 20:43:29 +0800",
		.id = "<id@host.example>",
		.boundary = BOUNDARY,
		.reporting_mta = "host.example",
		.queue_id = "ABC234",
		.arrived = "Sun, 22 Nov 2026 20:40:00 +0800",
		.relay = "smtp.163.com[192.0.2.1]:465",
		.header = header,
		.header_len = sizeof header - 1,
		.kept = true };
}

/* A result whose text is what it is, not what result_fail makes of it. */
static struct result
make_result(
    enum result_kind kind, int reply, const char *status, const char *text)
{
	struct result res = { .text = "" };

	(void)result_fail(&res, kind, "x");
	res.reply = reply;
	strlcpy(res.status, status, sizeof res.status);
	strlcpy(res.text, text, sizeof res.text);
	return res;
}

static void
add(struct envelope *env, const char *address, const char *asked,
    enum rcpt_state state, const struct result *why)
{
	struct result res;

	assert_int_equal(envelope_add(env, address, asked, &res), 0);
	envelope_settle(env, env->count - 1, state, why);
}

/* Clean lines of ASCII, a boundary before each part and at the end, and
 * nowhere else. */
static void
assert_clean(const struct buf *out, uint64_t header_size)
{
	size_t column = 0, boundaries = 0;

	for (size_t i = 0; i < out->len; i++) {
		char c = out->data[i];

		if (column == 0 &&
		    strncmp(
			out->data + i, "--" BOUNDARY, sizeof BOUNDARY + 1) == 0)
			boundaries++;
		if (c == '\r') {
			assert_int_equal(out->data[i + 1], '\n');
			i++;
			column = 0;
		} else {
			assert_true((c >= ' ' && c <= '~') || c == '\t');
			assert_true(++column <= LINES_MAX);
		}
	}
	assert_int_equal(column, 0);
	assert_int_equal(boundaries, 4);
	assert_int_equal(
	    strstr(out->data, "\r\n\r\n") + 4 - out->data, header_size);
}

/* Writes it and looks at its form. */
static void
write_report(const struct delivery_report *r, const struct envelope *env,
    const struct want *want, struct buf *out)
{
	uint64_t header_size;
	struct result res;

	buf_init(out, DELIVERY_REPORT_MAX);
	assert_int_equal(delivery_report_write(r, env, is_reported, advise,
			     want, out, &header_size, &res),
	    0);
	assert_clean(out, header_size);
}

static void
assert_has(const struct buf *out, const char *text)
{
	if (strstr(out->data, text) == NULL)
		fail_msg("no %s in:\n%s", text, out->data);
}

static void
assert_has_not(const struct buf *out, const char *text)
{
	if (strstr(out->data, text) != NULL)
		fail_msg("%s in:\n%s", text, out->data);
}

static const char whole[] =
    "Date: Sun, 22 Nov 2026 20:43:29 +0800\r\n"
    "From: Mail Delivery System <me@example.com>\r\n"
    "To: <you@example.com>\r\n"
    "Subject: Mail not delivered to 3 recipients\r\n"
    "Message-ID: <id@host.example>\r\n"
    "In-Reply-To: <1@example.com>\r\n"
    "References: <1@example.com>\r\n"
    "Auto-Submitted: auto-replied\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
    " boundary=\"=_bound\"\r\n"
    "\r\n"
    "--=_bound\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "\r\n"
    "This is the mail system of host.example.\r\n"
    "\r\n"
    "Your mail of Sun, 22 Nov 2026 20:40:00 +0800\r\n"
    "was not delivered to:\r\n"
    "\r\n"
    "  a@example.com\r\n"
    "  b@example.com (for root)\r\n"
    "      smtp.163.com refused it: 550 User not found\r\n"
    "\r\n"
    "  c@example.com\r\n"
    "      no connection for five days\r\n"
    "\r\n"
    "What to do about it:\r\n"
    "\r\n"
    "  Look at the address.\r\n"
    "\r\n"
    "The mail was kept.  To send it after all, once the cause is gone, "
    "run this on\r\n"
    "host.example:\r\n"
    "\r\n"
    "  outpost queue release ABC234\r\n"
    "\r\n"
    "Its header is attached.\r\n"
    "\r\n"
    "--=_bound\r\n"
    "Content-Type: message/delivery-status\r\n"
    "\r\n"
    "Original-Envelope-Id: QQ=1\r\n"
    "Reporting-MTA: dns; host.example\r\n"
    "Arrival-Date: Sun, 22 Nov 2026 20:40:00 +0800\r\n"
    "X-Outpost-Queue-ID: ABC234\r\n"
    "\r\n"
    "Final-Recipient: rfc822; a@example.com\r\n"
    "Action: failed\r\n"
    "Status: 5.1.1\r\n"
    "Remote-MTA: dns; smtp.163.com\r\n"
    "Diagnostic-Code: smtp; 550 User not found\r\n"
    "\r\n"
    "Original-Recipient: rfc822; root\r\n"
    "Final-Recipient: rfc822; b@example.com\r\n"
    "Action: failed\r\n"
    "Status: 5.1.1\r\n"
    "Remote-MTA: dns; smtp.163.com\r\n"
    "Diagnostic-Code: smtp; 550 User not found\r\n"
    "\r\n"
    "Final-Recipient: rfc822; c@example.com\r\n"
    "Action: failed\r\n"
    "Status: 4.4.1\r\n"
    "Diagnostic-Code: X-Outpost; no connection for five days\r\n"
    "\r\n"
    "--=_bound\r\n"
    "Content-Type: text/rfc822-headers\r\n"
    "\r\n"
    "From: Me <me@example.com>\r\n"
    "Subject: Hello\r\n"
    "Message-ID:\r\n"
    " <1@example.com>\r\n"
    "\r\n"
    "--=_bound--\r\n";

static void
test_whole(void **state)
{
	struct result refused = make_result(RESULT_RECIPIENT, 550, "5.1.1",
	    "smtp.163.com refused it: 550 User not found");
	struct result expired = make_result(
	    RESULT_EXPIRED, 0, "4.4.1", "no connection for five days");
	const struct want want = { 4, "Look at the address.\n" };
	struct delivery_report r = make_report();
	struct envelope env;
	struct buf out;

	(void)state;
	envelope_init(&env);
	add(&env, "zero@example.com", NULL, RCPT_DELIVERED, NULL);
	add(&env, "a@example.com", NULL, RCPT_FAILED, &refused);
	add(&env, "later@example.com", NULL, RCPT_DEFERRED, &refused);
	add(&env, "b@example.com", "root", RCPT_FAILED, &refused);
	add(&env, "never@example.com", NULL, RCPT_FAILED, &refused);
	add(&env, "c@example.com", NULL, RCPT_FAILED, &expired);
	env.dsn.envid = strdup("QQ=1");
	write_report(&r, &env, &want, &out);
	assert_string_equal(out.data, whole);
	buf_free(&out);
	envelope_clear(&env);
}

/* One recipient with this result. */
static void
write_one(const struct delivery_report *r, const char *address,
    const struct result *why, const struct want *want, struct buf *out)
{
	struct envelope env;

	envelope_init(&env);
	add(&env, address, NULL, RCPT_FAILED, why);
	write_report(r, &env, want, out);
	envelope_clear(&env);
}

/* It comes after what is in `out`, and is not more than that allows. */
static void
test_room(void **state)
{
	struct result why = make_result(RESULT_REFUSED, 554, "5.7.1", "no");
	struct delivery_report r = make_report();
	struct envelope env;
	uint64_t header_size;
	struct result res;
	struct buf out, full;

	(void)state;
	write_one(&r, "a@example.com", &why, &all, &full);
	envelope_init(&env);
	add(&env, "a@example.com", NULL, RCPT_FAILED, &why);
	for (size_t max = 0; max < full.len + 3; max += 7) {
		buf_init(&out, max);
		assert_int_equal(delivery_report_write(&r, &env, is_reported,
				     advise, &all, &out, &header_size, &res),
		    max < full.len ? -1 : 0);
		if (max < full.len)
			assert_int_equal(res.kind, RESULT_DATA);
		buf_free(&out);
	}
	buf_init(&out, full.len + 3);
	buf_puts(&out, "abc");
	assert_int_equal(delivery_report_write(&r, &env, is_reported, advise,
			     &all, &out, &header_size, &res),
	    0);
	assert_string_equal(out.data + 3, full.data);
	assert_int_equal(
	    strstr(full.data, "\r\n\r\n") + 4 - full.data, header_size);
	buf_free(&out);
	buf_free(&full);
	envelope_clear(&env);
}

static void
test_status(void **state)
{
	static const struct {
		const char *status, *want;
	} cases[] = {
		{ "5.1.1", "5.1.1" },
		{ "4.4.7", "4.4.7" },
		{ "5.123.123", "5.123.123" },
		{ "5.1234.1", "5.0.0" },
		{ "5.1", "5.0.0" },
		{ "5..1", "5.0.0" },
		{ "5.1.", "5.0.0" },
		{ "5.1.1.", "5.0.0" },
		{ "2.0.0", "5.0.0" },
		{ "", "5.0.0" },
		{ "5", "5.0.0" },
		{ "5.1.1\r\nX:", "5.0.0" },
	};
	struct delivery_report r = make_report();
	char want[40];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct result why = make_result(
		    RESULT_REFUSED, 550, cases[i].status, "no");

		write_one(&r, "a@example.com", &why, &all, &out);
		snprintf(
		    want, sizeof want, "\r\nStatus: %s\r\n", cases[i].want);
		assert_has(&out, want);
		buf_free(&out);
	}
}

static void
test_relay(void **state)
{
	static const struct {
		const char *relay;
		int reply;
		const char *want;
	} cases[] = {
		{ "h.example[2001:db8::1]:465", 550, "dns; h.example" },
		{ "[::1][::1]:25", 550, "dns; [::1]" },
		{ "h.example:25", 550, "dns; h.example" },
		{ "h.example", 550, "dns; h.example" },
		{ "/run/a[b]:c", 550, "x-unix; /run/a[b]:c" },
		{ "h.example[192.0.2.1]:25", 0, NULL },
		{ "", 550, NULL },
	};
	struct delivery_report r = make_report();
	char want[60];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct result why = make_result(
		    RESULT_REFUSED, cases[i].reply, "5.0.0", "550 no");

		r.relay = cases[i].relay;
		write_one(&r, "a@example.com", &why, &all, &out);
		snprintf(want, sizeof want, "\r\nRemote-MTA: %s\r\n",
		    cases[i].want == NULL ? "" : cases[i].want);
		if (cases[i].want == NULL)
			assert_has_not(&out, "Remote-MTA");
		else
			assert_has(&out, want);
		buf_free(&out);
	}
}

static void
test_message_id(void **state)
{
	static const struct {
		const char *header, *want;
	} cases[] = {
		{ "", NULL },
		{ "Message-ID: <a@b>\r\n", "<a@b>" },
		{ "message-id:<a@b>\r\nTo: x\r\n", "<a@b>" },
		{ "Message-ID: <a@b>\r\nCut: of", "<a@b>" },
		{ "Message-ID: <a@b>", NULL },
		{ "Message-ID: <a@b> <c@d>\r\n", NULL },
		{ "Message-ID: <a@\303\251>\r\n", NULL },
		{ "Message-ID: a@b\r\n", NULL },
		{ "Message-ID: <>\r\n", NULL },
		{ "Message-ID: <a@b>\r\n\r\nno: header\r\n", "<a@b>" },
		{ "To: x\r\n\r\nMessage-ID: <a@b>\r\n", NULL },
	};
	struct result why = make_result(RESULT_REFUSED, 550, "5.0.0", "no");
	struct delivery_report r = make_report();
	char want[60];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		r.header = cases[i].header;
		r.header_len = strlen(r.header);
		write_one(&r, "a@example.com", &why, &all, &out);
		snprintf(want, sizeof want,
		    "\r\nIn-Reply-To: %s\r\nReferences: ",
		    cases[i].want == NULL ? "" : cases[i].want);
		if (cases[i].want == NULL)
			assert_has_not(&out, "In-Reply-To");
		else
			assert_has(&out, want);
		buf_free(&out);
	}
}

/* Texts that would be more than text. */
static const char *const hostile[] = {
	"550 no\r\nX-Evil: yes",
	"550 no\nX-Evil: yes",
	"550 no\rX-Evil: yes",
	"550 no\r\n\r\nX-Evil: yes",
	"550 no\r\n--" BOUNDARY "--\r\nX-Evil: yes",
	"--" BOUNDARY,
	"\n--" BOUNDARY "\n\nX-Evil: yes",
	"\303\251\344\270\255\360\237\230\200 \351\377",
	"a\033[31mb\001\177",
	"",
	" ",
	"  a  b  ",
	"=?utf-8?q?=0D=0AX-Evil:_yes?=",
	"%s%s%n",
};

static void
test_hostile(void **state)
{
	static const char report_text[] = "X-Evil";
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		const struct want want = { SIZE_MAX, hostile[i] };
		struct result why = make_result(
		    RESULT_REFUSED, (int)(i % 2) * 550, "5.0.0", hostile[i]);
		struct delivery_report r = make_report();
		const char *at;

		r.relay = r.to = r.from = r.queue_id = hostile[i];
		r.reporting_mta = r.arrived = r.date = r.id = hostile[i];
		write_one(&r, hostile[i], &why, &want, &out);
		/* the part for people may have lines of its own */
		at = strstr(out.data, "message/delivery-status");
		for (; (at = strstr(at, report_text)) != NULL; at++)
			assert_int_not_equal(at[-1], '\n');
		buf_free(&out);
	}
}

/* The same in the original header, which is shown as it is. */
static void
test_hostile_header(void **state)
{
	struct result why = make_result(RESULT_REFUSED, 550, "5.0.0", "no");
	struct delivery_report r = make_report();
	char text[100], *large;
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		snprintf(text, sizeof text, "%s\r\n", hostile[i]);
		r.header = text;
		r.header_len = strlen(text);
		write_one(&r, "a@example.com", &why, &all, &out);
		buf_free(&out);
	}
	/* one line of 10 kB, and a header without an end */
	assert_non_null(large = malloc(1000000));
	memset(large, 'a', 1000000);
	memcpy(large + 10000, "\r\n", 2);
	for (size_t i = 11000; i < 1000000; i += 1000)
		memcpy(large + i, "\r\n", 2);
	r.header = large;
	for (r.header_len = 9990; r.header_len < 10010; r.header_len++) {
		write_one(&r, "a@example.com", &why, &all, &out);
		buf_free(&out);
	}
	r.header_len = 1000000;
	write_one(&r, "a@example.com", &why, &all, &out);
	assert_true(out.len > 60000 && out.len < 80000);
	buf_free(&out);
	free(large);
}

static void
test_header_encoding(void **state)
{
	static const struct {
		const char *header, *want;
	} cases[] = {
		{ "Subject: a=b\r\n",
		    "-headers\r\n\r\nSubject: a=b\r\n\r\n--" },
		{ "Subject: \303\251\r\n",
		    "-headers\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		    "Subject: =C3=A9\r\n\r\n--" },
		{ "--=_bound\r\n",
		    "-headers\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		    "=2D-=3D_bound\r\n\r\n--" },
		{ "A: b\r\nC: d", "-headers\r\n\r\nA: b\r\n\r\n--" },
		{ "", "-headers\r\n\r\n\r\n--" },
	};
	struct result why = make_result(RESULT_REFUSED, 550, "5.0.0", "no");
	struct delivery_report r = make_report();
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		r.header = cases[i].header;
		r.header_len = strlen(r.header);
		write_one(&r, "a@example.com", &why, &all, &out);
		assert_has(&out, cases[i].want);
		buf_free(&out);
	}
}

/* Fields are folded between words, and words only where they must be. */
static void
test_folding(void **state)
{
	struct result why = make_result(RESULT_REFUSED, 0, "5.0.0",
	    "aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee "
	    "ffffffffff gggggggggg\303\251  hhhhhhhhhh");
	struct delivery_report r = make_report();
	struct buf out;

	(void)state;
	write_one(&r, "a@example.com", &why, &all, &out);
	assert_has(&out,
	    "\r\nDiagnostic-Code: X-Outpost; aaaaaaaaaa bbbbbbbbbb cccccccccc "
	    "dddddddddd\r\n eeeeeeeeee ffffffffff "
	    "gggggggggg\\xc3\\xa9\\x20\\x20hhhhhhhhhh\r\n");
	buf_free(&out);
	for (size_t i = 0; i < sizeof why.text - 1; i++)
		why.text[i] = '\351';
	write_one(&r, "a@example.com", &why, &all, &out);
	assert_has(&out, "Diagnostic-Code: X-Outpost;\r\n \\xe9\\xe9");
	buf_free(&out);
}

static void
test_advice(void **state)
{
	static const struct want chinese = { SIZE_MAX,
		"Look.\n\n\350\257\267\347\234\213" };
	struct result why = make_result(RESULT_REFUSED, 550, "5.0.0", "no");
	struct delivery_report r = make_report();
	struct buf out;

	(void)state;
	write_one(&r, "a@example.com", &why, &chinese, &out);
	assert_has(&out, "\r\nSubject: Mail not delivered to <a@example.com>");
	assert_has(
	    &out, "Content-Transfer-Encoding: quoted-printable\r\n\r\nThis is");
	assert_has(&out,
	    "about it:\r\n\r\n  Look.\r\n\r\n  =E8=AF=B7=E7=9C=8B\r\n\r\n");
	buf_free(&out);
	r.kept = false;
	write_one(&r, "a@example.com", &why, &all, &out);
	assert_has_not(&out, "What to do");
	assert_has_not(&out, "release");
	buf_free(&out);
}

static size_t
count_text(const struct buf *out, const char *text)
{
	size_t n = 0;

	for (const char *p = out->data; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

/* So many that not all are listed: by number, then by size. */
static void
test_many(void **state)
{
	struct result why = make_result(RESULT_REFUSED, 550, "5.0.0", "no");
	struct delivery_report r = make_report();
	char address[1000];
	struct envelope env;
	struct buf out;

	(void)state;
	envelope_init(&env);
	for (int i = 0; i < ENVELOPE_RECIPIENTS_MAX; i++) {
		snprintf(address, sizeof address, "user%d@example.com", i);
		add(&env, address, NULL, RCPT_FAILED, &why);
	}
	write_report(&r, &env, &all, &out);
	assert_has(&out, "not delivered to 100000 recipients\r\n");
	assert_has(&out, "\r\n  user999@example.com\r\n");
	assert_has(&out, "and to 99000 more recipients");
	assert_int_equal(count_text(&out, "\r\nFinal-Recipient:"), 1000);
	buf_free(&out);
	envelope_clear(&env);
	envelope_init(&env);
	memset(address, '\351', sizeof address);
	for (int i = 0; i < 1000; i++) {
		memset(why.text, '\351', sizeof why.text - 1);
		snprintf(why.text, sizeof why.text, "%d", i);
		why.text[strlen(why.text)] = ' ';
		snprintf(address, sizeof address, "%d", i);
		address[strlen(address)] = '@';
		address[sizeof address - 1] = '\0';
		add(&env, address, address, RCPT_FAILED, &why);
	}
	write_report(&r, &env, &all, &out);
	assert_has(&out, "more recipients");
	assert_in_range(count_text(&out, "\r\nFinal-Recipient:"), 50, 200);
	buf_free(&out);
	envelope_clear(&env);
}

static void
test_addresses_beyond_ascii(void **state)
{
	struct result refused = make_result(
	    RESULT_UTF8_ADDRESS, 0, "5.6.7", "SMTPUTF8 is not offered");
	struct delivery_report r = make_report();
	struct envelope env;
	struct buf out;

	(void)state;
	r.to = "\xc3\xb6@example.com";
	envelope_init(&env);
	add(&env, "j\xc3\xb6+=\xe4\xbe\x8b\xf0\x9f\x93\xa7@example.com",
	    "\xc3\xb6 \\", RCPT_FAILED, &refused);
	add(&env, "a+b=c@example.com", NULL, RCPT_FAILED, &refused);
	write_report(&r, &env, &all, &out);
	assert_has(&out,
	    "\r\nOriginal-Recipient: utf-8; \\x{F6}\\x{20}\\x{5C}\r\n"
	    "Final-Recipient: utf-8;"
	    " j\\x{F6}\\x{2B}\\x{3D}\\x{4F8B}\\x{1F4E7}@example.com\r\n");
	assert_has(&out, "\r\nFinal-Recipient: rfc822; a+b=c@example.com\r\n");
	assert_has(&out, "\r\nTo: undisclosed-recipients:;\r\n");
	buf_free(&out);
	envelope_clear(&env);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_relay),
		cmocka_unit_test(test_message_id),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_hostile_header),
		cmocka_unit_test(test_header_encoding),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_addresses_beyond_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
