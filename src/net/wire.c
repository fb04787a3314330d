#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/wire.h"

/* A record's header, IV, MAC and padding are less than 256 bytes; a page for
 * handshake messages that go along. */
#define OUT_SIZE (WIRE_PAYLOAD / 16384 * (16384 + 256) + 4096)

void
wire_begin(struct wire *w, struct deadline until)
{
	w->until = until;
	w->recvs = 0;
}

void
wire_clear(struct wire *w)
{
	BIO_meth_free(w->method);
	free(w->out);
}

ssize_t
wire_recv(struct wire *w, char *p, size_t n)
{
	ssize_t r;

	w->recvs++;
	do
		r = recv(w->fd, p, n, MSG_DONTWAIT);
	while (r == -1 && errno == EINTR);
	if (r == -1 && errno != EAGAIN)
		w->error = errno;
	if (r == 0 && n > 0)
		w->eof = true;
	return r;
}

int
wire_send(struct wire *w, const char *p, size_t n, struct result *res)
{
	ssize_t r;

	if (w->broken)
		return result_fail(
		    res, RESULT_LOST, "connection lost while sending");
	while (n > 0) {
		r = send(w->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (r >= 0) {
			p += r;
			n -= (size_t)r;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN) {
			if (deadline_poll(w->until, w->fd, POLLOUT, res) != -1)
				continue;
			w->broken = true;
			return -1;
		}
		w->broken = true;
		return result_fail(res, RESULT_LOST,
		    "connection lost while sending: %s", strerror(errno));
	}
	return 0;
}

int
wire_flush(struct wire *w, struct result *res)
{
	size_t n = w->len;

	w->len = 0;
	return n == 0 && !w->broken ? 0 : wire_send(w, w->out, n, res);
}

int
wire_wait(struct wire *w, struct result *res)
{
	if (wire_flush(w, res) == -1 && res->kind != RESULT_LOST)
		return -1;
	return deadline_poll(w->until, w->fd, POLLIN, res) == -1 ? -1 : 0;
}

static int
bio_write(BIO *b, const char *p, size_t n, size_t *done)
{
	struct wire *w = BIO_get_data(b);
	size_t room = OUT_SIZE - w->len;

	BIO_clear_retry_flags(b);
	*done = 0;
	/* Nobody will send it, and OpenSSL shall go on reading. */
	if (w->broken) {
		*done = n;
		return 1;
	}
	if (room == 0) {
		BIO_set_retry_write(b);
		return 0;
	}
	*done = n < room ? n : room;
	memcpy(w->out + w->len, p, *done);
	w->len += *done;
	return 1;
}

static void
keep_first(struct wire *w, const char *p, size_t n)
{
	size_t room = sizeof w->first - w->first_len;

	if (n > room)
		n = room;
	memcpy(w->first + w->first_len, p, n);
	w->first_len += n;
}

static int
bio_read(BIO *b, char *p, size_t n, size_t *got)
{
	struct wire *w = BIO_get_data(b);
	ssize_t r;

	BIO_clear_retry_flags(b);
	*got = 0;
	/* OpenSSL asks again and again while records come that carry nothing
	 * for the caller; a flood of them must not outlast the deadline, or
	 * silence its alarm. */
	if (w->recvs > 0 && deadline_next(w->until) == 0) {
		BIO_set_retry_read(b);
		return 0;
	}
	r = wire_recv(w, p, n);
	if (r == -1 && errno == EAGAIN)
		BIO_set_retry_read(b);
	if (r <= 0)
		return 0;
	keep_first(w, p, (size_t)r);
	*got = (size_t)r;
	return 1;
}

static long
bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const struct wire *w = BIO_get_data(b);

	(void)num;
	(void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH: /* by wire_flush, when a flight is whole */
		return 1;
	case BIO_CTRL_EOF:
		return w->eof;
	default:
		return 0;
	}
}

BIO *
wire_bio(struct wire *w)
{
	BIO *b;

	w->out = malloc(OUT_SIZE);
	w->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire");
	if (w->out == NULL || w->method == NULL)
		return NULL;
	BIO_meth_set_write_ex(w->method, bio_write);
	BIO_meth_set_read_ex(w->method, bio_read);
	BIO_meth_set_ctrl(w->method, bio_ctrl);
	b = BIO_new(w->method);
	if (b == NULL)
		return NULL;
	BIO_set_data(b, w);
	BIO_set_init(b, 1);
	return b;
}
