#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/duration.h"
#include "base/text.h"
#include "config/file.h"
#include "config/inifile.h"
#include "config/provider.h"

#define COUNT(table) (sizeof table / sizeof *table)

static char path[] = "/tmp/outpost-provider-XXXXXX";

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd == -1 || close(fd) == -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void
write_rules(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const char *
installed(void)
{
	static char name[4096];
	const char *top_srcdir = getenv("top_srcdir");

	snprintf(name, sizeof name, "%s/etc/providers.ini",
	    top_srcdir != NULL ? top_srcdir : ".");
	return name;
}

static void
test_language(void **state)
{
	static const struct {
		const char *lc_all, *lc_messages, *lang;
		enum language want;
	} cases[] = {
		{ NULL, NULL, NULL, LANGUAGE_ENGLISH },
		{ "", "", "", LANGUAGE_ENGLISH },
		{ NULL, NULL, "zh_CN.UTF-8", LANGUAGE_CHINESE },
		{ NULL, NULL, "zh", LANGUAGE_CHINESE },
		{ NULL, "", "ZH-TW", LANGUAGE_CHINESE },
		{ NULL, "zh@pinyin", "en_US", LANGUAGE_CHINESE },
		{ "C", "zh_CN", "zh_CN", LANGUAGE_ENGLISH },
		{ "", "C", "zh_CN", LANGUAGE_ENGLISH },
		{ "zh_CN", "C", "C", LANGUAGE_CHINESE },
		{ NULL, NULL, "zho", LANGUAGE_ENGLISH },
		{ NULL, NULL, "z", LANGUAGE_ENGLISH },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(language_of(cases[i].lc_all,
				     cases[i].lc_messages, cases[i].lang),
		    cases[i].want);
}

static const char rules[] =
    "; comment\n[one]\nstage = AUTH\nmatch = 535 Error\nen = e1\nzh = z1\n"
    "class = account\n"
    "[two]\nmatch = 5xx *spam*help\nclass = spam\nen = e2 ; comment\n"
    "[provider x]\nhost = smtp.x.example\nen = e0\n"
    "[three]\nmatch = \"4xX a  b\"\nen = \"e;3 \"\nlater = x\nzh = z3\n"
    "[four]\nstage = MAIL  DOT\nmatch = MI:SFQ\nclass = wait\nwait = 30m\n"
    "[five]\nmatch = 5.7.139 no\nclass = later\nwait = long\nen = e5\n"
    "[six]\nmatch = 526\nclass = wait\nen = e6\n"
    "[seven]\nmatch = 1234 more\nen = e7\n"
    "[last]\nmatch = *.x.*\nen = e8\n";

static const struct {
	const char *stage, *reply;
	const char *section; /* NULL: none */
	enum result_kind kind;
	long wait;
} fits[] = {
	{ "AUTH", "535 Error: x", "one", RESULT_AUTH, 0 },
	{ "auth", "535 ERROR", "one", RESULT_AUTH, 0 },
	{ "AUTH", "535 5.7.8 Error", "one", RESULT_AUTH, 0 },
	/* an enhanced code, and nothing that only looks like one */
	{ "AUTH", "535 57 Error", NULL, 0, 0 },
	{ "AUTH", "535 5.7.8.Error", NULL, 0, 0 },
	{ "AUTH", "535 Erro", NULL, 0, 0 },
	{ "AUTH", "535", NULL, 0, 0 },
	{ "AUTH", "435 Error", NULL, 0, 0 },
	/* as the server's own words begin, not what it only repeats */
	{ "AUTH", "535 No: 535 Error", NULL, 0, 0 },
	{ "MAIL", "553 not from MI:SFQ@x", NULL, 0, 0 },
	{ "MAIL", "535 Error", NULL, 0, 0 },
	{ "AUTHX", "535 Error", NULL, 0, 0 },
	{ "DOT", "554 SPAM, see help", "two", RESULT_SPAM, 600 },
	{ "DOT", "554 5.7.1 It is spam: help", "two", RESULT_SPAM, 600 },
	{ "DOT", "554 help, see spam", NULL, 0, 0 },
	{ "DOT", "454 spam help", NULL, 0, 0 },
	{ "", "421 a  b", "three", RESULT_OK, 0 },
	{ "", "421 a b", NULL, 0, 0 },
	{ "", "521 a  b", NULL, 0, 0 },
	/* whatever the code */
	{ "MAIL", "451 MI:SFQ 163 smtp8", "four", RESULT_RATE, 1800 },
	{ "DOT", "554 5.5.0 mi:sfq", "four", RESULT_RATE, 1800 },
	{ "BDAT", "554 MI:SFQ", "four", RESULT_RATE, 1800 },
	{ "RCPT", "554 MI:SFQ", NULL, 0, 0 },
	{ "", "554 MI:SFQ", NULL, 0, 0 },
	{ "MAIL DOT", "554 MI:SFQ", NULL, 0, 0 },
	{ "AUTH", "535 5.7.139 no", "five", RESULT_OK, 0 },
	{ "AUTH", "535 5.7.1 5.7.139 no", "five", RESULT_OK, 0 },
	{ "AUTH", "535 5.7.13 no", NULL, 0, 0 },
	{ "AUTH", "526", "six", RESULT_RATE, 900 },
	{ "AUTH", "526 y", "six", RESULT_RATE, 900 },
	{ "DOT", "250 1234 more", "seven", RESULT_OK, 0 },
	{ "", "550 a.x.b", "last", RESULT_OK, 0 },
	{ "", "550 .x", NULL, 0, 0 },
	{ "", "", NULL, 0, 0 },
	{ "", "5", NULL, 0, 0 },
};

static void
load(struct provider_rules *r, const char *file)
{
	struct result res;

	if (provider_load(r, file, &res) == -1)
		fail_msg("%s", res.text);
}

static void
test_fits(void **state)
{
	struct provider_rules r;

	(void)state;
	write_rules(rules);
	load(&r, path);
	assert_int_equal(r.count, 8);
	for (size_t i = 0; i < COUNT(fits); i++) {
		const struct provider_rule *rule = provider_find(
		    &r, fits[i].stage, fits[i].reply);

		if ((rule == NULL) != (fits[i].section == NULL))
			fail_msg("%s: %s", fits[i].reply,
			    rule == NULL ? "none" : rule->section);
		if (rule == NULL)
			continue;
		assert_string_equal(rule->section, fits[i].section);
		assert_int_equal(rule->kind, fits[i].kind);
		assert_int_equal(rule->wait, fits[i].wait);
	}
	assert_string_equal(r.rules[0].advice[LANGUAGE_ENGLISH], "e1");
	assert_string_equal(r.rules[0].advice[LANGUAGE_CHINESE], "z1");
	assert_string_equal(r.rules[1].advice[LANGUAGE_ENGLISH], "e2");
	assert_null(r.rules[1].advice[LANGUAGE_CHINESE]);
	assert_string_equal(r.rules[2].advice[LANGUAGE_ENGLISH], "e;3 ");
	provider_clear(&r);
	assert_int_equal(r.count, 0);
}

static void
test_classes(void **state)
{
	static const struct {
		const char *name;
		enum result_kind kind;
		long wait;
	} classes[] = {
		{ "retry", RESULT_DEFERRED, 0 },
		{ "connection", RESULT_RENEW, 60 },
		{ "wait", RESULT_RATE, 900 },
		{ "day", RESULT_QUOTA, 0 },
		{ "account", RESULT_AUTH, 0 },
		{ "configuration", RESULT_SETUP, 0 },
		{ "split", RESULT_CROWD, 0 },
		{ "spam", RESULT_SPAM, 600 },
		{ "fail", RESULT_REFUSED, 0 },
		{ "", RESULT_OK, 0 },
		{ "Retry", RESULT_OK, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(classes); i++) {
		assert_int_equal(
		    provider_class(classes[i].name), classes[i].kind);
		assert_int_equal(
		    provider_usual_wait(classes[i].kind), classes[i].wait);
	}
	assert_int_equal(provider_usual_wait(RESULT_LOST), 0);
}

/* Times that are none are as if they were not there. */
static void
test_waits(void **state)
{
	static const struct {
		const char *wait;
		long want;
	} cases[] = { { "1", 1 }, { "90s", 90 }, { "1h30m", 5400 },
		{ "1d", 86400 }, { "25h", 900 }, { "0", 900 }, { "-1", 900 },
		{ "1x", 900 }, { "", 900 }, { "1ms", 900 } };
	struct provider_rules r;
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof text,
		    "[x]\nmatch = x\nclass = wait\nwait = %s\n", cases[i].wait);
		write_rules(text);
		load(&r, path);
		assert_int_equal(r.rules[0].wait, cases[i].want);
		provider_clear(&r);
	}
}

static void
test_broken(void **state)
{
	static const char *const texts[] = { "[a]\nmatch = x\nen\n",
		"[a]\nmatch = x\nen = y\n[b\n", "match\n" };
	struct provider_rules r;
	struct result res;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		write_rules(texts[i]);
		assert_int_equal(provider_load(&r, path, &res), -1);
		assert_int_equal(res.kind, RESULT_CONFIG);
		assert_int_equal(r.count, 0);
		assert_null(provider_find(&r, "AUTH", "500 x"));
		provider_clear(&r);
	}
	assert_int_equal(provider_load(&r, "/nowhere/x", &res), -1);
	assert_int_equal(provider_load(&r, "/", &res), -1);
	assert_int_equal(r.count, 0);
	write_rules("match = x\n[a]\nen = y\n[b]\nmatch = \n");
	load(&r, path);
	assert_int_equal(r.count, 0);
	provider_clear(&r);
}

/* More than there is room for at first. */
static void
test_many(void **state)
{
	struct provider_rules r;
	struct buf text;

	(void)state;
	buf_init(&text, 65536);
	for (size_t i = 0; i < 200; i++)
		buf_printf(
		    &text, "[none]\nen = x\n[%zu]\nmatch = w%zu.\n", i, i);
	write_rules(text.data);
	load(&r, path);
	assert_int_equal(r.count, 200);
	assert_string_equal(provider_find(&r, "", "500 w199.")->section, "199");
	provider_clear(&r);
	buf_free(&text);
}

/* What a rule must have, and may have once.  Sections that have no pattern are
 * not rules. */
struct rule {
	char section[INIFILE_NAME_MAX + 1];
	char match[256], stages[64], class[32];
	unsigned en, zh, wait;
	unsigned count;
};

/* Whether a reply that only repeats what a user wrote could fit: then it must
 * not speak for the account. */
static bool
may_repeat(const struct rule *r)
{
	return r->match[strspn(r->match, "0123456789xX. ")] == '*';
}

static bool
speaks_for_account(const struct rule *r)
{
	enum result_kind kind = provider_class(r->class);

	return kind == RESULT_AUTH || kind == RESULT_RATE ||
	    kind == RESULT_QUOTA;
}

static bool
is_waited_for(const struct rule *r)
{
	return provider_usual_wait(provider_class(r->class)) > 0 ||
	    strcmp(r->class, "retry") == 0;
}

static void
end_rule(struct rule *r)
{
	if (*r->match != '\0') {
		r->count++;
		if (provider_class(r->class) == RESULT_OK)
			fail_msg("[%s] has no class", r->section);
		if (r->en != 1 || r->zh != 1)
			fail_msg("[%s] lacks a language", r->section);
		if (r->wait > (is_waited_for(r) ? 1 : 0))
			fail_msg("[%s] has nothing to wait for", r->section);
		if (speaks_for_account(r) && may_repeat(r) &&
		    strcmp(r->stages, "AUTH") != 0)
			fail_msg("[%s] can be made to fit", r->section);
	}
	*r = (struct rule){ .count = r->count };
}

static bool
are_stages(const char *value)
{
	static const char *const stages[] = { "GREETING", "EHLO", "HELO",
		"STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT" };
	size_t n, i;

	for (; *value != '\0'; value += n + (value[n] == ' ')) {
		n = strcspn(value, " ");
		for (i = 0; i < COUNT(stages); i++)
			if (strlen(stages[i]) == n &&
			    strncmp(value, stages[i], n) == 0)
				break;
		if (i == COUNT(stages))
			return false;
	}
	return true;
}

static bool
is_chinese(const char *value)
{
	while (*value != '\0' && !ascii_is_8bit(*value))
		value++;
	return *value != '\0';
}

/* Keeps a value that may come once. */
static void
take_once(char *to, size_t size, const struct inifile_entry *e)
{
	if (*to != '\0' || snprintf(to, size, "%s", e->value) >= (int)size)
		fail_msg("line %u: twice, or too long", e->line);
}

static int
take_entry(void *arg, const struct inifile_entry *e, struct result *res)
{
	struct rule *r = arg;

	(void)res;
	/* test_providers and test_endpoints look at these */
	if (strncmp(e->section, "provider ", 9) == 0 ||
	    strncmp(e->section, "oauth ", 6) == 0)
		return 0;
	if (e->name == NULL) {
		end_rule(r);
		snprintf(r->section, sizeof r->section, "%s", e->section);
		return 0;
	}
	if (strcmp(e->name, "match") == 0)
		take_once(r->match, sizeof r->match, e);
	else if (strcmp(e->name, "stage") == 0 && are_stages(e->value))
		take_once(r->stages, sizeof r->stages, e);
	else if (strcmp(e->name, "class") == 0)
		take_once(r->class, sizeof r->class, e);
	else if (strcmp(e->name, "en") == 0 && !is_chinese(e->value))
		r->en++;
	else if (strcmp(e->name, "zh") == 0 && is_chinese(e->value))
		r->zh++;
	else if (strcmp(e->name, "wait") == 0 &&
	    duration_parse(e->value, 0, 86400000) > 0)
		r->wait++;
	else if (*r->match != '\0')
		fail_msg("line %u: unknown, or not its value", e->line);
	return 0;
}

static void
test_installed(void **state)
{
	struct rule rule = { .count = 0 };
	struct provider_rules r;
	struct result res;
	struct buf text;
	struct stat st;
	size_t n;

	(void)state;
	buf_init(&text, 1024 * 1024);
	if (file_read(&text, installed(), &st, &res) == -1)
		fail_msg("%s", res.text);
	for (size_t i = 0; i < text.len; i += n)
		if ((n = text_utf8_length(text.data + i, text.len - i)) == 0)
			fail_msg("byte %zu is not UTF-8", i);
	if (inifile_parse("providers.ini", text.data, text.len, take_entry,
		&rule, &res) == -1)
		fail_msg("%s", res.text);
	end_rule(&rule);
	assert_true(rule.count > 100);
	load(&r, installed());
	assert_int_equal(r.count, rule.count);
	for (size_t i = 0; i < r.count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(r.rules[i].section, r.rules[k].section) == 0)
				fail_msg(
				    "[%s] comes twice", r.rules[i].section);
	provider_clear(&r);
	buf_free(&text);
}

/* Replies, and the rules they are for: of each provider what it is known to
 * say, and what nobody knows.  How the program takes them is in tests/e2e. */
static const struct {
	const char *stage, *reply, *want;
} seen[] = {
	{ "AUTH", "535 Error: authentication failed", "163 wrong code" },
	{ "AUTH", "535 Error: authentication failed, system busy",
	    "exmail login" },
	{ "AUTH",
	    "535 5.7.8 Error: authentication failed: "
	    "UGFzc3dvcmQ6",
	    "login refused" },
	{ "GREETING",
	    "554 Ip is rejected, smtp auth error limit "
	    "exceed,163 gzsmtp1",
	    "163 address blocked" },
	{ "AUTH",
	    "554 IP is rejected, smtp auth error limit "
	    "exceed,126 smtp3,xxx 1503000000",
	    "163 address blocked" },
	{ "DOT",
	    "554 DT:SPM 163 smtp8,QID 1,please see "
	    "http://mail.163.com/help/help_spam_16.htm?ip=1&"
	    "hostid=smtp8&time=1",
	    "163 spam" },
	{ "DOT", "550 5.7.1 DT:SPM 163 smtp8", "163 spam" },
	{ "DOT", "451 DT:SPM ,please try again", "163 soft spam" },
	{ "MAIL",
	    "554 5.5.0 MI:STC .For more information, please "
	    "visit x",
	    "163 quota of the day" },
	{ "GREETING", "451 HL:MEP", "163 false domains" },
	{ "GREETING", "554 HL:ICC 163 smtp8", "163 connections" },
	{ "RCPT", "550 User not found: MI:STC@163.com",
	    "163 no such recipient" },
	{ "RCPT", "553 <too much recipient@x> no", "" },
	{ "AUTH",
	    "535 Login Fail. Please enter your authorization "
	    "code to login. More information in x",
	    "QQ code" },
	{ "AUTH",
	    "535 Error: \350\257\267 "
	    "http://service.mail.qq.com/cgi-bin/help?subtype"
	    "=1&&id=28",
	    "QQ code, older" },
	{ "MAIL",
	    "501 mail from address must be same as "
	    "authorization user",
	    "QQ sender" },
	{ "AUTH", "526 Authentication failure[0]", "Aliyun login" },
	{ "AUTH", "526 Authentication failure[1]", "Aliyun too many failures" },
	{ "MAIL",
	    "436 \"MAIL FROM\" doesn't conform with "
	    "authentication [@1]",
	    "Aliyun sender, newer" },
	{ "RCPT", "554 RCPT (a@b) dosn't exist",
	    "Aliyun no such recipient, newer" },
	{ "AUTH",
	    "535 5.7.8 Username and Password not accepted. "
	    "Learn more at x",
	    "Gmail password" },
	{ "AUTH", "454 4.7.0 Temporary authentication failure",
	    "Gmail trouble" },
	{ "AUTH",
	    "535 5.7.139 Authentication unsuccessful, basic "
	    "authentication is disabled.",
	    "Outlook password" },
	{ "AUTH",
	    "535 5.7.139 Authentication unsuccessful, "
	    "SmtpClientAuthentication is disabled for the "
	    "Tenant. Visit x",
	    "Microsoft 365 login by password" },
	{ "AUTH", "535 5.7.3 Authentication unsuccessful", "Microsoft login" },
	{ "MAIL", "530 5.7.0 Must issue a STARTTLS command first. x",
	    "STARTTLS first" },
	{ "MAIL", "530 5.7.0 Authentication Required. Learn more",
	    "not logged in" },
	{ "DOT",
	    "454 Throttling failure: Daily message quota "
	    "exceeded.",
	    "SES quota" },
	{ "DOT",
	    "454 Throttling failure: Maximum sending rate "
	    "exceeded.",
	    "SES rate" },
	{ "AUTH", "535 Authentication failed: Bad username / password",
	    "SendGrid login" },
	{ "AUTH", "535 Authentication Failed", "Zoho login" },
	{ "BDAT", "553 Relaying disallowed as x@y", "Zoho sender" },
	{ "DOT",
	    "551 5.7.1 Not authorised to send from this header "
	    "address",
	    "Fastmail sender" },
	{ "RCPT", "550 5.1.1 no such user", "" },
	{ "MAIL", "530 5.7.0 log in", "not logged in" },
	{ "DOT", "250 OK", "" },
};

static void
test_seen(void **state)
{
	struct provider_rules r;

	(void)state;
	load(&r, installed());
	for (size_t i = 0; i < COUNT(seen); i++) {
		const struct provider_rule *rule = provider_find(
		    &r, seen[i].stage, seen[i].reply);
		const char *section = rule == NULL ? "" : rule->section;

		if (strcmp(section, seen[i].want) != 0)
			fail_msg("%s: [%s]", seen[i].reply, section);
	}
	provider_clear(&r);
}

/* The tags mean the same whatever the code, and with an enhanced one. */
static void
test_tags(void **state)
{
	static const struct {
		const char *tag;
		enum result_kind kind;
	} tags[] = {
		{ "MI:DMC", RESULT_RENEW },
		{ "MI:SFQ", RESULT_RATE },
		{ "MI:STC", RESULT_QUOTA },
		{ "MI:CEL", RESULT_RENEW },
		{ "MI:CCL", RESULT_RENEW },
		{ "MI:NHD", RESULT_SETUP },
		{ "MI:IMF", RESULT_SETUP },
		{ "MI:SPB", RESULT_SETUP },
		{ "MI:SPF", RESULT_REFUSED },
		{ "MI:DMA", RESULT_REFUSED },
		{ "RP:QRC", RESULT_RATE },
		{ "RP:TRC", RESULT_QUOTA },
		{ "RP:RCL", RESULT_CROWD },
		{ "RP:DRC", RESULT_RENEW },
		{ "RP:CEL", RESULT_RENEW },
		{ "RP:CCL", RESULT_RENEW },
		{ "RP:FRL", RESULT_SETUP },
		{ "HL:ICC", RESULT_RATE },
		{ "HL:ITC", RESULT_RATE },
		{ "HL:IFC", RESULT_RATE },
		{ "HL:IFQ", RESULT_RATE },
		{ "HL:REP", RESULT_RATE },
		{ "HL:MEP", RESULT_RATE },
		{ "HL:IHU", RESULT_RATE },
		{ "HL:IPB", RESULT_SETUP },
		{ "DT:RBL", RESULT_SETUP },
		{ "DT:SUM", RESULT_SETUP },
		{ "WM:BLI", RESULT_SETUP },
		{ "WM:BLU", RESULT_SETUP },
	};
	static const char *const stages[] = { "GREETING", "HELO", "AUTH",
		"MAIL", "RCPT", "DATA", "DOT", "BDAT", "" };
	static const char *const codes[] = { "421", "450", "451 4.7.1", "550",
		"554 5.5.0", "554" };
	struct provider_rules r;
	char reply[128];

	(void)state;
	load(&r, installed());
	for (size_t i = 0; i < COUNT(tags) * COUNT(stages) * COUNT(codes);
	     i++) {
		size_t tag = i / COUNT(stages) / COUNT(codes);
		const struct provider_rule *rule;

		snprintf(reply, sizeof reply, "%s %s 163 smtp8",
		    codes[i % COUNT(codes)], tags[tag].tag);
		rule = provider_find(
		    &r, stages[i / COUNT(codes) % COUNT(stages)], reply);
		if (rule == NULL || rule->kind != tags[tag].kind)
			fail_msg("%s", reply);
	}
	provider_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_language),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_installed),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
