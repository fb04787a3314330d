#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "oauth/endpoints.h"

#define A "[oauth a]\nhosts = h1 h2\ndevice_url = d\ntoken_url = t\nscope = s\n"
#define B \
	"[oauth b]\nhosts = h2 h3\ndevice_url = D%TENANT%D\n" \
	"token_url = %TENANT%\nscope = S\ntenant = common\nclient_id = C\n"
#define RULE "[a rule]\nmatch = x\ndevice_url = no\n"

static int
load(struct endpoints *e, const char *text, const char *provider,
    const char *hosts, struct result *res)
{
	char path[] = "/tmp/outpost-endpoints-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	int status;

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	endpoints_init(e);
	status = endpoints_load(e, path, provider, hosts, res);
	unlink(path);
	return status;
}

static void
test_found(void **state)
{
	static const struct {
		const char *provider, *hosts, *want;
	} cases[] = {
		{ "a", "", "a" },
		{ "b", "h1", "b" },
		{ NULL, "h1", "a" },
		{ NULL, "h2", "a" },
		{ NULL, "H3", "b" },
		{ NULL, "x h3:587 x", "b" },
		{ "c", "h1", NULL },
		{ "A", "h1", NULL },
		{ NULL, "", NULL },
		{ NULL, "h h11 h1.x", NULL },
		{ NULL, " : ", NULL },
	};
	struct endpoints e;
	struct result res;
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		status = load(&e, RULE A RULE B RULE, cases[i].provider,
		    cases[i].hosts, &res);
		assert_int_equal(status, cases[i].want == NULL ? -1 : 0);
		if (status == -1)
			assert_int_equal(res.kind, RESULT_USAGE);
		else
			assert_string_equal(e.provider.data, cases[i].want);
		endpoints_clear(&e);
	}
}

static void
test_expand(void **state)
{
	static const struct {
		const char *tenant, *want; /* NULL: it is none */
	} cases[] = {
		{ "common", "DcommonD" },
		{ "a.example", "Da.exampleD" },
		{ "9188040d-6c67-4c5b-b112-36a304b66dad",
		    "D9188040d-6c67-4c5b-b112-36a304b66dadD" },
		{ "", NULL },
		{ "a/b", NULL },
		{ "..", NULL },
		{ "a?b", NULL },
		{ "\xc3\xa4", NULL },
	};
	struct endpoints e;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(load(&e, A B, "b", "", &res), 0);
		buf_reset(&e.tenant);
		buf_puts(&e.tenant, cases[i].tenant);
		if (cases[i].want == NULL) {
			assert_int_equal(endpoints_expand(&e, &res), -1);
			assert_int_equal(res.kind, RESULT_USAGE);
		} else {
			assert_int_equal(endpoints_expand(&e, &res), 0);
			assert_string_equal(e.device_url.data, cases[i].want);
			assert_string_equal(e.token_url.data, cases[i].tenant);
		}
		endpoints_clear(&e);
	}
	/* where it has no place, none is needed */
	assert_int_equal(load(&e, A, "a", "", &res), 0);
	assert_int_equal(endpoints_expand(&e, &res), 0);
	assert_string_equal(e.device_url.data, "d");
	endpoints_clear(&e);
}

static void
test_broken(void **state)
{
	static const struct {
		const char *text;
		enum result_kind kind;
	} cases[] = {
		{ "", RESULT_USAGE },
		{ "x", RESULT_CONFIG },
		{ "[oauth a]\ndevice_url = d\ntoken_url = t\n", RESULT_CONFIG },
		{ "[oauth a]\ndevice_url = d\nscope = t\n", RESULT_CONFIG },
		{ A "broken", RESULT_CONFIG },
		{ "[oauth ]\n", RESULT_USAGE },
	};
	struct endpoints e;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(load(&e, cases[i].text, "a", "", &res), -1);
		assert_int_equal(res.kind, cases[i].kind);
		endpoints_clear(&e);
	}
	endpoints_init(&e);
	assert_int_equal(endpoints_load(&e, "/nonexistent", "a", "", &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	endpoints_clear(&e);
}

/* What comes with the program. */
static void
test_installed(void **state)
{
	static const struct {
		const char *host, *provider;
	} cases[] = {
		{ "smtp.office365.com", "microsoft" },
		{ "smtp-mail.outlook.com:587", "microsoft" },
		{ "smtp.gmail.com", "google" },
	};
	const char *top = getenv("top_srcdir");
	struct endpoints e;
	struct result res;
	char path[4096];

	(void)state;
	snprintf(
	    path, sizeof path, "%s/etc/providers.ini", top != NULL ? top : ".");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		endpoints_init(&e);
		if (endpoints_load(&e, path, NULL, cases[i].host, &res) == -1)
			fail_msg("%s", res.text);
		assert_string_equal(e.provider.data, cases[i].provider);
		assert_int_equal(endpoints_expand(&e, &res), 0);
		assert_true(ascii_begins(e.device_url.data, "https://"));
		assert_true(ascii_begins(e.token_url.data, "https://"));
		assert_null(strchr(e.token_url.data, '%'));
		endpoints_clear(&e);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_installed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
