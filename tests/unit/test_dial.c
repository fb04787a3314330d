#include "config.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/deadline.h"
#include "net/dial.h"
#include "net/dial_resolve.h"

#define LONG 20000 /* ms: a test that waits so long has failed */
#define FILLERS 8

static struct result res;

/*
 * Stands before the library's resolver: a name that hangs, one that has a
 * thousand addresses, one that is this machine under both families.
 */
struct answer {
	struct addrinfo ai;
	struct sockaddr_in6 sa;
};

static int hang[2]; /* a pipe nobody writes to, until the end */

static struct answer *
answer_new(const char *address, const char *port)
{
	struct answer *a = calloc(1, sizeof *a);
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	assert_non_null(a);
	a->sa.sin6_family = AF_INET6;
	a->sa.sin6_port = htons((uint16_t)strtol(port, NULL, 10));
	v4.sin_port = a->sa.sin6_port;
	a->ai.ai_addr = (struct sockaddr *)&a->sa;
	a->ai.ai_family = AF_INET6;
	a->ai.ai_addrlen = sizeof a->sa;
	if (inet_pton(AF_INET6, address, &a->sa.sin6_addr) == 1)
		return a;
	assert_int_equal(inet_pton(AF_INET, address, &v4.sin_addr), 1);
	memcpy(&a->sa, &v4, sizeof v4);
	a->ai.ai_family = AF_INET;
	a->ai.ai_addrlen = sizeof v4;
	return a;
}

static struct addrinfo *
answers(const char *const *addresses, size_t n, const char *port)
{
	struct addrinfo *first = NULL, **next = &first;

	for (size_t i = 0; i < n; i++) {
		*next = &answer_new(addresses[i], port)->ai;
		next = &(*next)->ai_next;
	}
	return first;
}

static int
answer_thousand(const char *port, struct addrinfo **ai)
{
	const char *all[1000];

	for (size_t i = 0; i < 1000; i++)
		all[i] = i < 999 ? "::1" : "127.0.0.1";
	*ai = answers(all, 1000, port);
	return 0;
}

int
getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **ai)
{
	static const char *const both[] = { "::1", "127.0.0.1" };
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);
	char c;

	if (hints->ai_flags & AI_NUMERICHOST) {
		*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
		return real(host, port, hints, ai);
	}
	*ai = NULL;
	if (strcmp(host, "hangs.example") == 0)
		return read(hang[0], &c, 1) == 1 ? EAI_AGAIN : EAI_FAIL;
	if (strcmp(host, "thousand.example") == 0)
		return answer_thousand(port, ai);
	if (strcmp(host, "both.example") == 0) {
		*ai = answers(both, 2, port);
		return 0;
	}
	if (strcmp(host, "loopback6.example") == 0 &&
	    !(hints->ai_flags & AI_ADDRCONFIG)) {
		*ai = answers(both, 1, port);
		return 0;
	}
	errno = EMFILE;
	return strcmp(host, "system.example") == 0 ? EAI_SYSTEM : EAI_NONAME;
}

void
freeaddrinfo(struct addrinfo *ai)
{
	void (*real)(struct addrinfo *);
	struct addrinfo *next;

	if (ai != NULL && ai->ai_socktype != 0) {
		*(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
		real(ai);
		return;
	}
	for (; ai != NULL; ai = next) {
		next = ai->ai_next;
		free(ai);
	}
}

static struct deadline
soon(long ms)
{
	return deadline_in(ms, -1);
}

/* Binds a socket to `address` and *port (0: any, then it is set). */
static int
bound(const char *address, int *port)
{
	struct sockaddr_in6 sa;
	struct dial_list list;
	socklen_t n = sizeof sa;
	int fd;

	assert_int_equal(
	    dial_resolve(&list, address, *port, soon(LONG), &res), 0);
	fd = socket(list.at[0].sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)&list.at[0].sa, list.at[0].len) != 0) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	*port = ntohs(sa.sin6_port); /* at the same place for both families */
	return fd;
}

/* Binds one port under both families, or skips the test. */
static void
bound_twice(int *v4, int *v6, int *port)
{
	for (int tries = 0; tries < 20; tries++) {
		*port = 0;
		*v4 = bound("127.0.0.1", port);
		assert_int_not_equal(*v4, -1);
		*v6 = bound("::1", port);
		if (*v6 != -1)
			return;
		close(*v4);
	}
	skip();
}

/* Makes `fd` listen and fills its backlog, so that it answers no one. */
static void
listen_deaf(int fd, int port, int *fillers)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	assert_int_equal(listen(fd, 0), 0);
	for (int i = 0; i < FILLERS; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&sa, sizeof sa);
	}
}

static void
close_all(const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

/* Without a proxy. */
static int
reach(struct dial *d, const char *host, int port, const char *source,
    struct deadline until)
{
	const struct dial_to to = {
		.host = host, .port = port, .source = source
	};

	return dial(d, &to, until, &res);
}

static void
families_take_turns(void **state)
{
	static const struct {
		const char *given, *want; /* 4 or 6 for each address */
	} rows[] = {
		{ "", "" },
		{ "4", "4" },
		{ "6", "6" },
		{ "6664", "6466" },
		{ "664444", "646444" },
		{ "446644", "464644" },
		{ "44444444444444444444444444444444444446",
		    "46444444444444444444444444444444" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *all[64];
		char got[DIAL_ADDRESSES_MAX + 1] = "";
		struct dial_list list = { .n = 0 };
		struct addrinfo *ai;
		size_t n = strlen(rows[i].given);

		for (size_t j = 0; j < n; j++)
			all[j] = rows[i].given[j] == '4' ? "192.0.2.1"
							 : "2001:db8::1";
		ai = answers(all, n, "25");
		dial_order(&list, ai);
		freeaddrinfo(ai);
		for (size_t j = 0; j < list.n; j++)
			got[j] = list.at[j].sa.ss_family == AF_INET ? '4' : '6';
		assert_string_equal(got, rows[i].want);
	}
}

static void
resolving(void **state)
{
	static const struct {
		const char *host;
		size_t want;
		const char *text;
	} rows[] = {
		{ "127.0.0.1", 1, "" },
		{ "::1", 1, "" },
		{ "[::1]", 1, "" },
		{ "localhost", 2, "" },
		{ "LOCALHOST.", 2, "" },
		{ "both.example", 2, "" },
		{ "loopback6.example", 1, "" },
		{ "thousand.example", DIAL_ADDRESSES_MAX, "" },
		{ "none.example", 0,
		    "cannot resolve none.example: Name or service not known" },
		{ "", 0, "cannot resolve : Name or service not known" },
		{ "system.example", 0,
		    "cannot resolve system.example: Too many open files" },
		{ "hangs.example", 0,
		    "cannot resolve hangs.example: no answer in time" },
	};
	struct dial_list list;
	char longest[400];
	int rv;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		rv = dial_resolve(&list, rows[i].host, 25, soon(300), &res);
		assert_int_equal(list.n, rows[i].want);
		assert_int_equal(rv, rows[i].want > 0 ? 0 : -1);
		if (rv == 0)
			continue;
		assert_int_equal(res.kind, RESULT_RESOLVE);
		assert_string_equal(res.text, rows[i].text);
	}
	memset(longest, 'a', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(dial_resolve(&list, longest, 25, soon(300), &res), -1);
	assert_int_equal(res.kind, RESULT_RESOLVE);
}

static void
connects(void **state)
{
	static const struct {
		const char *bound, *host, *address, *literal;
	} rows[] = {
		{ "127.0.0.1", "127.0.0.1", "127.0.0.1", "[127.0.0.1]" },
		{ "127.3.0.9", "127.3.0.9", "127.3.0.9", "[127.0.0.1]" },
		{ "127.0.0.1", "::ffff:127.0.0.1", "::ffff:127.0.0.1",
		    "[IPv6:::ffff:127.0.0.1]" },
	};
	struct dial d;
	socklen_t n = sizeof(int);
	int port, nodelay, l;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		port = 0;
		l = bound(rows[i].bound, &port);
		assert_int_equal(listen(l, 1), 0);
		assert_int_equal(
		    reach(&d, rows[i].host, port, NULL, soon(LONG)), 0);
		assert_string_equal(d.address, rows[i].address);
		assert_string_equal(d.literal, rows[i].literal);
		assert_true(d.is_loopback);
		assert_true(fcntl(d.fd, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(d.fd, F_GETFD) & FD_CLOEXEC);
		getsockopt(d.fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &n);
		assert_int_not_equal(nodelay, 0);
		close(d.fd);
		close(l);
	}
}

static void
refused(void **state)
{
	char want[128];
	struct dial d;
	int v4, v6, port;

	(void)state;
	bound_twice(&v4, &v6, &port); /* bound, but nobody listens */
	assert_int_equal(reach(&d, "both.example", port, NULL, soon(LONG)), -1);
	assert_int_equal(res.kind, RESULT_CONNECT);
	snprintf(want, sizeof want,
	    "cannot connect to both.example port %d: Connection refused (::1)",
	    port);
	assert_string_equal(res.text, want);
	close(v4);
	close(v6);
}

/* The first address refuses, or says nothing: the second is taken, at once
 * or after the head start. */
static void
second_address(void **state)
{
	int fillers[FILLERS], v4, v6, port, left;
	struct deadline start;
	struct dial d;

	(void)state;
	for (int deaf = 0; deaf <= 1; deaf++) {
		bound_twice(&v4, &v6, &port);
		assert_int_equal(listen(v6, 1), 0);
		if (deaf)
			listen_deaf(v4, port, fillers);
		start = soon(LONG);
		assert_int_equal(reach(&d, "localhost", port, NULL, start), 0);
		left = deadline_left(start);
		assert_string_equal(d.address, "::1");
		assert_string_equal(d.literal, "[IPv6:::1]");
		assert_string_equal(d.found, "127.0.0.1 ::1");
		assert_in_range(d.found_at, start.at - LONG, start.at);
		assert_true(d.is_loopback);
		assert_true((LONG - left >= DIAL_HEAD_START - 5) == deaf);
		close(d.fd);
		close(v4);
		close(v6);
		if (deaf)
			close_all(fillers, FILLERS);
	}
}

static void
nobody_answers(void **state)
{
	int fillers[FILLERS], v4, v6, port;
	char want[160];
	struct dial d;

	(void)state;
	bound_twice(&v4, &v6, &port);
	listen_deaf(v4, port, fillers);
	assert_int_equal(reach(&d, "both.example", port, NULL, soon(200)), -1);
	assert_int_equal(res.kind, RESULT_CONNECT);
	snprintf(want, sizeof want,
	    "cannot connect to both.example port %d: Connection refused "
	    "(::1), Connection timed out (127.0.0.1)",
	    port);
	assert_string_equal(res.text, want);
	assert_string_equal(d.found, "::1 127.0.0.1");
	assert_int_equal(reach(&d, "none.example", port, NULL, soon(LONG)), -1);
	assert_int_equal(d.found_at, 0);
	close(v4);
	close(v6);
	close_all(fillers, FILLERS);
}

static void *
write_later(void *fd)
{
	usleep(50000);
	assert_int_equal(write(*(int *)fd, "x", 1), 1);
	return NULL;
}

static void
interrupted(void **state)
{
	static const char *const hosts[] = { "hangs.example", "127.0.0.1" };
	int fillers[FILLERS], p[2], port = 0, l = bound("127.0.0.1", &port);
	pthread_t t;
	struct dial d;

	(void)state;
	listen_deaf(l, port, fillers);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pipe(p), 0);
		pthread_create(&t, NULL, write_later, &p[1]);
		assert_int_equal(
		    reach(&d, hosts[i], port, NULL, deadline_in(LONG, p[0])),
		    -1);
		assert_int_equal(res.kind, RESULT_INTERRUPTED);
		pthread_join(t, NULL);
		close(p[0]);
		close(p[1]);
	}
	close(l);
	close_all(fillers, FILLERS);
}

static void
deadlines(void **state)
{
	struct deadline a = deadline_in(1000, 5), b = deadline_in(2000, 6);
	int p[2], late[2];

	(void)state;
	assert_true(deadline_earlier(a, b).at == a.at);
	assert_true(deadline_earlier(b, a).at == a.at);
	assert_int_equal(deadline_earlier(b, a).cancel, 6);
	assert_in_range(deadline_left(a), 1, 1000);
	assert_int_equal(deadline_left(soon(0)), 0);
	assert_int_equal(deadline_left(soon(-5)), 0);
	assert_int_equal(deadline_left(soon(INT64_MAX)), INT32_MAX);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe(late), 0);
	assert_int_equal(deadline_poll(soon(30), p[0], POLLIN, &res), -1);
	assert_int_equal(res.kind, RESULT_TIMEOUT);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(deadline_poll(soon(LONG), p[0], POLLIN, &res), POLLIN);
	assert_int_equal(deadline_poll(soon(0), p[0], POLLIN, &res), -1);
	assert_int_equal(res.kind, RESULT_TIMEOUT);
	assert_int_equal(
	    deadline_poll(deadline_in(0, p[0]), late[0], POLLIN, &res), -1);
	assert_int_equal(res.kind, RESULT_INTERRUPTED);
	close_all(p, 2);
	close_all(late, 2);
}

/* An alarm that makes `fd` readable, and answers `rc`. */
struct bell {
	int fd, rc;
	unsigned rings;
};

static int
ring(void *arg, struct result *r)
{
	struct bell *bell = arg;

	bell->rings++;
	if (bell->fd != -1)
		assert_int_equal(write(bell->fd, "x", 1), 1);
	return bell->rc == 0 ? 0 : result_fail(r, RESULT_HANDED_OVER, "forked");
}

static void
alarms(void **state)
{
	static const struct {
		long alarm, at; /* ms */
		bool ready, answers; /* before; when it rings */
		int rc;
		unsigned rings;
		enum result_kind kind; /* OK: the descriptor is ready */
	} cases[] = {
		{ 30, LONG, true, false, 0, 0, RESULT_OK },
		{ 30, LONG, false, true, 0, 1, RESULT_OK },
		{ 30, LONG, false, true, -1, 1, RESULT_HANDED_OVER },
		{ 30, 60, false, false, 0, 1, RESULT_TIMEOUT },
		{ 60, 30, false, false, 0, 0, RESULT_TIMEOUT },
		/* late is late */
		{ -5, LONG, true, false, 0, 1, RESULT_OK },
		{ -5, LONG, true, false, -1, 1, RESULT_HANDED_OVER },
		{ -5, -1, true, false, 0, 1, RESULT_TIMEOUT },
		{ -1, -5, true, false, 0, 0, RESULT_TIMEOUT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int p[2], rc;
		struct bell bell = { -1, cases[i].rc, 0 };
		struct deadline_alarm alarm = { .ring = ring, .arg = &bell };
		struct deadline d = soon(cases[i].at);

		assert_int_equal(pipe(p), 0);
		alarm.at = soon(cases[i].alarm).at;
		d.alarm = &alarm;
		if (cases[i].ready)
			assert_int_equal(write(p[1], "x", 1), 1);
		if (cases[i].answers)
			bell.fd = p[1];
		rc = deadline_poll(d, p[0], POLLIN, &res);
		assert_int_equal(bell.rings, cases[i].rings);
		assert_int_equal(alarm.rung, bell.rings > 0);
		assert_int_equal(rc, cases[i].kind == RESULT_OK ? POLLIN : -1);
		if (rc == -1)
			assert_int_equal(res.kind, cases[i].kind);
		/* once */
		if (cases[i].at == LONG && alarm.rung) {
			(void)!write(p[1], "x", 1);
			assert_int_equal(
			    deadline_poll(d, p[0], POLLIN, &res), POLLIN);
			assert_int_equal(bell.rings, 1);
		}
		assert_ptr_equal(deadline_earlier(d, soon(0)).alarm, &alarm);
		assert_null(deadline_earlier(soon(0), d).alarm);
		close_all(p, 2);
	}
}

/* It waits for the end of a lookup, and rings while connecting. */
static void
alarm_while_dialling(void **state)
{
	struct bell never = { -1, -1, 0 };
	struct deadline_alarm early = { .ring = ring, .arg = &never };
	struct deadline hanging = soon(100);
	struct dial none;

	early.at = soon(30).at;
	hanging.alarm = &early;
	assert_int_equal(reach(&none, "hangs.example", 25, NULL, hanging), -1);
	assert_int_equal(res.kind, RESULT_RESOLVE);
	assert_int_equal(never.rings, 0);
	for (int rc = 0; rc >= -1; rc--) {
		struct bell bell = { -1, rc, 0 };
		struct deadline_alarm alarm = { .ring = ring, .arg = &bell };
		struct deadline until = soon(300);
		int fillers[FILLERS], port = 0, l = bound("127.0.0.1", &port);
		struct dial d;

		(void)state;
		listen_deaf(l, port, fillers);
		alarm.at = soon(30).at;
		until.alarm = &alarm;
		assert_int_equal(reach(&d, "127.0.0.1", port, NULL, until), -1);
		assert_int_equal(bell.rings, 1);
		assert_int_equal(
		    res.kind, rc == 0 ? RESULT_CONNECT : RESULT_HANDED_OVER);
		close(l);
		close_all(fillers, FILLERS);
	}
}

static int
listen_unix(char path[static 64], int backlog)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, 64, "/tmp/outpost-test-%d", (int)getpid());
	(void)unlink(path);
	strcpy(sa.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void
unix_socket(void **state)
{
	struct dial_to to = {
		.port = 1, .source = "no address", .proxy = "no proxy"
	};
	char path[64];
	struct dial d;
	int l = listen_unix(path, 1);

	(void)state;
	to.host = path;
	assert_int_equal(dial(&d, &to, soon(LONG), &res), 0);
	assert_string_equal(d.address, "");
	assert_string_equal(d.literal, "[127.0.0.1]");
	assert_true(d.is_loopback);
	assert_true(fcntl(d.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(d.fd, F_GETFD) & FD_CLOEXEC);
	close(d.fd);
	close(l);
	unlink(path);
}

static void
no_unix_socket(void **state)
{
	static const struct {
		const char *path, *text;
	} rows[] = {
		{ "/nonexistent/s",
		    "cannot connect to /nonexistent/s: No such file or "
		    "directory" },
		{ "/dev/null",
		    "cannot connect to /dev/null: Connection refused" },
	};
	char longest[200];
	struct dial d;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(
		    reach(&d, rows[i].path, 1, NULL, soon(LONG)), -1);
		assert_int_equal(res.kind, RESULT_CONNECT);
		assert_string_equal(res.text, rows[i].text);
	}
	memset(longest, '/', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(reach(&d, longest, 1, NULL, soon(LONG)), -1);
	assert_non_null(strstr(res.text, ": File name too long"));
}

static void *
accept_later(void *fd)
{
	usleep(100000);
	close(accept(*(int *)fd, NULL, NULL));
	return NULL;
}

/* Its queue is full: for ever, until told, or for a while. */
static void
busy_unix_socket(void **state)
{
	int p[2], l, rv;
	struct dial d, other;
	char path[64];
	pthread_t t;

	(void)state;
	l = listen_unix(path, 0);
	assert_int_equal(reach(&other, path, 1, NULL, soon(LONG)), 0);
	assert_int_equal(reach(&d, path, 1, NULL, soon(50)), -1);
	assert_int_equal(res.kind, RESULT_CONNECT);
	assert_non_null(strstr(res.text, ": Connection timed out"));
	assert_int_equal(pipe(p), 0);
	pthread_create(&t, NULL, write_later, &p[1]);
	rv = reach(&d, path, 1, NULL, deadline_in(LONG, p[0]));
	assert_int_equal(rv, -1);
	assert_int_equal(res.kind, RESULT_INTERRUPTED);
	pthread_join(t, NULL);
	pthread_create(&t, NULL, accept_later, &l);
	assert_int_equal(reach(&d, path, 1, NULL, soon(LONG)), 0);
	pthread_join(t, NULL);
	close(d.fd);
	close(other.fd);
	close(l);
	close_all(p, 2);
	unlink(path);
}

/* The address from which `fd`, which listens, is connected to. */
static void
caller_of(int fd, char *dst, size_t size)
{
	struct sockaddr_in6 sa;
	socklen_t n = sizeof sa;
	int there = accept(fd, (struct sockaddr *)&sa, &n);

	assert_int_not_equal(there, -1);
	assert_int_equal(getnameinfo((struct sockaddr *)&sa, n, dst,
			     (socklen_t)size, NULL, 0, NI_NUMERICHOST),
	    0);
	close(there);
}

static void
sources(void **state)
{
	static const struct {
		const char *host, *source;
		const char *want; /* who calls, or part of the text */
	} rows[] = {
		{ "127.0.0.1", NULL, "127.0.0.1" },
		{ "127.0.0.1", "", "127.0.0.1" },
		{ "127.0.0.1", "127.0.0.7", "127.0.0.7" },
		{ "127.0.0.1", "[::1]  127.0.0.7", "127.0.0.7" },
		{ "127.0.0.1", " 127.0.0.7 ::1 ", "127.0.0.7" },
		/* nobody but IPv4 listens; that IPv6 fails first is no matter */
		{ "both.example", "127.0.0.7", "127.0.0.7" },
		{ "both.example", "::1 127.0.0.7", "127.0.0.7" },
		{ "localhost", "127.0.0.7", "127.0.0.7" },
		{ "127.0.0.1", "::1",
		    "cannot connect to 127.0.0.1: source_address is not of" },
		{ "127.0.0.1", "203.0.113.9",
		    ": source_address 203.0.113.9: Cannot assign requested" },
		{ "both.example", "::1", ": Connection refused (::1)" },
	};
	char who[64];
	struct dial d;
	int v4, v6, port, rv;

	(void)state;
	bound_twice(&v4, &v6, &port);
	assert_int_equal(listen(v4, 8), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		rv = reach(&d, rows[i].host, port, rows[i].source, soon(LONG));
		if (rv == -1) {
			assert_int_equal(res.kind, RESULT_CONNECT);
			if (strstr(res.text, rows[i].want) == NULL)
				fail_msg("%zu: %s", i, res.text);
			continue;
		}
		caller_of(v4, who, sizeof who);
		assert_string_equal(who, rows[i].want);
		assert_true(rows[i].source == NULL || *rows[i].source == '\0' ||
		    strstr(d.literal, "127.0.0.7") != NULL);
		close(d.fd);
	}
	close(v4);
	close(v6);
}

static void
bad_sources(void **state)
{
	static const char *const bad[] = { "x", "127.0.0.1,::1", "127.0.0.1 x",
		"localhost" };
	struct dial d;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(
		    reach(&d, "127.0.0.1", 1, bad[i], soon(LONG)), -1);
		assert_int_equal(res.kind, RESULT_CONFIG);
	}
}

static int
open_pipe(void **state)
{
	(void)state;
	return pipe(hang);
}

/* Lets the hanging lookups go, and gives them time to release. */
static int
let_go(void **state)
{
	(void)state;
	close(hang[1]);
	usleep(100000);
	close(hang[0]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines),
		cmocka_unit_test(alarms),
		cmocka_unit_test(alarm_while_dialling),
		cmocka_unit_test(families_take_turns),
		cmocka_unit_test(resolving),
		cmocka_unit_test(connects),
		cmocka_unit_test(refused),
		cmocka_unit_test(second_address),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(unix_socket),
		cmocka_unit_test(no_unix_socket),
		cmocka_unit_test(busy_unix_socket),
		cmocka_unit_test(sources),
		cmocka_unit_test(bad_sources),
	};

	return cmocka_run_group_tests(tests, open_pipe, let_go);
}
