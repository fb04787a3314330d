#include "config.h"

#include <arpa/inet.h>
#include <bsd/string.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "net/socks.h"

#define SOCKS_VERSION 5
#define LOGIN_VERSION 1
#define CONNECT 1
#define VERDICT 2 /* octets that say yes or no */
#define HEAD 5 /* octets of an answer that say how long it is */

enum method { METHOD_NONE = 0, METHOD_LOGIN = 2, METHOD_REFUSED = 0xff };

enum address_type { TYPE_IPV4 = 1, TYPE_NAME = 3, TYPE_IPV6 = 4 };

static void
put(struct socks *s, const void *p, size_t n)
{
	memcpy(s->out + s->out_len, p, n);
	s->out_len += n;
}

static void
put_octet(struct socks *s, unsigned octet)
{
	s->out[s->out_len++] = (unsigned char)octet;
}

/* With its length before it. */
static void
put_text(struct socks *s, const char *text)
{
	size_t n = strnlen(text, 255);

	put_octet(s, (unsigned)n);
	put(s, text, n);
}

/* What comes next, and how much of it at first. */
static void
await(struct socks *s, enum socks_state state, size_t want)
{
	s->state = state;
	s->in_len = 0;
	s->in_want = want;
}

void
socks_begin(
    struct socks *s, const struct proxy *proxy, const char *host, int port)
{
	bool login = proxy->user[0] != '\0';

	*s = (struct socks){ .proxy = proxy, .host = host, .port = port };
	put_octet(s, SOCKS_VERSION);
	put_octet(s, login ? 2 : 1);
	put_octet(s, METHOD_NONE);
	if (login)
		put_octet(s, METHOD_LOGIN);
	await(s, SOCKS_METHOD, VERDICT);
}

static void
put_host(struct socks *s)
{
	struct in_addr v4;
	struct in6_addr v6;
	char bare[INET6_ADDRSTRLEN] = "";
	size_t n = strlen(s->host);

	if (n > 2 && s->host[0] == '[' && s->host[n - 1] == ']' &&
	    n - 2 < sizeof bare)
		memcpy(bare, s->host + 1, n - 2);
	else
		strlcpy(bare, s->host, sizeof bare);
	if (inet_pton(AF_INET, bare, &v4) == 1) {
		put_octet(s, TYPE_IPV4);
		put(s, &v4, sizeof v4);
	} else if (inet_pton(AF_INET6, bare, &v6) == 1) {
		put_octet(s, TYPE_IPV6);
		put(s, &v6, sizeof v6);
	} else {
		put_octet(s, TYPE_NAME);
		put_text(s, s->host);
	}
}

static void
ask(struct socks *s)
{
	put_octet(s, SOCKS_VERSION);
	put_octet(s, CONNECT);
	put_octet(s, 0);
	put_host(s);
	put_octet(s, (unsigned)s->port >> 8);
	put_octet(s, (unsigned)s->port & 255);
	await(s, SOCKS_ANSWER, VERDICT);
}

static void
log_in(struct socks *s)
{
	put_octet(s, LOGIN_VERSION);
	put_text(s, s->proxy->user);
	put_text(s, s->proxy->password);
	await(s, SOCKS_LOGIN, VERDICT);
}

static int
fail_version(struct result *res)
{
	return result_fail(
	    res, RESULT_CONNECT, "what answers there is no SOCKS5 proxy");
}

static int
on_method(struct socks *s, struct result *res)
{
	bool login = s->proxy->user[0] != '\0';

	if (s->in[0] != SOCKS_VERSION)
		return fail_version(res);
	if (s->in[1] == METHOD_NONE) {
		ask(s);
		return 0;
	}
	if (s->in[1] == METHOD_LOGIN && login) {
		log_in(s);
		return 0;
	}
	if (s->in[1] == METHOD_REFUSED)
		return result_fail(res, RESULT_CONNECT, "%s",
		    login ? "it takes no log-in by user and password"
			  : "it wants a log-in, and no user is set");
	return fail_version(res);
}

/* The version is not looked at: some say 5 here. */
static int
on_login(struct socks *s, struct result *res)
{
	if (s->in[1] != 0)
		return result_fail(
		    res, RESULT_CONNECT, "it refuses user and password");
	ask(s);
	return 0;
}

/* RFC 1928 section 6. */
static const char *
reason(unsigned code)
{
	static const char *const reasons[] = {
		[1] = "general failure",
		[2] = "not allowed by its rules",
		[3] = "network unreachable",
		[4] = "host unreachable",
		[5] = "connection refused",
		[6] = "TTL expired",
		[7] = "it does not know the command",
		[8] = "it does not know the type of the address",
	};

	return code > 0 && code < sizeof reasons / sizeof *reasons
	    ? reasons[code]
	    : "no known reason";
}

/* How long the answer is, as far as can be told from what is there; 0: it is
 * malformed. */
static size_t
answer_length(const struct socks *s)
{
	if (s->in_len < HEAD)
		return HEAD;
	switch (s->in[3]) {
	case TYPE_IPV4:
		return 4 + sizeof(struct in_addr) + 2;
	case TYPE_IPV6:
		return 4 + sizeof(struct in6_addr) + 2;
	case TYPE_NAME:
		return 4 + 1 + (size_t)s->in[4] + 2;
	default:
		return 0;
	}
}

/* The address in it is of no use: it must be read to get past it. */
static int
on_answer(struct socks *s, struct result *res)
{
	size_t length;

	if (s->in[0] != SOCKS_VERSION)
		return fail_version(res);
	if (s->in[1] != 0)
		return result_fail(res, RESULT_CONNECT,
		    "cannot connect to %s port %d: %s", s->host, s->port,
		    reason(s->in[1]));
	length = answer_length(s);
	if (length == 0)
		return fail_version(res);
	if (s->in_len < length)
		s->in_want = length;
	else
		s->state = SOCKS_DONE;
	return 0;
}

size_t
socks_wants(const struct socks *s)
{
	if (s->out_len > 0 || s->state == SOCKS_DONE)
		return 0;
	return s->in_want - s->in_len;
}

int
socks_push(struct socks *s, const void *p, size_t n, struct result *res)
{
	static int (*const on[])(struct socks *, struct result *) = {
		[SOCKS_METHOD] = on_method,
		[SOCKS_LOGIN] = on_login,
		[SOCKS_ANSWER] = on_answer,
	};

	if (n > socks_wants(s))
		return result_fail(
		    res, RESULT_BUG, "more than was asked of the proxy");
	memcpy(s->in + s->in_len, p, n);
	s->in_len += n;
	return s->in_len < s->in_want ? 0 : on[s->state](s, res);
}

void
socks_sent(struct socks *s)
{
	explicit_bzero(s->out, sizeof s->out);
	s->out_len = 0;
}

/* Waits for `events`; what is too late, or fails, is of the proxy. */
static int
wait_for(int fd, short events, struct deadline until, struct result *res)
{
	if (deadline_poll(until, fd, events, res) != -1)
		return 0;
	if (res->kind == RESULT_TIMEOUT)
		return result_fail(
		    res, RESULT_CONNECT, "it gives no answer in time");
	return -1;
}

static int
send_all(int fd, struct socks *s, struct deadline until, struct result *res)
{
	size_t done = 0;
	ssize_t n;

	while (done < s->out_len) {
		if (wait_for(fd, POLLOUT, until, res) == -1)
			return -1;
		n = send(fd, s->out + done, s->out_len - done, MSG_NOSIGNAL);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return result_fail(res, RESULT_CONNECT,
			    "it hangs up: %s", strerror(errno));
	}
	socks_sent(s);
	return 0;
}

static int
read_some(int fd, struct socks *s, struct deadline until, struct result *res)
{
	unsigned char in[SOCKS_IN_MAX];
	ssize_t n;

	if (wait_for(fd, POLLIN, until, res) == -1)
		return -1;
	n = recv(fd, in, socks_wants(s), 0);
	if (n > 0)
		return socks_push(s, in, (size_t)n, res);
	if (n == 0)
		return result_fail(res, RESULT_CONNECT, "it hangs up");
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return result_fail(
	    res, RESULT_CONNECT, "it hangs up: %s", strerror(errno));
}

int
socks_connect(int fd, const struct proxy *proxy, const char *host, int port,
    struct deadline until, struct result *res)
{
	struct socks s;
	int rv = 0;

	socks_begin(&s, proxy, host, port);
	while (rv == 0 && s.state != SOCKS_DONE)
		rv = s.out_len > 0 ? send_all(fd, &s, until, res)
				   : read_some(fd, &s, until, res);
	socks_sent(&s);
	return rv;
}
