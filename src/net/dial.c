#include "config.h"

#include <arpa/inet.h>
#include <bsd/string.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/proxy.h"
#include "net/dial.h"
#include "net/dial_resolve.h"
#include "net/socks.h"

#define QUEUE_FULL 20 /* ms between attempts at a UNIX socket */

/*
 * RFC 8305 section 5: attempts are started one after the other, each with a
 * head start over the next, and go on side by side until one of them wins.
 */
struct race {
	const struct dial_list *list;
	const struct dial_list *sources; /* none: any will do */
	struct pollfd fds[1 + DIAL_ADDRESSES_MAX]; /* cancel, then attempts */
	/* errno of those that failed; below 0 where the source was at fault */
	int errors[DIAL_ADDRESSES_MAX];
	size_t started, running;
	struct deadline next; /* when the next may start */
};

static bool
is_loopback_v4(const void *address)
{
	return *(const unsigned char *)address == 127;
}

static bool
is_loopback_v6(const struct in6_addr *a)
{
	return IN6_IS_ADDR_LOOPBACK(a) ||
	    (IN6_IS_ADDR_V4MAPPED(a) && is_loopback_v4(&a->s6_addr[12]));
}

static bool
is_loopback(const struct dial_address *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (a->sa.ss_family == AF_INET) {
		memcpy(&v4, &a->sa, sizeof v4);
		return is_loopback_v4(&v4.sin_addr);
	}
	memcpy(&v6, &a->sa, sizeof v6);
	return is_loopback_v6(&v6.sin6_addr);
}

static void
digits(const struct dial_address *a, char *dst, size_t size)
{
	if (getnameinfo((const struct sockaddr *)&a->sa, a->len, dst,
		(socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
		strlcpy(dst, "?", size);
}

static void
note_found(struct dial *d, const struct dial_list *list)
{
	char one[sizeof d->address];
	struct buf all;

	buf_init(&all, sizeof d->found - 1);
	for (size_t i = 0; i < list->n; i++) {
		digits(&list->at[i], one, sizeof one);
		buf_printf(&all, "%s%s", i > 0 ? " " : "", one);
	}
	strlcpy(d->found, all.data, sizeof d->found);
	buf_free(&all);
	d->found_at = deadline_in(0, -1).at;
}

/* Describes this end of `fd`. */
static void
put_literal(int fd, char *dst, size_t size)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} sa = { .any.sa_family = AF_UNSPEC };
	char text[INET6_ADDRSTRLEN] = "127.0.0.1";
	socklen_t len = sizeof sa;
	const char *tag = "";

	if (getsockname(fd, &sa.any, &len) == -1)
		sa.any.sa_family = AF_UNSPEC;
	if (sa.any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &sa.v4.sin_addr, text, sizeof text);
	} else if (sa.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &sa.v6.sin6_addr, text, sizeof text);
		tag = "IPv6:";
	}
	snprintf(dst, size, "[%s%s]", tag, text);
}

static void
lose(struct race *r, size_t i, int error)
{
	if (r->fds[1 + i].fd != -1) {
		close(r->fds[1 + i].fd);
		r->fds[1 + i].fd = -1;
		r->running--;
	}
	r->errors[i] = error;
	r->next.at = 0;
}

static const struct dial_address *
source_for(const struct race *r, const struct dial_address *a)
{
	return &r->sources->at[dial_find(r->sources, a->sa.ss_family)];
}

/* Binds `fd` to the address from which to connect to `a`. */
static int
bind_source(const struct race *r, int fd, const struct dial_address *a)
{
	const struct dial_address *source;

	if (r->sources->n == 0)
		return 0;
	source = source_for(r, a);
	return bind(fd, (const struct sockaddr *)&source->sa, source->len);
}

/* Starts the next attempt; returns whether it is connected already. */
static bool
start_next(struct race *r, int cancel)
{
	size_t i = r->started++;
	const struct dial_address *a = &r->list->at[i];
	struct pollfd *p = &r->fds[1 + i];

	r->next = deadline_in(DIAL_HEAD_START, cancel);
	p->events = POLLOUT;
	p->fd = socket(
	    a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd == -1) {
		lose(r, i, errno);
		return false;
	}
	r->running++;
	if (bind_source(r, p->fd, a) == -1) {
		lose(r, i, -errno);
		return false;
	}
	if (connect(p->fd, (const struct sockaddr *)&a->sa, a->len) == 0)
		return true;
	if (errno != EINPROGRESS && errno != EINTR)
		lose(r, i, errno);
	return false;
}

/* The first attempt that poll found connected, or -1; drops the failed. */
static int
settle(struct race *r)
{
	socklen_t n = sizeof(int);
	int error;

	for (size_t i = 0; i < r->started; i++) {
		if (r->fds[1 + i].fd == -1 || r->fds[1 + i].revents == 0)
			continue;
		if (getsockopt(r->fds[1 + i].fd, SOL_SOCKET, SO_ERROR, &error,
			&n) == -1)
			error = errno;
		if (error == 0)
			return (int)i;
		lose(r, i, error);
	}
	return -1;
}

/* Why attempt number `i` failed, and with which address. */
static void
add_failure(struct buf *why, const struct race *r, size_t i)
{
	const struct dial_address *a = &r->list->at[i];
	char address[sizeof((struct dial *)NULL)->address];
	int error = r->errors[i];

	if (error < 0) {
		digits(source_for(r, a), address, sizeof address);
		buf_printf(
		    why, "source_address %s: %s", address, strerror(-error));
		return;
	}
	digits(a, address, sizeof address);
	buf_printf(why, "%s (%s)", strerror(error), address);
}

/* Names each kind of failure once, with the first address that met it. */
static int
explain(const struct race *r, const char *host, int port, struct result *res)
{
	struct buf why;
	size_t i, j;

	buf_init(&why, RESULT_TEXT_MAX / 2);
	for (i = 0; i < r->started; i++) {
		for (j = 0; r->errors[j] != r->errors[i]; j++)
			;
		if (j < i)
			continue;
		buf_puts(&why, i == 0 ? "" : ", ");
		add_failure(&why, r, i);
	}
	result_fail(res, RESULT_CONNECT, "cannot connect to %s port %d: %s",
	    host, port, why.data);
	buf_free(&why);
	return -1;
}

/* Waits until an attempt has ended or the next is due, or the alarm rings. */
static int
wait_for_one(struct race *r, struct deadline until, struct result *res)
{
	int left = deadline_next(until), head = deadline_left(r->next);

	if (r->started < r->list->n && head < left)
		left = head;
	if (poll(r->fds, 1 + r->started, left) == -1) {
		if (errno != EINTR)
			return result_fail(
			    res, RESULT_SYSTEM, "poll: %s", strerror(errno));
		for (size_t i = 0; i <= r->started; i++)
			r->fds[i].revents = 0;
	}
	if (r->fds[0].revents != 0)
		return result_fail(res, RESULT_INTERRUPTED, "interrupted");
	return deadline_ring(until, res);
}

/* Runs the race: the winner's place in the list, or -1 with `res` filled,
 * of kind OK where all attempts failed. */
static int
run(struct race *r, struct deadline until, struct result *res)
{
	int winner;

	for (;;) {
		if (r->started < r->list->n &&
		    (r->running == 0 || deadline_left(r->next) == 0)) {
			if (start_next(r, until.cancel))
				return (int)r->started - 1;
			continue;
		}
		if (r->running == 0 || deadline_left(until) == 0)
			break;
		if (wait_for_one(r, until, res) == -1)
			return -1;
		winner = settle(r);
		if (winner != -1)
			return winner;
	}
	result_ok(res);
	return -1;
}

/* Closes what is still running but for `winner`. */
static void
end(struct race *r, int winner)
{
	for (size_t i = 0; i < r->started; i++)
		if ((int)i != winner && r->fds[1 + i].fd != -1)
			lose(r, i, ETIMEDOUT);
}

/* Leaves in `list` what there is a source for. */
static int
keep_reachable(struct dial_list *list, const struct dial_list *sources,
    const char *host, struct result *res)
{
	size_t n = 0;

	if (sources->n == 0)
		return 0;
	for (size_t i = 0; i < list->n; i++)
		if (dial_find(sources, list->at[i].sa.ss_family) < sources->n)
			list->at[n++] = list->at[i];
	list->n = n;
	if (n > 0)
		return 0;
	return result_fail(res, RESULT_CONNECT,
	    "cannot connect to %s: source_address is not of the family that "
	    "its addresses are of",
	    host);
}

/* Without a word on what stands in `to` beside host, port and source. */
static int
dial_tcp(struct dial *d, const struct dial_to *to, struct deadline until,
    struct result *res)
{
	struct dial_list list, sources;
	struct race r = {
		.list = &list, .sources = &sources, .fds[0].events = POLLIN
	};
	int winner, one = 1;

	if (dial_read(&sources, to->source, res) == -1 ||
	    dial_resolve(&list, to->host, to->port, until, res) == -1)
		return -1;
	note_found(d, &list);
	if (keep_reachable(&list, &sources, to->host, res) == -1)
		return -1;
	r.fds[0].fd = until.cancel;
	winner = run(&r, until, res);
	end(&r, winner);
	if (winner == -1)
		return res->kind == RESULT_OK
		    ? explain(&r, to->host, to->port, res)
		    : -1;
	d->fd = r.fds[1 + winner].fd;
	d->is_loopback = is_loopback(&list.at[winner]);
	digits(&list.at[winner], d->address, sizeof d->address);
	put_literal(d->fd, d->literal, sizeof d->literal);
	/* Each write is a whole flight: nothing to be gained by waiting. */
	(void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return 0;
}

static int
pass(struct dial *d, const struct dial_to *to, const struct proxy *proxy,
    struct deadline until, struct result *res)
{
	const struct dial_to there = {
		.host = proxy->host, .port = proxy->port, .source = to->source
	};
	char address[sizeof d->address];
	int rv = dial_tcp(d, &there, until, res);

	d->found_at = 0;
	if (rv == -1)
		return result_context(res, "the proxy");
	d->is_loopback = false;
	strlcpy(address, d->address, sizeof address);
	snprintf(d->address, sizeof d->address, "via %.58s", address);
	if (socks_connect(d->fd, proxy, to->host, to->port, until, res) == 0)
		return 0;
	close(d->fd);
	return result_context(
	    res, "the proxy %s port %d", proxy->host, proxy->port);
}

static int
dial_proxy(struct dial *d, const struct dial_to *to, struct deadline until,
    struct result *res)
{
	struct proxy proxy;
	int rv;

	if (proxy_parse(&proxy, to->proxy) == 0)
		rv = pass(d, to, &proxy, until, res);
	else
		rv = result_fail(res, RESULT_CONFIG, "proxy is none");
	explicit_bzero(&proxy, sizeof proxy);
	return rv;
}

bool
dial_is_path(const char *host)
{
	return host[0] == '/';
}

/* Waits while as many as it takes wait at the socket already: nothing tells
 * when there is room. */
static int
wait_for_room(struct deadline until, struct result *res)
{
	struct deadline soon = deadline_earlier(
	    until, deadline_in(QUEUE_FULL, -1));

	if (deadline_poll(soon, -1, 0, res) != -1)
		return 0;
	return res->kind == RESULT_TIMEOUT && deadline_left(until) > 0 ? 0 : -1;
}

static int
fail_unix(int fd, const char *path, int error, struct result *res)
{
	if (fd != -1)
		close(fd);
	return result_fail(res, RESULT_CONNECT, "cannot connect to %s: %s",
	    path, strerror(error));
}

static int
dial_unix(
    struct dial *d, const char *path, struct deadline until, struct result *res)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlcpy(sa.sun_path, path, sizeof sa.sun_path) >=
	    sizeof sa.sun_path)
		return fail_unix(-1, path, ENAMETOOLONG, res);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return fail_unix(fd, path, errno, res);
	while (connect(fd, (const struct sockaddr *)&sa, sizeof sa) == -1) {
		if (errno != EAGAIN)
			return fail_unix(fd, path, errno, res);
		if (wait_for_room(until, res) == 0)
			continue;
		if (res->kind == RESULT_TIMEOUT)
			return fail_unix(fd, path, ETIMEDOUT, res);
		close(fd);
		return -1;
	}
	*d = (struct dial){ .fd = fd, .is_loopback = true };
	put_literal(fd, d->literal, sizeof d->literal);
	return 0;
}

int
dial(struct dial *d, const struct dial_to *to, struct deadline until,
    struct result *res)
{
	d->found_at = 0;
	if (dial_is_path(to->host))
		return dial_unix(d, to->host, until, res);
	if (to->proxy != NULL && *to->proxy != '\0')
		return dial_proxy(d, to, until, res);
	return dial_tcp(d, to, until, res);
}
