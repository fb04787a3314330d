#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "delivery/schedule.h"
#include "office.h"
#include "spools.h"

#define WAIT 2000 /* ms for a connection */

static int
open_account(struct office *o, enum account_urgency urgency, struct result *res)
{
	return account_open(
	    &o->account, urgency, 0, deadline_in(WAIT, -1), res);
}

/* The turn is there to be taken. */
static bool
is_free(struct office *o)
{
	struct result res;
	struct turn t;
	bool taken = turn_take(&t, &o->spool, "", 1, 0, -1, &res) == 0;

	turn_give(&t);
	return taken;
}

/* A port where nobody listens. */
static int
closed_port(void)
{
	struct smarthost h;

	smarthost_start(&h, NULL);
	smarthost_stop(&h);
	return h.port;
}

static void
assert_paused(const struct office *o, enum pause_cause cause, uint32_t failures,
    int64_t seconds)
{
	int64_t left = o->account.pause.until - time(NULL);

	assert_int_equal(o->account.pause.cause, cause);
	assert_int_equal(o->account.pause.failures, failures);
	assert_true(left <= seconds && left >= seconds - 5);
}

static void
test_no_way(void **state)
{
	struct result res;
	struct office o;

	(void)state;
	office_open(&o, closed_port(), "[queue]\nretry = 1m 5m 15m\n");
	assert_int_equal(account_check(&o.account, ACCOUNT_DUE, &res), 0);
	assert_int_equal(open_account(&o, ACCOUNT_DUE, &res), -1);
	assert_int_equal(res.kind, RESULT_CONNECT);
	assert_true(o.account.tried);
	assert_paused(&o, PAUSE_HOST, 1, 60);
	assert_true(is_free(&o));
	assert_int_equal(office_count(office_log(&o), "event=paused"), 1);
	/* paused: nothing is tried, and why is said */
	assert_int_equal(open_account(&o, ACCOUNT_DUE, &res), -1);
	assert_false(o.account.tried);
	assert_int_equal(res.kind, RESULT_CONNECT);
	assert_non_null(strstr(res.text, "me@x.example: paused until "));
	assert_non_null(strstr(res.text, "refused"));
	assert_paused(&o, PAUSE_HOST, 1, 60);
	assert_string_equal(office_log(&o), "");
	/* but for who is in a hurry */
	assert_int_equal(open_account(&o, ACCOUNT_NOW, &res), -1);
	assert_true(o.account.tried);
	assert_paused(&o, PAUSE_HOST, 2, 300);
	assert_int_equal(open_account(&o, ACCOUNT_FORCE, &res), -1);
	assert_true(o.account.tried);
	assert_paused(&o, PAUSE_HOST, 3, 900);
	assert_true(is_free(&o));
	office_close(&o);
}

/* The steps of the table may go up and down. */
static void
test_steps(void **state)
{
	struct result res;
	struct office o;

	(void)state;
	office_open(&o, closed_port(), "[queue]\nretry = 2h 1m\n");
	assert_int_equal(open_account(&o, ACCOUNT_DUE, &res), -1);
	assert_paused(&o, PAUSE_HOST, 1, 7200);
	assert_int_equal(account_check(&o.account, ACCOUNT_DUE, &res), -1);
	office_close(&o);
}

static const char *
refuse_login(struct smarthost *h, const char *line)
{
	if (h->connections <= 3 && strncmp(line, "AUTH", 4) == 0)
		return "535 5.7.8 no";
	return NULL;
}

static const char *told;

static const char *
refuse_as_told(struct smarthost *h, const char *line)
{
	(void)h;
	return strncmp(line, "AUTH", 4) == 0 ? told : NULL;
}

static void
test_login(void **state)
{
	static const int64_t pauses[] = { 1800, 3600 };
	struct smarthost h;
	struct result res;
	struct office o;
	struct pause p;

	(void)state;
	smarthost_start(&h, refuse_login);
	office_open(&o, h.port, "");
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(open_account(&o, ACCOUNT_FORCE, &res), -1);
		assert_int_equal(res.kind, RESULT_AUTH);
		assert_paused(&o, PAUSE_LOGIN, i + 1, pauses[i]);
		assert_true(is_free(&o));
	}
	assert_int_equal(open_account(&o, ACCOUNT_DUE, &res), -1);
	assert_false(o.account.tried);
	assert_int_equal(res.kind, RESULT_AUTH);
	assert_int_equal(open_account(&o, ACCOUNT_NOW, &res), -1);
	assert_false(o.account.tried);
	/* another password, which is refused, too */
	buf_puts(&o.secret.password, "more");
	assert_int_equal(open_account(&o, ACCOUNT_DUE, &res), -1);
	assert_true(o.account.tried);
	assert_paused(&o, PAUSE_LOGIN, 1, 1800);
	/* the next is taken: all is forgotten */
	assert_int_equal(open_account(&o, ACCOUNT_FORCE, &res), 0);
	assert_false(is_free(&o));
	account_close(&o.account);
	assert_true(is_free(&o));
	pause_peek(&o.spool, "", &p);
	assert_int_equal(p.cause, PAUSE_NONE);
	assert_int_equal(open_account(&o, ACCOUNT_DUE, &res), 0);
	office_close(&o);
	smarthost_stop(&h);
	assert_int_equal(h.connections, 5);
}

static void
set(char **member, const char *value)
{
	free(*member);
	*member = strdup(value);
}

/* Whatever is changed that may make it work: the pause is over. */
static void
test_changes(void **state)
{
	struct result res;
	struct office o;

	(void)state;
	office_open(&o, closed_port(), "");
	for (size_t i = 0; i < 16; i++) {
		struct conf *c = &o.conf;

		assert_int_equal(
		    account_check(&o.account, ACCOUNT_DUE, &res), 0);
		(void)result_fail(&res, RESULT_CERT_TRUST, "who is that?");
		account_fault(&o.account, &res);
		assert_int_equal(
		    account_check(&o.account, ACCOUNT_DUE, &res), -1);
		switch (i) {
		case 0:
			set(&c->smarthost.host, "localhost");
			break;
		case 1:
			c->smarthost.port++;
			break;
		case 2:
			c->smarthost.tls = CONF_TLS_STARTTLS;
			break;
		case 3:
			c->smarthost.auth = CONF_AUTH_LOGIN;
			break;
		case 4:
			set(&c->smarthost.user, "you@x.example");
			break;
		case 5:
			buf_puts(&o.secret.password, "x");
			break;
		case 6:
			set(&c->smarthost.ca_file, "/etc/ca.pem");
			break;
		case 7:
			set(&c->smarthost.ca_path, "/etc/certs");
			break;
		case 8:
			c->smarthost.tls_min = CONF_TLS_1_3;
			break;
		case 9:
			c->smarthost.insecure_auth = 1;
			break;
		case 10:
			set(&c->smarthost.ehlo, "me.example");
			break;
		case 11:
			set(&c->smarthost.tls_pin, "sha256//x");
			break;
		case 12:
			set(&c->smarthost.tls_cert, "/etc/web1.pem");
			break;
		case 13:
			set(&c->smarthost.tls_key, "/etc/web1.key");
			break;
		case 14:
			set(&c->smarthost.source_address, "127.0.0.2");
			break;
		default:
			c->smarthost.connect_timeout++;
			break;
		}
	}
	assert_int_equal(account_check(&o.account, ACCOUNT_DUE, &res), 0);
	office_close(&o);
}

/* What the account hears when a mail for two has met its fate: one got it, or
 * all were deferred for the same reason. */
static bool
hears(struct office *o, const struct result *why, size_t deferred)
{
	struct envelope env;
	struct result res, fine;
	bool heard;

	result_ok(&fine);
	envelope_init(&env);
	assert_int_equal(envelope_add(&env, "a@x", NULL, &res), 0);
	assert_int_equal(envelope_add(&env, "b@x", NULL, &res), 0);
	envelope_settle_all(&env, RCPT_PENDING, RCPT_DELIVERED, &fine);
	for (size_t i = 0; i < deferred; i++)
		envelope_settle(&env, i, RCPT_DEFERRED, why);
	heard = account_hears(&o->account, &env);
	envelope_clear(&env);
	return heard;
}

#define BY_DAY (24 * 60 * 60 + SCHEDULE_DAY_JITTER)

static void
test_hears(void **state)
{
	static const struct {
		const char *stage;
		enum result_kind kind;
		const char *text;
		enum pause_cause cause;
		int64_t least, most; /* seconds */
	} cases[] = {
		{ "MAIL", RESULT_DEFERRED, "not now", PAUSE_HOST, 60, 60 },
		{ "MAIL", RESULT_AUTH, "no", PAUSE_LOGIN, 1800, 1800 },
		{ "DOT", RESULT_AUTH, "no", PAUSE_LOGIN, 1800, 1800 },
		{ "MAIL", RESULT_RATE, "x: 451 MI:SFQ", PAUSE_RATE, 900, 900 },
		{ "RCPT", RESULT_RATE, "x: 451 RP:QRC", PAUSE_RATE, 1800,
		    1800 },
		/* nobody knows how long: as that class is by default */
		{ "DOT", RESULT_RATE, "x: 451 what", PAUSE_RATE, 900, 900 },
		{ "BDAT", RESULT_QUOTA, "x: 554 MI:STC", PAUSE_RATE, 1,
		    BY_DAY },
		/* account_open's, which has noted it */
		{ "AUTH", RESULT_AUTH, "no", PAUSE_NONE, 0, 0 },
		{ "GREETING", RESULT_RATE, "no", PAUSE_NONE, 0, 0 },
		{ "MAIL", RESULT_LOST, "", PAUSE_NONE, 0, 0 },
		{ "MAIL", RESULT_TIMEOUT, "", PAUSE_NONE, 0, 0 },
		{ "RCPT", RESULT_DEFERRED, "not now", PAUSE_NONE, 0, 0 },
		{ "DATA", RESULT_DEFERRED, "not now", PAUSE_NONE, 0, 0 },
		{ "", RESULT_DEFERRED, "", PAUSE_NONE, 0, 0 },
		/* one mail's, or one connection's */
		{ "MAIL", RESULT_SETUP, "553 no", PAUSE_NONE, 0, 0 },
		{ "DOT", RESULT_SPAM, "554 spam", PAUSE_NONE, 0, 0 },
		{ "MAIL", RESULT_RENEW, "451 MI:DMC", PAUSE_NONE, 0, 0 },
	};
	struct result why, res;
	struct office o;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t left;

		office_open(&o, 25, "[queue]\nretry = 1m 5m\n");
		(void)result_fail(&why, cases[i].kind, "%s", cases[i].text);
		why.reply = strstr(cases[i].text, "554") != NULL ? 554 : 451;
		strcpy(why.stage, cases[i].stage);
		assert_int_equal(
		    hears(&o, &why, 2), cases[i].cause != PAUSE_NONE);
		assert_int_equal(o.account.pause.cause, cases[i].cause);
		assert_int_equal(account_check(&o.account, ACCOUNT_DUE, &res),
		    cases[i].cause == PAUSE_NONE ? 0 : -1);
		assert_int_equal(account_check(&o.account, ACCOUNT_NOW, &res),
		    cases[i].cause == PAUSE_LOGIN ? -1 : 0);
		left = o.account.pause.until - time(NULL);
		assert_true(cases[i].cause == PAUSE_NONE ||
		    (left <= cases[i].most && left >= cases[i].least - 5));
		office_close(&o);
	}
}

/* What is said to one of its recipients may be meant for all mail, too. */
static void
test_hears_of_one(void **state)
{
	struct result why;
	struct office o;

	(void)state;
	office_open(&o, 25, "");
	(void)result_fail(&why, RESULT_DEFERRED, "not now");
	strcpy(why.stage, "RCPT");
	assert_false(hears(&o, &why, 1));
	assert_int_equal(o.account.pause.cause, PAUSE_NONE);
	(void)result_fail(&why, RESULT_RATE, "enough");
	strcpy(why.stage, "RCPT");
	assert_true(hears(&o, &why, 1));
	assert_paused(&o, PAUSE_RATE, 1, 900);
	assert_false(hears(&o, NULL, 0));
	assert_int_equal(o.account.pause.cause, PAUSE_NONE);
	office_close(&o);
}

/* "Not now" again and again: that the log-in works forgives nothing of it. */
static void
test_hears_again(void **state)
{
	struct smarthost h;
	struct result why, res;
	struct office o;

	(void)state;
	smarthost_start(&h, NULL);
	office_open(&o, h.port, "[queue]\nretry = 1m 5m 15m\n");
	(void)result_fail(&why, RESULT_DEFERRED, "not now");
	strcpy(why.stage, "MAIL");
	for (uint32_t i = 1; i <= 2; i++) {
		assert_int_equal(open_account(&o, ACCOUNT_FORCE, &res), 0);
		assert_true(hears(&o, &why, 2));
		account_close(&o.account);
		assert_paused(&o, PAUSE_HOST, i, i == 1 ? 60 : 300);
	}
	/* a mail was taken */
	assert_int_equal(open_account(&o, ACCOUNT_FORCE, &res), 0);
	assert_false(hears(&o, NULL, 0));
	account_close(&o.account);
	assert_int_equal(o.account.pause.cause, PAUSE_NONE);
	assert_int_equal(account_check(&o.account, ACCOUNT_DUE, &res), 0);
	/* nor of what was said of another recipient */
	(void)result_fail(&why, RESULT_RATE, "enough");
	strcpy(why.stage, "RCPT");
	assert_true(hears(&o, &why, 1));
	assert_int_equal(open_account(&o, ACCOUNT_FORCE, &res), 0);
	account_close(&o.account);
	assert_paused(&o, PAUSE_RATE, 1, 900);
	office_close(&o);
	smarthost_stop(&h);
}

/* What the greeting and the log-in are answered by, and how long it rests. */
static void
test_judged_door(void **state)
{
	static const struct {
		const char *reply;
		enum result_kind kind;
		enum pause_cause cause;
		int64_t seconds;
	} cases[] = {
		{ "535 Error: authentication failed", RESULT_AUTH, PAUSE_LOGIN,
		    1800 },
		{ "451 Requested mail action not taken: too much fail "
		  "authentication",
		    RESULT_AUTH, PAUSE_LOGIN, 1800 },
		{ "421 HL:ICC 163 smtp8", RESULT_RATE, PAUSE_RATE, 900 },
		{ "554 HL:IHU 163 smtp8", RESULT_RATE, PAUSE_RATE, 1800 },
		{ "451 DT:SPM ,please try again", RESULT_DEFERRED, PAUSE_HOST,
		    60 },
		{ "554 HL:IPB 163 smtp8", RESULT_SETUP, PAUSE_HOST, 60 },
		{ "550 RP:RCL", RESULT_AUTH, PAUSE_LOGIN, 1800 },
	};
	struct smarthost h;
	struct result res;
	struct office o;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		smarthost_start(&h, refuse_as_told);
		told = cases[i].reply;
		office_open(&o, h.port, "[queue]\nretry = 1m 5m\n");
		assert_int_equal(open_account(&o, ACCOUNT_DUE, &res), -1);
		assert_int_equal(res.kind, cases[i].kind);
		assert_paused(&o, cases[i].cause, 1, cases[i].seconds);
		office_close(&o);
		smarthost_stop(&h);
	}
}

/* What is nobody's fault pauses nothing. */
static void
test_no_fault(void **state)
{
	struct smarthost h;
	struct result res;
	struct office o;
	struct turn t;
	int ends[2];

	(void)state;
	smarthost_start(&h, NULL);
	office_open(&o, h.port, "");
	assert_int_equal(turn_take(&t, &o.spool, "", 1, 0, -1, &res), 0);
	assert_int_equal(open_account(&o, ACCOUNT_DUE, &res), -1);
	assert_int_equal(res.kind, RESULT_BUSY);
	assert_false(o.account.tried);
	turn_give(&t);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(account_open(&o.account, ACCOUNT_DUE, 0,
			     deadline_in(WAIT, ends[0]), &res),
	    -1);
	assert_int_equal(res.kind, RESULT_INTERRUPTED);
	assert_true(o.account.tried);
	assert_true(is_free(&o));
	assert_int_equal(account_check(&o.account, ACCOUNT_DUE, &res), 0);
	assert_int_equal(o.account.pause.cause, PAUSE_NONE);
	assert_string_equal(office_log(&o), "");
	close(ends[0]);
	close(ends[1]);
	office_close(&o);
	smarthost_stop(&h);
}

static void
test_no_spool(void **state)
{
	struct result res;
	struct office o;

	(void)state;
	office_open(&o, closed_port(), "");
	account_clear(&o.account);
	account_init(&o.account, &o.conf, NULL, &o.delivery);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(open_account(&o, ACCOUNT_DUE, &res), -1);
		assert_true(o.account.tried);
		assert_int_equal(o.account.turn.fd, -1);
		assert_int_equal(
		    account_check(&o.account, ACCOUNT_DUE, &res), 0);
	}
	assert_int_equal(spools_count(o.dir, "state"), 0);
	assert_string_equal(office_log(&o), "");
	office_close(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_way),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_hears),
		cmocka_unit_test(test_hears_of_one),
		cmocka_unit_test(test_hears_again),
		cmocka_unit_test(test_judged_door),
		cmocka_unit_test(test_no_fault),
		cmocka_unit_test(test_no_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
