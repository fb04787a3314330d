#include "config.h"

#include <bsd/string.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "delivery/queue.h"
#include "delivery/schedule.h"
#include "office.h"
#include "spools.h"

#define DAY (24 * 60 * 60)

static const struct line_choice due = { .urgency = ACCOUNT_DUE };

/* The mail of a digit: it is from and to that one, and the older the smaller
 * the digit. */
static void
as_named(struct entry *e)
{
	struct result res;

	assert_int_equal(
	    envelope_set_sender(&e->env, e->env.rcpts[0].address, &res), 0);
	/* far enough apart for a clock that ticks in between */
	e->created = time(NULL) - 1000 +
	    10 * (e->env.rcpts[0].address[0] - '0');
}

static void
held(struct entry *e)
{
	as_named(e);
	e->schedule.held = true;
}

static void
not_due(struct entry *e)
{
	as_named(e);
	e->schedule.next = time(NULL) + 60;
}

static void
over(struct entry *e)
{
	as_named(e);
	e->created -= 6 * DAY;
	e->schedule.attempts = SCHEDULE_ATTEMPTS_MIN;
}

/* Mails of the digits, in that order. */
static void
put(struct office *o, const char *digits, void (*change)(struct entry *e))
{
	char address[] = "0@x.example";

	for (; *digits != '\0'; digits++) {
		address[0] = *digits;
		office_put(o, address, change, NULL);
	}
}

static int
run(struct office *o, const struct line_choice *choice, struct result *res)
{
	struct queue q;

	queue_init(&q, &o->account, &o->settle, choice);
	return queue_run(&q, res);
}

/* Who was asked for, with "|" where a connection begins. */
static void
assert_order(const struct smarthost *h, const char *want)
{
	static const char from[] = "MAIL FROM:<";
	char order[256] = "";
	size_t n = 0;

	for (const char *p = h->heard; *p != '\0'; p++) {
		if (*p == '|')
			order[n++] = '|';
		else if (strncmp(p, from, sizeof from - 1) == 0)
			order[n++] = p[sizeof from - 1];
		assert_true(n < sizeof order - 1);
	}
	assert_string_equal(order, want);
}

/* A run over mails, with an answer for each line. */
struct play {
	const char *conf;
	const char *(*answer)(struct smarthost *h, const char *line);
	const char *mails; /* digits */
	const char *order;
	size_t left; /* mails in queue/ */
	int rc;
};

static void
play(const struct play *p)
{
	struct smarthost h;
	struct office o;
	struct result res;

	smarthost_start(&h, p->answer);
	office_open(&o, h.port, p->conf);
	put(&o, p->mails, as_named);
	assert_int_equal(run(&o, &due, &res), p->rc);
	assert_int_equal(o.settle.unsynced, 0);
	smarthost_stop(&h);
	assert_order(&h, p->order);
	assert_int_equal(spools_count(o.dir, "queue"), p->left);
	office_close(&o);
}

static bool
is_mail_of(const char *line, char digit)
{
	static const char from[] = "MAIL FROM:<";

	return strncmp(line, from, sizeof from - 1) == 0 &&
	    line[sizeof from - 1] == digit;
}

static const char *
no_pipelining(struct smarthost *h, const char *line)
{
	(void)h;
	return strncmp(line, "EHLO", 4) == 0 ? "250-here\r\n250 AUTH PLAIN"
					     : NULL;
}

static const char *
two_mails(struct smarthost *h, const char *line)
{
	(void)h;
	return strncmp(line, "EHLO", 4) == 0
	    ? "250-here\r\n250-PIPELINING\r\n250-LIMITS MAILMAX=2\r\n"
	      "250 AUTH PLAIN"
	    : NULL;
}

/* Cuts the connection at the second mail of the first one. */
static const char *
cut_once(struct smarthost *h, const char *line)
{
	(void)line;
	return h->connections == 1 && h->mails == 2 ? "" : NULL;
}

/* Cuts it whenever mail 2 comes. */
static const char *
cut_two(struct smarthost *h, const char *line)
{
	(void)h;
	return is_mail_of(line, '2') ? "" : NULL;
}

static const char *
cut_all(struct smarthost *h, const char *line)
{
	(void)line;
	return h->mails == 1 ? "" : NULL;
}

/* Has enough with the second dot of each connection, when the next mail was
 * named with it. */
static const char *
enough(struct smarthost *h, const char *line)
{
	return strcmp(line, ".") == 0 && h->mails == 2 ? "421 enough" : NULL;
}

static const char *
not_now(struct smarthost *h, const char *line)
{
	(void)h;
	return is_mail_of(line, '2') ? "450 not now" : NULL;
}

static const char *
refuse_two(struct smarthost *h, const char *line)
{
	(void)h;
	return is_mail_of(line, '2') ? "550 go away" : NULL;
}

static void
test_plays(void **state)
{
	static const struct play plays[] = {
		{ "", NULL, "31245", "|12345", 0, 0 },
		{ "", no_pipelining, "4321", "|1234", 0, 0 },
		{ "messages_per_connection = 2\n", NULL, "12345", "|12|34|5", 0,
		    0 },
		{ "messages_per_connection = 1\n", NULL, "123", "|1|2|3", 0,
		    0 },
		{ "", two_mails, "12345", "|12|34|5", 0, 0 },
		{ "messages_per_connection = 1\n", two_mails, "123", "|1|2|3",
		    0, 0 },
		{ "", cut_once, "1234", "|12|234", 0, 0 },
		/* the second time it is the first there: it is its own */
		{ "", cut_two, "1234", "|12|2|34", 1, 0 },
		/* two connections that came to nothing */
		{ "", cut_all, "1234", "|1|2", 4, -1 },
		{ "", enough, "123456789", "|123|234|345|456|567|678|789|89|9",
		    0, 0 },
		{ "", not_now, "1234", "|12", 3, 0 },
		/* the second may only have come too late: not so, and its
		 * report goes with the same run */
		{ "", refuse_two, "123", "|12|23m", 0, 0 },
		{ "", NULL, "", "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof plays / sizeof *plays; i++) {
		char conf[256];
		struct play p = plays[i];

		print_message("play %zu\n", i);
		snprintf(conf, sizeof conf, "[smarthost]\n%s", p.conf);
		p.conf = p.conf[0] == '\0' ? "" : conf;
		play(&p);
	}
}

static bool
is_for(const struct entry *e, const void *arg)
{
	return e->env.rcpts[0].address[0] == *(const char *)arg;
}

/* Who is asked for, of one that is held, one that is not due and one that is. */
static void
test_choices(void **state)
{
	static const struct {
		struct line_choice choice;
		const char *order;
	} cases[] = {
		{ { .urgency = ACCOUNT_DUE }, "|3" },
		{ { .urgency = ACCOUNT_NOW }, "|23" },
		{ { .urgency = ACCOUNT_FORCE }, "|23" },
		{ { .urgency = ACCOUNT_NOW, .wants = is_for, .arg = "2" },
		    "|2" },
		{ { .urgency = ACCOUNT_NOW, .wants = is_for, .arg = "1" }, "" },
	};
	struct smarthost h;
	struct office o;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		smarthost_start(&h, NULL);
		office_open(&o, h.port, "");
		put(&o, "1", held);
		put(&o, "2", not_due);
		put(&o, "3", as_named);
		assert_int_equal(run(&o, &cases[i].choice, &res), 0);
		smarthost_stop(&h);
		assert_order(&h, cases[i].order);
		office_close(&o);
	}
}

/* What the mail says of its attempts. */
static void
assert_attempts(struct office *o, const char *id, uint32_t attempts)
{
	struct entry e;

	office_take(o, SPOOL_QUEUE, id, &e);
	assert_int_equal(e.schedule.attempts, attempts);
	entry_clear(&e);
}

/* One that goes again has not been tried. */
static void
test_uncounted(void **state)
{
	struct smarthost h;
	struct office o;
	struct result res;
	char one[ENTRY_ID_MAX], two[ENTRY_ID_MAX], three[ENTRY_ID_MAX];

	(void)state;
	smarthost_start(&h, cut_all);
	office_open(&o, h.port, "");
	office_put(&o, "1@x.example", as_named, one);
	office_put(&o, "2@x.example", as_named, two);
	office_put(&o, "3@x.example", as_named, three);
	assert_int_equal(run(&o, &due, &res), -1);
	assert_int_equal(res.kind, RESULT_LOST);
	smarthost_stop(&h);
	assert_attempts(&o, one, 1);
	assert_attempts(&o, two, 1);
	assert_attempts(&o, three, 0);
	assert_int_equal(o.account.pause.cause, PAUSE_HOST);
	assert_int_equal(office_count(office_log(&o), "event=paused"), 1);
	office_close(&o);
}

static void
test_not_now(void **state)
{
	struct smarthost h;
	struct office o;
	struct result res;

	(void)state;
	smarthost_start(&h, not_now);
	office_open(&o, h.port, "");
	put(&o, "1234", as_named);
	assert_int_equal(run(&o, &due, &res), 0);
	assert_int_equal(o.account.pause.cause, PAUSE_HOST);
	/* nobody asks again before it is over */
	assert_int_equal(run(&o, &due, &res), -1);
	assert_int_equal(res.kind, RESULT_DEFERRED);
	smarthost_stop(&h);
	assert_order(&h, "|12");
	office_close(&o);
}

/* One of two was refused by an alias, and told of. */
static void
half_settled(struct entry *e)
{
	struct result why, res;

	held(e);
	(void)result_fail(&why, RESULT_ALIAS, "no");
	assert_int_equal(envelope_add(&e->env, "file", NULL, &res), 0);
	envelope_settle(&e->env, 1, RCPT_FAILED, &why);
}

static void
test_put_first(void **state)
{
	static const struct line_choice none = {
		.urgency = ACCOUNT_DUE, .wants = is_for, .arg = "2"
	};
	struct smarthost h;
	struct office o;
	struct result res;
	struct queue q;
	struct entry e;
	char id[ENTRY_ID_MAX];

	(void)state;
	smarthost_start(&h, NULL);
	office_open(&o, h.port, "");
	put(&o, "123", as_named);
	office_put(&o, "4@x.example", half_settled, id);
	office_take(&o, SPOOL_QUEUE, id, &e);
	e.env.rcpts[1].earlier = false;
	queue_init(&q, &o.account, &o.settle, &none);
	queue_put_first(&q, &e);
	assert_int_equal(e.fd, -1);
	assert_int_equal(queue_run(&q, &res), 0);
	assert_int_equal(q.settled, 2);
	smarthost_stop(&h);
	assert_order(&h, "|42");
	assert_int_equal(spools_count(o.dir, "queue"), 2);
	assert_int_equal(spools_count(o.dir, "failed"), 1);
	assert_null(strstr(office_log(&o), "reported"));
	office_close(&o);
}

static void
already_settled(struct entry *e)
{
	struct result why;

	as_named(e);
	(void)result_fail(&why, RESULT_REFUSED, "no");
	envelope_settle_all(&e->env, RCPT_PENDING, RCPT_FAILED, &why);
}

/* A crash came before it was put away: nobody is asked, nor told again. */
static void
test_leftover(void **state)
{
	struct smarthost h;
	struct office o;
	struct result res;

	(void)state;
	smarthost_start(&h, NULL);
	office_open(&o, h.port, "");
	put(&o, "1", already_settled);
	assert_int_equal(run(&o, &due, &res), 0);
	smarthost_stop(&h);
	assert_int_equal(h.connections, 0);
	assert_int_equal(spools_count(o.dir, "queue"), 0);
	assert_int_equal(spools_count(o.dir, "failed"), 1);
	assert_null(strstr(office_log(&o), "reported"));
	office_close(&o);
}

/* Changes the last byte before the end mark: the message's. */
static void
damage(struct office *o, const char *id)
{
	int fd = openat(o->spool.fds[SPOOL_QUEUE], id, O_RDWR);
	off_t end = lseek(fd, 0, SEEK_END);

	assert_int_equal(pwrite(fd, "?", 1, end - 50), 1);
	close(fd);
}

static void
test_damaged(void **state)
{
	struct smarthost h;
	struct office o;
	struct result res;
	char id[ENTRY_ID_MAX];

	(void)state;
	smarthost_start(&h, NULL);
	office_open(&o, h.port, "");
	put(&o, "13", as_named);
	office_put(&o, "2@x.example", as_named, id);
	damage(&o, id);
	assert_int_equal(run(&o, &due, &res), 0);
	smarthost_stop(&h);
	assert_order(&h, "|13");
	assert_int_equal(spools_count(o.dir, "queue"), 0);
	assert_int_equal(spools_count(o.dir, "corrupt"), 1);
	assert_int_equal(office_count(office_log(&o), "event=bad"), 1);
	office_close(&o);
}

/* Somebody else works on it: it is passed by. */
static void
test_locked(void **state)
{
	struct smarthost h;
	struct office o;
	struct result res;
	struct entry e;
	char id[ENTRY_ID_MAX];

	(void)state;
	smarthost_start(&h, NULL);
	office_open(&o, h.port, "");
	office_put(&o, "1@x.example", as_named, id);
	put(&o, "2", as_named);
	office_take(&o, SPOOL_QUEUE, id, &e);
	assert_int_equal(run(&o, &due, &res), 0);
	entry_clear(&e);
	smarthost_stop(&h);
	assert_order(&h, "|2");
	office_close(&o);
}

/* Nobody can be asked: the first is tried, those that are over end. */
static void
test_unreachable(void **state)
{
	struct smarthost h;
	struct office o;
	struct result res;
	char id[ENTRY_ID_MAX], other[ENTRY_ID_MAX];

	(void)state;
	smarthost_start(&h, NULL);
	smarthost_stop(&h);
	office_open(&o, h.port, "");
	office_put(&o, "1@x.example", as_named, id);
	office_put(&o, "2@x.example", as_named, other);
	assert_int_equal(run(&o, &due, &res), -1);
	assert_int_equal(res.kind, RESULT_CONNECT);
	assert_attempts(&o, id, 1);
	assert_attempts(&o, other, 0);
	/* paused: nobody is tried, the oldest end all the same */
	put(&o, "34", over);
	assert_int_equal(run(&o, &due, &res), -1);
	assert_false(o.account.tried);
	assert_int_equal(spools_count(o.dir, "failed"), 2);
	assert_attempts(&o, id, 1);
	assert_attempts(&o, other, 0);
	office_close(&o);
}

/* Nobody is at fault: nothing ends, and nothing counts. */
static void
test_no_turn(void **state)
{
	struct smarthost h;
	struct office o;
	struct result res;
	struct turn t;
	int ends[2];

	(void)state;
	smarthost_start(&h, NULL);
	office_open(&o, h.port, "");
	o.conf.smarthost.wait_timeout = 1;
	put(&o, "12", over);
	assert_int_equal(turn_take(&t, &o.spool, "", 1, 0, -1, &res), 0);
	assert_int_equal(run(&o, &due, &res), -1);
	assert_int_equal(res.kind, RESULT_BUSY);
	turn_give(&t);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	o.delivery.cancel = ends[0];
	assert_int_equal(run(&o, &due, &res), -1);
	assert_int_equal(res.kind, RESULT_INTERRUPTED);
	assert_int_equal(spools_count(o.dir, "queue"), 2);
	assert_int_equal(spools_count(o.dir, "failed"), 0);
	assert_string_equal(office_log(&o), "");
	close(ends[0]);
	close(ends[1]);
	smarthost_stop(&h);
	office_close(&o);
}

static int bell; /* what makes the run end in mid-flight */

/* Cuts the first connection; ends the run in the second, which waits. */
static const char *
cut_then_end(struct smarthost *h, const char *line)
{
	if (strncmp(line, "MAIL", 4) != 0)
		return NULL;
	if (h->connections == 1)
		return "";
	(void)!write(bell, "x", 1);
	return "250-wait";
}

static void
test_interrupted(void **state)
{
	struct smarthost h;
	struct office o;
	struct result res;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	bell = ends[1];
	smarthost_start(&h, cut_then_end);
	office_open(&o, h.port, "");
	o.delivery.cancel = ends[0];
	put(&o, "123", as_named);
	assert_int_equal(run(&o, &due, &res), -1);
	assert_int_equal(res.kind, RESULT_INTERRUPTED);
	smarthost_stop(&h);
	assert_order(&h, "|1|2");
	assert_int_equal(o.account.pause.cause, PAUSE_NONE);
	assert_int_equal(spools_count(o.dir, "queue"), 3);
	office_close(&o);
	close(ends[0]);
	close(ends[1]);
}

/* Behind a mail of somebody's own. */
static void
test_feed(void **state)
{
	const struct caps caps = { 0 };
	const struct session_mail *mail;
	struct session_feed feed;
	struct result res;
	struct office o;
	struct queue q;

	(void)state;
	office_open(&o, 25, "[queue]\nretry = 1m\n");
	o.conf.smarthost.messages_per_connection = 3;
	put(&o, "123", as_named);
	queue_init(&q, &o.account, &o.settle, &due);
	feed = queue_feed(&q, 1);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
		    feed.next(feed.arg, &caps, &mail), SESSION_MAIL);
		/* none of them is the first on the connection */
		(void)result_fail(&res, RESULT_LOST, "cut");
		envelope_settle_all(
		    mail->env, RCPT_PENDING, RCPT_DEFERRED, &res);
		if (i == 0)
			(void)result_fail(&res, RESULT_TIMEOUT, "slow");
		envelope_settle_all(
		    mail->env, RCPT_DEFERRED, RCPT_DEFERRED, &res);
		feed.settled(feed.arg, mail);
	}
	assert_int_equal(feed.next(feed.arg, &caps, &mail), SESSION_DONE);
	queue_clear(&q);
	assert_int_equal(office_count(office_log(&o), "result=deferred"), 1);
	assert_int_equal(spools_count(o.dir, "queue"), 3);
	office_close(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plays),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_uncounted),
		cmocka_unit_test(test_not_now),
		cmocka_unit_test(test_put_first),
		cmocka_unit_test(test_leftover),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_no_turn),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_feed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
