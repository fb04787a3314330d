#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "mail/address.h"
#include "mail/lines.h"
#include "mail/message.h"

#define DATE "Date: D\r\n"
#define ID "Message-ID: <i@d>\r\n"
#define FROM "From: Al <al@d>\r\n"

static bool
is_local(const char *spec, const void *arg)
{
	const char *at = strchr(spec, '@');

	return at == NULL || strcmp(at + 1, arg) == 0;
}

static const struct message_rules keep = {
	.date = "D",
	.id = "<i@d>",
	.from = "al@d",
	.name = "Al",
	.domain = "d",
	.policy = MESSAGE_FROM_KEEP,
	.account = "me@163.com",
	.account_name = "",
	.is_local = is_local,
	.arg = "h",
	.add_missing = true,
};

/* Parses the header in the `n` bytes at `in`. */
static void
parse(struct header *h, const char *in, size_t n)
{
	struct buf held;
	struct result res;
	size_t used;

	buf_init(&held, 10000);
	header_init(h);
	assert_int_equal(
	    header_push(h, in, n, &used, &held, &res), HEADER_MORE);
	assert_int_equal(header_finish(h, &held, &res), HEADER_ENDED);
	assert_int_equal(held.len, 0);
	buf_free(&held);
}

/* Every line ends in CRLF, holds no other CR or LF, is at most 998 octets and
 * more than white space. */
static void
assert_clean(const char *p, size_t n)
{
	while (n > 0) {
		const char *lf = memchr(p, '\n', n);
		size_t len;

		assert_non_null(lf);
		len = (size_t)(lf - p);
		assert_true(len > 1 && len - 1 <= LINES_MAX);
		assert_ptr_equal(memchr(p, '\r', len), lf - 1);
		assert_true(strspn(p, " \t") < len - 1);
		p += len + 1;
		n -= len + 1;
	}
}

/* What message_header() makes of `in`, as a string of malloc; or NULL, when
 * a word cannot be folded. */
static char *
try(const char *in, const struct message_rules *rules)
{
	struct header h;
	struct buf out;
	struct message_facts facts;
	struct result res;
	char *text = NULL;

	parse(&h, in, strlen(in));
	buf_init(&out, 4 * HEADER_MAX);
	if (message_header(&h, rules, &out, &facts, &res) == 0) {
		assert_clean(out.data, out.len);
		text = strdup(out.data);
		assert_non_null(text);
	} else {
		assert_int_equal(res.kind, RESULT_DATA);
		assert_non_null(strstr(res.text, "cannot be folded"));
	}
	buf_free(&out);
	header_clear(&h);
	return text;
}

static char *
make(const char *in, const struct message_rules *rules)
{
	char *text = try(in, rules);

	assert_non_null(text);
	return text;
}

struct row {
	const char *in, *want;
};

static void
check(const struct row *rows, size_t n, const struct message_rules *rules)
{
	struct message_rules none = *rules;

	none.policy = MESSAGE_FROM_KEEP;
	for (size_t i = 0; i < n; i++) {
		char *once = make(rows[i].in, rules), *twice;

		if (strcmp(once, rows[i].want) != 0)
			print_error("%s\n", rows[i].in);
		assert_string_equal(once, rows[i].want);
		/* what is valid is left alone */
		twice = make(once, &none);
		if (rules->add_missing)
			assert_string_equal(twice, once);
		free(once);
		free(twice);
	}
}

#define CHECK(rows, rules) check(rows, sizeof(rows) / sizeof *(rows), rules)

/* Missing fields, and those that must not go out. */
static const struct row repairs[] = {
	{ "", FROM DATE ID },
	{ "Subject: s\r\n", "Subject: s\r\n" FROM DATE ID },
	{ "Date: x\r\nX-A: 1\r\n", "Date: x\r\nX-A: 1\r\n" FROM ID },
	{ "MESSAGE-ID: whatever\r\nfrom: a@x\r\ndate: bad\r\n",
	    "MESSAGE-ID: whatever\r\nfrom: a@x\r\ndate: bad\r\n" },
	{ "From:\r\nDate: \r\nMessage-ID:\t\r\nTo: a@x\r\n",
	    "To: a@x\r\n" FROM DATE ID },
	{ "Date:\r\nDate: x\r\n" FROM ID, "Date: x\r\n" FROM ID },
	{ FROM FROM DATE DATE ID ID, FROM FROM DATE DATE ID ID },
	{ "To: \r\n" FROM DATE ID, "To: \r\n" FROM DATE ID },
	{ "Return-Path: <a@x>\r\nContent-Length: 3\r\nBcc: c@x\r\n"
	  "Delivered-To: a\r\nStatus: RO\r\nX-A: 1\r\n" FROM DATE ID,
	    "Delivered-To: a\r\nStatus: RO\r\nX-A: 1\r\n" FROM DATE ID },
	{ "bCC: a@x,\r\n b@x\r\nBcc : c@x\r\nBCC:\r\nBcc:\r\n d@x\r\n"
	  "resent-bcc\t: e@x\r\nX-Bcc: kept\r\nBcc-X: kept\r\n"
	  "Resent-From: a@x\r\nResent-Date: x\r\nResent-Message-ID: x\r\n" FROM
		DATE,
	    "X-Bcc: kept\r\nBcc-X: kept\r\n"
	    "Resent-From: a@x\r\nResent-Date: x\r\n"
	    "Resent-Message-ID: x\r\n" FROM DATE ID },
	{ "Bcc: c@x\r\n", FROM DATE ID },
	{ FROM "Subject: a\r\n  b\r\n\tc\r\nX-Sp:   v  \r\nX :y\r\n" DATE ID,
	    FROM
	    "Subject: a\r\n  b\r\n\tc\r\nX-Sp:   v  \r\nX :y\r\n" DATE ID },
};

static const struct row resent[] = {
	{ "Resent-To: r@x\r\nTo: old@x\r\n" FROM DATE ID,
	    "Resent-To: r@x\r\nTo: old@x\r\n" FROM DATE ID
	    "Resent-From: Al <al@d>\r\nResent-Date: D\r\n"
	    "Resent-Message-ID: <i@d>\r\n" },
	{ "Resent-To: r\r\nResent-From: a@x\r\nResent-Date: y\r\n",
	    "Resent-To: r@d\r\nResent-From: a@x\r\nResent-Date: y\r\n" FROM DATE
		ID "Resent-Message-ID: <i@d>\r\n" },
	{ "Resent-Date:\r\nResent-From: \r\n" FROM DATE, FROM DATE },
};

static void
repair(void **state)
{
	(void)state;
	CHECK(repairs, &keep);
	check(resent, 2, &keep);
}

/* Empty Resent- fields make a message a resent one no less. */
static void
empty_resent(void **state)
{
	char *got = make(resent[2].in, &keep);

	(void)state;
	assert_string_equal(got,
	    FROM DATE ID "Resent-From: Al <al@d>\r\nResent-Date: D\r\n"
			 "Resent-Message-ID: <i@d>\r\n");
	free(got);
}

static const struct row bare[] = {
	{ "From: Alice <alice>\r\nTo: bob\r\n" DATE ID,
	    "From: Alice <alice@d>\r\nTo: bob@d\r\n" DATE ID },
	{ "From: root (Cron Daemon)\r\n" DATE ID,
	    "From: root@d (Cron Daemon)\r\n" DATE ID },
	{ "From: root\r\nSender: root\r\nReply-To: a, B <b> (c), c@x\r\n"
	  "To: \"x y\", \\z, d..e\r\nCC:a,\r\n\tb ,\r\n c\r\n" DATE ID,
	    "From: root@d\r\nSender: root@d\r\nReply-To: a@d, B <b@d> (c), "
	    "c@x\r\nTo: \"x y\"@d, z@d, \"d..e\"@d\r\nCC:a@d,\r\n\tb@d ,\r\n"
	    " c@d\r\n" DATE ID },
	{ "Resent-From: a\r\nResent-Sender: a\r\nResent-To: a\r\n"
	  "Resent-Cc: a\r\nResent-Reply-To: a\r\nResent-Date: x\r\n"
	  "Resent-Message-ID: x\r\n" FROM DATE,
	    "Resent-From: a@d\r\nResent-Sender: a@d\r\nResent-To: a@d\r\n"
	    "Resent-Cc: a@d\r\nResent-Reply-To: a@d\r\nResent-Date: x\r\n"
	    "Resent-Message-ID: x\r\n" FROM DATE ID },
	{ "To: g: a, b@x;, <c>, <>\r\n" FROM DATE ID,
	    "To: g: a@d, b@x;, <c@d>, <>\r\n" FROM DATE ID },
	{ "To: undisclosed-recipients:;\r\n" FROM DATE ID,
	    "To: undisclosed-recipients:;\r\n" FROM DATE ID },
	/* what cannot be parsed is left alone */
	{ "To: bob, a@@b\r\nFrom: Full Name\r\n" DATE ID,
	    "To: bob, a@@b\r\nFrom: Full Name\r\n" DATE ID },
	/* fields that hold no addresses, or none that are known */
	{ "X-To: bob\r\nErrors-To: bob\r\nSubject: bob\r\n" FROM DATE ID,
	    "X-To: bob\r\nErrors-To: bob\r\nSubject: bob\r\n" FROM DATE ID },
	{ "To: \"=?utf-8?Q?x?=\" <J\303\266>, J\366 <b>\r\n" FROM DATE ID,
	    "To: \"=?utf-8?Q?x?=\" <J\303\266@d>, =?unknown-8bit?Q?J=F6?= "
	    "<b@d>\r\n" FROM DATE ID },
};

static void
qualify(void **state)
{
	struct message_rules rules = keep;

	(void)state;
	CHECK(bare, &keep);
	/* the account is not asked for */
	rules.policy = MESSAGE_FROM_ACCOUNT;
	rules.account = NULL;
	CHECK(bare, &rules);
	rules.account = "";
	CHECK(bare, &rules);
}

static void
no_domain(void **state)
{
	static const struct row rows[] = {
		{ "From: root\r\nTo: bob\r\n" DATE ID,
		    "From: root\r\nTo: bob\r\n" DATE ID },
	};
	struct message_rules rules = keep;

	(void)state;
	rules.domain = NULL;
	CHECK(rows, &rules);
	rules.domain = "";
	CHECK(rows, &rules);
}

static const struct row account[] = {
	{ "From: root (Cron Daemon)\r\n" DATE ID,
	    "From: me@163.com (Cron Daemon)\r\n" DATE ID
	    "Reply-To: root@d (Cron Daemon)\r\n" },
	{ "From: Alice <alice@h>\r\n" DATE ID,
	    "From: Alice <me@163.com>\r\n" DATE ID
	    "Reply-To: Alice <alice@h>\r\n" },
	{ "From: a@x\r\nReply-To: r\r\n" DATE ID,
	    "From: Me <me@163.com>\r\nReply-To: r@d\r\n" DATE ID },
	{ "From: <a@x>\r\nReply-To: r@x\r\n" DATE ID,
	    "From: Me <me@163.com>\r\nReply-To: r@x\r\n" DATE ID },
	{ "From: <@r,@s:a@x> (c)\r\nReply-To: r@x\r\n" DATE ID,
	    "From: <me@163.com> (c)\r\nReply-To: r@x\r\n" DATE ID },
	{ "From:a\r\nReply-To: \r\n" DATE ID,
	    "From:Me <me@163.com>\r\n" DATE ID "Reply-To: a@d\r\n" },
	/* the account itself, whatever the case of its domain */
	{ "From: X <me@163.COM>\r\n" DATE ID,
	    "From: X <me@163.COM>\r\n" DATE ID },
	{ "From: me@163.com, me@163.com\r\n" DATE ID,
	    "From: me@163.com, me@163.com\r\n" DATE ID },
	/* several become one */
	{ "From:\r\n A <a@x>, B <b@x>,\r\n c\r\n" DATE ID,
	    "From:\r\n A <me@163.com>\r\n" DATE ID
	    "Reply-To:\r\n A <a@x>, B <b@x>,\r\n c@d\r\n" },
	{ "From: g: a@x (c), b@x;\r\n" DATE ID,
	    "From: me@163.com (c)\r\n" DATE ID
	    "Reply-To: g: a@x (c), b@x;\r\n" },
	{ "From: me@163.com, b@x\r\n" DATE ID,
	    "From: Me <me@163.com>\r\n" DATE ID
	    "Reply-To: me@163.com, b@x\r\n" },
	{ "From: g: a@x;\r\n" DATE ID,
	    "From: g: Me <me@163.com>;\r\n" DATE ID "Reply-To: g: a@x;\r\n" },
	/* several fields */
	{ "From: A <a@x>\r\nFrom: B <b@x>\r\n" DATE ID,
	    "From: A <me@163.com>\r\nFrom: B <me@163.com>\r\n" DATE ID
	    "Reply-To: A <a@x>\r\n" },
	{ "From: me@163.com\r\nFrom: B <b@x>\r\n" DATE ID,
	    "From: me@163.com\r\nFrom: B <me@163.com>\r\n" DATE ID },
	/* what cannot stay */
	{ "From: Full Name\r\n" DATE ID, "From: Al <me@163.com>\r\n" DATE ID },
	{ "From: a@@b\r\nFrom: Foo [x] <a@x>\r\n" DATE ID,
	    "From: Al <me@163.com>\r\nFrom: Foo [x] <me@163.com>\r\n" DATE ID },
	{ "From: (none)\r\n" DATE ID, "From: Al <me@163.com>\r\n" DATE ID },
	{ "From: nobody:;\r\n" DATE ID, "From: Al <me@163.com>\r\n" DATE ID },
	{ "From: <>\r\n" DATE ID, "From: Me <me@163.com>\r\n" DATE ID },
	{ DATE ID, DATE ID "From: Al <me@163.com>\r\n" },
	/* other fields are not the policy's */
	{ "From: me@163.com\r\nSender: a@x\r\nTo: a@x\r\n" DATE ID,
	    "From: me@163.com\r\nSender: a@x\r\nTo: a@x\r\n" DATE ID },
	{ "From: me@163.com\r\nResent-From: R <r@x>\r\nResent-Date: x\r\n"
	  "Resent-Message-ID: x\r\n" DATE,
	    "From: me@163.com\r\nResent-From: R <me@163.com>\r\n"
	    "Resent-Date: x\r\nResent-Message-ID: x\r\n" DATE ID },
};

static const struct row local[] = {
	{ "From: root@h (Cron)\r\n" DATE ID,
	    "From: me@163.com (Cron)\r\n" DATE ID
	    "Reply-To: root@h (Cron)\r\n" },
	{ "From: a@x, R <r@h>, b@y\r\n" DATE ID,
	    "From: a@x, R <me@163.com>, b@y\r\n" DATE ID
	    "Reply-To: a@x, R <r@h>, b@y\r\n" },
	{ "From: a@x\r\n" DATE ID, "From: a@x\r\n" DATE ID },
	/* a bare name is this machine's, whatever domain it would get */
	{ "From: root\r\n" DATE ID,
	    "From: me@163.com\r\n" DATE ID "Reply-To: root@d\r\n" },
	{ "From: <>\r\n" DATE ID, "From: <>\r\n" DATE ID },
	{ "From: a@@b\r\n" DATE ID, FROM DATE ID },
	{ DATE ID, DATE ID FROM },
};

static void
policy(void **state)
{
	struct message_rules rules = keep;

	(void)state;
	rules.account_name = "Me";
	rules.policy = MESSAGE_FROM_ACCOUNT;
	CHECK(account, &rules);
	rules.account_name = NULL;
	check(account, 2, &rules);
	rules.policy = MESSAGE_FROM_LOCAL;
	CHECK(local, &rules);
}

static void
generated_from(void **state)
{
	static const struct {
		const char *name, *from, *account_name, *want;
		enum message_from policy;
	} rows[] = {
		{ "", "al@d", "Me", "From: al@d\r\n", MESSAGE_FROM_KEEP },
		{ NULL, "al@d", NULL, "From: al@d\r\n", MESSAGE_FROM_KEEP },
		{ "Public, Joe", "al@d", "", "From: \"Public, Joe\" <al@d>\r\n",
		    MESSAGE_FROM_KEEP },
		{ "J\303\266e", "al@d", "",
		    "From: =?UTF-8?Q?J=C3=B6e?= <al@d>\r\n",
		    MESSAGE_FROM_KEEP },
		{ "a\nX-Evil: 1", "al@d", "",
		    "From: \"a X-Evil: 1\" <al@d>\r\n", MESSAGE_FROM_KEEP },
		{ "", "al@d", "Me", "From: Me <me@163.com>\r\n",
		    MESSAGE_FROM_ACCOUNT },
		{ "Al", "al@d", "Me", "From: Al <me@163.com>\r\n",
		    MESSAGE_FROM_ACCOUNT },
		{ "Al", "al@h", "Me", "From: Al <me@163.com>\r\n",
		    MESSAGE_FROM_LOCAL },
		{ "Al", "al@d", "Me", "From: Al <al@d>\r\n",
		    MESSAGE_FROM_LOCAL },
		{ "A name that fills the line by itself, or nearly so, and "
		  "then some",
		    "al@d", "",
		    "From: \"A name that fills the line by itself, or nearly "
		    "so, and then some\"\r\n <al@d>\r\n",
		    MESSAGE_FROM_KEEP },
	};
	struct message_rules rules = keep;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *got, want[300];

		rules.name = rows[i].name;
		rules.from = rows[i].from;
		rules.account_name = rows[i].account_name;
		rules.policy = rows[i].policy;
		got = make(DATE ID, &rules);
		snprintf(want, sizeof want, DATE ID "%s", rows[i].want);
		assert_string_equal(got, want);
		free(got);
	}
}

/* "root" and "cron" are somebody outside, the latter with a name. */
static bool
find_outside(const char *spec, struct message_person *who, const void *arg)
{
	bool named = strncmp(spec, "cron", 4) == 0;

	(void)arg;
	*who = (struct message_person){ "ops@x", named ? "Cron, Inc." : "" };
	return named || strncmp(spec, "root", 4) == 0 ||
	    strcasecmp(spec, "ops@x") == 0;
}

static const struct row outside[] = {
	{ "From: root (Cron Daemon)\r\n" DATE ID,
	    "From: ops@x (Cron Daemon)\r\n" DATE ID },
	{ "From: <@r:root@d>\r\n" DATE ID, "From: ops@x\r\n" DATE ID },
	{ "From: \"R. T.\" <root@d> (c)\r\n" DATE ID,
	    "From: \"R. T.\" <ops@x> (c)\r\n" DATE ID },
	{ "From: \"R. T.\" <cron> (c)\r\nTo: cron@d, root\r\n" DATE ID,
	    "From: \"Cron, Inc.\" <ops@x>\r\nTo: cron@d, root@d\r\n" DATE ID },
	{ "From:\r\n cron\r\nReply-To: cron@d\r\n" DATE ID,
	    "From:\r\n \"Cron, Inc.\" <ops@x>\r\nReply-To: cron@d\r\n" DATE
		ID },
	{ FROM DATE "Resent-From: root\r\nResent-Date: y\r\n"
		    "Resent-Message-ID: x\r\n" ID,
	    FROM DATE "Resent-From: ops@x\r\nResent-Date: y\r\n"
		      "Resent-Message-ID: x\r\n" ID },
};

/* With the policy, where it matters. */
static const struct row outside_account[] = {
	{ "From: Root <root>\r\n" DATE ID, "From: Root <ops@x>\r\n" DATE ID },
	{ "From: Ops <ops@x>\r\n" DATE ID, "From: Ops <ops@x>\r\n" DATE ID },
	{ "From: <ops@X>\r\n" DATE ID, "From: <ops@X>\r\n" DATE ID },
	{ "From: Ops <ops@x>, bob\r\n" DATE ID,
	    "From: Ops <ops@x>\r\n" DATE ID
	    "Reply-To: Ops <ops@x>, bob@d\r\n" },
	{ "From: bob\r\n" DATE ID,
	    "From: me@163.com\r\n" DATE ID "Reply-To: bob@d\r\n" },
	{ "From: cron@d, bob\r\n" DATE ID,
	    "From: \"Cron, Inc.\" <ops@x>\r\n" DATE ID
	    "Reply-To: \"Cron, Inc.\" <ops@x>, bob@d\r\n" },
	{ "From: bob, root\r\n" DATE ID,
	    "From: me@163.com\r\n" DATE ID "Reply-To: bob@d, ops@x\r\n" },
	{ "From: <>\r\n" DATE ID, "From: me@163.com\r\n" DATE ID },
	{ DATE ID, DATE ID "From: Al <ops@x>\r\n" },
};

static void
map(void **state)
{
	struct message_rules rules = keep;

	(void)state;
	rules.find_outside = find_outside;
	CHECK(outside, &rules);
	rules.from = "ops@x";
	rules.policy = MESSAGE_FROM_ACCOUNT;
	CHECK(outside_account, &rules);
}

/* Domains beyond ASCII, in every field with addresses. */
static void
ascii_domains(void **state)
{
	static const struct row rows[] = {
		{ "To: X <a@\303\266.example>, b@x (\303\266)\r\n"
		  "Cc: <a (c) @ \303\266 . example>\r\n" FROM DATE ID,
		    "To: X <a@xn--nda.example>, b@x (=?UTF-8?B?w7Y=?=)\r\n"
		    "Cc: <a@xn--nda.example>\r\n" FROM DATE ID },
		{ "From: a@\303\266.example\r\nSender: "
		  "\303\266@\303\266.example\r\n"
		  "To: a@\314\210.example\r\n" DATE ID,
		    "From: a@xn--nda.example\r\n"
		    "Sender: \303\266@\303\266.example\r\n"
		    "To: a@\314\210.example\r\n" DATE ID },
	};
	/* a gateway's, too: what is not ASCII would need SMTPUTF8 */
	static const struct row given[] = {
		{ "To: a@\303\266.example\r\n", "To: a@xn--nda.example\r\n" },
	};
	struct message_rules rules = keep;

	(void)state;
#ifndef HAVE_LIBIDN2
	skip();
#endif
	CHECK(rows, &keep);
	rules.add_missing = false;
	CHECK(given, &rules);
}

static void
gateway(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "Bcc: a@x\r\nTo: bob\r\nDate:\r\n", "To: bob\r\nDate:\r\n" },
		{ "From: A <a>\r\n",
		    "From: A <me@163.com>\r\nReply-To: A <a>\r\n" },
		{ "Resent-To: r\r\n", "Resent-To: r\r\n" },
	};
	struct message_rules rules = keep;

	(void)state;
	rules.add_missing = false;
	rules.policy = MESSAGE_FROM_ACCOUNT;
	CHECK(rows, &rules);
}

static void
hops(void **state)
{
	(void)state;
	for (size_t n = MESSAGE_HOPS_MAX - 1; n <= MESSAGE_HOPS_MAX + 10; n++) {
		struct buf in, out;
		struct header h;
		struct message_facts facts;
		struct result res;
		int rc;

		buf_init(&in, 10000);
		buf_init(&out, 10000);
		for (size_t i = 0; i < n; i++)
			buf_puts(&in, "Received: by x; y\r\n");
		parse(&h, in.data, in.len);
		rc = message_header(&h, &keep, &out, &facts, &res);
		assert_int_equal(rc, n > MESSAGE_HOPS_MAX ? -1 : 0);
		if (rc == -1)
			assert_int_equal(res.kind, RESULT_LOOP);
		header_clear(&h);
		buf_free(&in);
		buf_free(&out);
	}
}

/* However little room there is, the result says so and nothing leaks. */
static void
full(void **state)
{
	static const char in[] = "From: a\r\nTo: b\r\nSubject: s\r\n";
	struct message_rules rules = keep;
	struct header h;
	struct message_facts facts;
	struct result res;
	size_t enough = 0;

	(void)state;
	rules.policy = MESSAGE_FROM_ACCOUNT;
	parse(&h, in, strlen(in));
	for (size_t max = 0; enough == 0; max++) {
		struct buf out;

		buf_init(&out, max);
		if (message_header(&h, &rules, &out, &facts, &res) == 0) {
			assert_int_equal(out.len, max);
			enough = max;
		} else {
			assert_int_equal(res.kind, RESULT_DATA);
			assert_int_equal(out.len, 0);
		}
		assert_true(max < 1000);
		buf_free(&out);
	}
	header_clear(&h);
}

/* Writes `times` times `piece` after `name`, and CRLF. */
static char *
repeat(const char *name, const char *piece, size_t times)
{
	size_t n = strlen(piece);
	char *text = malloc(strlen(name) + n * times + 3), *p;

	assert_non_null(text);
	p = stpcpy(text, name);
	for (size_t i = 0; i < times; i++)
		p = stpcpy(p, piece);
	strlcpy(p, "\r\n", 3);
	return text;
}

/* Removes the CRLF before each blank, or all white space. */
static void
unfold(char *p, bool all)
{
	char *dst = p;

	for (; *p != '\0'; p++) {
		if (p[0] == '\r' && (p[2] == ' ' || p[2] == '\t'))
			p++;
		else if (!all || strchr(" \t\r\n", *p) == NULL)
			*dst++ = *p;
	}
	*dst = '\0';
}

static void
folds(void **state)
{
	static const struct {
		const char *name, *piece;
		size_t times;
		bool hard; /* folded where there was no blank */
	} rows[] = {
		{ "Subject: ", "word ", 1000, false },
		{ "Subject: ", "word\t  ", 1000, false },
		{ "Subject:", "x", 997, true },
		{ "Message-ID:", "x", 997, true },
		{ "To:", "a@x,", 1000, true },
		{ "To:", "a@x, ", 1000, false },
		{ "To: ", "\"A, B\" <a@x>, ", 1000, false },
		{ "To: ", "\"A,B\"<a@x>,", 1000, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *in = repeat(rows[i].name, rows[i].piece, rows[i].times);
		char *out = make(in, &keep);

		unfold(out, rows[i].hard);
		unfold(in, rows[i].hard);
		assert_memory_equal(out, in, strlen(in));
		free(out);
		free(in);
	}
}

/* Words of text that are too long for a line become encoded words. */
static void
long_words(void **state)
{
	static const struct {
		const char *name, *piece, *coded;
	} rows[] = {
		{ "Subject: ", "x", "x" },
		{ "Subject:", "x", "x" },
		{ "X-A: b ", "x\\", "x\\" },
		{ "X: ", "aaaaaaaa_", "aaaaaaaa=5F" },
		{ "Subject: ", "a\303\251b\303\251cdefghijklmnopqrstuvw",
		    "a=C3=A9b=C3=A9cdefghijklmnopqrstuvw" },
		{ "Subject: ", "a\351bcdefghi", "a=E9bcdefghi" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *in = repeat(rows[i].name, rows[i].piece, 1500);
		char *want = repeat("", rows[i].coded, 1500), *p = want;
		char *out = make(in, &keep), *word = out, *end;

		for (; (word = strstr(word, "?Q?")) != NULL; word = end) {
			word += 3;
			end = strstr(word, "?=");
			assert_non_null(end);
			assert_memory_equal(p, word, (size_t)(end - word));
			p += end - word;
		}
		assert_string_equal(p, "\r\n");
		free(out);
		free(want);
		free(in);
	}
}

/* What must not be changed and cannot be folded fails, and says what. */
static void
unfoldable(void **state)
{
	static const struct {
		const char *name, *piece;
		size_t times;
		const char *want;
	} rows[] = {
		{ "Message-ID: ", "x", 1500,
		    "the Message-ID field has a word of 1500 octets that "
		    "cannot be folded" },
		{ "References: <a@b> ", "x", 998,
		    "the References field has a word of 998 octets that "
		    "cannot be folded" },
		{ "Content-Type:text/plain;\r\n\tname=", "x", 993,
		    "the Content-Type field has a word of 998 octets that "
		    "cannot be folded" },
		{ "To: ", "x", 999,
		    "the To field has a word of 1001 octets that cannot be "
		    "folded" },
		{ "message-id : ", "\\ ", 700,
		    "the message-id field has a word of 1400 octets that "
		    "cannot be folded" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *in = repeat(rows[i].name, rows[i].piece, rows[i].times);
		struct message_facts facts;
		struct header h;
		struct buf out;
		struct result res;

		parse(&h, in, strlen(in));
		buf_init(&out, HEADER_MAX);
		assert_int_equal(
		    message_header(&h, &keep, &out, &facts, &res), -1);
		assert_int_equal(res.kind, RESULT_DATA);
		assert_string_equal(res.text, rows[i].want);
		assert_int_equal(out.len, 0);
		buf_free(&out);
		header_clear(&h);
		free(in);
	}
}

/* What is not UTF-8 is in one of the charsets, and that before anything is
 * looked for in it: half of a character may be an "@" or a backslash. */
static void
charsets(void **state)
{
	static const struct charset_choices choices = { { "GB18030", "" } };
	static const struct {
		const char *in, *want;
		bool needs_utf8;
	} rows[] = {
		{ "From: \"\201\134\" <a>\r\n" DATE ID,
		    "From: =?UTF-8?B?5LmX?= <a@d>\r\n" DATE ID, false },
		{ FROM "Subject: \326\320\316\304 x\r\n" DATE ID,
		    FROM "Subject: =?UTF-8?B?5Lit5paH?= x\r\n" DATE ID, false },
		{ FROM "To: \326\320@x\r\n" DATE ID,
		    FROM "To: \344\270\255@x\r\n" DATE ID, true },
		{ "From: \326\320\r\n" DATE ID,
		    "From: \344\270\255@d\r\n" DATE ID, true },
		{ DATE ID, DATE ID "From: =?UTF-8?B?5Lit?= <al@d>\r\n", false },
	};
	struct message_rules rules = keep;

	(void)state;
	rules.charsets = &choices;
	rules.name = "\326\320";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct message_facts facts;
		struct header h;
		struct buf out;
		struct result res;

		parse(&h, rows[i].in, strlen(rows[i].in));
		buf_init(&out, HEADER_MAX);
		assert_int_equal(
		    message_header(&h, &rules, &out, &facts, &res), 0);
		assert_string_equal(out.data, rows[i].want);
		assert_int_equal(facts.needs_utf8, rows[i].needs_utf8);
		buf_free(&out);
		header_clear(&h);
	}
}

static void
fold_places(void **state)
{
	struct buf in, want;
	char *out;

	(void)state;
	buf_init(&in, 10000);
	buf_init(&want, 10000);
	/* 998 octets stay; the 999th is one too many */
	for (int n = 989; n <= 990; n++) {
		buf_reset(&in);
		buf_reset(&want);
		buf_printf(&in, "Subject:%0*d\r\n" FROM DATE ID, n + 1, 0);
		buf_printf(&want, "Subject:%s%0*d\r\n",
		    n == 990 ? LINES_FOLD : "", n + 1, 0);
		buf_puts(&want, FROM DATE ID);
		out = make(in.data, &keep);
		assert_string_equal(out, want.data);
		free(out);
	}
	/* before the last blank; a run of them stays whole */
	buf_reset(&in);
	buf_reset(&want);
	buf_printf(&in, "X: %0500d  %0600d   \r\n" FROM DATE ID, 0, 0);
	buf_printf(&want, "X: %0500d \r\n %0600d   \r\n" FROM DATE ID, 0, 0);
	out = make(in.data, &keep);
	assert_string_equal(out, want.data);
	free(out);
	/* after a comma rather than at a later blank */
	buf_reset(&in);
	buf_reset(&want);
	buf_printf(&in,
	    "To: %0500d@x,%0300d@x, \"%0190d, a\" <b@x>\r\n" FROM DATE ID, 0, 0,
	    0);
	buf_printf(&want,
	    "To: %0500d@x,%0300d@x,\r\n \"%0190d, a\" <b@x>\r\n" FROM DATE ID,
	    0, 0, 0);
	out = make(in.data, &keep);
	assert_string_equal(out, want.data);
	free(out);
	/* the blanks before a colon cannot be folded, so they go */
	buf_reset(&in);
	buf_printf(&in, "X%500s: %1200s\r\n" FROM DATE ID, "", "y");
	out = make(in.data, &keep);
	assert_string_equal(out, "X:\r\n y\r\n" FROM DATE ID);
	free(out);
	buf_free(&in);
	buf_free(&want);
}

/* Lines of white space only never come out, nor do commas inside quotes or
 * comments count; a list whose words cannot be folded is refused. */
static void
fold_blanks(void **state)
{
	static const char *const pieces[] = { " ", "\t", " x", "x ", ",", "\"",
		"(,) ", "\\ ", "\\\"", "\" ,\"", "\r\n  x " };
	static const char hard[] = "\"\\";

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		for (size_t n = 300; n < 3000; n += 97) {
			char *in = repeat("To: a@x", pieces[i], n), *out;

			if ((out = try(in, &keep)) != NULL) {
				assert_memory_equal(out, "To:", 3);
				free(out);
			} else {
				assert_non_null(strpbrk(pieces[i], hard));
			}
			free(in);
			in = repeat("Subject: x\r\n ", pieces[i], n);
			out = make(in, &keep);
			free(out);
			free(in);
		}
	}
}

static int
count(const char *field)
{
	const char *body = strchr(field, ':') + 1;
	struct address_list list;
	struct address addr;
	struct result res;
	enum address_next next;
	int n = 0;

	address_list(&list, body, (size_t)(strstr(body, "\r\nFrom") - body));
	while ((next = address_next(&list, &addr, &res)) == ADDRESS_FOUND)
		n++;
	return next == ADDRESS_END ? n : -1;
}

/* A To with thousands of addresses on one line keeps them all. */
static void
many_recipients(void **state)
{
	static const char *const pieces[] = { "a@example.com,",
		"\"D, J\" <a@example.com> (c, \\( \"d), ", "bob,",
		"g: a, b;," };

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		char *in = repeat("To:", pieces[i], 20000);
		char *out = make(in, &keep);

		assert_int_equal(count(out), i == 3 ? 40000 : 20000);
		free(out);
		free(in);
	}
}

/* The MIME fields of a body in a character set. */
static void
test_mime(void **state)
{
	static const struct {
		const char *charset, *in, *want;
	} rows[] = {
		{ "us-ascii", "Subject: s\r\n", "Subject: s\r\n" FROM DATE ID },
		{ "UTF-8", "Subject: s\r\n",
		    "Subject: s\r\n" FROM DATE ID "MIME-Version: 1.0\r\n"
		    "Content-Type: text/plain; charset=UTF-8\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n" },
		{ "us-ascii", "Content-Type: text/html\r\n",
		    "Content-Type: text/html\r\n" FROM DATE ID
		    "MIME-Version: 1.0\r\n" },
		{ "GB18030", "MIME-Version: 1.0\r\nContent-Type: text/html\r\n",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: text/html; charset=GB18030\r\n" FROM DATE ID
		    "Content-Transfer-Encoding: 8bit\r\n" },
		/* cron */
		{ "UTF-8",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: text/plain; charset=ANSI_X3.4-1968;\r\n"
		    " format=fixed\r\nContent-Transfer-Encoding: 7bit\r\n",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: text/plain; charset=UTF-8;\r\n"
		    " format=fixed\r\nContent-Transfer-Encoding: 8bit\r\n" FROM
			DATE ID },
		{ "UTF-8",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: text/plain; charset=\"iso-8859-1\"\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: text/plain; charset=\"iso-8859-1\"\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n" FROM DATE ID },
		{ "UTF-8",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n" FROM DATE
			ID },
		{ "UTF-8",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: multipart/mixed; boundary=b\r\n",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: multipart/mixed; boundary=b\r\n" FROM DATE
			ID },
		{ "UTF-8", "MIME-Version: 1.0\r\nContent-Type: nonsense\r\n",
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: text/plain; charset=UTF-8\r\n" FROM DATE ID
		    "Content-Transfer-Encoding: 8bit\r\n" },
	};
	struct message_rules rules = keep;
	struct body_facts facts = { .longest = 5 };

	(void)state;
	rules.body = &facts;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct row row = { rows[i].in, rows[i].want };

		strlcpy(facts.charset, rows[i].charset, sizeof facts.charset);
		check(&row, 1, &rules);
	}
}

static void
test_received(void **state)
{
	static const struct row rows[] = {
		{ "Received: by other\r\nSubject: s\r\n",
		    "Received: by h\r\n\tid i; D\r\n"
		    "Received: by other\r\nSubject: s\r\n" FROM DATE ID },
	};
	struct message_rules rules = keep;

	(void)state;
	rules.received = "by h\r\n\tid i; D";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *made = make(rows[i].in, &rules);

		assert_string_equal(made, rows[i].want);
		free(made);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repair),
		cmocka_unit_test(empty_resent),
		cmocka_unit_test(qualify),
		cmocka_unit_test(no_domain),
		cmocka_unit_test(policy),
		cmocka_unit_test(generated_from),
		cmocka_unit_test(map),
		cmocka_unit_test(ascii_domains),
		cmocka_unit_test(gateway),
		cmocka_unit_test(hops),
		cmocka_unit_test(full),
		cmocka_unit_test(folds),
		cmocka_unit_test(long_words),
		cmocka_unit_test(unfoldable),
		cmocka_unit_test(charsets),
		cmocka_unit_test(fold_places),
		cmocka_unit_test(fold_blanks),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(test_mime),
		cmocka_unit_test(test_received),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
