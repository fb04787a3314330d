#include "config.h"

#include <bsd/stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "delivery/account.h"
#include "delivery/schedule.h"
#include "spool/login.h"
#include "spool/rate.h"

#define KEY_MAX 65536
#define LOGIN_PAUSE_MAX (24 * 60 * 60) /* seconds */

void
account_init(struct account *a, const struct conf *conf, struct spool *spool,
    struct delivery *delivery)
{
	*a = (struct account){ .conf = conf,
		.spool = spool,
		.delivery = delivery,
		.turn = { .fd = -1 } };
	result_ok(&a->blocked);
	buf_init(&a->secret, KEY_MAX);
}

void
account_block(struct account *a, const struct result *why)
{
	a->blocked = *why;
}

const char *
account_name(const struct account *a)
{
	const struct conf *c = a->conf;

	if (c->account[0] != '\0')
		return c->account;
	return c->smarthost.user[0] != '\0' ? c->smarthost.user
					    : c->smarthost.host;
}

/* Everything that, when it changes, may make the account work again. */
static struct state_key
make_key(struct account *a)
{
	const struct buf *password = &a->delivery->secret->password;
	const struct conf *c = a->conf;
	const long numbers[] = { c->smarthost.protocol, c->smarthost.port,
		c->smarthost.tls, c->smarthost.tls_min, c->smarthost.auth,
		c->smarthost.insecure_auth, c->smarthost.connect_timeout,
		c->smarthost.timeout };
	const char *const texts[] = { c->smarthost.host, c->smarthost.user,
		c->smarthost.ca_file, c->smarthost.ca_path,
		c->smarthost.tls_pin, c->smarthost.tls_cert,
		c->smarthost.tls_key, c->smarthost.source_address,
		c->smarthost.proxy, c->smarthost.ehlo,
		a->delivery->id->account.data };

	buf_reset(&a->secret);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		buf_printf(&a->secret, "%ld\n", numbers[i]);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		buf_printf(&a->secret, "%s\n", texts[i]);
	buf_add(&a->secret, password->data, password->len);
	return (struct state_key){ c->account, a->secret.data, a->secret.len };
}

static bool
counts(enum pause_cause cause, enum account_urgency urgency)
{
	static const enum account_urgency most[] = {
		[PAUSE_HOST] = ACCOUNT_DUE,
		[PAUSE_LOGIN] = ACCOUNT_NOW,
		[PAUSE_RATE] = ACCOUNT_DUE,
	};

	return cause != PAUSE_NONE && urgency <= most[cause];
}

/* The most seconds that its pause can be in force. */
static int64_t
longest_pause(const struct account *a)
{
	switch (a->pause.cause) {
	case PAUSE_LOGIN:
		return LOGIN_PAUSE_MAX;
	case PAUSE_RATE:
		return PROVIDER_WAIT_MAX + SCHEDULE_DAY_JITTER;
	default:
		return schedule_longest(&a->conf->queue.retry);
	}
}

int
account_check(
    struct account *a, enum account_urgency urgency, struct result *res)
{
	struct state_key key;
	struct tm tm = { 0 };
	char until[32] = "";
	time_t then;

	if (a->blocked.kind != RESULT_OK) {
		*res = a->blocked;
		return -1;
	}
	if (a->spool == NULL)
		return 0;
	key = make_key(a);
	pause_load(a->spool, &key, &a->pause);
	if (!counts(a->pause.cause, urgency) ||
	    !pause_holds(&a->pause, time(NULL), longest_pause(a)))
		return 0;
	then = (time_t)a->pause.until;
	if (localtime_r(&then, &tm) != NULL)
		(void)strftime(until, sizeof until, "%F %T", &tm);
	*res = a->pause.why;
	return result_context(
	    res, "%s: paused until %s after", account_name(a), until);
}

/* What is held against an account. */
struct fault {
	const struct account *account;
	const struct result *why;
};

static enum pause_cause
cause_of(const struct result *why)
{
	switch (why->kind) {
	case RESULT_AUTH:
		return PAUSE_LOGIN;
	case RESULT_RATE:
	case RESULT_QUOTA:
		return PAUSE_RATE;
	default:
		return PAUSE_HOST;
	}
}

static int64_t
pause_seconds(uint32_t failures, const void *arg)
{
	const struct fault *f = arg;

	switch (f->why->kind) {
	case RESULT_AUTH:
		return schedule_login_pause(failures);
	case RESULT_RATE:
		return judge_wait(f->account->delivery->judge, f->why);
	case RESULT_QUOTA:
		return schedule_day_pause(time(NULL), arc4random());
	default:
		return schedule_wait(
		    &f->account->conf->queue.retry, failures, 0);
	}
}

void
account_fault(struct account *a, const struct result *why)
{
	const struct fault fault = { a, why };
	struct state_key key;
	struct result res;

	if (a->spool == NULL)
		return;
	key = make_key(a);
	if (pause_note(a->spool, &key, &a->pause, cause_of(why), why,
		time(NULL), pause_seconds, &fault, &res) == -1)
		log_line(LOG_FAILURE, "%s", res.text);
	else
		log_line(LOG_WARN,
		    "account=%s event=paused seconds=%lld failures=%u %s",
		    account_name(a), (long long)(a->pause.until - time(NULL)),
		    a->pause.failures, why->text);
}

bool
account_is_fault(const struct result *why)
{
	switch (why->kind) {
	case RESULT_BUSY:
	case RESULT_STORAGE:
	case RESULT_INTERRUPTED:
	case RESULT_HANDED_OVER:
	case RESULT_SYSTEM:
	case RESULT_BUG:
		return false;
	default:
		return true;
	}
}

/* It works: what was held against it is over. */
static void
forgive(struct account *a)
{
	struct state_key key;
	struct result res;

	if (a->spool == NULL || a->pause.cause == PAUSE_NONE)
		return;
	key = make_key(a);
	if (pause_clear(a->spool, &key, &res) == -1)
		log_line(LOG_FAILURE, "%s", res.text);
	a->pause = (struct pause){ .cause = PAUSE_NONE };
}

/* Waits for a turn.  Without room for its lock, on a disk that is full, one
 * connection too many is better than none: what is sent makes room. */
static int
take_turn(struct account *a, long wait, struct result *res)
{
	if (a->spool == NULL ||
	    turn_take(&a->turn, a->spool, a->conf->account,
		a->conf->smarthost.max_connections, wait, a->delivery->cancel,
		res) == 0)
		return 0;
	if (res->kind != RESULT_STORAGE)
		return -1;
	log_line(LOG_FAILURE, "%s", res->text);
	return 0;
}

/* Whether it is what the smarthost said of a mail. */
static bool
is_of_mail(const struct result *why)
{
	static const char *const stages[] = { "MAIL", "RCPT", "DATA", "DOT",
		"BDAT" };

	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (strcmp(why->stage, stages[i]) == 0)
			return true;
	return false;
}

/* Whether it was said of a mail and is meant for all: of the account, or "not
 * now" to the sender. */
static bool
is_for_all(const struct result *why)
{
	switch (why->kind) {
	case RESULT_AUTH:
	case RESULT_RATE:
	case RESULT_QUOTA:
		return is_of_mail(why);
	case RESULT_DEFERRED:
		return strcmp(why->stage, "MAIL") == 0;
	default:
		return false;
	}
}

bool
account_hears(struct account *a, const struct envelope *env)
{
	const struct result *why;

	for (size_t i = 0; i < env->count; i++) {
		const struct rcpt *rcpt = &env->rcpts[i];

		why = envelope_result(env, rcpt);
		if (rcpt->state == RCPT_DEFERRED && why != NULL &&
		    is_for_all(why)) {
			account_fault(a, why);
			return true;
		}
	}
	if (envelope_deferred_by(env) == NULL)
		forgive(a);
	return false;
}

/* Whether the pause says what the smarthost thought of a mail: then it is no
 * news that it lets us in. */
static bool
is_of_mails(const struct pause *p)
{
	return p->cause != PAUSE_NONE && is_of_mail(&p->why);
}

static bool
chooses_login(const struct account *a)
{
	return a->spool != NULL && a->conf->smarthost.auth == CONF_AUTH_AUTO;
}

void
account_recall(struct account *a)
{
	struct state_key key;

	if (!chooses_login(a))
		return;
	key = make_key(a);
	a->delivery->least = (enum sasl_grade)login_load(a->spool, &key);
}

/* Connects; and keeps in mind how well the log-in guards the password, for no
 * worse one is taken later. */
static int
log_in(struct account *a, struct deadline until, struct result *res)
{
	struct state_key key;
	enum sasl_grade grade;
	struct result failed;

	account_recall(a);
	if (deliver_open(a->delivery, until, res) == -1)
		return -1;
	grade = session_grade(a->delivery->session);
	if (!chooses_login(a) || grade <= a->delivery->least)
		return 0;
	key = make_key(a);
	if (login_note(a->spool, &key, grade, &failed) == -1)
		log_line(LOG_FAILURE, "%s", failed.text);
	return 0;
}

int
account_open(struct account *a, enum account_urgency urgency, long wait,
    struct deadline until, struct result *res)
{
	a->tried = false;
	if (account_check(a, urgency, res) == -1)
		return -1;
	if (take_turn(a, wait, res) == -1)
		return -1;
	/* whoever had the turn before may have come to know better */
	if (account_check(a, urgency, res) == 0) {
		a->tried = true;
		if (log_in(a, until, res) == 0) {
			if (!is_of_mails(&a->pause))
				forgive(a);
			return 0;
		}
		if (account_is_fault(res))
			account_fault(a, res);
	}
	turn_give(&a->turn);
	return -1;
}

int
account_count(struct account *a, long *seconds, struct result *res)
{
	long most = a->conf->smarthost.messages_per_minute;

	*seconds = 0;
	if (most > 0 && a->spool != NULL)
		*seconds = rate_take(
		    a->spool, a->conf->account, most, time(NULL));
	if (*seconds == 0)
		return 0;
	return result_fail(res, RESULT_BUSY,
	    "%s: %ld mails were sent in this minute, which is all that "
	    "messages_per_minute allows",
	    account_name(a), most);
}

void
account_close(struct account *a)
{
	deliver_close(a->delivery);
	turn_give(&a->turn);
}

void
account_clear(struct account *a)
{
	account_close(a);
	buf_free(&a->secret);
}
