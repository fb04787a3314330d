/*
 * floor: the least a client can do, to measure the others against.
 *
 *	floor -a CADIR HOST PORT USER PASSWORD SENDER RECIPIENT... < mail
 *	floor -q FOLDER -m MOST -a CADIR HOST PORT USER PASSWORD SENDER RECIPIENT
 *
 * TLS from the start, verified; AUTH PLAIN at once; the envelope and DATA in
 * one flight; the end of the mail and QUIT in another, and the answer to QUIT
 * not waited for.  With -q, each file in the folder is a mail: the envelope of
 * the next one goes with the end of the one before, a file whose mail was taken
 * is removed, and the folder is synced after each 32; a connection carries MOST
 * of them.  No configuration, no header parsing, nothing is undone when
 * something fails.  Not a mail program.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 65536
#define UNSYNCED_MAX 32

struct floor {
	SSL *ssl;
	int fd;
	char in[8192];
	size_t pos, len;
};

static void
die(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(75);
}

static void
put(struct floor *f, const char *p, size_t n)
{
	if (n > 0 && SSL_write(f->ssl, p, (int)n) <= 0)
		die("write");
}

static char
next_byte(struct floor *f)
{
	if (f->pos == f->len) {
		int n = SSL_read(f->ssl, f->in, sizeof f->in);

		if (n <= 0)
			die("connection lost");
		f->pos = 0;
		f->len = (size_t)n;
	}
	return f->in[f->pos++];
}

/* Reads one reply, of however many lines, which must begin with `digit`. */
static void
want(struct floor *f, char digit)
{
	char line[4];
	bool more = true;

	while (more) {
		for (size_t i = 0; i < sizeof line; i++)
			line[i] = next_byte(f);
		more = line[3] == '-';
		while (next_byte(f) != '\n')
			continue;
	}
	if (line[0] != digit)
		die("refused");
}

static void
connect_to(struct floor *f, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	int one = 1;

	if (getaddrinfo(host, port, &hints, &ai) != 0)
		die("no such host");
	f->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(f->fd, ai->ai_addr, ai->ai_addrlen) == -1)
		die("cannot connect");
	setsockopt(f->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	freeaddrinfo(ai);
}

static void
start_tls(struct floor *f, char *host, const char *cadir)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_load_verify_dir(ctx, cadir);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	f->ssl = SSL_new(ctx);
	SSL_set_tlsext_host_name(f->ssl, host);
	SSL_set1_host(f->ssl, host);
	SSL_set_fd(f->ssl, f->fd);
	if (SSL_connect(f->ssl) != 1)
		die("TLS");
}

static void
log_in(struct floor *f, const char *user, const char *password)
{
	static const char ehlo[] = "EHLO localhost\r\n";
	unsigned char plain[512], text[700];
	char command[800];
	int n;

	want(f, '2');
	put(f, ehlo, sizeof ehlo - 1);
	want(f, '2');
	n = snprintf(
	    (char *)plain, sizeof plain, "%c%s%c%s", 0, user, 0, password);
	EVP_EncodeBlock(text, plain, n);
	n = snprintf(command, sizeof command, "AUTH PLAIN %s\r\n", text);
	put(f, command, (size_t)n);
	want(f, '2');
}

/* The commands of an envelope; to be freed. */
static char *
commands(const char *sender, char **rcpts, size_t *len)
{
	char *text;
	FILE *out = open_memstream(&text, len);

	fprintf(out, "MAIL FROM:<%s>\r\n", sender);
	for (char **r = rcpts; *r != NULL; r++)
		fprintf(out, "RCPT TO:<%s>\r\n", *r);
	fputs("DATA\r\n", out);
	fclose(out);
	return text;
}

/* The answers to them. */
static void
want_all(struct floor *f, char **rcpts)
{
	want(f, '2');
	for (char **r = rcpts; *r != NULL; r++)
		want(f, '2');
	want(f, '3');
}

static void
envelope(struct floor *f, const char *sender, char **rcpts)
{
	size_t len;
	char *text = commands(sender, rcpts, &len);

	put(f, text, len);
	free(text);
	want_all(f, rcpts);
}

/* LF to CRLF, and dots doubled; returns the new length. */
static size_t
convert(const char *p, size_t n, char *out, bool *line_start)
{
	const char *end = p + n;
	char *q = out;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t k = (size_t)((nl != NULL ? nl : end) - p);

		if (*line_start && *p == '.')
			*q++ = '.';
		memcpy(q, p, k);
		q += k;
		p += k;
		*line_start = nl != NULL;
		if (nl != NULL) {
			memcpy(q, "\r\n", 2);
			q += 2;
			p++;
		}
	}
	return (size_t)(q - out);
}

static void
mail(struct floor *f)
{
	static const char end[] = ".\r\nQUIT\r\n";
	static char in[PIECE], out[2 * PIECE + sizeof end];
	bool line_start = true;
	size_t held = 0;
	ssize_t n;

	/* one piece is held back, so that the end goes out with it */
	while ((n = read(STDIN_FILENO, in, sizeof in)) > 0) {
		put(f, out, held);
		held = convert(in, (size_t)n, out, &line_start);
	}
	memcpy(out + held, end, sizeof end - 1);
	put(f, out, held + sizeof end - 1);
	want(f, '2');
}

/* The next file of the folder: its bytes to `in`, its name to `name`; -1:
 * there is none. */
static ssize_t
next_file(DIR *folder, char *name, size_t size, char *in)
{
	struct dirent *found;
	ssize_t n;
	int fd;

	while ((found = readdir(folder)) != NULL && found->d_name[0] == '.')
		continue;
	if (found == NULL)
		return -1;
	snprintf(name, size, "%s", found->d_name);
	fd = openat(dirfd(folder), name, O_RDONLY | O_CLOEXEC);
	n = read(fd, in, PIECE);
	if (n == -1)
		die("cannot read a mail");
	close(fd);
	return n;
}

/* *unsynced: how many removals are not durable. */
static void
remove_sent(DIR *folder, const char *name, size_t *unsynced)
{
	if (unlinkat(dirfd(folder), name, 0) == -1)
		die("cannot remove a mail");
	if (++*unsynced < UNSYNCED_MAX)
		return;
	fsync(dirfd(folder));
	*unsynced = 0;
}

/*
 * Sends up to `most` mails of the folder, beginning with the one of `n` octets
 * in `in`.  Returns the size of the one that is next, or -1.
 */
static ssize_t
mails(struct floor *f, DIR *folder, long most, size_t *unsynced, char *in,
    ssize_t n, char *name, char **argv)
{
	static char out[3 * PIECE];
	size_t len, held;
	char *next = commands(argv[0], argv + 1, &len);
	char sent[256];

	put(f, next, len);
	want_all(f, argv + 1);
	for (bool more = true; more;) {
		bool line_start = true;

		held = convert(in, (size_t)n, out, &line_start);
		memcpy(sent, name, sizeof sent);
		n = next_file(folder, name, sizeof sent, in);
		more = --most > 0 && n != -1;
		memcpy(out + held, ".\r\n", 3);
		memcpy(
		    out + held + 3, more ? next : "QUIT\r\n", more ? len : 6);
		put(f, out, held + 3 + (more ? len : 6));
		want(f, '2');
		remove_sent(folder, sent, unsynced);
		if (more)
			want_all(f, argv + 1);
	}
	free(next);
	return n;
}

static void
begin(struct floor *f, char **argv)
{
	connect_to(f, argv[3], argv[4]);
	start_tls(f, argv[3], argv[2]);
	log_in(f, argv[5], argv[6]);
}

static void
end(struct floor *f)
{
	SSL_shutdown(f->ssl);
	SSL_free(f->ssl);
	close(f->fd);
}

static void
drain(const char *path, long most, char **argv)
{
	static char in[PIECE], name[256];
	DIR *folder = opendir(path);
	size_t unsynced = 0;
	ssize_t n;

	if (folder == NULL)
		die("cannot open the folder");
	n = next_file(folder, name, sizeof name, in);
	while (n != -1) {
		struct floor f = { 0 };

		begin(&f, argv);
		n = mails(&f, folder, most, &unsynced, in, n, name, argv + 7);
		end(&f);
	}
	fsync(dirfd(folder));
}

int
main(int argc, char **argv)
{
	static struct floor f;

	if (argc > 12 && strcmp(argv[1], "-q") == 0 &&
	    strcmp(argv[3], "-m") == 0) {
		drain(argv[2], strtol(argv[4], NULL, 10), argv + 4);
		return 0;
	}
	if (argc < 9 || strcmp(argv[1], "-a") != 0)
		return 64;
	begin(&f, argv);
	envelope(&f, argv[7], argv + 8);
	mail(&f);
	SSL_shutdown(f.ssl);
	_exit(0);
}
