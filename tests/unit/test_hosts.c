#include "config.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/hosts.h"

#define HEAD 0, 1, 0x81, 0x80, 0, 0, 0, 2, 0, 0, 0, 0
/* A record of the root: its length, priority and port. */
#define RECORD(length, priority, port) \
	0, 0, 33, 0, 1, 0, 0, 0, 0, 0, length, 0, priority, 0, 0, (port) >> 8, \
	    (port)&255

/* mx.example.test:465, and mx.else.test:2525 before it. */
static const unsigned char answer[] = { HEAD, RECORD(23, 2, 465), 2, 'm', 'x',
	7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 4, 't', 'e', 's', 't', 0,
	RECORD(20, 1, 2525), 2, 'm', 'x', 4, 'e', 'l', 's', 'e', 4, 't', 'e',
	's', 't', 0 };

/* Stands before the library's: two servers of one domain, by STARTTLS. */
int
res_nquery(res_state state, const char *name, int class, int type,
    unsigned char *dst, int size)
{
	(void)class;
	(void)type;
	if (strcmp(name, "_submission._tcp.example.test") != 0) {
		state->res_h_errno = HOST_NOT_FOUND;
		return -1;
	}
	assert_true((int)sizeof answer <= size);
	memcpy(dst, answer, sizeof answer);
	return (int)sizeof answer;
}

/* "host:port/tls/tls_name", a "!" for one that failed. */
static void
walk(const char *text, char *dst, size_t size)
{
	static const char *const tls[] = { [SMTP_TLS_NONE] = "clear",
		[SMTP_TLS_STARTTLS] = "starttls",
		[SMTP_TLS_UP] = "implicit" };
	struct hosts_place place;
	enum hosts_next next;
	struct result res;
	struct hosts h;
	struct conf conf;
	size_t n = 0;

	assert_int_equal(
	    conf_parse(&conf, "t.ini", text, strlen(text), &res), 0);
	hosts_begin(&h, &conf);
	*dst = '\0';
	while ((next = hosts_next(&h, &place, deadline_in(20000, -1), &res)) !=
	    HOSTS_NONE) {
		assert_true(n < size);
		if (next == HOSTS_FAILED)
			n += (size_t)snprintf(
			    dst + n, size - n, "!%s ", place.host.name);
		else
			n += (size_t)snprintf(dst + n, size - n,
			    "%s:%ld/%s/%s ", place.host.name, place.host.port,
			    tls[place.tls], place.tls_name);
	}
	hosts_end(&h);
	conf_clear(&conf);
}

static void
order(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "host = a", "a:465/implicit/a " },
		{ "host = a [::1]:25  c\nport = 587\ntls = starttls",
		    "a:587/starttls/a [::1]:25/starttls/[::1] "
		    "c:587/starttls/c " },
		{ "host = /run/s\ntls = off", "/run/s:465/clear//run/s " },
		/* the one elsewhere answers for the domain */
		{ "host = srv:example.test",
		    "mx.else.test:2525/starttls/example.test "
		    "mx.example.test:465/starttls/mx.example.test " },
		{ "host = a srv:example.test b\nport = 25",
		    "a:25/implicit/a mx.else.test:2525/starttls/example.test "
		    "mx.example.test:465/starttls/mx.example.test "
		    "b:25/implicit/b " },
		{ "host = srv:none.test", "!none.test " },
		{ "host = srv:none.test srv:example.test srv:other.test a",
		    "!none.test mx.else.test:2525/starttls/example.test "
		    "mx.example.test:465/starttls/mx.example.test "
		    "!other.test a:465/implicit/a " },
	};
	char text[256], got[512];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text, "[smarthost]\n%s\n", rows[i].in);
		walk(text, got, sizeof got);
		assert_string_equal(got, rows[i].want);
	}
}

/* Half of what is left for each but the last. */
static void
shares(void **state)
{
	static const char text[] =
	    "[smarthost]\nhost = a srv:example.test b  \n";
	static const int want[] = { 10000, 10000, 10000, 20000 };
	struct deadline until = deadline_in(20000, -1);
	struct hosts_place place;
	struct result res;
	struct hosts h;
	struct conf conf;

	(void)state;
	assert_int_equal(
	    conf_parse(&conf, "t.ini", text, sizeof text - 1, &res), 0);
	hosts_begin(&h, &conf);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_int_equal(
		    hosts_next(&h, &place, until, &res), HOSTS_ONE);
		assert_in_range(deadline_left(hosts_share(&h, until)),
		    want[i] - 1000, want[i]);
	}
	assert_int_equal(hosts_next(&h, &place, until, &res), HOSTS_NONE);
	hosts_end(&h);
	conf_clear(&conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
