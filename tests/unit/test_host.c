#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/host.h"

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define NAME250 X50 "." X50 "." X50 "." X50 "." X50
#define DEFAULT 465

static void
test_entries(void **state)
{
	static const struct {
		const char *in;
		enum host_kind kind;
		const char *name;
		long port;
	} cases[] = {
		{ "a.example", HOST_NAME, "a.example", DEFAULT },
		{ "a.example:25", HOST_NAME, "a.example", 25 },
		{ "163.com:1", HOST_NAME, "163.com", 1 },
		{ "a_b:65535", HOST_NAME, "a_b", 65535 },
		{ "a:00025", HOST_NAME, "a", 25 },
		{ "192.0.2.1", HOST_IPV4, "192.0.2.1", DEFAULT },
		{ "192.0.2.1:25", HOST_IPV4, "192.0.2.1", 25 },
		{ "::1", HOST_IPV6, "::1", DEFAULT },
		{ "::", HOST_IPV6, "::", DEFAULT },
		{ "2001:db8::1:25", HOST_IPV6, "2001:db8::1:25", DEFAULT },
		{ "[::1]", HOST_IPV6, "[::1]", DEFAULT },
		{ "[::1]:25", HOST_IPV6, "[::1]", 25 },
		{ "a:", HOST_BAD_PORT, "a", 0 },
		{ "a:0", HOST_BAD_PORT, "a", 0 },
		{ "a:65536", HOST_BAD_PORT, "a", 0 },
		{ "a:99999999999999999999", HOST_BAD_PORT, "a", 0 },
		{ "a:-1", HOST_BAD_PORT, "a", 0 },
		{ "a:+1", HOST_BAD_PORT, "a", 0 },
		{ "a:1x", HOST_BAD_PORT, "a", 0 },
		{ "a:smtp", HOST_BAD_PORT, "a", 0 },
		{ "[::1]:", HOST_BAD_PORT, "[::1]", 0 },
		{ "192.0.2.1:x", HOST_BAD_PORT, "192.0.2.1", 0 },
		{ "/run/s", HOST_PATH, "/run/s", DEFAULT },
		{ "/run/s:25", HOST_PATH, "/run/s:25", DEFAULT },
		{ "/", HOST_PATH, "/", DEFAULT },
		{ "srv:a.example", HOST_SRV, "a.example", DEFAULT },
		{ "srv:a", HOST_BAD_DOMAIN, "a", DEFAULT },
		{ "srv:", HOST_BAD_DOMAIN, "", DEFAULT },
		{ "srv:a.example:25", HOST_BAD_DOMAIN, "a.example:25",
		    DEFAULT },
		{ "srv:192.0.2.1", HOST_BAD_DOMAIN, "192.0.2.1", DEFAULT },
		{ "srv:/run/s", HOST_BAD_DOMAIN, "/run/s", DEFAULT },
		{ "SRV:a.example", HOST_BAD_PORT, "SRV", 0 },
		{ "srv", HOST_NAME, "srv", DEFAULT },
		{ ":25", HOST_BAD, ":25", DEFAULT },
		{ ":", HOST_BAD, ":", DEFAULT },
		{ "[::1", HOST_BAD, "[::1", DEFAULT },
		{ "[]:25", HOST_BAD, "[]", 25 },
		{ "[a]:25", HOST_BAD, "[a]", 25 },
		{ "[192.0.2.1]:25", HOST_BAD, "[192.0.2.1]", 25 },
		{ "a:b:25", HOST_BAD, "a:b:25", DEFAULT },
		{ "a/b:25", HOST_BAD, "a/b", 25 },
		{ "127.1:25", HOST_BAD, "127.1", 25 },
	};
	struct host host;
	const char *list;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		list = cases[i].in;
		assert_true(host_next(&list, DEFAULT, &host));
		if (host.kind != cases[i].kind ||
		    strcmp(host.name, cases[i].name) != 0 ||
		    host.port != cases[i].port)
			fail_msg("%s: %d %s %ld", cases[i].in, host.kind,
			    host.name, host.port);
		assert_int_equal(*list, '\0');
		assert_false(host_next(&list, DEFAULT, &host));
	}
}

/* Names of just the longest length, and beyond; beyond the struct's room. */
static void
test_lengths(void **state)
{
	static const struct {
		const char *in;
		enum host_kind kind;
	} cases[] = {
		{ NAME250, HOST_BAD }, /* 254 */
		{ X50 "." X50 "." X50 "." X50 ".xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		      "xxxxxxxxxxxxxxxxxxx:25",
		    HOST_NAME }, /* 253 */
		{ "/" X50 X50 "xxxxxx", HOST_PATH }, /* 107 */
		{ "/" X50 X50 "xxxxxxx", HOST_BAD_PATH },
		{ "/" NAME250 NAME250, HOST_BAD_PATH },
		{ "srv:" X50 "." X50 "." X50 "." X50
		  ".xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		    HOST_SRV }, /* 235 */
		{ "srv:" X50 "." X50 "." X50 "." X50
		  ".xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		    HOST_BAD_DOMAIN },
		{ "srv:" NAME250 NAME250, HOST_BAD_DOMAIN },
		{ NAME250 NAME250 ":25", HOST_BAD },
		{ NAME250 NAME250 ":0", HOST_BAD },
	};
	struct host host;
	const char *list;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		list = cases[i].in;
		assert_true(host_next(&list, DEFAULT, &host));
		if (host.kind != cases[i].kind)
			fail_msg("%zu: %d", i, host.kind);
		assert_true(strlen(host.name) <= HOST_MAX);
	}
}

static void
test_lists(void **state)
{
	const char *list = "  a:1 b   [::1]:2 c:0 ";
	static const long ports[] = { 1, DEFAULT, 2, 0 };
	struct host host;

	(void)state;
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		assert_true(host_next(&list, DEFAULT, &host));
		assert_int_equal(host.port, ports[i]);
	}
	assert_false(host_next(&list, DEFAULT, &host));
	list = "";
	assert_false(host_next(&list, DEFAULT, &host));
}

static void
test_loopback(void **state)
{
	static const struct {
		const char *in;
		bool is_loopback;
	} cases[] = {
		{ "localhost", true },
		{ "LOCALHOST:25", true },
		{ "127.0.0.9:25", true },
		{ "::1", true },
		{ "[::1]:25", true },
		{ "/run/s", true },
		{ "srv:localhost.localhost", false },
		{ "localhost.example", false },
		{ "127.0.0.1.example", false },
		{ "128.0.0.1", false },
		{ "::2", false },
		{ "localhost:x", false },
		{ "[", false },
	};
	struct host host;
	const char *list;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		list = cases[i].in;
		assert_true(host_next(&list, DEFAULT, &host));
		if (host_is_loopback(&host) != cases[i].is_loopback)
			fail_msg("%s", cases[i].in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
