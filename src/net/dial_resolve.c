#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/ascii.h"
#include "net/dial_resolve.h"

#define HOST_MAX 256 /* longer than any DNS name; NUL included */
#define PORT_MAX 12
#define STACK_SIZE (1 << 20) /* name services are hungrier than we are */

/*
 * A lookup that runs in a thread of its own, since getaddrinfo has no time
 * limit.  Whoever of the two is done with it last releases it; where the
 * resolver hangs for ever that is nobody, and the thread and these few bytes
 * last as long as the process.
 */
struct lookup {
	char host[HOST_MAX];
	char port[PORT_MAX];
	struct addrinfo *answer;
	int system_error; /* errno where `error` is EAI_SYSTEM */
	atomic_int error; /* getaddrinfo's; set last, read first */
	int done; /* eventfd */
	atomic_int users;
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
release(struct lookup *l)
{
	if (atomic_fetch_sub(&l->users, 1) > 1)
		return;
	if (l->answer != NULL)
		freeaddrinfo(l->answer);
	if (l->done != -1)
		close(l->done);
	free(l);
}

static int
ask(struct lookup *l, int flags)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = flags | AI_NUMERICSERV };

	l->answer = NULL;
	return getaddrinfo(l->host, l->port, &hints, &l->answer);
}

static void *
run(void *arg)
{
	struct lookup *l = arg;
	int error;

	/* AI_ADDRCONFIG spares a question that some resolvers never answer,
	 * but it takes no account of loopback addresses: a name that is only
	 * ::1 is not found with it in a container without IPv6. */
	error = ask(l, AI_ADDRCONFIG);
	if (error != 0 && error != EAI_AGAIN && error != EAI_MEMORY)
		error = ask(l, 0);
	l->system_error = errno;
	atomic_store(&l->error, error);
	eventfd_write(l->done, 1);
	release(l);
	return NULL;
}

/* Runs the lookup in a detached thread that takes no signals. */
static int
start(struct lookup *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int error;

	if (pthread_attr_init(&attr) != 0)
		return -1;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, &attr, run, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return error == 0 ? 0 : -1;
}

static struct lookup *
lookup_new(const char *host, const char *port)
{
	struct lookup *l;

	l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	atomic_init(&l->users, 2);
	strlcpy(l->host, host, sizeof l->host);
	strlcpy(l->port, port, sizeof l->port);
	l->done = eventfd(0, EFD_CLOEXEC);
	if (l->done == -1) {
		free(l);
		return NULL;
	}
	return l;
}

/* Takes the answer of a lookup that is done. */
static int
take(struct dial_list *list, struct lookup *l, struct result *res)
{
	int error = atomic_load(&l->error);

	if (error != 0)
		return result_fail(res, RESULT_RESOLVE, "cannot resolve %s: %s",
		    l->host,
		    error == EAI_SYSTEM ? strerror(l->system_error)
					: gai_strerror(error));
	dial_order(list, l->answer);
	if (list->n == 0)
		return result_fail(res, RESULT_RESOLVE,
		    "cannot resolve %s: no usable address", l->host);
	return 0;
}

static int
look_up(struct dial_list *list, const char *host, const char *port,
    struct deadline until, struct result *res)
{
	struct lookup *l;
	int rv;

	l = lookup_new(host, port);
	if (l == NULL)
		return result_fail(res, RESULT_SYSTEM, "cannot resolve %s: %s",
		    host, strerror(errno));
	/* No thread to be had: late is better than never. */
	if (start(l) == -1)
		run(l);
	/* An alarm may fork, and the fork would not have the thread. */
	until.alarm = NULL;
	rv = deadline_poll(until, l->done, POLLIN, res);
	if (rv != -1)
		rv = take(list, l, res);
	else if (res->kind == RESULT_TIMEOUT)
		rv = result_fail(res, RESULT_RESOLVE,
		    "cannot resolve %s: no answer in time", host);
	release(l);
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
