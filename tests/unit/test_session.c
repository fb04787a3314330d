#include "config.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "mail/lines.h"
#include "peer.h"
#include "smtp/client_login.h"
#include "smtp/session.h"

#define HOST "smtp.example"
#define PATIENCE 20000 /* ms: what waits so long has failed */
#define MAILS_MAX 3
#define BIG (20 * 1024 * 1024)

#define CHUNKS \
	"S:250-hi\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 AUTH PLAIN LOGIN"
#define PIPE "S:250-hi\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN"

/*
 * What the smarthost does, one word after the other; the letter says what:
 * S says a line, R says just this, d says it byte by byte and slowly; C wants
 * a line; M takes a message and its dot, B one after BDAT, P a part of one; T
 * makes TLS, W waits (ms), K makes the cancel descriptor readable, X closes at once.  At
 * the end of the words it listens to the end of the stream.
 */
static const char *const *script;

static struct peer peer;
static struct result res;
static struct envelope envs[MAILS_MAX];
static struct buf events; /* what the feed was asked and told */
static struct buf heard; /* lines from C and M as they came */
static struct buf left; /* what came after the last word */
static struct buf shown; /* the watcher's lines, "C: ..." */
static struct buf passed; /* what it was told is behind us */
static char unexpected[256]; /* what came instead of a C line */
static int cancel[2];
static unsigned sends, rings;
static bool notified; /* TLS was ended in order */

/* Stands before the library's, to count. */
ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	if (fd != peer.fd)
		sends++;
	return sendto(fd, p, n, flags, NULL, 0);
}

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The peer's side: one byte; false at the end. */
static bool
hear_byte(struct peer *p, char *c)
{
	static char in[65536];
	static size_t pos, len;
	static struct peer *whose;
	ssize_t n;

	if (p == NULL) {
		pos = len = 0;
		return false;
	}
	if (whose != p || pos == len) {
		whose = p;
		pos = len = 0;
		n = p->ssl != NULL ? SSL_read(p->ssl, in, sizeof in)
				   : read(p->fd, in, sizeof in);
		if (n <= 0)
			return false;
		len = (size_t)n;
	}
	*c = in[pos++];
	return true;
}

static void
hear_line(struct peer *p, const char *want)
{
	size_t begin = heard.len;
	char c = '\0';

	while (c != '\n' && hear_byte(p, &c))
		buf_putc(&heard, c);
	if (strncmp(heard.data + begin, want, strlen(want)) != 0 ||
	    strcmp(heard.data + begin + strlen(want), "\r\n") != 0)
		if (unexpected[0] == '\0')
			snprintf(unexpected, sizeof unexpected,
			    "wanted \"%s\", got \"%s\"", want,
			    heard.data + begin);
}

static void
hear_message(struct peer *p)
{
	size_t begin = heard.len;
	char c;

	while (hear_byte(p, &c)) {
		buf_putc(&heard, c);
		if (c == '\n' &&
		    ((heard.len - begin == 3 &&
			 memcmp(heard.data + begin, ".\r\n", 3) == 0) ||
			(heard.len - begin >= 5 &&
			    memcmp(heard.data + heard.len - 5, "\r\n.\r\n",
				5) == 0)))
			return;
	}
}

/* BDAT, and so many octets. */
static void
hear_chunk(struct peer *p, const char *size)
{
	char line[64], c;

	snprintf(line, sizeof line, "BDAT %s LAST", size);
	hear_line(p, line);
	for (long n = strtol(size, NULL, 10); n > 0 && hear_byte(p, &c); n--)
		buf_putc(&heard, c);
}

static void
say_slowly(struct peer *p, const char *text)
{
	char one[2] = "";

	for (; *text != '\0'; text++) {
		one[0] = *text;
		peer_say(p, one);
		pause_ms(20);
	}
}

static void
say_line(struct peer *p, const char *text)
{
	char line[1024];

	snprintf(line, sizeof line, "%s\r\n", text);
	peer_say(p, line);
}

/* Half of the message or so. */
static void
hear_part(struct peer *p)
{
	char c;

	for (size_t i = 0; i < 200000 && hear_byte(p, &c); i++)
		;
}

static void
play(struct peer *p)
{
	char c;

	hear_byte(NULL, &c);
	for (const char *const *w = script; *w != NULL; w++) {
		const char *arg = *w + 2;

		if (**w == 'S')
			say_line(p, arg);
		else if (**w == 'R')
			peer_say(p, arg);
		else if (**w == 'd')
			say_slowly(p, arg);
		else if (**w == 'C')
			hear_line(p, arg);
		else if (**w == 'M')
			hear_message(p);
		else if (**w == 'B')
			hear_chunk(p, arg);
		else if (**w == 'P')
			hear_part(p);
		else if (**w == 'W')
			pause_ms(strtol(arg, NULL, 10));
		else if (**w == 'K')
			(void)!write(cancel[1], "x", 1);
		else if (**w == 'T')
			(void)peer_accept(p);
		else if (**w == 'X')
			return;
	}
	while (hear_byte(p, &c))
		buf_putc(&left, c);
	notified = p->ssl != NULL &&
	    (SSL_get_shutdown(p->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

/* The message: lines of dots and text, `size` octets. */
struct message {
	char *text;
	uint64_t size;
	uint64_t fails_at; /* octets after which reading fails; 0: never */
	uint64_t ends_at; /* octets after which it just ends; 0: never */
	uint64_t cancels_at;
	uint64_t done; /* as told to the watcher */
};

static int
read_message(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *r)
{
	const struct message *m = arg;
	size_t size = m->ends_at > 0 ? m->ends_at : m->size;

	if (m->fails_at > 0 && off + n > m->fails_at)
		return result_fail(r, RESULT_STORAGE, "disk on fire");
	if (m->cancels_at > 0 && off + n > m->cancels_at)
		assert_int_equal(write(cancel[1], "x", 1), 1);
	*got = off >= size ? 0 : size - off < n ? (size_t)(size - off) : n;
	memcpy(p, m->text + off, *got);
	return 0;
}

static struct message
make_message(size_t size)
{
	static const char lines[] = "Subject: x\r\n\r\n.\r\n..\r\n.text\r\n"
				    "text\r\n\r\n. \r\n";
	struct message m = { .text = malloc(size + 1), .size = size };

	assert_non_null(m.text);
	for (size_t i = 0; i < size; i++)
		m.text[i] = lines[i % (sizeof lines - 1)];
	if (size >= 2)
		memcpy(m.text + size - 2, "\r\n", 2);
	return m;
}

static void
watch_line(void *arg, char who, const char *text)
{
	(void)arg;
	buf_printf(&shown, "%c: %s\n", who, text);
}

static void
watch_passed(void *arg, enum smtp_state state, const struct reply *reply,
    const struct smtp_client *client)
{
	bool is_login = state == SMTP_AUTH;

	(void)arg;
	buf_printf(&passed, "%s %d%s%s\n", smtp_state_stage(state),
	    reply == NULL ? 0 : reply->code, is_login ? " " : "",
	    is_login ? smtp_login(client) : "");
}

static void
watch_progress(void *arg, uint64_t done, uint64_t size)
{
	struct message *m = arg;

	assert_true(done > m->done || m->done == size); /* begun anew */
	assert_int_equal(size, m->size);
	m->done = done;
}

/* What a test wants; NULL members have their usual value. */
struct wish {
	const char *const *script;
	struct message message;
	enum smtp_tls tls;
	bool authenticate;
	enum sasl_want auth;
	long timeout, open, until; /* ms */
	SSL_CTX *ctx;
	size_t recipients, name; /* octets in each one's name, at least */
	size_t mails; /* 0: one */
	bool later; /* at a dot, it is not known yet what comes next */
	long alarm; /* ms; 0: none */
	int ring; /* what comes of it */
	bool leave;
	bool mute; /* breaks off: words of the script go unheard */
};

/* feed: the same message, over and over. */
struct supply {
	const struct wish *wish;
	struct message *message;
	struct session_mail mails[MAILS_MAX];
	size_t n, given, settled;
};

static enum session_next
next_mail(void *arg, const struct caps *caps, const struct session_mail **mail)
{
	struct supply *s = arg;

	(void)caps;
	if (s->wish->later && s->settled < s->given) {
		buf_puts(&events, "later\n");
		return SESSION_LATER;
	}
	if (s->given == s->n) {
		buf_puts(&events, "done\n");
		return SESSION_DONE;
	}
	buf_printf(&events, "mail %zu\n", s->given);
	*mail = &s->mails[s->given++];
	return SESSION_MAIL;
}

static void
mail_settled(void *arg, const struct session_mail *mail)
{
	struct supply *s = arg;

	assert_ptr_equal(mail, &s->mails[s->settled]);
	assert_int_equal(envelope_count(mail->env, RCPT_PENDING) +
		envelope_count(mail->env, RCPT_SENT) +
		envelope_count(mail->env, RCPT_ACCEPTED),
	    0);
	buf_printf(&events, "settled %zu, %u writes\n", s->settled++, sends);
	s->message->done = 0;
}

static int
ring(void *arg, struct result *r)
{
	const int *answer = arg;

	rings++;
	return *answer == 0 ? 0 : result_fail(r, RESULT_HANDED_OVER, "forked");
}

static int
send_all(struct session *s, const struct wish *w, struct message *m,
    struct deadline until)
{
	struct source source = { read_message, m, m->size, 0 };
	struct supply supply = { .wish = w, .message = m };
	struct session_feed feed = { next_mail, mail_settled, NULL, &supply };
	int rc;

	supply.n = w->mails > 0 ? w->mails : 1;
	for (size_t i = 0; i < supply.n; i++)
		supply.mails[i] = (struct session_mail){ .env = &envs[i],
			.message = &source };
	rc = session_send(s, &feed, until, &res);
	assert_int_equal(supply.settled, supply.given);
	return rc;
}

static int
talk(const struct wish *w, struct message *m, const struct tls *tls)
{
	struct secret secret;
	struct session_rules rules = { .plan = { .host = HOST,
					   .ehlo = "me",
					   .tls = w->tls,
					   .authenticate = w->authenticate,
					   .auth = w->auth,
					   .user = "user",
					   .password = "tanstaaf;",
					   .password_len = 9,
					   .recipients_max = 50 },
		.tls = tls,
		.tls_name = HOST,
		.secret = &secret,
		.watch = { .line = watch_line,
		    .progress = watch_progress,
		    .passed = watch_passed,
		    .arg = m },
		.timeout = w->timeout ? w->timeout : PATIENCE };
	struct deadline until = deadline_in(
	    w->until ? w->until : PATIENCE, cancel[0]);
	struct deadline open = w->open ? deadline_in(w->open, cancel[0])
				       : until;
	int answer = w->ring;
	struct deadline_alarm alarm = { .ring = ring, .arg = &answer };
	struct session *s;
	int rc;

	alarm.at = deadline_in(w->alarm, -1).at;
	if (w->alarm > 0)
		open.alarm = until.alarm = &alarm;
	secret_init(&secret);
	buf_puts(&secret.password, "tanstaaf;");
	secret_note(&secret, "user");
	rc = session_open(
	    &s, peer_start(&peer, w->ctx, play), &rules, open, &res);
	if (rc == 0)
		rc = send_all(s, w, m, until);
	if (w->leave && s != NULL)
		session_leave(s);
	session_close(s);
	secret_clear(&secret);
	return rc;
}

/* The first mail is from s@x to r0@x, r1@x..., the next from s@x1. */
static void
make_envelope(struct envelope *env, size_t mail, const struct wish *w)
{
	char address[600], domain[24] = "x";

	if (mail > 0)
		snprintf(domain, sizeof domain, "x%zu", mail);
	envelope_clear(env);
	envelope_init(env);
	snprintf(address, sizeof address, "s@%s", domain);
	assert_int_equal(envelope_set_sender(env, address, &res), 0);
	for (size_t i = 0; i < (w->recipients ? w->recipients : 1); i++) {
		snprintf(address, sizeof address, "r%0*zu@%s", (int)w->name, i,
		    domain);
		assert_int_equal(envelope_add(env, address, NULL, &res), 0);
	}
}

static int
run(const struct wish *w)
{
	struct message m = w->message;
	struct tls *tls = NULL;
	int rc;

	if (m.text == NULL)
		m = make_message(100);
	buf_free(&heard);
	buf_free(&left);
	buf_free(&shown);
	buf_free(&passed);
	unexpected[0] = '\0';
	buf_free(&events);
	for (size_t i = 0; i < MAILS_MAX; i++)
		make_envelope(&envs[i], i, w);
	assert_int_equal(pipe(cancel), 0);
	script = w->script;
	sends = rings = 0;
	if (w->ctx != NULL)
		tls = peer_trust(TLS_MIN_1_2);
	rc = talk(w, &m, tls);
	peer_join(&peer);
	tls_free(tls);
	close(cancel[0]);
	close(cancel[1]);
	free(m.text);
	if (!w->mute)
		assert_string_equal(unexpected, "");
	assert_null(strstr(shown.data, "tanstaaf"));
	return rc;
}

#define RUN(w, ...) \
	do { \
		static const char *const words[] = { __VA_ARGS__, NULL }; \
\
		(w).script = words; \
		rc = run(&(w)); \
	} while (0)

/* The first recipient of a mail. */
static void
expect_of(
    size_t mail, enum rcpt_state state, enum result_kind kind, const char *text)
{
	const struct envelope *env = &envs[mail];
	const struct result *r = &res;

	assert_int_equal(env->rcpts[0].state, state);
	if (state != RCPT_PENDING)
		r = &env->results[env->rcpts[0].result];
	assert_int_equal(r->kind, kind);
	if (strstr(r->text, text) == NULL)
		assert_string_equal(r->text, text);
}

static void
expect(enum rcpt_state state, enum result_kind kind, const char *text)
{
	expect_of(0, state, kind, text);
}

static void
test_pipelined(void **state)
{
	struct wish w = { .authenticate = true, .recipients = 2 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", PIPE,
	    "C:AUTH PLAIN AHVzZXIAdGFuc3RhYWY7", "S:235 in",
	    "C:MAIL FROM:<s@x>", "C:RCPT TO:<r0@x>", "C:RCPT TO:<r1@x>",
	    "C:DATA", "S:250 a\r\n250 b\r\n250 c\r\n354 go", "M:", "C:QUIT",
	    "S:250 taken\r\n221 bye");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "250 taken");
	assert_int_equal(sends, 4);
	assert_string_equal(left.data, "");
	assert_string_equal(shown.data,
	    "S: 220 hi\nC: EHLO me\nS: 250-hi\nS: 250-PIPELINING\n"
	    "S: 250 AUTH PLAIN LOGIN\nC: AUTH PLAIN ********\nS: 235 in\n"
	    "C: MAIL FROM:<s@x>\nC: RCPT TO:<r0@x>\nC: RCPT TO:<r1@x>\n"
	    "C: DATA\nS: 250 a\nS: 250 b\nS: 250 c\nS: 354 go\n"
	    "*: message, 100 octets\nC: .\nC: QUIT\nS: 250 taken\n");
}

static void
test_one_by_one(void **state)
{
	struct wish w = { .authenticate = true, .auth = SASL_LOGIN };
	int rc;

	(void)state;
	RUN(w, "d:220-well\r\n220 hi\r\n", "C:EHLO me",
	    "d:250-hi\r\n250 AUTH LOGIN\n", "C:AUTH LOGIN", "S:334 ",
	    "C:dXNlcg==", "S:334", "C:dGFuc3RhYWY7", "d:235\r\n",
	    "C:MAIL FROM:<s@x>", "S:250", "C:RCPT TO:<r0@x>", "S:251 ok",
	    "C:DATA", "S:354", "M:", "d:250-a\r\n250 b\r\n", "C:QUIT", "X:");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "250 a b");
	assert_null(strstr(shown.data, "dGFuc3RhYWY7"));
}

/* Says the secret back, in pieces: nobody is told. */
static void
test_secret_echoed(void **state)
{
	struct wish w = { .authenticate = true };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", PIPE,
	    "C:AUTH PLAIN AHVzZXIAdGFuc3RhYWY7", "R:535-not tans", "W:50",
	    "R:ta", "W:50", "S:af; then\r\n535 nor AHVzZXIAdGFuc3RhYWY7",
	    "C:QUIT");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_AUTH,
	    HOST " refused AUTH PLAIN as user: 535 not ********* then nor "
		 "********************");
	RUN(w, "S:220 hi", "C:EHLO me", PIPE,
	    "C:AUTH PLAIN AHVzZXIAdGFuc3RhYWY7", "R:what is tans", "W:50",
	    "S:taaf; about?");
	expect(RCPT_PENDING, RESULT_PROTOCOL, "what is ********* about?");
}

/* The 535 is the cause, not the end that comes with it. */
static void
test_closes_after_535(void **state)
{
	struct wish w = { .authenticate = true };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", PIPE,
	    "C:AUTH PLAIN AHVzZXIAdGFuc3RhYWY7",
	    "S:535 Login fail. \xc7\xeb\xff", "X:");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_AUTH, "535 Login fail. \\xc7\\xeb\\xff");
	assert_string_equal(res.stage, "AUTH");
}

static void
test_out_of_turn(void **state)
{
	struct wish w = { 0 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi\r\n250 evil");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_PROTOCOL, "250 evil");
	assert_string_equal(left.data, "");
	RUN(w, "S:220 hi\r\n421 bye");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_SMARTHOST, "421 bye");
	RUN(w, "S:220 hi", "C:EHLO me", "S:250 hi", "C:MAIL FROM:<s@x>",
	    "S:250 a\r\n250 b");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_PROTOCOL, "250 b");
}

static void
test_not_smtp(void **state)
{
	struct wish w = { 0 };
	int rc;

	(void)state;
	RUN(w, "S:HTTP/1.1 400 Bad\x1b[2J Request");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_NOT_SMTP, "(\"HTTP/1.1 400 Bad\\x1b");
	assert_string_equal(left.data, "");
	/* an alert of TLS; with an end of a line in it */
	RUN(w, "R:\x15\x03\x03\x02\x02\x28", "X:");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_NO_GREETING, "speaks TLS from the start");
	RUN(w, "R:\x16\x03\x01\n");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_NO_GREETING, "speaks TLS from the start");
	RUN(w, "R:\x17 x\n");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_NOT_SMTP, "not an SMTP reply");
}

/* A line without end, lines without end. */
static void
test_floods(void **state)
{
	static char line[1000001], many[700001];
	static const char *words[] = { line, NULL, NULL };
	struct wish w = { .script = words };

	(void)state;
	memset(line, 'x', sizeof line - 1);
	memcpy(line, "R:220 ", 6);
	assert_int_equal(run(&w), -1);
	expect(RCPT_PENDING, RESULT_NOT_SMTP, "reply line too long");
	memcpy(many, "R:", 2);
	for (size_t i = 2; i + 7 < sizeof many; i += 7)
		memcpy(many + i, "220-a\r\n", 7);
	words[0] = many;
	assert_int_equal(run(&w), -1);
	expect(RCPT_PENDING, RESULT_NOT_SMTP, "too many lines");
}

static void
test_timeouts(void **state)
{
	struct wish w = { .timeout = 300 };
	long began = now_ms();
	int rc;

	(void)state;
	RUN(w, "W:0");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_NO_GREETING, "no greeting in time");
	/* a drip feed */
	RUN(w, "S:220 hi", "C:EHLO me",
	    "d:250-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_TIMEOUT, "no answer to EHLO in time");
	/* replies each in time, all of them not */
	w.timeout = PATIENCE;
	w.until = 300;
	RUN(w, "S:220 hi", "C:EHLO me", "W:200", "S:250 hi",
	    "C:MAIL FROM:<s@x>", "W:200", "S:250 hi");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_TIMEOUT, "no answer to MAIL FROM");
	/* which counts no more once the message was asked for */
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "C:DATA", "S:250 a\r\n250 b\r\n354 go",
	    "M:", "W:400", "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
	/* until the mail is given, another limit counts */
	w.until = PATIENCE;
	w.open = 300;
	RUN(w, "S:220 hi", "C:EHLO me", "W:200", PIPE, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "C:DATA", "W:200", "S:250 a\r\n250 b\r\n354 go",
	    "M:", "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
	RUN(w, "W:200", "S:220 hi", "C:EHLO me");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_TIMEOUT, "no answer to EHLO in time");
	w.open = 0;
	w.timeout = 300;
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "C:DATA", "S:250 a\r\n250 b\r\n354 go", "M:");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_POSSIBLE_DUPLICATE,
	    "no answer to the message in time");
	assert_true(now_ms() - began < PATIENCE);
}

static void
test_closed(void **state)
{
	struct wish w = { .recipients = 2 };
	int rc;

	(void)state;
	RUN(w, "X:");
	expect(RCPT_PENDING, RESULT_LOST, "before its greeting");
	RUN(w, "S:220 hi", "C:EHLO me", "R:250 hi", "X:");
	expect(RCPT_PENDING, RESULT_LOST,
	    HOST ": connection closed by the server after EHLO");
	RUN(w, "S:220 hi", "C:EHLO me", "S:250 hi", "C:MAIL FROM:<s@x>",
	    "S:250 a", "C:RCPT TO:<r0@x>", "X:");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_LOST,
	    HOST ": connection closed by the server after RCPT TO");
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "C:RCPT TO:<r1@x>", "C:DATA",
	    "S:250 a\r\n250 b\r\n250 c\r\n354 go", "M:", "C:QUIT", "X:");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_POSSIBLE_DUPLICATE,
	    "closed by the server after the message");
	/* what comes after the yes is of no interest */
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "C:RCPT TO:<r1@x>", "C:DATA",
	    "S:250 a\r\n250 b\r\n250 c\r\n354 go", "M:", "S:250 taken", "X:");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
}

/* Many pieces, and the dots doubled in all of them. */
static void
test_big(void **state)
{
	struct wish w = { .message = make_message(BIG) };
	struct message again = make_message(BIG);
	char *stuffed = malloc(DOTS_OUT_MAX(BIG));
	struct dots dots = { 0 };
	const char *body;
	size_t n;
	int rc;

	(void)state;
	assert_non_null(stuffed);
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "C:DATA", "S:250 a\r\n250 b\r\n354 go",
	    "M:", "C:QUIT", "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
	n = dots_push(&dots, again.text, BIG, stuffed);
	body = strstr(heard.data, "DATA\r\n");
	assert_non_null(body);
	assert_memory_equal(body + 6, stuffed, n);
	assert_string_equal(body + 6 + n, ".\r\nQUIT\r\n");
	free(stuffed);
	free(again.text);
}

static SSL_CTX *
context(void)
{
	static const struct peer_cert cert = { .cn = "x",
		.names = "DNS:" HOST };

	return peer_context(&cert);
}

/* Refused in mid-message: the words are the answer. */
static void
test_early(void **state)
{
	struct wish w = { 0 };
	int rc;

	(void)state;
	w.message = make_message(BIG);
	RUN(w, "S:220 hi", "C:EHLO me", "S:250 hi", "C:MAIL FROM:<s@x>",
	    "S:250 a", "C:RCPT TO:<r0@x>", "S:250 b", "C:DATA", "S:354 go",
	    "P:", "S:552 too big", "X:");
	assert_int_equal(rc, -1);
	expect(RCPT_FAILED, RESULT_REFUSED,
	    HOST " refused the message: 552 too big");
	w.message = make_message(BIG);
	w.tls = SMTP_TLS_UP;
	w.ctx = context();
	RUN(w, "T:", "S:220 hi", "C:EHLO me", PIPE, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "C:DATA", "S:250 a\r\n250 b\r\n354 go",
	    "P:", "S:552 too big", "X:");
	assert_int_equal(rc, -1);
	expect(RCPT_FAILED, RESULT_REFUSED, "552 too big");
	w.tls = SMTP_TLS_NONE;
	w.ctx = NULL;
	/* stays, and does not read on */
	w.message = make_message(BIG);
	w.timeout = 500;
	RUN(w, "S:220 hi", "C:EHLO me", "S:250 hi", "C:MAIL FROM:<s@x>",
	    "S:250 a", "C:RCPT TO:<r0@x>", "S:250 b", "C:DATA",
	    "S:354 go\r\n421 bye", "W:1000");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_SMARTHOST, "421 bye");
	assert_null(strstr(left.data, "\r\n.\r\n"));
	w.message = make_message(BIG);
	w.timeout = PATIENCE;
	RUN(w, "S:220 hi", "C:EHLO me", "S:250 hi", "C:MAIL FROM:<s@x>",
	    "S:250 a", "C:RCPT TO:<r0@x>", "S:250 b", "C:DATA", "S:354 go",
	    "P:", "X:");
	assert_int_equal(rc, -1);
	assert_int_equal(envs[0].rcpts[0].state, RCPT_DEFERRED);
	assert_int_equal(
	    envs[0].results[envs[0].rcpts[0].result].kind, RESULT_LOST);
}

/* What cannot be read whole is not ended by the dot. */
static void
test_broken_body(void **state)
{
	struct wish w = { 0 };
	int rc;

	(void)state;
	for (int i = 0; i < 4; i++) {
		w.message = make_message(i < 2 ? 1000 : 300000);
		if (i % 2 == 0)
			w.message.fails_at = w.message.size - 1;
		else
			w.message.ends_at = w.message.size - 1;
		RUN(w, "S:220 hi", "C:EHLO me", PIPE, "C:MAIL FROM:<s@x>",
		    "C:RCPT TO:<r0@x>", "C:DATA", "S:250 a\r\n250 b\r\n354 go");
		assert_int_equal(rc, -1);
		expect(RCPT_DEFERRED, RESULT_STORAGE,
		    i % 2 == 0 ? "disk on fire" : "could not be read whole");
		assert_null(memmem(left.data, left.len, "\r\n.\r\n", 5));
		assert_true(left.len < 300000 * 2);
	}
}

static void
test_cancelled(void **state)
{
	static const uint64_t sizes[] = { 1000, 300000 };
	struct wish w = { 0 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", "K:", "W:100", "S:250 hi");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_INTERRUPTED, "interrupted after EHLO");
	for (size_t i = 0; i < 2; i++) {
		w.message = make_message(sizes[i]);
		w.message.cancels_at = sizes[i] - 10;
		RUN(w, "S:220 hi", "C:EHLO me", PIPE, "C:MAIL FROM:<s@x>",
		    "C:RCPT TO:<r0@x>", "C:DATA", "S:250 a\r\n250 b\r\n354 go");
		assert_int_equal(rc, -1);
		expect(RCPT_DEFERRED, RESULT_INTERRUPTED, "interrupted");
		assert_null(memmem(left.data, left.len, "\r\n.\r\n", 5));
	}
	/* too late */
	w.message.text = NULL;
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "C:DATA", "S:250 a\r\n250 b\r\n354 go",
	    "M:", "K:", "W:100", "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
}

static void
test_tls(void **state)
{
	struct wish w = { .authenticate = true };
	int rc;

	(void)state;
	w.tls = SMTP_TLS_UP;
	w.ctx = context();
	RUN(w, "T:", "S:220 hi", "C:EHLO me", PIPE,
	    "C:AUTH PLAIN AHVzZXIAdGFuc3RhYWY7", "S:235 in",
	    "C:MAIL FROM:<s@x>", "C:RCPT TO:<r0@x>", "C:DATA",
	    "S:250 a\r\n250 b\r\n354 go", "M:", "C:QUIT", "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
	assert_non_null(strstr(shown.data, "*: TLSv1.3"));
	assert_string_equal(passed.data,
	    " 0\nSTARTTLS 0\nGREETING 220\nEHLO 250\nAUTH 235 PLAIN\n"
	    "MAIL 250\nRCPT 250\nDATA 354\nDOT 250\n");
	w.tls = SMTP_TLS_STARTTLS;
	w.ctx = context();
	RUN(w, "S:220 hi", "C:EHLO me", "S:250-hi\r\n250 STARTTLS",
	    "C:STARTTLS", "S:220 go", "T:", "C:EHLO me", PIPE,
	    "C:AUTH PLAIN AHVzZXIAdGFuc3RhYWY7", "S:235 in",
	    "C:MAIL FROM:<s@x>", "C:RCPT TO:<r0@x>", "C:DATA",
	    "S:250 a\r\n250 b\r\n354 go", "M:", "C:QUIT", "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
	assert_string_equal(passed.data,
	    " 0\nGREETING 220\nEHLO 250\nSTARTTLS 220\nSTARTTLS 0\nEHLO 250\n"
	    "AUTH 235 PLAIN\nMAIL 250\nRCPT 250\nDATA 354\nDOT 250\n");
}

/* Nothing that matters in clear. */
static void
test_starttls_faults(void **state)
{
	struct wish w = { .authenticate = true, .tls = SMTP_TLS_STARTTLS };
	int rc;

	(void)state;
	w.ctx = context();
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, "C:QUIT");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_NO_STARTTLS, "does not offer STARTTLS");
	assert_string_equal(left.data, "");
	w.ctx = context();
	RUN(w, "S:220 hi", "C:EHLO me", "S:250-hi\r\n250 STARTTLS",
	    "C:STARTTLS", "S:220 go\r\n250 evil");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_PROTOCOL, "data before the TLS");
	assert_string_equal(left.data, "");
	w.ctx = context();
	RUN(w, "S:220 hi", "C:EHLO me", "S:250-hi\r\n250 STARTTLS",
	    "C:STARTTLS", "S:502 no", "C:QUIT");
	assert_int_equal(rc, -1);
	expect(RCPT_PENDING, RESULT_NO_STARTTLS, "502 no");
	w.ctx = context();
	RUN(w, "S:220 hi", "C:EHLO me", "S:250-hi\r\n250 STARTTLS",
	    "C:STARTTLS", "S:220 go", "X:");
	assert_int_equal(rc, -1);
	assert_int_equal(envs[0].rcpts[0].state, RCPT_PENDING);
	assert_int_equal(res.kind, RESULT_LOST);
}

#define MAIL(x) "C:MAIL FROM:<s@x" x ">", "C:RCPT TO:<r0@x" x ">", "C:DATA"
#define TEN(x) x x x x x x x x x x
#define FIFTY TEN("250 b\r\n250 b\r\n250 b\r\n250 b\r\n250 b\r\n")
#define GO "S:250 a\r\n250 b\r\n354 go"

/* One write for each dot and what goes with it. */
static void
test_feed(void **state)
{
	struct wish w = { .mails = 3 };
	int rc;

	(void)state;
	for (int i = 0; i < 2; i++) {
		w.tls = i == 0 ? SMTP_TLS_NONE : SMTP_TLS_UP;
		w.ctx = i == 0 ? NULL : context();
		if (i == 0)
			RUN(w, "S:220 hi", "C:EHLO me", PIPE, MAIL(""), GO,
			    "M:", MAIL("1"), "S:250 taken", GO, "M:", MAIL("2"),
			    "S:554 spam\r\n250 a\r\n250 b\r\n354 go",
			    "M:", "C:QUIT", "S:250 taken");
		else
			RUN(w, "T:", "S:220 hi", "C:EHLO me", PIPE, MAIL(""),
			    GO, "M:", MAIL("1"), "S:250 taken", GO,
			    "M:", MAIL("2"),
			    "S:554 spam\r\n250 a\r\n250 b\r\n354 go",
			    "M:", "C:QUIT", "S:250 taken");
		assert_int_equal(rc, 0);
		expect_of(0, RCPT_DELIVERED, RESULT_OK, "250 taken");
		expect_of(1, RCPT_FAILED, RESULT_REFUSED, "554 spam");
		expect_of(2, RCPT_DELIVERED, RESULT_OK, "250 taken");
		assert_string_equal(left.data, "");
		if (i == 0)
			assert_string_equal(events.data,
			    "mail 0\nmail 1\nsettled 0, 3 writes\nmail 2\n"
			    "settled 1, 4 writes\ndone\n"
			    "settled 2, 5 writes\n");
	}
}

static void
test_feed_one_by_one(void **state)
{
	struct wish w = { .mails = 2 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", "S:250 hi", "C:MAIL FROM:<s@x>",
	    "S:250 a", "C:RCPT TO:<r0@x>", "S:250 b", "C:DATA", "S:354 go",
	    "M:", "S:250 taken", "C:MAIL FROM:<s@x1>", "S:250 a",
	    "C:RCPT TO:<r0@x1>", "S:250 b", "C:DATA", "S:354 go",
	    "M:", "S:250 taken", "C:QUIT");
	assert_int_equal(rc, 0);
	expect_of(1, RCPT_DELIVERED, RESULT_OK, "250 taken");
	assert_string_equal(events.data,
	    "mail 0\nsettled 0, 5 writes\n"
	    "mail 1\nsettled 1, 9 writes\ndone\n");
	w.later = true;
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, MAIL(""), GO, "M:", "S:250 taken",
	    MAIL("1"), GO, "M:", "S:451 no", "C:QUIT");
	assert_int_equal(rc, 0);
	expect_of(1, RCPT_DEFERRED, RESULT_DEFERRED, "451 no");
	assert_string_equal(events.data,
	    "mail 0\nlater\nsettled 0, 3 writes\n"
	    "mail 1\nlater\nsettled 1, 5 writes\ndone\n");
}

/* A refused sender settles its mail before the rest is answered. */
static void
test_feed_refused(void **state)
{
	struct wish w = { .mails = 2 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, MAIL(""), "S:553 no", "W:50",
	    "S:503 b\r\n354 go", "C:.", "S:554 none", MAIL("1"), GO,
	    "M:", "C:QUIT", "S:250 taken");
	assert_int_equal(rc, 0);
	expect_of(0, RCPT_FAILED, RESULT_SENDER, "553 no");
	expect_of(1, RCPT_DELIVERED, RESULT_OK, "250 taken");
	assert_string_equal(events.data,
	    "mail 0\nsettled 0, 2 writes\nmail 1\ndone\n"
	    "settled 1, 5 writes\n");
}

static void
test_feed_broken(void **state)
{
	struct wish w = { .mails = 3 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, MAIL(""), GO, "M:", MAIL("1"),
	    "X:");
	assert_int_equal(rc, -1);
	assert_int_equal(res.kind, RESULT_LOST);
	expect_of(0, RCPT_DEFERRED, RESULT_POSSIBLE_DUPLICATE,
	    "closed by the server after the message");
	expect_of(1, RCPT_DEFERRED, RESULT_LOST, "not sent");
	assert_int_equal(envs[2].rcpts[0].state, RCPT_PENDING);
	assert_string_equal(events.data,
	    "mail 0\nmail 1\nsettled 0, 3 writes\nsettled 1, 3 writes\n");
	/* the second is cut off in its turn */
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, MAIL(""), GO, "M:", MAIL("1"),
	    "S:250 taken\r\n250 a", "X:");
	assert_int_equal(rc, -1);
	expect_of(0, RCPT_DELIVERED, RESULT_OK, "250 taken");
	expect_of(1, RCPT_DEFERRED, RESULT_LOST, "after RCPT TO");
	/* a message that cannot be read: nothing is asked for after it */
	w.message = make_message(1000);
	w.message.ends_at = 999;
	RUN(w, "S:220 hi", "C:EHLO me", PIPE, MAIL(""), GO);
	assert_int_equal(rc, -1);
	expect_of(0, RCPT_DEFERRED, RESULT_STORAGE, "could not be read whole");
	assert_string_equal(events.data, "mail 0\nsettled 0, 2 writes\n");
}

/* All recipients of the next mail in the write of the dot, up to a size; then
 * in one more. */
static void
test_feed_flights(void **state)
{
	static const struct {
		size_t name;
		unsigned writes;
	} cases[] = { { 1, 4 }, { 300, 4 }, { 400, 5 } };
	struct wish w = { .mails = 2, .recipients = 50 };
	char lines[2][50][600];
	const char *words[120];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		n = 0;
		w.name = cases[i].name;
		words[n++] = "S:220 hi";
		words[n++] = "C:EHLO me";
		words[n++] = PIPE;
		for (int m = 0; m < 2; m++) {
			words[n++] = m == 0 ? "C:MAIL FROM:<s@x>"
					    : "C:MAIL FROM:<s@x1>";
			for (size_t k = 0; k < 50; k++) {
				snprintf(lines[m][k], sizeof lines[m][k],
				    "C:RCPT TO:<r%0*zu@x%s>", (int)w.name, k,
				    m == 0 ? "" : "1");
				words[n++] = lines[m][k];
			}
			words[n++] = "C:DATA";
			words[n++] = "S:250 a";
			words[n++] = "S:" FIFTY "354 go";
			words[n++] = "M:";
			if (m == 1)
				words[n++] = "C:QUIT";
			words[n++] = "S:250 taken";
		}
		words[n] = NULL;
		w.script = words;
		assert_int_equal(run(&w), 0);
		assert_int_equal(envelope_count(&envs[0], RCPT_DELIVERED), 50);
		assert_int_equal(envelope_count(&envs[1], RCPT_DELIVERED), 50);
		assert_int_equal(sends, cases[i].writes);
	}
}

#define BDAT(x) "C:MAIL FROM:<s@x" x ">", "C:RCPT TO:<r0@x" x ">", "B:100"
#define YES "S:250 a\r\n250 b\r\n250 taken"

/* All of it in one write, and the message to the octet. */
static void
test_chunk(void **state)
{
	struct message again = make_message(100);
	struct wish w = { .recipients = 2 };
	int rc;

	(void)state;
	for (int i = 0; i < 2; i++) {
		w.tls = i == 0 ? SMTP_TLS_NONE : SMTP_TLS_UP;
		w.ctx = i == 0 ? NULL : context();
		if (i == 0)
			RUN(w, "S:220 hi", "C:EHLO me", CHUNKS,
			    "C:MAIL FROM:<s@x>", "C:RCPT TO:<r0@x>",
			    "C:RCPT TO:<r1@x>", "B:100",
			    "S:250 a\r\n250 b\r\n550 c\r\n250 taken", "C:QUIT");
		else
			RUN(w, "T:", "S:220 hi", "C:EHLO me", CHUNKS,
			    "C:MAIL FROM:<s@x>", "C:RCPT TO:<r0@x>",
			    "C:RCPT TO:<r1@x>", "B:100",
			    "S:250 a\r\n250 b\r\n550 c\r\n250 taken", "C:QUIT");
		assert_int_equal(rc, 0);
		expect(RCPT_DELIVERED, RESULT_OK, "250 taken");
		assert_int_equal(envs[0].rcpts[1].state, RCPT_FAILED);
		assert_non_null(memmem(heard.data, heard.len, again.text, 100));
		assert_string_equal(left.data, "");
		if (i > 0)
			continue;
		assert_int_equal(sends, 3);
		assert_string_equal(strstr(shown.data, "C: MAIL"),
		    "C: MAIL FROM:<s@x>\nC: RCPT TO:<r0@x>\n"
		    "C: RCPT TO:<r1@x>\nC: BDAT 100 LAST\n"
		    "*: message, 100 octets\nS: 250 a\nS: 250 b\n"
		    "S: 550 c\nS: 250 taken\nC: QUIT\n");
	}
	free(again.text);
}

/* What follows goes along, in one write a mail. */
static void
test_chunk_feed(void **state)
{
	struct wish w = { .mails = 3 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, BDAT(""), "C:RSET",
	    "C:MAIL FROM:<s@x1>", "C:RCPT TO:<r0@x1>",
	    "S:250 a\r\n250 b\r\n250 taken\r\n250 c\r\n250 d\r\n250 e", "B:100",
	    "C:MAIL FROM:<s@x2>", "C:RCPT TO:<r0@x2>",
	    "S:554 spam\r\n250 f\r\n250 g", "B:100", "C:QUIT", "S:250 taken");
	assert_int_equal(rc, 0);
	expect_of(0, RCPT_DELIVERED, RESULT_OK, "250 taken");
	expect_of(1, RCPT_FAILED, RESULT_REFUSED, "554 spam");
	expect_of(2, RCPT_DELIVERED, RESULT_OK, "250 taken");
	assert_string_equal(left.data, "");
	assert_string_equal(events.data,
	    "mail 0\nmail 1\nsettled 0, 2 writes\nmail 2\n"
	    "settled 1, 3 writes\ndone\nsettled 2, 4 writes\n");
}

static void
test_chunk_one_by_one(void **state)
{
	struct wish w = { 0 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", "S:250-hi\r\n250 CHUNKING",
	    "C:MAIL FROM:<s@x>", "S:250 a", "C:RCPT TO:<r0@x>", "S:250 b",
	    "B:100", "S:250 taken", "C:QUIT");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "250 taken");
	assert_int_equal(sends, 5);
}

/* More than a piece: as it is, after the recipients were accepted. */
static void
test_chunk_big(void **state)
{
	struct message again = make_message(BIG);
	struct wish w = { .message = make_message(BIG) };
	char *body;
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "S:250 a\r\n250 b", "B:20971520", "C:QUIT",
	    "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
	body = strstr(heard.data, "LAST\r\n");
	assert_non_null(body);
	assert_memory_equal(body + 6, again.text, BIG);
	free(again.text);
	/* once more for whom there was no room: nothing goes behind the first */
	w = (struct wish){ .message = make_message(BIG), .recipients = 2 };
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "C:RCPT TO:<r1@x>", "S:250 a\r\n250 b\r\n452 c",
	    "B:20971520", "S:250 taken", "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r1@x>", "S:250 a\r\n250 b", "B:20971520", "C:QUIT",
	    "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
	assert_int_equal(envs[0].rcpts[1].state, RCPT_DELIVERED);
	/* nobody gets it: it stays here */
	w = (struct wish){ .message = make_message(BIG) };
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "S:250 a\r\n550 b", "C:QUIT");
	assert_int_equal(rc, 0);
	expect(RCPT_FAILED, RESULT_RECIPIENT, "550 b");
	/* refused on the way */
	w.message = make_message(BIG);
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "S:250 a\r\n250 b", "P:", "S:552 too big",
	    "X:");
	assert_int_equal(rc, -1);
	expect(RCPT_FAILED, RESULT_REFUSED,
	    HOST " refused the message: 552 too big");
}

/* What cannot be read whole: no word of a small one, no whole chunk of a large
 * one. */
static void
test_chunk_broken_body(void **state)
{
	struct wish w = { 0 };
	const char *chunk;
	int rc;

	(void)state;
	for (int i = 0; i < 6; i++) {
		bool large = i >= 3;

		w.message = make_message(large ? 300000 : 1000);
		if (i % 3 == 0)
			w.message.fails_at = w.message.size - 1;
		else if (i % 3 == 1)
			w.message.ends_at = w.message.size - 1;
		else
			w.message.cancels_at = w.message.size - 10;
		if (large)
			RUN(w, "S:220 hi", "C:EHLO me", CHUNKS,
			    "C:MAIL FROM:<s@x>", "C:RCPT TO:<r0@x>",
			    "S:250 a\r\n250 b");
		else
			RUN(w, "S:220 hi", "C:EHLO me", CHUNKS);
		assert_int_equal(rc, -1);
		if (i % 3 == 2)
			expect(
			    RCPT_DEFERRED, RESULT_INTERRUPTED, "interrupted");
		else
			expect(RCPT_DEFERRED, RESULT_STORAGE, "");
		chunk = strstr(left.data, "BDAT 300000 LAST\r\n");
		if (large) {
			assert_non_null(chunk);
			assert_true(left.len < 18 + 300000);
		} else {
			assert_string_equal(left.data, "");
		}
	}
}

/* Once it is out, nobody breaks off, and only the long limit counts. */
static void
test_chunk_patience(void **state)
{
	struct wish w = { .until = 300 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, BDAT(""), "C:QUIT",
	    "K:", "W:400", "S:250 a", "W:100", "S:250 b", "W:100",
	    "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
	w.until = 0;
	w.timeout = 300;
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, BDAT(""), "C:QUIT", "W:400",
	    "S:250 a\r\n250 b", "W:400", "S:250 taken");
	assert_int_equal(rc, 0);
	expect(RCPT_DELIVERED, RESULT_OK, "taken");
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, BDAT(""), "C:QUIT", "S:250 a");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_POSSIBLE_DUPLICATE,
	    "no answer to the message in time");
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, BDAT(""), "C:QUIT", "X:");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_POSSIBLE_DUPLICATE,
	    "closed by the server after the message");
	/* a large one is broken off until its last piece */
	w.message = make_message(BIG);
	w.timeout = PATIENCE;
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS, "C:MAIL FROM:<s@x>",
	    "C:RCPT TO:<r0@x>", "S:250 a\r\n250 b", "P:", "K:", "W:100");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_INTERRUPTED, "interrupted");
}

static void
test_chunk_out_of_turn(void **state)
{
	struct wish w = { 0 };
	int rc;

	(void)state;
	RUN(w, "S:220 hi", "C:EHLO me", CHUNKS "\r\n421 bye");
	assert_int_equal(rc, -1);
	expect(RCPT_DEFERRED, RESULT_SMARTHOST, "421 bye");
	assert_string_equal(left.data, "");
}

/* Somebody else has the connection: not a byte, not even of TLS. */
static void
test_leave(void **state)
{
	struct wish w = { .later = true, .leave = true };
	int rc;

	(void)state;
	for (int i = 0; i < 4; i++) {
		w.leave = i % 2 == 0;
		w.tls = i < 2 ? SMTP_TLS_NONE : SMTP_TLS_UP;
		w.ctx = i < 2 ? NULL : context();
		if (i < 2)
			RUN(w, "S:220 hi", "C:EHLO me", PIPE, MAIL(""), GO,
			    "M:", "S:250 taken");
		else
			RUN(w, "T:", "S:220 hi", "C:EHLO me", PIPE, MAIL(""),
			    GO, "M:", "S:250 taken");
		assert_int_equal(rc, 0);
		assert_string_equal(left.data, w.leave ? "" : "QUIT\r\n");
		assert_int_equal(notified, i == 3);
		assert_int_equal(strstr(shown.data, "QUIT") == NULL, w.leave);
	}
}

/* Rings once, wherever it finds the session waiting.  The dialogue goes on, or
 * ends without another word. */
static void
test_alarm(void **state)
{
	static const struct {
		const char *const words[16];
		size_t size; /* of the message */
		enum rcpt_state state; /* when it ends there */
		enum result_kind kind;
	} cases[] = {
		{ { "S:220 hi", "C:EHLO me", "W:300", PIPE, MAIL(""), GO,
		      "M:", "S:250 taken", NULL },
		    100, RCPT_PENDING, RESULT_HANDED_OVER },
		{ { "S:220 hi", "C:EHLO me", PIPE, MAIL(""), "W:300", GO,
		      "M:", "S:250 taken", NULL },
		    100, RCPT_DEFERRED, RESULT_HANDED_OVER },
		{ { "S:220 hi", "C:EHLO me", PIPE, MAIL(""), GO, "W:300",
		      "M:", "S:250 taken", NULL },
		    BIG, RCPT_DEFERRED, RESULT_HANDED_OVER },
		{ { "S:220 hi", "C:EHLO me", PIPE, MAIL(""), GO, "M:", "W:300",
		      "S:250 taken", NULL },
		    100, RCPT_DEFERRED, RESULT_POSSIBLE_DUPLICATE },
		{ { "S:220 hi", "C:EHLO me", CHUNKS, BDAT(""), "W:300", YES,
		      NULL },
		    100, RCPT_DEFERRED, RESULT_POSSIBLE_DUPLICATE },
		{ { "S:220 hi", "C:EHLO me", CHUNKS, BDAT(""), "S:250 a",
		      "W:300", "S:250 b\r\n250 taken", NULL },
		    100, RCPT_DEFERRED, RESULT_POSSIBLE_DUPLICATE },
	};
	struct wish w = { .alarm = 100, .later = true };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		w.ring = i % 2 == 0 ? 0 : -1;
		w.leave = w.ring == -1;
		w.script = cases[i / 2].words;
		w.message = make_message(cases[i / 2].size);
		w.mute = w.ring == -1;
		assert_int_equal(run(&w), w.ring);
		assert_int_equal(rings, 1);
		if (w.ring == 0) {
			expect(RCPT_DELIVERED, RESULT_OK, "taken");
			continue;
		}
		assert_int_equal(res.kind, RESULT_HANDED_OVER);
		expect(cases[i / 2].state, cases[i / 2].kind, "forked");
		assert_null(strstr(shown.data, "QUIT"));
		assert_string_equal(left.data, "");
	}
}

static int
set_up(void **state)
{
	(void)state;
	buf_init(&heard, SIZE_MAX / 2);
	buf_init(&left, SIZE_MAX / 2);
	buf_init(&shown, SIZE_MAX / 2);
	buf_init(&passed, SIZE_MAX / 2);
	buf_init(&events, SIZE_MAX / 2);
	for (size_t i = 0; i < MAILS_MAX; i++)
		envelope_init(&envs[i]);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_free(&heard);
	buf_free(&left);
	buf_free(&shown);
	buf_free(&passed);
	buf_free(&events);
	for (size_t i = 0; i < MAILS_MAX; i++)
		envelope_clear(&envs[i]);
	peer_clean();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_secret_echoed),
		cmocka_unit_test(test_closes_after_535),
		cmocka_unit_test(test_out_of_turn),
		cmocka_unit_test(test_not_smtp),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_broken_body),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_starttls_faults),
		cmocka_unit_test(test_feed),
		cmocka_unit_test(test_feed_one_by_one),
		cmocka_unit_test(test_feed_refused),
		cmocka_unit_test(test_feed_broken),
		cmocka_unit_test(test_feed_flights),
		cmocka_unit_test(test_chunk),
		cmocka_unit_test(test_chunk_feed),
		cmocka_unit_test(test_chunk_one_by_one),
		cmocka_unit_test(test_chunk_big),
		cmocka_unit_test(test_chunk_broken_body),
		cmocka_unit_test(test_chunk_patience),
		cmocka_unit_test(test_chunk_out_of_turn),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_alarm),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
