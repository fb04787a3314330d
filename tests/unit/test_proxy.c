#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/proxy.h"

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X255 X50 X50 X50 X50 X50 "xxxxx"

static const struct {
	const char *text;
	const char *host; /* NULL: it is none */
	int port;
	const char *user, *password;
} cases[] = {
	{ "socks5://proxy.example:1080", "proxy.example", 1080, "", "" },
	{ "SOCKS5://127.0.0.1:1", "127.0.0.1", 1, "", "" },
	{ "socks5://[::1]:65535", "::1", 65535, "", "" },
	{ "socks5://u@h:1", "h", 1, "u", "" },
	{ "socks5://u:@h:1", "h", 1, "u", "" },
	{ "socks5://u:p@h:1", "h", 1, "u", "p" },
	{ "socks5://u:p:q@h:1", "h", 1, "u", "p:q" },
	{ "socks5://u:p@q@[::1]:1", "::1", 1, "u", "p@q" },
	{ "socks5://a%3ab:%40%2F%25@h:1", "h", 1, "a:b", "@/%" },
	{ "socks5://%c3%A9:p@h:1", "h", 1, "\xc3\xa9", "p" },
	{ "socks5://" X255 ":" X255 "@" X255 ":1", X255, 1, X255, X255 },
	{ "socks5://x" X255 ":1", NULL, 0, NULL, NULL },
	{ "socks5://x" X255 "@h:1", NULL, 0, NULL, NULL },
	{ "socks5://u:x" X255 "@h:1", NULL, 0, NULL, NULL },
	{ "", NULL, 0, NULL, NULL },
	{ "socks5", NULL, 0, NULL, NULL },
	{ "socks5://", NULL, 0, NULL, NULL },
	{ "socks4://h:1", NULL, 0, NULL, NULL },
	{ "http://h:1", NULL, 0, NULL, NULL },
	{ "h:1", NULL, 0, NULL, NULL },
	{ "socks5://h", NULL, 0, NULL, NULL },
	{ "socks5://h:", NULL, 0, NULL, NULL },
	{ "socks5://h:0", NULL, 0, NULL, NULL },
	{ "socks5://h:65536", NULL, 0, NULL, NULL },
	{ "socks5://h:99999999999999999999", NULL, 0, NULL, NULL },
	{ "socks5://h:1/", NULL, 0, NULL, NULL },
	{ "socks5://h:+1", NULL, 0, NULL, NULL },
	{ "socks5://:1", NULL, 0, NULL, NULL },
	{ "socks5://::1:1", NULL, 0, NULL, NULL },
	{ "socks5://[::1]", NULL, 0, NULL, NULL },
	{ "socks5://[::1", NULL, 0, NULL, NULL },
	{ "socks5://[::1:1", NULL, 0, NULL, NULL },
	{ "socks5://[]:1", NULL, 0, NULL, NULL },
	{ "socks5://@h:1", NULL, 0, NULL, NULL },
	{ "socks5://:p@h:1", NULL, 0, NULL, NULL },
	{ "socks5://u%:p@h:1", NULL, 0, NULL, NULL },
	{ "socks5://u%4:p@h:1", NULL, 0, NULL, NULL },
	{ "socks5://u:p%@h:1", NULL, 0, NULL, NULL },
	{ "socks5://u:p%4g@h:1", NULL, 0, NULL, NULL },
	{ "socks5://u%00:p@h:1", NULL, 0, NULL, NULL },
};

static void
parsing(void **state)
{
	struct proxy p;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (cases[i].host == NULL) {
			if (proxy_parse(&p, cases[i].text) != -1)
				fail_msg("taken: %s", cases[i].text);
			continue;
		}
		if (proxy_parse(&p, cases[i].text) != 0)
			fail_msg("not taken: %s", cases[i].text);
		assert_string_equal(p.host, cases[i].host);
		assert_int_equal(p.port, cases[i].port);
		assert_string_equal(p.user, cases[i].user);
		assert_string_equal(p.password, cases[i].password);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(parsing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
