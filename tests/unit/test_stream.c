#include "config.h"

#include <openssl/err.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/stream.h"
#include "net/tls.h"
#include "peer.h"

#define LONG 20000 /* ms: a test that waits so long has failed */
#define SHORT 200 /* ms: long enough to notice a wait */
#define HOST "smtp.example"
#define BIG (8 * 1024 * 1024) /* more than the kernel holds on loopback */

static struct result res;
static struct tls *tls;
static struct peer peer;
static atomic_uint sends; /* calls of send() */
static atomic_int stay; /* a peer goes when it is 0 */
static int patient; /* send() waits until all is taken */

/* Stands before the library's, which is the kernel's door. */
ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	size_t done = 0;
	ssize_t r;

	sends++;
	if (!patient)
		return sendto(fd, p, n, flags, NULL, 0);
	while (done < n && poll(&room, 1, LONG) == 1) {
		r = sendto(
		    fd, (const char *)p + done, n - done, flags, NULL, 0);
		if (r == -1)
			return -1;
		done += (size_t)r;
	}
	return (ssize_t)n;
}

static struct deadline
soon(long ms)
{
	return deadline_in(ms, -1);
}

static SSL_CTX *
context(void)
{
	static const struct peer_cert cert = { .cn = "x",
		.names = "DNS:" HOST };

	return peer_context(&cert);
}

/* A stream to a peer that plays `play`, in clear. */
static struct stream *
begin(SSL_CTX *ctx, void (*play)(struct peer *))
{
	struct stream *s;

	assert_int_equal(stream_new(&s, peer_start(&peer, ctx, play), &res), 0);
	return s;
}

/* The same, and the handshake made. */
static struct stream *
begin_tls(void (*play)(struct peer *))
{
	struct stream *s = begin(context(), play);

	if (stream_start_tls(s, tls, HOST, soon(LONG), &res) == -1)
		fail_msg("%s", res.text);
	return s;
}

static void
end(struct stream *s)
{
	stream_close(s);
	peer_join(&peer);
	assert_int_equal(ERR_peek_error(), 0);
}

/* Reads to the end, or until `want` has come; asserts that it has. */
static void
hear(struct stream *s, const char *want)
{
	char all[256] = "";
	size_t have = 0, got = 1;

	while (have < strlen(want) && got > 0) {
		assert_int_equal(
		    stream_read(s, all + have, sizeof all - 1 - have, &got,
			soon(LONG), &res),
		    0);
		have += got;
	}
	all[have] = '\0';
	assert_string_equal(all, want);
}

static void
hear_end(struct stream *s)
{
	char c;
	size_t got = 1;

	assert_int_equal(stream_read(s, &c, 1, &got, soon(LONG), &res), 0);
	assert_int_equal(got, 0);
}

/* Reads, which must fail so. */
static void
hear_fail(struct stream *s, struct deadline until, enum result_kind want)
{
	char c;
	size_t got = 1;

	assert_int_equal(stream_read(s, &c, 1, &got, until, &res), -1);
	assert_int_equal(got, 0);
	assert_int_equal(res.kind, want);
}

static void
say(struct stream *s, const char *text)
{
	assert_int_equal(
	    stream_write(s, text, strlen(text), soon(LONG), &res), 0);
}

/* Peers.  Where the context is there, they make the handshake first. */

static void
accept_if_tls(struct peer *p)
{
	if (p->ctx != NULL)
		(void)peer_accept(p);
}

static void
echo_line(struct peer *p)
{
	char line[7] = "";

	accept_if_tls(p);
	peer_hear(p, line, 6);
	peer_say(p, line);
	if (p->ssl != NULL)
		SSL_shutdown(p->ssl);
}

static void
be_silent(struct peer *p)
{
	char c;

	accept_if_tls(p);
	peer_hear(p, &c, 1);
}

/* No handshake even where there could be one. */
static void
be_dead(struct peer *p)
{
	char c;

	while (recv(p->fd, &c, 1, 0) > 0)
		;
}

/* Reads slowly at first, then all of it, and says how much was right. */
static void
read_slowly(struct peer *p)
{
	static char piece[50000];
	char text[32];
	size_t n, sum = 0;

	accept_if_tls(p);
	usleep(100000);
	do {
		n = peer_hear(p, piece,
		    sizeof piece < BIG - sum ? sizeof piece : BIG - sum);
		for (size_t i = 0; i < n; i++)
			if (piece[i] != (char)((sum + i) % 251))
				return;
		sum += n;
	} while (n > 0 && sum < BIG);
	snprintf(text, sizeof text, "%zu", sum);
	peer_say(p, text);
}

static void
read_all(struct peer *p)
{
	static char piece[65536];

	accept_if_tls(p);
	while (peer_hear(p, piece, sizeof piece) > 0)
		;
}

/* Takes a little, says no, and goes: unread bytes make this a reset. */
static void
refuse_midway(struct peer *p)
{
	char some[1000];

	accept_if_tls(p);
	peer_hear(p, some, sizeof some);
	peer_say(p, "552 too big\r\n");
	usleep(50000);
}

/* The same, but it stays. */
static void
refuse_and_stay(struct peer *p)
{
	refuse_midway(p);
	for (int i = 0; stay && i < LONG; i++)
		usleep(1000);
}

static void
echo(void **state)
{
	(void)state;
	for (int i = 0; i <= 1; i++) {
		struct stream *s = i ? begin_tls(echo_line)
				     : begin(NULL, echo_line);

		say(s, "");
		say(s, "hello\n");
		hear(s, "hello\n");
		hear_end(s);
		hear_end(s);
		assert_true(stream_has_input(s));
		assert_int_equal(
		    i, strncmp(stream_describe(s), "TLSv1.3, TLS_", 13) == 0);
		end(s);
	}
	stream_close(NULL);
}

static void
silence(void **state)
{
	clock_t cpu;

	(void)state;
	for (int i = 0; i <= 1; i++) {
		struct stream *s = i ? begin_tls(be_silent)
				     : begin(NULL, be_silent);

		assert_false(stream_has_input(s));
		cpu = clock();
		hear_fail(s, soon(SHORT), RESULT_TIMEOUT);
		hear_fail(s, soon(SHORT), RESULT_TIMEOUT);
		/* waiting is not spinning */
		assert_true(clock() - cpu < CLOCKS_PER_SEC * SHORT / 1000);
		say(s, "x");
		hear_end(s);
		end(s);
	}
}

static void *
write_later(void *fd)
{
	usleep(50000);
	assert_int_equal(write(*(int *)fd, "x", 1), 1);
	return NULL;
}

/* What a caller may be waiting in when the interruption comes. */
static int
interrupted_in(struct stream *s, int what, struct deadline until)
{
	static char block[BIG];
	char c;
	size_t got;

	if (what == 0)
		return stream_read(s, &c, 1, &got, until, &res);
	if (what == 1)
		return stream_write(s, block, sizeof block, until, &res);
	return stream_start_tls(s, tls, HOST, until, &res);
}

/* A peer to wait for in that. */
static struct stream *
begin_for(int what)
{
	if (what == 0)
		return begin_tls(be_silent);
	if (what == 1)
		return begin_tls(refuse_and_stay);
	return begin(NULL, be_dead);
}

static void
interruption(void **state)
{
	int p[2];
	pthread_t t;

	(void)state;
	for (int what = 0; what <= 2; what++) {
		stay = 1;
		struct stream *s = begin_for(what);

		assert_int_equal(pipe(p), 0);
		pthread_create(&t, NULL, write_later, &p[1]);
		assert_int_equal(
		    interrupted_in(s, what, deadline_in(LONG, p[0])), -1);
		assert_int_equal(res.kind, RESULT_INTERRUPTED);
		pthread_join(t, NULL);
		stay = 0;
		close(p[0]);
		close(p[1]);
		end(s);
	}
}

static char *
pattern(size_t n)
{
	char *p = malloc(n);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i % 251);
	return p;
}

static void
slow_reader(void **state)
{
	char *p = pattern(BIG), want[32];

	(void)state;
	snprintf(want, sizeof want, "%d", BIG);
	for (int i = 0; i <= 1; i++) {
		struct stream *s = i ? begin_tls(read_slowly)
				     : begin(NULL, read_slowly);

		assert_int_equal(stream_write(s, p, BIG, soon(LONG), &res), 0);
		hear(s, want);
		end(s);
	}
	free(p);
}

/* A reader that stands still; what it said may still be read. */
static void
stuck_reader(void **state)
{
	char *p = pattern(BIG);

	(void)state;
	for (int i = 0; i <= 1; i++) {
		stay = 1;
		struct stream *s = i ? begin_tls(refuse_and_stay)
				     : begin(NULL, refuse_and_stay);
		struct deadline start = soon(LONG);

		assert_int_equal(stream_write(s, p, BIG, soon(20), &res), -1);
		assert_int_equal(res.kind, RESULT_TIMEOUT);
		assert_true(LONG - deadline_left(start) < LONG / 2);
		assert_int_equal(stream_write(s, p, 1, soon(LONG), &res), -1);
		assert_int_equal(res.kind, RESULT_LOST);
		hear(s, "552 too big\r\n");
		stay = 0;
		end(s);
	}
	free(p);
}

static void
refused_midway(void **state)
{
	char *p = pattern(BIG);

	(void)state;
	for (int i = 0; i <= 1; i++) {
		struct stream *s = i ? begin_tls(refuse_midway)
				     : begin(NULL, refuse_midway);

		assert_int_equal(stream_write(s, p, BIG, soon(LONG), &res), -1);
		assert_int_equal(res.kind, RESULT_LOST);
		assert_non_null(strstr(res.text, "lost while sending: "));
		assert_true(stream_has_input(s));
		hear(s, "552 too big\r\n");
		end(s);
	}
	free(p);
}

/* One call of the kernel for 64 KiB, where the peer keeps up. */
static void
few_sends(void **state)
{
	static const struct {
		size_t n;
		unsigned want;
	} cases[] = {
		{ 1, 1 },
		{ 16385, 1 },
		{ 65536, 1 },
		{ 65536 + 4096, 1 }, /* a block and what goes with its end */
		{ 131072, 2 },
		{ 1048576, 16 },
	};
	char *p = pattern(BIG);

	(void)state;
	patient = 1;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int secure = 0; secure <= 1; secure++) {
			struct stream *s = secure ? begin_tls(read_all)
						  : begin(NULL, read_all);

			say(s, "x");
			sends = 0;
			assert_int_equal(
			    stream_write(s, p, cases[i].n, soon(LONG), &res),
			    0);
			assert_int_equal(sends, secure ? cases[i].want : 1);
			end(s);
		}
	patient = 0;
	free(p);
}

static void
close_rudely(struct peer *p)
{
	accept_if_tls(p);
	peer_say(p, "250 part");
	shutdown(p->fd, SHUT_WR);
	/* Not a word of close_notify. */
	SSL_set_quiet_shutdown(p->ssl, 1);
	be_dead(p);
}

/* As if cut in the middle of a record. */
static void
cut_record(struct peer *p)
{
	static const char half[] = "\x17\x03\x03\x01\x00half";

	(void)peer_accept(p);
	peer_say(p, "250 part");
	(void)!send(p->fd, half, sizeof half - 1, MSG_NOSIGNAL);
	shutdown(p->fd, SHUT_WR);
	be_dead(p);
}

static void
truncation(void **state)
{
	void (*const plays[])(struct peer *) = { close_rudely, cut_record };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct stream *s = begin_tls(plays[i]);

		hear(s, "250 part");
		hear_end(s);
		end(s);
	}
}

static void
hang_up(struct peer *p)
{
	struct linger now = { .l_onoff = 1 };

	accept_if_tls(p);
	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void
reset_by_peer(void **state)
{
	(void)state;
	for (int i = 0; i <= 1; i++) {
		struct stream *s = i ? begin_tls(hang_up)
				     : begin(NULL, hang_up);

		while (!stream_has_input(s))
			usleep(1000);
		hear_fail(s, soon(LONG), RESULT_LOST);
		assert_string_equal(
		    res.text, "connection lost: Connection reset by peer");
		end(s);
	}
}

static int
setup(void **state)
{
	(void)state;
	tls = peer_trust(TLS_MIN_1_2);
	return 0;
}

static int
clean(void **state)
{
	(void)state;
	tls_free(tls);
	peer_clean();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo),
		cmocka_unit_test(silence),
		cmocka_unit_test(interruption),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(stuck_reader),
		cmocka_unit_test(refused_midway),
		cmocka_unit_test(few_sends),
		cmocka_unit_test(truncation),
		cmocka_unit_test(reset_by_peer),
	};

	return cmocka_run_group_tests(tests, setup, clean);
}
