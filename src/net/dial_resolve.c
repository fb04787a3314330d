#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "net/dial_resolve.h"
#include "net/lookup.h"

#define HOST_MAX 256 /* longer than any DNS name; NUL included */
#define PORT_MAX 12

struct question {
	struct lookup base;
	char host[HOST_MAX];
	char port[PORT_MAX];
	struct addrinfo *answer;
	int error; /* getaddrinfo's */
	int system_error; /* errno where `error` is EAI_SYSTEM */
};

static const char *const loopback[] = { "127.0.0.1", "::1" };

/* In any case, with or without a final dot. */
static bool
is_localhost(const char *host)
{
	return ascii_equal(host, "localhost") ||
	    ascii_equal(host, "localhost.");
}

static const struct addrinfo *
next_in(const struct addrinfo *ai, int family)
{
	while (ai != NULL && ai->ai_family != family)
		ai = ai->ai_next;
	return ai;
}

static void
add(struct dial_list *list, const struct addrinfo *ai)
{
	struct dial_address *to = &list->at[list->n];

	if (ai->ai_addrlen > sizeof to->sa)
		return;
	memcpy(&to->sa, ai->ai_addr, ai->ai_addrlen);
	to->len = ai->ai_addrlen;
	list->n++;
}

void
dial_order(struct dial_list *list, const struct addrinfo *ai)
{
	const struct addrinfo *next[2];
	int family[2] = { AF_INET6, AF_INET }, turn;

	turn = ai != NULL && ai->ai_family == AF_INET;
	next[0] = next_in(ai, family[0]);
	next[1] = next_in(ai, family[1]);
	for (; next[0] != NULL || next[1] != NULL; turn = !turn) {
		if (next[turn] == NULL)
			continue;
		if (list->n == DIAL_ADDRESSES_MAX)
			return;
		add(list, next[turn]);
		next[turn] = next_in(next[turn]->ai_next, family[turn]);
	}
}

/* Adds the address of `n` bytes at `host` when it is one, in brackets or
 * not. */
static void
add_numeric(
    struct dial_list *list, const char *host, size_t n, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *ai;
	char bare[HOST_MAX];

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	}
	if (n >= sizeof bare)
		return;
	memcpy(bare, host, n);
	bare[n] = '\0';
	if (getaddrinfo(bare, port, &hints, &ai) != 0)
		return;
	dial_order(list, ai);
	freeaddrinfo(ai);
}

size_t
dial_find(const struct dial_list *list, int family)
{
	size_t i;

	for (i = 0; i < list->n && list->at[i].sa.ss_family != family; i++)
		;
	return i;
}

int
dial_read(struct dial_list *list, const char *text, struct result *res)
{
	size_t n, before;

	list->n = 0;
	for (; text != NULL; text += n) {
		text += strspn(text, " \t");
		n = strcspn(text, " \t");
		if (n == 0)
			break;
		before = list->n;
		if (before < DIAL_ADDRESSES_MAX)
			add_numeric(list, text, n, "0");
		if (list->n == before)
			return result_fail(res, RESULT_CONFIG,
			    "%.*s is no address to connect from", (int)n, text);
	}
	return 0;
}

static void
forget(struct lookup *l)
{
	struct question *q = (struct question *)l;

	if (q->answer != NULL)
		freeaddrinfo(q->answer);
}

static int
ask_once(struct question *q, int flags)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = flags | AI_NUMERICSERV };

	q->answer = NULL;
	return getaddrinfo(q->host, q->port, &hints, &q->answer);
}

static void
ask(struct lookup *l)
{
	struct question *q = (struct question *)l;

	/* AI_ADDRCONFIG spares a question that some resolvers never answer,
	 * but it takes no account of loopback addresses: a name that is only
	 * ::1 is not found with it in a container without IPv6. */
	q->error = ask_once(q, AI_ADDRCONFIG);
	if (q->error != 0 && q->error != EAI_AGAIN && q->error != EAI_MEMORY)
		q->error = ask_once(q, 0);
	q->system_error = errno;
}

/* Takes the answer to a question. */
static int
take(struct dial_list *list, const struct question *q, struct result *res)
{
	if (q->error != 0)
		return result_fail(res, RESULT_RESOLVE, "cannot resolve %s: %s",
		    q->host,
		    q->error == EAI_SYSTEM ? strerror(q->system_error)
					   : gai_strerror(q->error));
	dial_order(list, q->answer);
	if (list->n == 0)
		return result_fail(res, RESULT_RESOLVE,
		    "cannot resolve %s: no usable address", q->host);
	return 0;
}

static int
look_up(struct dial_list *list, const char *host, const char *port,
    struct deadline until, struct result *res)
{
	struct question *q = lookup_new(sizeof *q, ask, forget);
	int rv;

	if (q == NULL)
		return result_fail(res, RESULT_SYSTEM, "cannot resolve %s: %s",
		    host, strerror(errno));
	strlcpy(q->host, host, sizeof q->host);
	strlcpy(q->port, port, sizeof q->port);
	rv = lookup_run(&q->base, until, res);
	if (rv != -1)
		rv = take(list, q, res);
	else if (res->kind == RESULT_TIMEOUT)
		rv = result_fail(res, RESULT_RESOLVE,
		    "cannot resolve %s: no answer in time", host);
	lookup_release(&q->base);
	return rv;
}

int
dial_resolve(struct dial_list *list, const char *host, int port,
    struct deadline until, struct result *res)
{
	char service[PORT_MAX];

	list->n = 0;
	snprintf(service, sizeof service, "%d", port);
	/* RFC 6761 section 6.3.  Not even /etc/hosts may send it elsewhere:
	 * what is said to this machine need not be encrypted. */
	if (is_localhost(host)) {
		for (size_t i = 0; i < 2; i++)
			add_numeric(
			    list, loopback[i], strlen(loopback[i]), service);
	} else
		add_numeric(list, host, strlen(host), service);
	if (list->n > 0)
		return 0;
	if (strlen(host) >= HOST_MAX)
		return result_fail(res, RESULT_RESOLVE,
		    "cannot resolve %.64s...: the name is too long", host);
	return look_up(list, host, service, until, res);
}
