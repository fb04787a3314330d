/* The file of providers that comes with the program: each preset is a
 * configuration, all but for the account, and tells people what they need; and
 * how `outpost providers` shows them. */
#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/columns.h"
#include "cli/providers.h"
#include "config/conf.h"
#include "config/file.h"
#include "config/host.h"
#include "config/preset.h"
#include "config/provider.h"

/* A copy, since a checkout's own file may be its group's to write. */
static void
copy(char *path)
{
	const char *top_srcdir = getenv("top_srcdir");
	char from[4096];
	struct result res;
	struct buf text;
	struct stat st;
	int fd;

	snprintf(from, sizeof from, "%s/etc/providers.ini",
	    top_srcdir != NULL ? top_srcdir : ".");
	buf_init(&text, PROVIDER_FILE_MAX);
	if (file_read(&text, from, &st, &res) == -1)
		fail_msg("%s", res.text);
	assert_int_not_equal(fd = mkstemp(path), -1);
	assert_int_equal(write(fd, text.data, text.len), text.len);
	assert_int_equal(close(fd), 0);
	buf_free(&text);
}

static int
load(void **state)
{
	static char path[] = "/tmp/outpost-providers-XXXXXX";
	static struct presets presets;
	struct result res;

	copy(path);
	setenv("OUTPOST_PROVIDERS", path, 1);
	*state = &presets;
	if (presets_load(&presets, provider_path(), &res) == 0)
		return 0;
	print_error("%s\n", res.text);
	return -1;
}

static int
clear(void **state)
{
	presets_clear(*state);
	return unlink(provider_path());
}

/* Those that anybody may expect. */
static void
test_there(void **state)
{
	static const struct {
		const char *address, *name;
	} cases[] = {
		{ "a@163.com", "163" },
		{ "a@126.com", "126" },
		{ "a@yeah.net", "yeah" },
		{ "a@qq.com", "qq" },
		{ "a@foxmail.com", "qq" },
		{ "a@vip.qq.com", "qq" },
		{ "a@aliyun.com", "aliyun" },
		{ "a@sina.com", "sina" },
		{ "a@139.com", "139" },
		{ "a@gmail.com", "gmail" },
		{ "a@hotmail.com", "outlook" },
		{ "a@hotmail.co.uk", "outlook" },
		{ "a@outlook.fr", "outlook" },
		{ "a@me.com", "icloud" },
		{ "a@yahoo.com", "yahoo" },
		{ "a@yahoo.co.uk", "yahoo" },
		{ "a@aol.com", "aol" },
		{ "a@gmx.net", "gmx.net" },
		{ "a@gmx.com", "gmx" },
		{ "a@web.de", "web.de" },
		{ "a@yandex.ru", "yandex" },
		{ "a@mail.ru", "mail.ru" },
		{ "a@fastmail.com", "fastmail" },
		{ "a@zoho.com", "zoho" },
		{ "a@zoho.com.cn", "zoho.cn" },
		{ "a@proton.me", "proton" },
		{ NULL, "qiye.163" },
		{ NULL, "exmail" },
		{ NULL, "qiye.aliyun" },
		{ NULL, "directmail" },
		{ NULL, "office365" },
		{ NULL, "zoho.eu" },
		{ NULL, "ses" },
		{ NULL, "sendgrid" },
		{ NULL, "mailgun" },
		{ NULL, "mailgun.eu" },
		{ NULL, "brevo" },
		{ NULL, "postmark" },
		{ NULL, "resend" },
		{ NULL, "feishu" },
	};
	const struct preset *preset;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		preset = preset_find_name(*state, cases[i].name);
		if (preset == NULL)
			fail_msg("%s", cases[i].name);
		if (cases[i].address != NULL)
			assert_ptr_equal(
			    preset_find_domain(*state, cases[i].address),
			    preset);
	}
}

/* Its preset, the least that a person adds, and nothing to complain of. */
static void
check_configuration(const struct preset *preset)
{
	bool has_host = *preset_value(preset, "smarthost", "host") != '\0';
	char text[512];
	struct result res;
	struct conf conf;

	snprintf(text, sizeof text,
	    "[smarthost]\nprovider = %s\nuser = a@b.example\npassword = pw\n%s",
	    preset->name, has_host ? "" : "host = smtp.example.com\n");
	if (conf_parse(&conf, "t.ini", text, strlen(text), &res) == -1)
		fail_msg("%s: %s", preset->name, res.text);
	assert_int_not_equal(conf.smarthost.tls, CONF_TLS_OFF);
	assert_int_not_equal(conf.smarthost.auth, CONF_AUTH_OFF);
	assert_int_equal(conf.smarthost.insecure_auth, 0);
	conf_clear(&conf);
}

static void
check_texts(const struct preset *preset)
{
	bool has_host = *preset_value(preset, "smarthost", "host") != '\0';
	const char *text;

	assert_string_not_equal(preset->title, "");
	for (size_t i = 0; i < PRESET_TEXT_COUNT; i++)
		for (size_t j = 0; j < LANGUAGE_COUNT; j++) {
			text = preset->texts[i][j];
			if ((*text == '\0') != (i == PRESET_HOST && has_host))
				fail_msg("%s: text %zu, language %zu",
				    preset->name, i, j);
		}
}

static void
check_name(const struct preset *preset)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";

	if (strspn(preset->name, letters) != strlen(preset->name) ||
	    strlen(preset->name) > 12)
		fail_msg("%s", preset->name);
}

/* Each domain is one, or a pattern of some, and no other preset's or twice its
 * own. */
static void
check_domains(const struct presets *presets, const struct preset *preset)
{
	const struct preset *end = presets->all + presets->count;
	struct presets others = { presets->all, 0 };
	char list[1024], domain[256], *rest = list, *word, *star;

	others.all += preset - presets->all + 1;
	others.count = (size_t)(end - others.all);
	assert_true(strlcpy(list, preset->domains, sizeof list) < sizeof list);
	while ((word = strsep(&rest, " ")) != NULL && *list != '\0') {
		assert_true(
		    strlcpy(domain, word, sizeof domain) < sizeof domain);
		if ((star = strchr(domain, '*')) != NULL)
			*star = 'x';
		if (host_kind_of(domain) != HOST_NAME ||
		    strchr(domain, '.') == NULL ||
		    preset_find_domain(presets, domain) != preset ||
		    preset_find_domain(&others, domain) != NULL)
			fail_msg("%s: %s", preset->name, word);
	}
}

static void
test_each(void **state)
{
	const struct presets *presets = *state;

	for (size_t i = 0; i < presets->count; i++) {
		check_name(&presets->all[i]);
		check_domains(presets, &presets->all[i]);
		check_texts(&presets->all[i]);
		check_configuration(&presets->all[i]);
	}
}

/* Tables are as wide as a terminal, and show all of them. */
static void
check_table(const struct presets *presets, enum language language)
{
	const char *line;
	struct buf out;
	size_t n;

	buf_init(&out, PROVIDER_FILE_MAX);
	providers_table(presets, language, &out);
	for (line = out.data; *line != '\0'; line += n + 1) {
		n = strcspn(line, "\n");
		if (columns_of(line, n) > 79 || n == 0 || line[n - 1] == ' ')
			fail_msg("%.*s", (int)n, line);
	}
	for (size_t i = 0; i < presets->count; i++) {
		line = strstr(out.data, presets->all[i].name);
		assert_non_null(line);
		assert_non_null(strstr(line,
		    preset_text(&presets->all[i], PRESET_USER, language)));
	}
	buf_free(&out);
}

static void
test_shown(void **state)
{
	const struct presets *presets = *state;
	struct buf out;

	check_table(presets, LANGUAGE_ENGLISH);
	check_table(presets, LANGUAGE_CHINESE);
	buf_init(&out, PROVIDER_FILE_MAX);
	providers_one(preset_find_name(presets, "ses"), LANGUAGE_ENGLISH, &out);
	assert_string_equal(out.data,
	    "provider  ses\n"
	    "title     Amazon SES\n"
	    "host      email-smtp.REGION.amazonaws.com, with the region of the "
	    "account, such\n"
	    "          as eu-west-1\n"
	    "user      SMTP user name\n"
	    "password  the SMTP password, which the console makes under SMTP "
	    "settings\n"
	    "          together with the user name; a secret access key is "
	    "none.\n"
	    "\n[smarthost]\nport = 465\n"
	    "\n[sender]\nrewrite = local\n");
	buf_free(&out);
}

/* Whatever is in a file of one's own. */
static void
test_odd(void **state)
{
	static const char text[] = "[provider x]\n"
				   "host = \033[1m\nport = \033\n"
				   "user_en = \001\ndomains = \xff\n"
				   "[provider y]\nhost = %s\nport = %s\n";
	struct buf in, out, name;
	struct presets presets;
	struct result res;

	(void)state;
	buf_init(&in, PROVIDER_FILE_MAX);
	buf_init(&out, PROVIDER_FILE_MAX);
	buf_init(&name, 4096);
	while (name.len < 2000)
		buf_putc(&name, 'x');
	buf_printf(&in, text, name.data, name.data);
	if (presets_parse(&presets, "p", in.data, in.len, &res) == -1)
		fail_msg("%s", res.text);
	providers_table(&presets, LANGUAGE_ENGLISH, &out);
	providers_one(&presets.all[0], LANGUAGE_ENGLISH, &out);
	providers_one(&presets.all[1], LANGUAGE_ENGLISH, &out);
	assert_false(buf_failed(&out));
	for (size_t i = 0; i < out.len; i++)
		assert_true(out.data[i] == '\n' ||
		    (out.data[i] >= ' ' && out.data[i] < 0x7f));
	assert_non_null(strstr(out.data, "\\x1b"));
	presets_clear(&presets);
	buf_free(&in);
	buf_free(&out);
	buf_free(&name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, load, clear);
}
