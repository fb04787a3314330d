/*
 * sink: a fast smarthost to measure against.
 *
 *	sink -c CERT -k KEY -u USER -p PASSWORD [-s] ADDRESS:PORT ...
 *
 * Takes every mail and forgets it.  TLS from the start, or (-s, for the
 * addresses that follow) STARTTLS, and then no session tickets, which an old
 * client takes for an answer; AUTH PLAIN and LOGIN, PIPELINING, SIZE,
 * 8BITMIME; one thread a connection.  Prints "ready" and then one line for
 * each connection, "connection", and for each mail taken: "mail RECIPIENTS
 * OCTETS COMMANDS".  For loopback only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_SIZE (256 * 1024)
#define OUT_SIZE (64 * 1024)

struct account {
	const char *user, *password;
};

struct port {
	int fd;
	bool starttls;
	SSL_CTX *ctx;
	const struct account *account;
};

struct conn {
	const struct port *port;
	int fd;
	SSL *ssl;
	size_t pos, len; /* what is not used yet of `in` */
	size_t out_len;
	size_t rcpts, commands;
	bool mail, authenticated, closing;
	char in[IN_SIZE], out[OUT_SIZE];
};

static bool
flush(struct conn *c)
{
	size_t done = 0;

	while (done < c->out_len) {
		size_t left = c->out_len - done;
		ssize_t n = c->ssl != NULL
		    ? SSL_write(c->ssl, c->out + done, (int)left)
		    : send(c->fd, c->out + done, left, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	c->out_len = 0;
	return true;
}

static bool
say(struct conn *c, const char *text)
{
	size_t n = strlen(text);

	if (c->out_len + n + 2 > OUT_SIZE && !flush(c))
		return false;
	memcpy(c->out + c->out_len, text, n);
	memcpy(c->out + c->out_len + n, "\r\n", 2);
	c->out_len += n + 2;
	return true;
}

/*
 * Reads more behind what is left.  Answers are held back until everything
 * that has come is dealt with, so a flight of commands gets one of replies.
 */
static bool
fill(struct conn *c)
{
	ssize_t n;

	if (c->pos > 0) {
		memmove(c->in, c->in + c->pos, c->len - c->pos);
		c->len -= c->pos;
		c->pos = 0;
	}
	if (c->len == IN_SIZE)
		return false;
	if (!(c->ssl != NULL && SSL_has_pending(c->ssl)) && !flush(c))
		return false;
	if (c->ssl != NULL)
		n = SSL_read(c->ssl, c->in + c->len, (int)(IN_SIZE - c->len));
	else
		n = recv(c->fd, c->in + c->len, IN_SIZE - c->len, 0);
	if (n <= 0)
		return false;
	c->len += (size_t)n;
	return true;
}

/* One line, its end cut off, or NULL. */
static char *
line(struct conn *c)
{
	char *nl;

	while ((nl = memchr(c->in + c->pos, '\n', c->len - c->pos)) == NULL)
		if (!fill(c))
			return NULL;

	char *start = c->in + c->pos;

	c->pos = (size_t)(nl - c->in) + 1;
	*nl = '\0';
	if (nl > start && nl[-1] == '\r')
		nl[-1] = '\0';
	return start;
}

/* Whether the base64 text `s` stands for the `n` bytes at `want`. */
static bool
is_base64_of(const char *s, const char *want, size_t n)
{
	unsigned char text[1024];

	if (n > 700)
		return false;
	EVP_EncodeBlock(text, (const unsigned char *)want, (int)n);
	return strcmp(s, (const char *)text) == 0;
}

static bool
handshake(struct conn *c)
{
	c->ssl = SSL_new(c->port->ctx);
	if (c->ssl != NULL && c->port->starttls)
		SSL_set_num_tickets(c->ssl, 0);
	return c->ssl != NULL && SSL_set_fd(c->ssl, c->fd) == 1 &&
	    SSL_accept(c->ssl) == 1;
}

static bool
do_ehlo(struct conn *c, char *arg)
{
	(void)arg;
	say(c, "250-sink");
	say(c, "250-PIPELINING");
	say(c, "250-SIZE 104857600");
	if (c->ssl == NULL)
		say(c, "250-STARTTLS");
	say(c, "250-AUTH PLAIN LOGIN");
	return say(c, "250 8BITMIME");
}

static bool
do_starttls(struct conn *c, char *arg)
{
	(void)arg;
	if (c->ssl != NULL)
		return say(c, "454 TLS is active");
	c->pos = c->len;
	return say(c, "220 Go ahead") && flush(c) && handshake(c);
}

static bool
auth_verdict(struct conn *c, bool right)
{
	c->authenticated = right;
	return say(c, right ? "235 Welcome" : "535 Wrong");
}

static bool
auth_plain(struct conn *c, char *response)
{
	const struct account *a = c->port->account;
	char want[700], named[700]; /* without and with authzid */
	int n = snprintf(
	    want, sizeof want, "%c%s%c%s", 0, a->user, 0, a->password);
	int m = snprintf(named, sizeof named, "%s%c%s%c%s", a->user, 0, a->user,
	    0, a->password);

	if (*response == '\0' &&
	    (!say(c, "334 ") || (response = line(c)) == NULL))
		return false;
	return auth_verdict(c,
	    is_base64_of(response, want, (size_t)n) ||
		is_base64_of(response, named, (size_t)m));
}

static bool
auth_login(struct conn *c, char *user)
{
	const struct account *a = c->port->account;
	char *password;

	if (*user == '\0' &&
	    (!say(c, "334 VXNlcm5hbWU6") || (user = line(c)) == NULL))
		return false;

	bool known = is_base64_of(user, a->user, strlen(a->user));

	if (!say(c, "334 UGFzc3dvcmQ6") || (password = line(c)) == NULL)
		return false;
	return auth_verdict(c,
	    known && is_base64_of(password, a->password, strlen(a->password)));
}

static bool
do_auth(struct conn *c, char *arg)
{
	char *response = arg + strcspn(arg, " ");

	if (*response != '\0')
		*response++ = '\0';
	if (strcasecmp(arg, "PLAIN") == 0)
		return auth_plain(c, response);
	if (strcasecmp(arg, "LOGIN") == 0)
		return auth_login(c, response);
	return say(c, "504 Unknown mechanism");
}

static bool
do_mail(struct conn *c, char *arg)
{
	(void)arg;
	if (!c->authenticated)
		return say(c, "530 Log in first");
	c->mail = true;
	c->rcpts = 0;
	return say(c, "250 OK");
}

static bool
do_rcpt(struct conn *c, char *arg)
{
	(void)arg;
	if (!c->mail)
		return say(c, "503 MAIL first");
	c->rcpts++;
	return say(c, "250 OK");
}

/* Swallows the mail up to its final dot; its size, or -1. */
static long long
swallow(struct conn *c)
{
	static const char end[] = "\r\n.\r\n";
	long long size = 0;

	while (c->len - c->pos < 3)
		if (!fill(c))
			return -1;
	if (memcmp(c->in + c->pos, end + 2, 3) == 0) {
		c->pos += 3;
		return 0;
	}
	for (;;) {
		size_t have = c->len - c->pos;
		char *dot = memmem(c->in + c->pos, have, end, 5);

		if (dot != NULL) {
			size += dot + 2 - (c->in + c->pos);
			c->pos = (size_t)(dot - c->in) + 5;
			return size;
		}
		if (have > 4) { /* the end may be cut in two */
			size += (long long)have - 4;
			c->pos = c->len - 4;
		}
		if (!fill(c))
			return -1;
	}
}

static bool
do_data(struct conn *c, char *arg)
{
	long long size;

	(void)arg;
	if (!c->mail || c->rcpts == 0)
		return say(c, "503 RCPT first");
	if (!say(c, "354 Go on") || (size = swallow(c)) == -1)
		return false;
	c->mail = false;

	bool said = say(c, "250 Taken");

	/* what came along with the end of the mail is answered with it */
	if (c->pos == c->len)
		said = said && flush(c);
	printf("mail %zu %lld %zu\n", c->rcpts, size, c->commands);
	fflush(stdout);
	c->commands = 0;
	return said;
}

static bool
do_ok(struct conn *c, char *arg)
{
	(void)arg;
	c->mail = false;
	return say(c, "250 OK");
}

static bool
do_quit(struct conn *c, char *arg)
{
	(void)arg;
	c->closing = true;
	return say(c, "221 Bye");
}

static const struct {
	const char *name;
	bool (*run)(struct conn *, char *);
} commands[] = {
	{ "EHLO", do_ehlo },
	{ "HELO", do_ok },
	{ "STARTTLS", do_starttls },
	{ "AUTH", do_auth },
	{ "MAIL", do_mail },
	{ "RCPT", do_rcpt },
	{ "DATA", do_data },
	{ "RSET", do_ok },
	{ "NOOP", do_ok },
	{ "QUIT", do_quit },
};

static bool
obey(struct conn *c, char *text)
{
	char *arg = text + strcspn(text, " ");

	if (*arg != '\0')
		*arg++ = '\0';
	c->commands++;
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcasecmp(text, commands[i].name) == 0)
			return commands[i].run(c, arg);
	return say(c, "502 Unknown command");
}

static void *
serve(void *arg)
{
	struct conn *c = arg;
	char *text;

	puts("connection");
	if ((c->port->starttls || handshake(c)) && say(c, "220 sink"))
		while (!c->closing && (text = line(c)) != NULL && obey(c, text))
			continue;
	(void)flush(c);
	if (c->ssl != NULL) {
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	ERR_clear_error();
	close(c->fd);
	free(c);
	return NULL;
}

static void *
listen_on(void *arg)
{
	const struct port *port = arg;

	for (;;) {
		int fd = accept4(port->fd, NULL, NULL, SOCK_CLOEXEC), one = 1;
		struct conn *c = fd == -1 ? NULL : calloc(1, sizeof *c);
		pthread_t thread;

		if (c == NULL)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		c->port = port;
		c->fd = fd;
		if (pthread_create(&thread, NULL, serve, c) == 0)
			pthread_detach(thread);
	}
	return NULL;
}

static void
die(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static int
bind_to(char *where)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	char *colon = strrchr(where, ':');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (colon == NULL)
		die(where);
	*colon = '\0';
	in.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (inet_pton(AF_INET, where, &in.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&in, sizeof in) == -1 ||
	    listen(fd, 128) == -1)
		die(where);
	return fd;
}

static SSL_CTX *
new_context(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL || cert == NULL || key == NULL ||
	    SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		die("certificate");
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

int
main(int argc, char **argv)
{
	static struct account account = { "", "" };
	static struct port ports[8];
	const char *cert = NULL, *key = NULL;
	size_t count = 0;
	bool starttls = false;
	pthread_t thread;
	int ch;

	/* "-" hands the addresses over in their place, as option 1 */
	while ((ch = getopt(argc, argv, "-c:k:u:p:s")) != -1)
		switch (ch) {
		case 'c':
			cert = optarg;
			break;
		case 'k':
			key = optarg;
			break;
		case 'u':
			account.user = optarg;
			break;
		case 'p':
			account.password = optarg;
			break;
		case 's':
			starttls = true;
			break;
		case 1:
			if (count == sizeof ports / sizeof ports[0])
				return 64;
			ports[count].fd = bind_to(optarg);
			ports[count++].starttls = starttls;
			break;
		default:
			return 64;
		}
	signal(SIGPIPE, SIG_IGN);

	SSL_CTX *ctx = new_context(cert, key);

	for (size_t i = 0; i < count; i++) {
		ports[i].ctx = ctx;
		ports[i].account = &account;
		if (pthread_create(&thread, NULL, listen_on, &ports[i]) != 0)
			die("thread");
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
