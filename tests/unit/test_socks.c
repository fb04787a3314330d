#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/socks.h"

#define LONG 20000 /* ms: a test that waits so long has failed */
#define HEXES 2048

static struct result res;

static const struct proxy open_proxy = { .host = "p.example", .port = 1080 };
static const struct proxy closed_proxy = {
	.host = "p.example", .port = 1080, .user = "me", .password = "hunter2"
};
static const struct proxy no_password = {
	.host = "p.example", .port = 1080, .user = "me"
};

/* What the proxy says, and what is said to it, in hexadecimal; in `says` a
 * blank, and in `told` a "|", is where the other one speaks. */
static const struct {
	const char *name;
	const struct proxy *proxy;
	const char *host;
	const char *says, *told;
	const char *text; /* NULL: it lets us through */
} cases[] = {
	{ "name", &open_proxy, "m.example", "0500 05000001000000000000",
	    "050100|05010003096d2e6578616d706c6501d1|", NULL },
	{ "localhost is the proxy's", &open_proxy, "localhost",
	    "0500 05000001000000000000",
	    "050100|05010003096c6f63616c686f737401d1|", NULL },
	{ "IPv4", &open_proxy, "192.0.2.1", "0500 0500000101020304ffff",
	    "050100|05010001c000020101d1|", NULL },
	{ "IPv6", &open_proxy, "2001:db8::1",
	    "0500 05000004000000000000000000000000000000010050",
	    "050100|0501000420010db800000000000000000000000101d1|", NULL },
	{ "IPv6 in brackets", &open_proxy, "[::1]",
	    "0500 05000003000000", /* a name of no length */
	    "050100|050100040000000000000000000000000000000101d1|", NULL },
	{ "bound to a name", &open_proxy, "h", "0500 050000030461626364 0050",
	    "050100|050100030168"
	    "01d1|",
	    NULL },
	{ "login not wanted", &closed_proxy, "h", "0500 05000001000000000000",
	    "05020002|050100030168"
	    "01d1|",
	    NULL },
	{ "login", &closed_proxy, "h", "0502 0100 05000001000000000000",
	    "05020002|01026d650768756e74657232|050100030168"
	    "01d1|",
	    NULL },
	{ "login without password", &no_password, "h",
	    "0502 0100 05000001000000000000",
	    "05020002|01026d6500|050100030168"
	    "01d1|",
	    NULL },
	{ "login of version 5", &closed_proxy, "h",
	    "0502 0500 05000001000000000000",
	    "05020002|01026d650768756e74657232|050100030168"
	    "01d1|",
	    NULL },
	{ "login refused", &closed_proxy, "h", "0502 0101",
	    "05020002|01026d650768756e74657232|",
	    "it refuses user and password" },
	{ "no way in", &closed_proxy, "h", "05ff", "05020002|",
	    "it takes no log-in by user and password" },
	{ "login wanted", &open_proxy, "h", "05ff", "050100|",
	    "it wants a log-in, and no user is set" },
	{ "login not offered", &open_proxy, "h", "0502", "050100|",
	    "what answers there is no SOCKS5 proxy" },
	{ "another method", &closed_proxy, "h", "0501", "05020002|",
	    "what answers there is no SOCKS5 proxy" },
	{ "SOCKS4", &open_proxy, "h", "0400", "050100|",
	    "what answers there is no SOCKS5 proxy" },
	{ "SMTP", &open_proxy, "h", "3232", "050100|",
	    "what answers there is no SOCKS5 proxy" },
	{ "another version later", &open_proxy, "h", "0500 0400",
	    "050100|050100030168"
	    "01d1|",
	    "what answers there is no SOCKS5 proxy" },
	{ "no type of address", &open_proxy, "h", "0500 0500000200",
	    "050100|050100030168"
	    "01d1|",
	    "what answers there is no SOCKS5 proxy" },
#define REFUSED(code, words) \
	{ \
		"code " code, &open_proxy, "h", "0500 05" code, \
		    "050100|050100030168" \
		    "01d1|", \
		    "cannot connect to h port 465: " words \
	}
	REFUSED("01", "general failure"),
	REFUSED("02", "not allowed by its rules"),
	REFUSED("03", "network unreachable"),
	REFUSED("04", "host unreachable"),
	REFUSED("05", "connection refused"),
	REFUSED("06", "TTL expired"),
	REFUSED("07", "it does not know the command"),
	REFUSED("08", "it does not know the type of the address"),
	REFUSED("09", "no known reason"),
	REFUSED("ff", "no known reason"),
};

static unsigned
digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static size_t
unhex(unsigned char *dst, const char *hex)
{
	size_t n = 0;

	for (; *hex != '\0'; hex += 2) {
		if (*hex == ' ')
			hex++;
		dst[n++] = (unsigned char)(digit(hex[0]) << 4 | digit(hex[1]));
	}
	return n;
}

/* Notes what is to be sent, and sends it. */
static void
tell(struct socks *s, char *told)
{
	char *end = told + strlen(told);

	for (size_t i = 0; i < s->out_len; i++)
		end += sprintf(end, "%02x", s->out[i]);
	if (s->out_len > 0)
		strcat(end, "|");
	socks_sent(s);
}

/* Feeds the machine what it wants, but at most `at` octets first and `step`
 * in each piece after that. */
static void
feed(size_t i, size_t at, size_t step)
{
	unsigned char says[HEXES / 2];
	char told[HEXES] = "";
	size_t n = unhex(says, cases[i].says), done = 0, piece;
	struct socks s;
	int rv = 0;

	socks_begin(&s, cases[i].proxy, cases[i].host, 465);
	for (tell(&s, told); rv == 0 && s.state != SOCKS_DONE; tell(&s, told)) {
		piece = done < at ? at - done : step;
		if (piece > socks_wants(&s))
			piece = socks_wants(&s);
		if (piece == 0 || done + piece > n)
			fail_msg("%s: wants more", cases[i].name);
		rv = socks_push(&s, says + done, piece, &res);
		done += piece;
	}
	assert_int_equal(done, n); /* and not an octet beyond */
	assert_string_equal(told, cases[i].told);
	assert_int_equal(rv, cases[i].text == NULL ? 0 : -1);
	assert_int_equal(socks_wants(&s), rv == 0 ? 0 : s.in_want - s.in_len);
	if (rv == 0)
		return;
	assert_int_equal(res.kind, RESULT_CONNECT);
	assert_string_equal(res.text, cases[i].text);
}

static void
negotiating(void **state)
{
	unsigned char says[HEXES / 2];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = unhex(says, cases[i].says);

		feed(i, 0, SIZE_MAX);
		feed(i, 0, 1);
		for (size_t at = 1; at < n; at++)
			feed(i, at, SIZE_MAX);
	}
}

static void
longest(void **state)
{
	unsigned char answer[SOCKS_IN_MAX] = { 5, 0, 0, 3, 255 };
	struct proxy proxy = { .port = 1 };
	char host[256];
	struct socks s;

	(void)state;
	memset(proxy.user, 'u', sizeof proxy.user - 1);
	memset(proxy.password, 'p', sizeof proxy.password - 1);
	memset(host, 'h', sizeof host - 1);
	host[sizeof host - 1] = '\0';
	socks_begin(&s, &proxy, host, 65535);
	socks_sent(&s);
	assert_int_equal(socks_push(&s, "\5\2", 2, &res), 0);
	assert_int_equal(s.out_len, SOCKS_OUT_MAX);
	assert_int_equal(socks_wants(&s), 0);
	assert_int_equal(socks_push(&s, "\1", 1, &res), -1);
	assert_int_equal(res.kind, RESULT_BUG);
	socks_sent(&s);
	for (size_t i = 0; i < sizeof s.out; i++)
		assert_int_equal(s.out[i], 0);
	assert_int_equal(socks_push(&s, "\1\0", 2, &res), 0);
	assert_int_equal(s.out_len, 4 + 1 + 255 + 2);
	socks_sent(&s);
	for (size_t done = 0, n; (n = socks_wants(&s)) > 0; done += n)
		assert_int_equal(socks_push(&s, answer + done, n, &res), 0);
	assert_int_equal(s.state, SOCKS_DONE);
}

/* The other end of a connection: says all it has to say, and hangs up or
 * waits. */
struct other {
	int fd;
	const char *says;
	bool hangs_up;
};

static void *
play(void *arg)
{
	const struct other *o = arg;
	unsigned char says[HEXES / 2], heard[512];
	size_t n = unhex(says, o->says);

	for (size_t i = 0; i < n; i++)
		(void)!send(o->fd, says + i, 1, MSG_NOSIGNAL);
	if (o->hangs_up)
		shutdown(o->fd, SHUT_WR);
	while (recv(o->fd, heard, sizeof heard, 0) > 0)
		;
	close(o->fd);
	return NULL;
}

static void
over_a_socket(void **state)
{
	static const struct {
		const char *says;
		bool hangs_up;
		long time;
		const char *text; /* NULL: through */
	} rows[] = {
		{ "05000500000100000000000032323020", false, LONG, NULL },
		{ "05000500000100000000000032323020", true, LONG, NULL },
		{ "05000505", false, LONG,
		    "cannot connect to h port 465: connection refused" },
		{ "0500050000", true, LONG, "it hangs up" },
		{ "", true, LONG, "it hangs up" },
		{ "0500050000", false, 50, "it gives no answer in time" },
	};
	char rest[8];
	int fds[2], rv;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct other o = { .says = rows[i].says,
			.hangs_up = rows[i].hangs_up };
		pthread_t t;

		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
		    0);
		o.fd = dup(fds[1]);
		close(fds[1]);
		(void)!fcntl(o.fd, F_SETFL, 0);
		pthread_create(&t, NULL, play, &o);
		rv = socks_connect(fds[0], &open_proxy, "h", 465,
		    deadline_in(rows[i].time, -1), &res);
		assert_int_equal(rv, rows[i].text == NULL ? 0 : -1);
		if (rv == -1) {
			assert_int_equal(res.kind, RESULT_CONNECT);
			assert_string_equal(res.text, rows[i].text);
		} else {
			/* the smarthost's first word is still there */
			for (size_t got = 0; got < 4;) {
				struct pollfd p = { fds[0], POLLIN, 0 };
				ssize_t n;

				assert_int_equal(poll(&p, 1, LONG), 1);
				n = recv(fds[0], rest + got, 4 - got, 0);
				assert_true(n > 0);
				got += (size_t)n;
			}
			assert_memory_equal(rest, "220 ", 4);
		}
		close(fds[0]);
		pthread_join(t, NULL);
	}
}

static void
interrupted(void **state)
{
	int fds[2], p[2];

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(socks_connect(fds[0], &open_proxy, "h", 465,
			     deadline_in(LONG, p[0]), &res),
	    -1);
	assert_int_equal(res.kind, RESULT_INTERRUPTED);
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(p[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(negotiating),
		cmocka_unit_test(longest),
		cmocka_unit_test(over_a_socket),
		cmocka_unit_test(interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
