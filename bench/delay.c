/*
 * delay: a proxy that makes loopback as slow as a long line.
 *
 *	delay RTT ADDRESS:PORT ADDRESS:PORT [ADDRESS:PORT ADDRESS:PORT ...]
 *
 * Takes connections at the first address of each pair and passes them on to
 * the second, with a round trip of RTT milliseconds.  The kernel makes the
 * connection itself at once, so that round trip is added to whatever either
 * side says before it has heard anything.  Bandwidth is not limited.  Prints
 * "ready".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536

struct chunk {
	struct chunk *next;
	int64_t due; /* us */
	size_t len; /* 0: the end */
	char data[];
};

struct pair {
	struct sockaddr_in to;
	int listener;
	int64_t rtt; /* us */
};

struct link {
	const struct pair *pair;
	int client, server;
	atomic_bool client_heard, server_heard; /* got something */
	atomic_int users; /* directions still running */
};

/* One direction of a link, and what is on its way. */
struct lane {
	struct link *link;
	int from, to;
	bool to_client;
	struct chunk *head, **tail;
};

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* Takes in one piece; false at the end, which is queued like a piece. */
static bool
take(struct lane *l)
{
	struct chunk *c = malloc(sizeof *c + CHUNK);
	int64_t rtt = l->link->pair->rtt;
	ssize_t n;

	if (c == NULL)
		abort();
	n = recv(l->from, c->data, CHUNK, 0);
	c->next = NULL;
	c->len = n > 0 ? (size_t)n : 0;
	/* a client's first word leaves after SYN and answer; a server's, half
	 * a round trip later */
	c->due = now() + rtt / 2;
	if (l->to_client && !l->link->server_heard)
		c->due += rtt * 3 / 2;
	if (!l->to_client && !l->link->client_heard)
		c->due += rtt;
	*l->tail = c;
	l->tail = &c->next;
	return n > 0;
}

/* Hands over what has arrived; false when the lane is at its end. */
static bool
give(struct lane *l)
{
	struct chunk *c;

	while ((c = l->head) != NULL && c->due <= now()) {
		size_t len = c->len;

		*(l->to_client ? &l->link->client_heard
			       : &l->link->server_heard) = true;

		bool sent = len > 0 && write_all(l->to, c->data, len);

		l->head = c->next;
		if (l->head == NULL)
			l->tail = &l->head;
		free(c);
		if (!sent)
			return false;
	}
	return true;
}

static void *
run_lane(void *arg)
{
	struct lane *l = arg;
	struct link *link = l->link;
	struct pollfd p = { .fd = l->from, .events = POLLIN };

	l->tail = &l->head;
	while (give(l)) {
		struct timespec wait, *limit = NULL;

		if (l->head != NULL) {
			int64_t us = l->head->due - now();

			us = us < 0 ? 0 : us;
			wait.tv_sec = us / 1000000;
			wait.tv_nsec = us % 1000000 * 1000;
			limit = &wait;
		}
		if (ppoll(&p, 1, limit, NULL) == 1 && !take(l))
			p.fd = -1;
	}
	shutdown(l->to, SHUT_WR);
	for (struct chunk *c = l->head, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(l);
	if (atomic_fetch_sub(&link->users, 1) == 1) {
		close(link->client);
		close(link->server);
		free(link);
	}
	return NULL;
}

static void
start_lane(struct link *link, bool to_client)
{
	struct lane *l = calloc(1, sizeof *l);
	pthread_t thread;

	if (l == NULL)
		abort();
	l->link = link;
	l->to_client = to_client;
	l->from = to_client ? link->server : link->client;
	l->to = to_client ? link->client : link->server;
	if (pthread_create(&thread, NULL, run_lane, l) != 0)
		abort();
	pthread_detach(thread);
}

/* Passes one connection on; false: the server cannot be reached. */
static bool
open_link(const struct pair *pair, int client)
{
	struct link *link = calloc(1, sizeof *link);
	int one = 1;

	if (link == NULL)
		abort();
	link->pair = pair;
	link->users = 2;
	link->client = client;
	link->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(link->server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(link->server, (const struct sockaddr *)&pair->to,
		sizeof pair->to) == -1) {
		close(link->server);
		free(link);
		return false;
	}
	start_lane(link, true);
	start_lane(link, false);
	return true;
}

static void *
listen_on(void *arg)
{
	const struct pair *pair = arg;

	for (;;) {
		int fd = accept4(pair->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd != -1 && !open_link(pair, fd))
			close(fd);
	}
	return NULL;
}

static struct sockaddr_in
address(char *where)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	char *colon = strrchr(where, ':');

	if (colon == NULL)
		exit(64);
	*colon = '\0';
	in.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, where, &in.sin_addr) != 1)
		exit(64);
	return in;
}

static int
bind_to(struct sockaddr_in in)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&in, sizeof in) == -1 ||
	    listen(fd, 128) == -1) {
		perror("delay: bind");
		exit(1);
	}
	return fd;
}

int
main(int argc, char **argv)
{
	static struct pair pairs[8];
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 4 || argc % 2 != 0 || argc > 2 + 2 * 8)
		return 64;
	for (int i = 2; i < argc; i += 2) {
		struct pair *p = &pairs[i / 2 - 1];

		p->rtt = strtol(argv[1], NULL, 10) * 1000;
		p->listener = bind_to(address(argv[i]));
		p->to = address(argv[i + 1]);
		if (pthread_create(&thread, NULL, listen_on, p) != 0)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
