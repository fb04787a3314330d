#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/wizard_answers.h"
#include "cli/wizard_options.h"
#include "cmdline.h"
#include "config/conf.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char providers[] = "[provider 163]\n"
				"domains = 163.com vip.163.com\n"
				"host = smtp.163.com\n"
				"[provider gmail]\n"
				"domains = gmail.com\n"
				"host = smtp.gmail.com\n"
				"[provider outlook]\n"
				"domains = outlook.com\n"
				"host = smtp-mail.outlook.com:587\n"
				"tls = starttls\n"
				"auth = xoauth2\n"
				"[provider sendgrid]\n"
				"host = smtp.sendgrid.net\n"
				"user = apikey\n"
				"[provider ses]\n"
				"host_en = that of your region\n";

static void
load(struct presets *p)
{
	struct result res;

	assert_int_equal(
	    presets_parse(p, "p", providers, sizeof providers - 1, &res), 0);
}

static void
test_options(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "setup", "-|-|-|-|-|-|000" },
		{ "setup|--address|a@b", "a@b|-|-|-|-|-|000" },
		{ "setup|--address=a@b|--local=c=d", "a@b|-|-|-|-|c=d|000" },
		{ "setup|--password-file|f|--provider|p|--host|h|--user|u",
		    "-|f|p|h|u|-|000" },
		{ "setup|--yes|--no-check", "-|-|-|-|-|-|110" },
		{ "setup|--force|--force", "-|-|-|-|-|-|001" },
		{ "setup|--address|--yes", "--yes|-|-|-|-|-|000" },
		{ "setup|--address", "setup: --address needs ADDRESS" },
		{ "setup|--address=", "setup: --address needs ADDRESS" },
		{ "setup|--local|a\tb", "setup: --local: a control character" },
		{ "setup|--yes=1", "setup: unknown option --yes" },
		{ "setup|--password=x", "setup: unknown option --password" },
		{ "setup|--", "setup: unknown option --" },
		{ "setup|a@b", "setup takes options only: \"a@b\" is none" },
	};
	struct wizard_options o;
	struct cmdline c;
	struct result res;
	struct buf got;

	(void)state;
	buf_init(&got, 512);
	for (size_t i = 0; i < COUNT(cases); i++) {
		cmdline_split(&c, cases[i].line);
		buf_reset(&got);
		if (wizard_options_parse(&o, c.argc, c.argv, &res) == -1) {
			assert_int_equal(res.kind, RESULT_USAGE);
			buf_puts(&got, res.text);
		} else {
			const char *texts[] = { o.address, o.password_file,
				o.provider, o.host, o.user, o.local };

			for (size_t j = 0; j < COUNT(texts); j++)
				buf_printf(&got, "%s|",
				    texts[j] != NULL ? texts[j] : "-");
			buf_printf(&got, "%d%d%d", o.no_check, o.yes, o.force);
		}
		assert_string_equal(got.data, cases[i].want);
	}
	buf_free(&got);
}

/* Both languages say all of the same parts. */
static void
test_words(void **state)
{
	const struct wizard_parts parts = { { "<1>", "<2>", "<3>" } };
	struct buf texts[LANGUAGE_COUNT];

	(void)state;
	for (int i = 0; i < LANGUAGE_COUNT; i++)
		buf_init(&texts[i], 4096);
	for (int word = 0; word < WIZARD_WORD_COUNT; word++) {
		for (int i = 0; i < LANGUAGE_COUNT; i++) {
			buf_reset(&texts[i]);
			wizard_words_add(&texts[i], (enum wizard_word)word,
			    &parts, (enum language)i);
			assert_true(texts[i].len > 0);
			assert_null(strchr(texts[i].data, '{'));
		}
		for (size_t i = 0; i < COUNT(parts.part); i++)
			assert_int_equal(
			    strstr(texts[0].data, parts.part[i]) != NULL,
			    strstr(texts[1].data, parts.part[i]) != NULL);
	}
	for (int i = 0; i < LANGUAGE_COUNT; i++)
		buf_free(&texts[i]);
}

static void
test_words_are_fit_to_be_shown(void **state)
{
	const struct wizard_parts parts = { { "a\033[31m\nb" } };
	struct buf text;

	(void)state;
	buf_init(&text, 4096);
	wizard_words_add(&text, WIZARD_BAD_ADDRESS, &parts, LANGUAGE_ENGLISH);
	assert_non_null(strstr(text.data, "\"a\\x1b[31m b\""));
	buf_free(&text);
}

enum asked { ADDRESS, PROVIDER, HOST, SERVER, PORT, USER, LOCAL };

static enum wizard_word
answer(struct wizard_answers *a, enum asked asked, const char *text)
{
	static enum wizard_word (*const takes[])(
	    struct wizard_answers *, const char *) = {
		[ADDRESS] = wizard_answers_address,
		[PROVIDER] = wizard_answers_provider,
		[HOST] = wizard_answers_host,
		[SERVER] = wizard_answers_server,
		[PORT] = wizard_answers_port,
		[USER] = wizard_answers_user,
		[LOCAL] = wizard_answers_local,
	};

	return takes[asked](a, text);
}

static void
test_judged(void **state)
{
	static const struct {
		enum asked asked;
		const char *text;
		enum wizard_word want;
	} cases[] = {
		{ ADDRESS, "me@163.com", WIZARD_FINE },
		{ ADDRESS, "Me <me@163.com>", WIZARD_FINE },
		{ ADDRESS, "me@[192.0.2.1]", WIZARD_FINE },
		{ ADDRESS, "", WIZARD_BAD_ADDRESS },
		{ ADDRESS, "me", WIZARD_BAD_ADDRESS },
		{ ADDRESS, "me@", WIZARD_BAD_ADDRESS },
		{ ADDRESS, "@163.com", WIZARD_BAD_ADDRESS },
		{ ADDRESS, "me@163", WIZARD_BAD_ADDRESS },
		{ ADDRESS, "a@163.com, b@163.com", WIZARD_BAD_ADDRESS },
		{ LOCAL, "root", WIZARD_BAD_ADDRESS },
		{ LOCAL, "root@localhost", WIZARD_BAD_ADDRESS },
		{ LOCAL, "a@b.example", WIZARD_FINE },
		{ PROVIDER, "163", WIZARD_FINE },
		{ PROVIDER, "GMAIL", WIZARD_FINE },
		{ PROVIDER, "gmial", WIZARD_BAD_PROVIDER },
		{ PROVIDER, "", WIZARD_BAD_PROVIDER },
		{ HOST, "smtp.example.com", WIZARD_FINE },
		{ HOST, "smtp.example.com:587", WIZARD_FINE },
		{ HOST, "localhost", WIZARD_FINE },
		{ HOST, "192.0.2.1", WIZARD_FINE },
		{ HOST, "[2001:db8::1]:465", WIZARD_FINE },
		{ HOST, "2001:db8::1", WIZARD_FINE },
		{ HOST, "", WIZARD_BAD_HOST },
		{ HOST, "163", WIZARD_BAD_HOST },
		{ HOST, "smtp", WIZARD_BAD_HOST },
		{ HOST, "a.example b.example", WIZARD_BAD_HOST },
		{ HOST, "smtp.example.com:0", WIZARD_BAD_HOST },
		{ HOST, "smtp.example.com:65536", WIZARD_BAD_HOST },
		{ HOST, "https://smtp.example.com", WIZARD_BAD_HOST },
		{ SERVER, "163", WIZARD_FINE },
		{ SERVER, "smtp.example.com", WIZARD_FINE },
		{ SERVER, "gmial", WIZARD_BAD_SERVER },
		{ PORT, "1", WIZARD_FINE },
		{ PORT, "65535", WIZARD_FINE },
		{ PORT, "0", WIZARD_BAD_PORT },
		{ PORT, "65536", WIZARD_BAD_PORT },
		{ PORT, "465x", WIZARD_BAD_PORT },
		{ PORT, "", WIZARD_BAD_PORT },
		{ USER, "me", WIZARD_FINE },
		{ USER, "", WIZARD_BAD_USER },
		{ USER, "a\tb", WIZARD_BAD_USER },
	};
	struct wizard_answers a;
	struct presets p;

	(void)state;
	load(&p);
	for (size_t i = 0; i < COUNT(cases); i++) {
		wizard_answers_init(&a, &p);
		if (answer(&a, cases[i].asked, cases[i].text) != cases[i].want)
			fail_msg("case %zu: %s", i, cases[i].text);
		wizard_answers_clear(&a);
	}
	presets_clear(&p);
}

static void
test_code(void **state)
{
	static char big[WIZARD_CODE_MAX + 2];
	static const struct {
		const char *address, *text;
		enum wizard_word want;
		const char *code;
	} cases[] = {
		{ "me@163.com", "ABC", WIZARD_FINE, "ABC" },
		{ "me@163.com", " \tABC \r\n", WIZARD_FINE, "ABC" },
		{ "me@163.com", "a \"b;#=\\ c", WIZARD_FINE, "a \"b;#=\\ c" },
		{ "me@163.com", "", WIZARD_NO_CODE, NULL },
		{ "me@163.com", "  ", WIZARD_NO_CODE, NULL },
		{ "me@163.com", "a\033b", WIZARD_BAD_CODE, NULL },
		{ "me@gmail.com", "abcd efgh ijkl mnop", WIZARD_FINE,
		    "abcdefghijklmnop" },
		{ "me@gmail.com", "abcd efgh ijkl mno1", WIZARD_FINE,
		    "abcd efgh ijkl mno1" },
		{ "me@gmail.com", "abcd  fgh ijkl mnop", WIZARD_FINE,
		    "abcd  fgh ijkl mnop" },
		{ "me@gmail.com", "abcd efgh ijkl mnop qrst", WIZARD_FINE,
		    "abcd efgh ijkl mnop qrst" },
		/* of a server that nothing is known of */
		{ "me@x.example", "abcd efgh ijkl mnop", WIZARD_FINE,
		    "abcd efgh ijkl mnop" },
		{ "me@163.com", big, WIZARD_LONG_CODE, NULL },
		{ "me@163.com", big + 1, WIZARD_FINE, big + 1 },
	};
	struct wizard_answers a;
	struct presets p;

	(void)state;
	memset(big, 'x', sizeof big - 1);
	load(&p);
	for (size_t i = 0; i < COUNT(cases); i++) {
		wizard_answers_init(&a, &p);
		assert_int_equal(
		    wizard_answers_address(&a, cases[i].address), WIZARD_FINE);
		assert_int_equal(wizard_answers_code(
				     &a, cases[i].text, strlen(cases[i].text)),
		    cases[i].want);
		if (cases[i].code != NULL)
			assert_string_equal(a.code.data, cases[i].code);
		assert_int_equal(a.spaced,
		    cases[i].code != NULL &&
			strcmp(cases[i].code, "abcdefghijklmnop") == 0);
		wizard_answers_clear(&a);
	}
	presets_clear(&p);
}

#define HEAD \
	"# Made by outpost setup; outpost.ini(5) says what else there is.\n" \
	"\n[smarthost]\n"
#define SECRET_AT "password_file = /etc/outpost.secret\n"

/* What is answered, as "X text" with X for what was asked, and the
 * configuration. */
static void
test_configuration(void **state)
{
	static const struct {
		struct {
			enum asked asked;
			const char *text;
		} answers[6];
		const char *want;
	} cases[] = {
		{ { { ADDRESS, "me@163.com" }, { LOCAL, "me@163.com" } },
		    HEAD "provider = 163\nuser = me@163.com\n" SECRET_AT
			 "\n[recipients]\nlocal = me@163.com\n" },
		{ { { ADDRESS, "Me <me@VIP.163.COM>" },
		      { LOCAL, "a@b.example" } },
		    HEAD "provider = 163\nuser = me@VIP.163.COM\n" SECRET_AT
			 "\n[recipients]\nlocal = a@b.example\n" },
		{ { { ADDRESS, "me@163.com" }, { PROVIDER, "gmail" },
		      { LOCAL, "me@163.com" } },
		    HEAD "provider = gmail\nuser = me@163.com\n" SECRET_AT
			 "\n[recipients]\nlocal = me@163.com\n" },
		{ { { ADDRESS, "me@163.com" }, { HOST, "smtp.x.example:465" },
		      { LOCAL, "me@163.com" } },
		    HEAD "host = smtp.x.example\nport = 465\n"
			 "tls = implicit\nuser = me@163.com\n" SECRET_AT
			 "\n[recipients]\nlocal = me@163.com\n" },
		{ { { ADDRESS, "me@x.example" }, { SERVER, "smtp.x.example" },
		      { PORT, "587" }, { USER, "me ;x" },
		      { LOCAL, "me@x.example" } },
		    HEAD "host = smtp.x.example\nport = 587\n"
			 "tls = starttls\nuser = \"me ;x\"\n" SECRET_AT
			 "\n[sender]\naddress = me@x.example\n"
			 "\n[recipients]\nlocal = me@x.example\n" },
		{ { { ADDRESS, "me@x.example" }, { SERVER, "sendgrid" },
		      { LOCAL, "me@x.example" } },
		    HEAD "provider = sendgrid\n" SECRET_AT
			 "\n[sender]\naddress = me@x.example\n"
			 "\n[recipients]\nlocal = me@x.example\n" },
		{ { { ADDRESS, "me@x.example" }, { PROVIDER, "ses" },
		      { HOST, "smtp.ses.example" }, { USER, "AKIA" },
		      { LOCAL, "me@x.example" } },
		    HEAD "provider = ses\nhost = smtp.ses.example\n"
			 "user = AKIA\n" SECRET_AT
			 "\n[sender]\naddress = me@x.example\n"
			 "\n[recipients]\nlocal = me@x.example\n" },
		{ { { ADDRESS, "me@outlook.com" },
		      { LOCAL, "me@outlook.com" } },
		    HEAD "provider = outlook\nuser = me@outlook.com\n"
			 "auth = xoauth2\n" SECRET_AT
			 "\n[recipients]\nlocal = me@outlook.com\n" },
	};
	static const struct wizard_place place = { "password_file",
		"/etc/outpost.secret", "" };
	struct wizard_answers a;
	struct presets p;
	struct buf got;

	(void)state;
	load(&p);
	buf_init(&got, 4096);
	for (size_t i = 0; i < COUNT(cases); i++) {
		wizard_answers_init(&a, &p);
		for (size_t j = 0; cases[i].answers[j].text != NULL; j++)
			assert_int_equal(answer(&a, cases[i].answers[j].asked,
					     cases[i].answers[j].text),
			    WIZARD_FINE);
		buf_reset(&got);
		wizard_answers_write(&a, &place, &got);
		assert_string_equal(got.data, cases[i].want);
		wizard_answers_clear(&a);
	}
	buf_free(&got);
	presets_clear(&p);
}

/* Whatever is answered, it is read back as it was. */
static void
test_configuration_is_read_back(void **state)
{
	static const char code[] = "\"a ;b#c=d\\";
	static const struct wizard_place place = { "password", code,
		"/home/me;#/outpost" };
	struct wizard_answers a;
	struct presets p;
	struct result res;
	struct conf conf;
	struct buf got;

	(void)state;
	load(&p);
	buf_init(&got, 4096);
	wizard_answers_init(&a, &p);
	assert_int_equal(
	    wizard_answers_address(&a, "\"a ;b\"@x.example"), WIZARD_FINE);
	assert_int_equal(
	    wizard_answers_host(&a, "[2001:db8::1]:465"), WIZARD_FINE);
	assert_int_equal(
	    wizard_answers_local(&a, "\"#c\"@x.example"), WIZARD_FINE);
	wizard_answers_write(&a, &place, &got);
	assert_int_equal(conf_parse(&conf, "x", got.data, got.len, &res), 0);
	assert_string_equal(conf.smarthost.host, "[2001:db8::1]");
	assert_string_equal(conf.smarthost.user, "\"a ;b\"@x.example");
	assert_string_equal(conf.smarthost.password, code);
	assert_string_equal(conf.recipients.local, "#c@x.example");
	assert_string_equal(conf.queue.directory, "/home/me;#/outpost");
	conf_clear(&conf);
	wizard_answers_clear(&a);
	buf_free(&got);
	presets_clear(&p);
}

/* What is asked about further, by what is known. */
static void
test_what_is_known(void **state)
{
	static const struct {
		const char *address, *provider;
		bool host, user, token;
	} cases[] = {
		{ "me@163.com", NULL, true, true, false },
		{ "me@VIP.163.com", NULL, true, true, false },
		{ "me@x.163.com", NULL, false, false, false },
		{ "me@x.example", "163", true, false, false },
		{ "me@x.example", "sendgrid", true, true, false },
		{ "me@x.example", "ses", false, false, false },
		{ "me@outlook.com", NULL, true, true, true },
		{ "me@x.example", "outlook", true, false, true },
	};
	struct wizard_answers a;
	struct presets p;

	(void)state;
	load(&p);
	for (size_t i = 0; i < COUNT(cases); i++) {
		wizard_answers_init(&a, &p);
		assert_int_equal(
		    wizard_answers_address(&a, cases[i].address), WIZARD_FINE);
		if (cases[i].provider != NULL)
			assert_int_equal(
			    wizard_answers_provider(&a, cases[i].provider),
			    WIZARD_FINE);
		assert_int_equal(wizard_answers_has_host(&a), cases[i].host);
		assert_int_equal(wizard_answers_has_user(&a), cases[i].user);
		assert_int_equal(
		    wizard_answers_wants_token(&a), cases[i].token);
		wizard_answers_clear(&a);
	}
	presets_clear(&p);
}

static void
test_provider_and_host(void **state)
{
	struct wizard_answers a;
	struct presets p;

	(void)state;
	load(&p);
	wizard_answers_init(&a, &p);
	assert_int_equal(wizard_answers_provider(&a, "163"), WIZARD_FINE);
	assert_int_equal(
	    wizard_answers_host(&a, "smtp.x.example"), WIZARD_HOST_KNOWN);
	wizard_answers_clear(&a);
	presets_clear(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_are_fit_to_be_shown),
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_configuration_is_read_back),
		cmocka_unit_test(test_what_is_known),
		cmocka_unit_test(test_provider_and_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
