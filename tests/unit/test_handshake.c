#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/stream.h"
#include "net/tls.h"
#include "peer.h"

/*
 * What can go wrong while TLS is made, and what a peer can do to it
 * afterwards.
 */

#define LONG 20000 /* ms: a test that waits so long has failed */
#define SHORT 200 /* ms: long enough to notice a wait */
#define HOST "smtp.example"

static struct result res;
static struct tls *tls;
static struct peer peer;

static atomic_int slow_fd = -1;

/* Stands before the library's, so that a fast peer can be always ahead. */
ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	if (fd == slow_fd) {
		usleep(2000);
		n = n < 200 ? n : 200;
	}
	return recvfrom(fd, p, n, flags, NULL, NULL);
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

static struct stream *
begin(SSL_CTX *ctx, void (*play)(struct peer *))
{
	struct stream *s;

	assert_int_equal(stream_new(&s, peer_start(&peer, ctx, play), &res), 0);
	return s;
}

static void
secure(struct stream *s)
{
	if (stream_start_tls(s, tls, HOST, soon(LONG), &res) == -1)
		fail_msg("%s", res.text);
}

static void
end(struct stream *s)
{
	stream_close(s);
	peer_join(&peer);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
hear(struct stream *s, const char *want)
{
	char all[256] = "";
	size_t have = 0, got = 1;

	while (have < strlen(want) && got > 0) {
		if (stream_read(s, all + have, sizeof all - 1 - have, &got,
			soon(LONG), &res) == -1)
			fail_msg("%s", res.text);
		have += got;
	}
	all[have] = '\0';
	assert_string_equal(all, want);
}

static void
say(struct stream *s, const char *text)
{
	assert_int_equal(
	    stream_write(s, text, strlen(text), soon(LONG), &res), 0);
}

static void
fails(struct stream *s, struct deadline until, enum result_kind kind,
    const char *text)
{
	char c = 'x';
	size_t got;

	assert_int_equal(stream_start_tls(s, tls, HOST, until, &res), -1);
	assert_int_equal(res.kind, kind);
	assert_string_equal(res.text, text);
	assert_string_equal(stream_describe(s), "");
	/* and nothing is ever said to such a peer */
	assert_int_equal(stream_write(s, &c, 1, until, &res), -1);
	assert_int_equal(stream_read(s, &c, 1, &got, until, &res), -1);
	assert_int_equal(res.kind, kind);
}

/* Peers */

static void
swallow(struct peer *p)
{
	char some[4096];

	while (recv(p->fd, some, sizeof some, 0) > 0)
		;
}

static void
speak_first(struct peer *p)
{
	peer_say(p, "220 smtp.example ESMTP \033[1m\r\n");
	swallow(p);
}

static void
answer_in_clear(struct peer *p)
{
	char c;

	peer_hear(p, &c, 1);
	peer_say(p, "500 what?\r\n");
	swallow(p);
}

static void
hang_up(struct peer *p)
{
	char c;

	peer_hear(p, &c, 1);
	shutdown(p->fd, SHUT_WR);
	swallow(p);
}

static void
alert(struct peer *p)
{
	char c;

	peer_hear(p, &c, 1);
	/* fatal, handshake_failure */
	(void)!send(p->fd, "\x15\x03\x03\x00\x02\x02\x28", 7, MSG_NOSIGNAL);
	swallow(p);
}

/* A record without end, a byte at a time. */
static void
drip(struct peer *p)
{
	static const char start[] = "\x16\x03\x03\x40\x00\x02\x00\x3f\x00";

	for (size_t i = 0; i < 1000; i++) {
		if (send(p->fd, i < sizeof start ? start + i : "x", 1,
			MSG_NOSIGNAL) != 1)
			return;
		usleep(10000);
	}
}

static void
refused(void **state)
{
	static const struct {
		void (*play)(struct peer *);
		long ms;
		enum result_kind kind;
		const char *text;
	} cases[] = {
		{ speak_first, LONG, RESULT_NOT_TLS,
		    HOST ": the server on this port does not speak TLS from "
			 "the start (it says \"220 smtp.example ESMTP "
			 "\\x1b[1m\")" },
		{ answer_in_clear, LONG, RESULT_NOT_TLS,
		    HOST ": the server on this port does not speak TLS from "
			 "the start (it says \"500 what?\")" },
		{ hang_up, LONG, RESULT_LOST,
		    HOST ": during the TLS handshake: connection lost: closed "
			 "by the server" },
		{ alert, LONG, RESULT_TLS,
		    HOST ": TLS failed: the server finds no cipher or key that "
			 "it accepts" },
		{ swallow, SHORT, RESULT_TIMEOUT, "no answer in time" },
		{ drip, SHORT, RESULT_TIMEOUT, "no answer in time" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct stream *s = begin(NULL, cases[i].play);
		struct deadline start = soon(LONG);

		fails(s, soon(cases[i].ms), cases[i].kind, cases[i].text);
		assert_true(LONG - deadline_left(start) < LONG / 2);
		end(s);
	}
}

/* STARTTLS: first some words in clear. */

static void
upgrade(struct peer *p)
{
	char line[10];

	peer_hear(p, line, 10);
	peer_say(p, "220 go\r\n");
	(void)peer_accept(p);
	peer_say(p, "220 safe\r\n");
	peer_hear(p, line, 1);
}

static void
upgrade_injected(struct peer *p)
{
	char line[10];

	peer_hear(p, line, 10);
	peer_say(p, "220 go\r\n250 injected\r\n");
	swallow(p);
}

static void
refuse_upgrade(struct peer *p)
{
	char line[11];

	peer_hear(p, line, 10);
	peer_say(p, "220 go\r\n");
	peer_hear(p, line, 11);
	peer_say(p, "421 not now\r\n");
	swallow(p);
}

/* Says STARTTLS and reads exactly the line that answers. */
static void
ask_upgrade(struct stream *s)
{
	char line[8];
	size_t have = 0, got;

	say(s, "STARTTLS\r\n");
	while (have < sizeof line) {
		assert_int_equal(stream_read(s, line + have, sizeof line - have,
				     &got, soon(LONG), &res),
		    0);
		have += got;
	}
	assert_memory_equal(line, "220 go\r\n", 8);
}

static void
upgrades(void **state)
{
	struct stream *s = begin(context(), upgrade);

	(void)state;
	ask_upgrade(s);
	assert_false(stream_has_input(s));
	secure(s);
	hear(s, "220 safe\r\n");
	end(s);
	s = begin(NULL, upgrade_injected);
	ask_upgrade(s);
	fails(s, soon(LONG), RESULT_PROTOCOL,
	    "data before the TLS handshake (injected by somebody in "
	    "between?)");
	end(s);
	s = begin(NULL, refuse_upgrade);
	ask_upgrade(s);
	fails(s, soon(LONG), RESULT_TLS,
	    HOST ": the server answers the TLS handshake in clear text (it "
		 "says \"421 not now\")");
	end(s);
}

/* Passes what OpenSSL has written on, byte by byte, each in a segment. */
static void
pass_bytes(struct peer *p)
{
	char c;

	while (BIO_read(SSL_get_wbio(p->ssl), &c, 1) == 1)
		(void)!send(p->fd, &c, 1, MSG_NOSIGNAL);
}

static void
bytewise(struct peer *p)
{
	char some[4096];
	ssize_t n;
	int one = 1;

	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	p->ssl = SSL_new(p->ctx);
	SSL_set_app_data(p->ssl, p);
	SSL_set_bio(p->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	while (SSL_accept(p->ssl) != 1) {
		pass_bytes(p);
		n = recv(p->fd, some, sizeof some, 0);
		if (n <= 0)
			return;
		BIO_write(SSL_get_rbio(p->ssl), some, (int)n);
	}
	peer_say(p, "220 hello\r\n");
	pass_bytes(p);
	swallow(p);
}

static void
one_byte_segments(void **state)
{
	struct stream *s = begin(context(), bytewise);

	(void)state;
	secure(s);
	hear(s, "220 hello\r\n");
	end(s);
}

static void
wait_then_greet(struct peer *p)
{
	char c;

	(void)peer_accept(p);
	peer_hear(p, &c, 1);
	peer_say(p, "220 hello\r\n");
	peer_hear(p, &c, 1);
}

/* Session tickets come after the handshake, and are not something to read. */
static void
tickets_are_no_input(void **state)
{
	struct stream *s = begin(context(), wait_then_greet);

	(void)state;
	secure(s);
	for (int i = 0; i < 20; i++, usleep(5000))
		assert_false(stream_has_input(s));
	say(s, "x");
	while (!stream_has_input(s))
		usleep(1000);
	assert_true(stream_has_input(s));
	hear(s, "220 hello\r\n");
	assert_false(stream_has_input(s));
	end(s);
}

static void
update_keys(struct peer *p)
{
	char line[6];

	(void)peer_accept(p);
	for (int i = 0; i < 5; i++) {
		SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED);
		peer_say(p, "250 ok\r\n");
		peer_hear(p, line, 6);
		peer_say(p, line[0] == 'h' && line[5] == '\n' ? "1" : "0");
	}
}

static void
key_updates(void **state)
{
	struct stream *s = begin(context(), update_keys);

	(void)state;
	secure(s);
	for (int i = 0; i < 5; i++) {
		hear(s, "250 ok\r\n");
		say(s, "hello\n");
		hear(s, "1");
	}
	end(s);
}

static int
is_there(const struct peer *p)
{
	char c;

	return recv(p->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	    errno == EAGAIN;
}

static void
flood(struct peer *p)
{
	(void)peer_accept(p);
	while (is_there(p)) {
		SSL_key_update(p->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
		(void)SSL_do_handshake(p->ssl);
	}
}

static void
flood_of_tickets(struct peer *p)
{
	(void)peer_accept(p);
	while (is_there(p)) {
		SSL_new_session_ticket(p->ssl);
		(void)SSL_do_handshake(p->ssl);
	}
}

static void
forge(struct peer *p)
{
	static const char record[] = "\x17\x03\x03\x00\x20"
				     "12345678901234567890123456789012";

	(void)peer_accept(p);
	peer_say(p, "250 ok\r\n");
	(void)!send(p->fd, record, sizeof record - 1, MSG_NOSIGNAL);
	swallow(p);
}

static int
ring(void *arg, struct result *r)
{
	(void)arg;
	return result_fail(r, RESULT_HANDED_OVER, "enough");
}

/* Records that carry nothing go on for ever, and end at the deadline, or when
 * its alarm says so. */
static void
floods(void **state)
{
	void (*const plays[])(struct peer *) = { flood, flood_of_tickets };
	char c;
	size_t got;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int fd = peer_start(&peer, context(), plays[i % 2]);
		struct deadline_alarm alarm = { .ring = ring };
		struct stream *s;
		struct deadline start = soon(LONG), until;

		assert_int_equal(stream_new(&s, fd, &res), 0);
		secure(s);
		slow_fd = fd;
		until = soon(SHORT);
		if (i >= 2) {
			alarm.at = until.at;
			until = soon(LONG);
			until.alarm = &alarm;
		}
		assert_int_equal(stream_read(s, &c, 1, &got, until, &res), -1);
		assert_int_equal(
		    res.kind, i < 2 ? RESULT_TIMEOUT : RESULT_HANDED_OVER);
		assert_false(stream_has_input(s));
		assert_true(LONG - deadline_left(start) < LONG / 2);
		slow_fd = -1;
		end(s);
	}
}

/* The failure is told as often as somebody asks. */
static void
forged_record(void **state)
{
	struct stream *s = begin(context(), forge);
	char c;
	size_t got;

	(void)state;
	secure(s);
	hear(s, "250 ok\r\n");
	while (!stream_has_input(s))
		usleep(1000);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    stream_read(s, &c, 1, &got, soon(LONG), &res), -1);
		assert_int_equal(res.kind, RESULT_TLS);
		assert_string_equal(res.text,
		    HOST ": TLS failed: decryption failed or bad record mac");
	}
	assert_int_equal(stream_write(s, "x", 1, soon(LONG), &res), -1);
	assert_int_equal(res.kind, RESULT_TLS);
	end(s);
}

static void
renegotiate(struct peer *p)
{
	char c;

	(void)peer_accept(p);
	SSL_renegotiate(p->ssl);
	(void)SSL_do_handshake(p->ssl);
	peer_hear(p, &c, 1);
}

/* The server that insists on it is lost. */
static void
no_renegotiation(void **state)
{
	SSL_CTX *ctx = context();
	struct stream *s;
	char c;
	size_t got = 0;

	(void)state;
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	s = begin(ctx, renegotiate);
	secure(s);
	(void)!stream_read(s, &c, 1, &got, soon(LONG), &res);
	assert_int_equal(got, 0);
	end(s);
}

static void
greet_the_known(struct peer *p)
{
	X509_NAME *name;
	char line[64] = "250 nobody\r\n", cn[32];

	if (peer_accept(p) != 1)
		return;
	if (SSL_get0_peer_certificate(p->ssl) != NULL) {
		name = X509_get_subject_name(SSL_get0_peer_certificate(p->ssl));
		X509_NAME_get_text_by_NID(
		    name, NID_commonName, cn, (int)sizeof cn);
		snprintf(line, sizeof line, "250 %s\r\n", cn);
	}
	peer_say(p, line);
}

/* What a server that has such wishes says to us, or our own words on it. */
static void
be_known(struct tls *own, SSL_CTX *ctx, int version, const char *want)
{
	struct stream *s;
	char line[64] = "";
	size_t got = 0;
	int rv;

	SSL_CTX_set_max_proto_version(ctx, version);
	s = begin(ctx, greet_the_known);
	rv = stream_start_tls(s, own, HOST, soon(LONG), &res);
	if (rv == 0)
		rv = stream_read(
		    s, line, sizeof line - 1, &got, soon(LONG), &res);
	if (strstr(rv == 0 ? line : res.text, want) == NULL)
		fail_msg("%s", rv == 0 ? line : res.text);
	if (rv == -1)
		assert_int_equal(res.kind, RESULT_TLS);
	end(s);
}

/* Our certificate, for servers that want one, and those that do not. */
static void
own_certificate(void **state)
{
	static const struct peer_cert certs[] = {
		{ .cn = "web1" },
		{ .cn = "web2", .signer = PEER_STRANGER },
	};
	static const struct {
		size_t own; /* 2: none */
		void (*wish)(SSL_CTX *);
		int version;
		const char *want;
	} rows[] = {
		{ 0, peer_want, TLS1_3_VERSION, "250 web1" },
		{ 0, peer_want, TLS1_2_VERSION, "250 web1" },
		{ 0, NULL, TLS1_3_VERSION, "250 nobody" },
		{ 1, peer_want, TLS1_3_VERSION, "does not trust the cert" },
		{ 1, peer_want, TLS1_2_VERSION, "does not trust the cert" },
		{ 2, peer_want, TLS1_3_VERSION, "wants a certificate of this" },
		{ 2, NULL, TLS1_3_VERSION, "250 nobody" },
	};
	char files[3][40] = { "/tmp/outpost-test-own1-XXXXXX",
		"/tmp/outpost-test-own2-XXXXXX", "" };
	SSL_CTX *ctx;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		close(mkstemp(files[i]));
		peer_write(&certs[i], files[i], files[i]);
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tls_rules rules = { .ca_file = peer_ca_file(),
			.cert = files[rows[i].own] };
		struct tls *own;

		assert_int_equal(tls_new(&own, &rules, &res), 0);
		ctx = context();
		if (rows[i].wish != NULL)
			rows[i].wish(ctx);
		be_known(own, ctx, rows[i].version, rows[i].want);
		tls_free(own);
	}
	unlink(files[0]);
	unlink(files[1]);
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
		cmocka_unit_test(refused),
		cmocka_unit_test(upgrades),
		cmocka_unit_test(one_byte_segments),
		cmocka_unit_test(tickets_are_no_input),
		cmocka_unit_test(key_updates),
		cmocka_unit_test(floods),
		cmocka_unit_test(forged_record),
		cmocka_unit_test(no_renegotiation),
		cmocka_unit_test(own_certificate),
	};

	return cmocka_run_group_tests(tests, setup, clean);
}
