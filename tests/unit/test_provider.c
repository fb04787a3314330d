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
#include "base/text.h"
#include "config/file.h"
#include "config/inifile.h"
#include "config/provider.h"

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
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(language_of(cases[i].lc_all,
				     cases[i].lc_messages, cases[i].lang),
		    cases[i].want);
}

static const char rules[] =
    "; comment\n[one]\nstage = AUTH\nmatch = 535 Error\nen = e1\nzh = z1\n"
    "[two]\nmatch = 5*spam*help\nen = e2 ; comment\n"
    "[two]\nmatch = \"a  b\"\nen = \"e;3 \"\nlater = x\nzh = z3\n"
    "[no pattern]\nen = e4\n"
    "[last]\nmatch = *x*\nen = e5\n";

static const struct {
	const char *stage, *reply, *en, *zh;
} fits[] = {
	{ "AUTH", "535 Error: x", "e1", "z1" },
	{ "auth", "535 ERROR", "e1", "z1" },
	{ "AUTH", "h refused AUTH: 535 Error: no", "e1", "z1" },
	{ "AUTH", "1535 Error", "", "" },
	{ "AUTH", "1535 Error, 535 Error", "e1", "z1" },
	{ "AUTH", "535 Erro", "", "" },
	{ "MAIL", "535 Error", "", "" },
	{ "AUTHX", "535 Error", "", "" },
	{ "DOT", "554 SPAM, see help", "e2", "e2" },
	{ "DOT", "554 help, see spam", "", "" },
	{ "DOT", "454 spam help", "", "" },
	{ "DOT", "spam 5 help", "", "" },
	{ "", "4 a  b", "e;3 ", "z3" },
	{ "", "4 a b", "", "" },
	{ "", "x", "e5", "e5" },
	{ "", "", "", "" },
};

static void
test_fits(void **state)
{
	struct buf out;

	(void)state;
	write_rules(rules);
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
		provider_advise(
		    path, fits[i].stage, fits[i].reply, LANGUAGE_ENGLISH, &out);
		assert_string_equal(out.data, fits[i].en);
		provider_advise(
		    path, fits[i].stage, fits[i].reply, LANGUAGE_CHINESE, &out);
		assert_string_equal(out.data, fits[i].zh);
	}
	buf_free(&out);
}

static void
test_broken(void **state)
{
	static const char *const texts[] = { "", "[a]\nmatch = x\nen\n",
		"[a]\nmatch = x\nen = y\n[b\n", "match\n", "[a]\nen = y\n" };
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		write_rules(texts[i]);
		provider_advise(path, "AUTH", "x", LANGUAGE_ENGLISH, &out);
		assert_string_equal(out.data, "");
	}
	provider_advise("/nowhere/x", "AUTH", "x", LANGUAGE_ENGLISH, &out);
	assert_string_equal(out.data, "");
	provider_advise("/", "AUTH", "x", LANGUAGE_ENGLISH, &out);
	assert_string_equal(out.data, "");
	buf_free(&out);
}

/* What a rule must have, and may have once. */
struct rule {
	char section[INIFILE_NAME_MAX + 1];
	unsigned match, en, zh, stage;
	unsigned count;
};

static void
end_rule(struct rule *r)
{
	if (r->count > 0 &&
	    (r->match != 1 || r->en != 1 || r->zh != 1 || r->stage > 1))
		fail_msg("[%s] lacks a key, or has one twice", r->section);
	r->match = r->en = r->zh = r->stage = 0;
}

static bool
is_stage(const char *value)
{
	static const char *const stages[] = { "GREETING", "EHLO", "HELO",
		"STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT" };

	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (strcmp(value, stages[i]) == 0)
			return true;
	return false;
}

static bool
is_chinese(const char *value)
{
	while (*value != '\0' && !ascii_is_8bit(*value))
		value++;
	return *value != '\0';
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
		if (strcmp(r->section, e->section) == 0)
			fail_msg("line %u: the name comes twice", e->line);
		snprintf(r->section, sizeof r->section, "%s", e->section);
		r->count++;
		return 0;
	}
	if (*e->value == '\0')
		fail_msg("line %u: no value", e->line);
	if (strcmp(e->name, "match") == 0)
		r->match++;
	else if (strcmp(e->name, "en") == 0 && !is_chinese(e->value))
		r->en++;
	else if (strcmp(e->name, "zh") == 0 && is_chinese(e->value))
		r->zh++;
	else if (strcmp(e->name, "stage") == 0 && is_stage(e->value))
		r->stage++;
	else
		fail_msg("line %u: unknown, or not its value", e->line);
	return 0;
}

static void
test_installed(void **state)
{
	struct rule rule = { .count = 0 };
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
	assert_true(rule.count > 40);
	buf_free(&text);
}

/* Replies as they were seen, and a word of the advice that fits. */
static const struct {
	const char *stage, *reply, *want;
} seen[] = {
	{ "AUTH", "535 Error: authentication failed", "Make a new one" },
	{ "AUTH", "535 Error: authentication failed, system busy", "locked" },
	{ "AUTH", "550 User has no permission", "switched off" },
	{ "AUTH",
	    "451 Requested mail action not taken: too much fail "
	    "authentication",
	    "half an hour" },
	{ "GREETING",
	    "554 IP is rejected, smtp auth error limit exceed,126 "
	    "smtp3,xxx 1503000000",
	    "is blocked" },
	{ "AUTH",
	    "554 Ip is rejected, smtp auth error limit exceed,163 "
	    "gzsmtp1",
	    "is blocked" },
	{ "MAIL", "553 authentication is required,163 smtp8,QID 1", "`user`" },
	{ "MAIL", "553 Mail from must equal authorized user", "account its" },
	{ "MAIL", "553 Local user only,163 smtp8,QID 1", "of this provider" },
	{ "MAIL",
	    "553 Requested action not taken: NULL sender is not "
	    "allowed",
	    "empty sender" },
	{ "DOT", "554 DT:SUM 163 smtp8,QID 1", "From becomes" },
	{ "DOT",
	    "554 DT:SPM 163 smtp8,QID 1,please see http://mail.163.com/"
	    "help/help_spam_16.htm?ip=1&hostid=smtp8&time=1",
	    "for spam" },
	{ "DOT", "451 DT:SPM ,please try again", "two minutes" },
	{ "MAIL", "451 MI:DMC 163 smtp8,QID(12) 1", "one connection" },
	{ "MAIL", "554 5.5.0 MI:STC .For more information", "for today" },
	{ "MAIL", "451 MI:SFQ 163 smtp8", "quarter of an hour" },
	{ "RCPT", "550 RP:RCL 163 smtp8", "recipients_per_message" },
	{ "RCPT", "550 User not found: a@163.com", "no such recipient" },
	{ "RCPT", "550 User suspended", "Use another address" },
	{ "GREETING", "421 HL:ICC 163 smtp8", "at once" },
	{ "GREETING", "554 HL:IPB 163 smtp8", "does not take mail" },
	{ "STARTTLS", "454 Command not permitted when TLS active", "implicit" },
	{ "AUTH",
	    "535 Login fail. Account is abnormal, service is not open, "
	    "password is incorrect",
	    "16 letters" },
	{ "AUTH",
	    "535 Login Fail. Please enter your authorization code to "
	    "login.",
	    "16 letters" },
	{ "AUTH",
	    "535 Error: \\xC7\\xEB http://service.mail.qq.com/cgi-bin/"
	    "help?subtype=1&&id=28",
	    "16 letters" },
	{ "MAIL", "501 mail from address must be same as authorization user",
	    "account itself" },
	{ "DOT",
	    "550 The \"From\" header is missing or invalid. Please "
	    "follow RFC5322",
	    "From field" },
	{ "MAIL", "550 Connection frequency limited", "too often" },
	{ "AUTH", "526 Authentication failure[0]", "is wrong" },
	{ "AUTH", "526 Authentication failure[1]", "Too many" },
	{ "MAIL", "440 mail from account doesn't conform with authentication",
	    "account itself" },
	{ "MAIL", "436 \"MAIL FROM\" doesn't conform with authentication [@1]",
	    "account itself" },
	{ "DOT", "554 Reject by behaviour spam", "way of sending" },
	{ "AUTH", "535 5.7.8 Username and Password not accepted.", "app pass" },
	{ "RCPT", "550 5.1.1 no such user", "" },
	{ "DOT", "250 OK", "" },
};

static void
test_seen(void **state)
{
	struct buf out;
	char text[512];

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
		snprintf(text, sizeof text, "smtp.example.com refused %s: %s",
		    seen[i].stage, seen[i].reply);
		provider_advise(
		    installed(), seen[i].stage, text, LANGUAGE_ENGLISH, &out);
		if (*seen[i].want == '\0'
			? out.len > 0
			: strstr(out.data, seen[i].want) == NULL)
			fail_msg("%s: %s", seen[i].reply, out.data);
		provider_advise(installed(), seen[i].stage, seen[i].reply,
		    LANGUAGE_CHINESE, &out);
		assert_int_equal(is_chinese(out.data), *seen[i].want != '\0');
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_language),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_installed),
		cmocka_unit_test(test_seen),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
