#include "config.h"

#include <bsd/string.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "delivery/schedule.h"
#include "office.h"
#include "spools.h"

#define DAY (24 * 60 * 60)

static int
set_up(void **state)
{
	static struct office office;

	signal(SIGXFSZ, SIG_IGN);
	office_open(&office, 25, "[queue]\nretry = 1m 5m\nlifetime = 2d\n");
	*state = &office;
	return 0;
}

static int
tear_down(void **state)
{
	office_close(*state);
	return 0;
}

/* Settles recipient `i` by what the smarthost says. */
static void
say(struct entry *e, size_t i, enum rcpt_state state, enum result_kind kind,
    const char *words)
{
	struct result why;

	if (kind == RESULT_OK)
		result_ok(&why);
	else
		(void)result_fail(&why, kind, "%s", words);
	envelope_settle(&e->env, i, state, &why);
}

static void
attempt(struct office *o, struct entry *e)
{
	struct result res;

	if (settle_attempt(&o->settle, e, "relay:25", &res) == -1 ||
	    (settle_is_done(e) && settle_remove(&o->settle, e, &res) == -1))
		fail_msg("%s", res.text);
	entry_clear(e);
}

static void
test_delivered(void **state)
{
	struct office *o = *state;
	char id[ENTRY_ID_MAX];
	struct entry e;
	struct result res;

	for (size_t i = 1; i <= SETTLE_UNSYNCED_MAX + 1; i++) {
		office_put(o, "a@x.example", NULL, id);
		office_take(o, SPOOL_QUEUE, id, &e);
		say(&e, 0, RCPT_DELIVERED, RESULT_OK, "");
		attempt(o, &e);
		assert_int_equal(o->settle.unsynced, i % SETTLE_UNSYNCED_MAX);
	}
	assert_int_equal(spools_count(o->dir, "queue"), 0);
	assert_int_equal(spools_count(o->dir, "failed"), 0);
	assert_int_equal(settle_sync(&o->settle, &res), 0);
	assert_int_equal(o->settle.unsynced, 0);
	assert_int_equal(office_count(office_log(o), "result=delivered"),
	    SETTLE_UNSYNCED_MAX + 1);
}

/* What is durable of a mail that somebody has and somebody has not. */
static void
test_deferred(void **state)
{
	static const int64_t steps[] = { 60, 300, 300 };
	struct office *o = *state;
	char id[ENTRY_ID_MAX];
	struct entry e;

	office_put(o, "a@x.example,b@x.example", NULL, id);
	for (uint32_t i = 0; i < 3; i++) {
		int64_t before = time(NULL), wait;

		office_take(o, SPOOL_QUEUE, id, &e);
		if (i == 0)
			say(&e, 0, RCPT_DELIVERED, RESULT_OK, "");
		else
			assert_int_equal(e.env.rcpts[0].state, RCPT_DELIVERED);
		assert_int_equal(e.env.rcpts[1].state, RCPT_PENDING);
		say(&e, 1, RCPT_DEFERRED, RESULT_DEFERRED, "later");
		attempt(o, &e);
		office_take(o, SPOOL_QUEUE, id, &e);
		assert_int_equal(e.schedule.attempts, i + 1);
		assert_true(
		    e.schedule.last >= before && e.schedule.last <= time(NULL));
		wait = e.schedule.next - e.schedule.last;
		assert_true(wait >= steps[i] && wait <= steps[i] * 6 / 5);
		assert_string_equal(
		    envelope_result(&e.env, &e.env.rcpts[1])->text, "later");
		entry_clear(&e);
	}
	assert_int_equal(office_count(office_log(o), "result=delivered"), 1);
	assert_int_equal(spools_count(o->dir, "failed"), 0);
}

/* Refused: the mail is in failed/, and the sender is told of it. */
static void
test_failed(void **state)
{
	struct office *o = *state;
	char id[ENTRY_ID_MAX];
	const char *text;
	struct entry e;

	office_put(o, "a@x.example,b@x.example", NULL, id);
	office_take(o, SPOOL_QUEUE, id, &e);
	say(&e, 0, RCPT_DELIVERED, RESULT_OK, "");
	say(&e, 1, RCPT_FAILED, RESULT_RECIPIENT, "no such user");
	attempt(o, &e);
	office_take(o, SPOOL_FAILED, id, &e);
	assert_int_equal(e.env.rcpts[0].state, RCPT_DELIVERED);
	assert_int_equal(e.env.rcpts[1].state, RCPT_FAILED);
	entry_clear(&e);
	office_take_only(o, SPOOL_QUEUE, &e);
	assert_int_equal(e.origin, ENTRY_REPORT);
	assert_string_equal(e.env.rcpts[0].address, "me@y.example");
	assert_string_equal(e.env.sender, "me@x.example");
	assert_string_equal(e.return_to, "");
	text = office_message(o, &e);
	assert_non_null(strstr(text, "Final-Recipient: rfc822; b@x.example"));
	assert_null(strstr(text, "Final-Recipient: rfc822; a@x.example"));
	assert_non_null(strstr(text, "no such user"));
	assert_non_null(strstr(text, "Subject: one"));
	entry_clear(&e);
	assert_non_null(strstr(office_log(o), "event=reported"));
}

static void
from_nobody(struct entry *e)
{
	e->return_to[0] = '\0';
}

static void
report(struct entry *e)
{
	e->origin = ENTRY_REPORT;
}

static void
never(struct entry *e)
{
	e->env.dsn.notify = strdup("NEVER");
}

static void
success(struct entry *e)
{
	e->env.dsn.notify = strdup("SUCCESS,DELAY");
}

static void
to_a_file(struct entry *e)
{
	free(e->return_to);
	e->return_to = strdup("file@localhost");
}

static void
to_an_empty_list(struct entry *e)
{
	free(e->return_to);
	e->return_to = strdup("nobody@localhost");
}

/* Whatever becomes of the report, what was refused does not stay. */
static void
test_unreported(void **state)
{
	static const struct {
		void (*change)(struct entry *e);
		const char *says;
	} cases[] = {
		{ from_nobody, "it has no sender" },
		{ report, "a report is not reported on" },
		{ never, "the sender wants no report" },
		{ success, "the sender wants no report" },
		{ to_a_file, "nobody is told: <file@localhost>" },
		{ to_an_empty_list, "nobody is told: <nobody@localhost>" },
	};
	struct office *o = *state;
	char id[ENTRY_ID_MAX];
	struct entry e;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		office_put(o, "a@x.example", cases[i].change, id);
		office_take(o, SPOOL_QUEUE, id, &e);
		say(&e, 0, RCPT_FAILED, RESULT_REFUSED, "spam");
		attempt(o, &e);
		office_take(o, SPOOL_FAILED, id, &e);
		assert_int_equal(e.env.rcpts[0].state, RCPT_FAILED);
		entry_clear(&e);
		assert_non_null(strstr(office_log(o), cases[i].says));
		assert_null(strstr(o->text, "event=reported"));
		assert_int_equal(spools_count(o->dir, "queue"), 0);
	}
}

/* Without room for the report, nobody has failed yet. */
static void
test_no_room(void **state)
{
	struct rlimit before, small;
	struct office *o = *state;
	char id[ENTRY_ID_MAX];
	struct entry e;
	struct result res;

	office_put(o, "a@x.example,b@x.example", NULL, id);
	office_take(o, SPOOL_QUEUE, id, &e);
	say(&e, 0, RCPT_DELIVERED, RESULT_OK, "");
	say(&e, 1, RCPT_FAILED, RESULT_RECIPIENT, "no such user");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	/* enough for what is saved in place, not for the report */
	small = (struct rlimit){ 4500, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(settle_attempt(&o->settle, &e, "relay:25", &res), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	entry_clear(&e);
	assert_int_equal(spools_count(o->dir, "queue"), 1);
	assert_int_equal(spools_count(o->dir, "failed"), 0);
	assert_non_null(strstr(office_log(o), "event=report-failed"));
	office_take(o, SPOOL_QUEUE, id, &e);
	assert_int_equal(e.env.rcpts[0].state, RCPT_DELIVERED);
	assert_int_equal(e.env.rcpts[1].state, RCPT_PENDING);
	assert_int_equal(e.schedule.attempts, 1);
	assert_true(e.schedule.next > time(NULL));
	/* and with room it has */
	say(&e, 1, RCPT_FAILED, RESULT_RECIPIENT, "no such user");
	attempt(o, &e);
	assert_int_equal(spools_count(o->dir, "failed"), 1);
}

static void
unreadable(struct entry *e)
{
	free(e->return_to);
	e->return_to = strdup("two words@x.example");
}

/* A report that can never be made keeps nothing alive. */
static void
test_impossible_report(void **state)
{
	struct office *o = *state;
	char id[ENTRY_ID_MAX];
	struct entry e;

	office_put(o, "a@x.example", unreadable, id);
	office_take(o, SPOOL_QUEUE, id, &e);
	say(&e, 0, RCPT_FAILED, RESULT_REFUSED, "spam");
	attempt(o, &e);
	assert_int_equal(spools_count(o->dir, "queue"), 0);
	assert_int_equal(spools_count(o->dir, "failed"), 1);
	assert_non_null(strstr(office_log(o), "event=report-failed"));
}

static void
old(struct entry *e)
{
	e->created = time(NULL) - 3 * DAY;
	e->schedule.attempts = SCHEDULE_ATTEMPTS_MIN - 1;
}

static void
old_but_untried(struct entry *e)
{
	old(e);
	e->schedule.attempts--;
}

static void
tried_but_young(struct entry *e)
{
	e->schedule.attempts = 1000;
}

static void
test_expiry(void **state)
{
	static const struct {
		void (*change)(struct entry *e);
		uint32_t account_failures;
		bool over;
	} cases[] = {
		{ old, 0, true },
		{ old_but_untried, 0, false },
		{ old_but_untried, 1, true },
		{ tried_but_young, 1000, false },
	};
	struct office *o = *state;
	const struct result *why;
	char id[ENTRY_ID_MAX];
	struct entry e;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		office_put(o, "a@x.example", cases[i].change, id);
		office_take(o, SPOOL_QUEUE, id, &e);
		say(&e, 0, RCPT_DEFERRED, RESULT_LOST, "it broke");
		o->settle.account_failures = cases[i].account_failures;
		attempt(o, &e);
		if (!cases[i].over) {
			office_take(o, SPOOL_QUEUE, id, &e);
			assert_int_equal(e.env.rcpts[0].state, RCPT_PENDING);
			entry_clear(&e);
			continue;
		}
		office_take(o, SPOOL_FAILED, id, &e);
		why = envelope_result(&e.env, &e.env.rcpts[0]);
		assert_int_equal(why->kind, RESULT_EXPIRED);
		assert_string_equal(why->status, "4.4.2");
		assert_non_null(strstr(why->text, "given up after"));
		assert_non_null(strstr(why->text, "lifetime is 2d"));
		assert_non_null(strstr(why->text, ": it broke"));
		entry_clear(&e);
		assert_non_null(strstr(office_log(o), "event=reported"));
	}
}

/* Settles recipient `i` by a refusal of the message. */
static void
refuse(struct entry *e, size_t i, enum result_kind kind, const char *words)
{
	struct result why;

	(void)result_fail(&why, kind, "h refused the message: %s", words);
	why.reply = (int)strtol(words, NULL, 10);
	strlcpy(why.stage, "DOT", sizeof why.stage);
	envelope_settle(&e->env, i, RCPT_DEFERRED, &why);
}

/* When the next attempt is due, where what was said asks for something. */
static void
test_waits(void **state)
{
	static const struct {
		enum result_kind kind;
		const char *words;
		uint32_t attempts; /* this one counted */
		int64_t least, most; /* seconds */
	} cases[] = {
		{ RESULT_DEFERRED, "451 later", 1, 60, 72 },
		{ RESULT_DEFERRED, "451 DT:SPM ,please", 1, 120, 120 },
		{ RESULT_DEFERRED, "451 DT:SPM ,please", 2, 300, 360 },
		{ RESULT_SPAM, "554 DT:SPM", 1, 600, 600 },
		{ RESULT_SPAM, "554 DT:SPM", 2, 600, 600 },
		{ RESULT_SPAM, "554 who says so?", 1, 600, 600 },
		{ RESULT_SPAM, "554 Reject by behaviour spam", 1, 1800, 1800 },
		/* a new connection is enough, but not for ever */
		{ RESULT_RENEW, "451 MI:DMC", 1, 60, 60 },
		{ RESULT_RENEW, "451 MI:DMC", 3, 60, 60 },
		{ RESULT_RENEW, "451 MI:DMC", 4, 300, 360 },
		{ RESULT_RATE, "451 MI:SFQ", 1, 900, 900 },
		{ RESULT_RATE, "550 5.4.5 Daily limit", 1, SCHEDULE_WORD_MAX,
		    SCHEDULE_WORD_MAX },
		{ RESULT_SETUP, "554 DT:SUM", 1, 60, 72 },
		{ RESULT_QUOTA, "554 MI:STC", 2, 300, 360 },
	};
	struct office *o = *state;
	char id[ENTRY_ID_MAX];
	struct entry e;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t wait;

		office_put(o, "a@x.example,b@x.example", NULL, id);
		office_take(o, SPOOL_QUEUE, id, &e);
		e.schedule.attempts = cases[i].attempts - 1;
		say(&e, 0, RCPT_DELIVERED, RESULT_OK, "");
		refuse(&e, 1, cases[i].kind, cases[i].words);
		attempt(o, &e);
		office_take(o, SPOOL_QUEUE, id, &e);
		wait = e.schedule.next - e.schedule.last;
		if (wait < cases[i].least || wait > cases[i].most)
			fail_msg("%s: %lld", cases[i].words, (long long)wait);
		assert_false(schedule_is_due(
		    e.schedule.next, e.schedule.last, &o->conf.queue.retry));
		assert_int_equal(envelope_result(&e.env, &e.env.rcpts[1])->kind,
		    cases[i].kind);
		entry_clear(&e);
	}
}

/* Taken for spam three times: that is the end, but for others. */
static void
test_spam(void **state)
{
	struct office *o = *state;
	const struct result *why;
	char id[ENTRY_ID_MAX];
	struct entry e;

	office_put(o, "a@x.example,b@x.example", NULL, id);
	for (uint32_t i = 1; i <= 3; i++) {
		office_take(o, SPOOL_QUEUE, id, &e);
		assert_int_equal(envelope_count(&e.env, RCPT_PENDING), 2);
		refuse(&e, 0, RESULT_SPAM, "554 DT:SPM");
		refuse(&e, 1, RESULT_DEFERRED, "451 later");
		attempt(o, &e);
	}
	office_take(o, SPOOL_QUEUE, id, &e);
	assert_int_equal(e.env.rcpts[0].state, RCPT_FAILED);
	assert_int_equal(e.env.rcpts[1].state, RCPT_PENDING);
	why = envelope_result(&e.env, &e.env.rcpts[0]);
	assert_int_equal(why->kind, RESULT_REFUSED);
	assert_int_equal(why->reply, 554);
	assert_non_null(strstr(why->text,
	    "given up after 3 attempts (taken for spam): h refused"));
	entry_clear(&e);
	assert_int_equal(office_count(office_log(o), "event=reported"), 1);
}

static void
untried(struct office *o, struct entry *e, const char *words)
{
	struct result why, res;

	(void)result_fail(&why, RESULT_CONNECT, "%s", words);
	if (settle_untried(&o->settle, e, &why, &res) == -1 ||
	    (settle_is_done(e) && settle_remove(&o->settle, e, &res) == -1))
		fail_msg("%s", res.text);
	entry_clear(e);
}

static void
old_enough(struct entry *e)
{
	old(e);
	e->schedule.attempts = SCHEDULE_ATTEMPTS_MIN;
	e->schedule.next = e->schedule.last = 7;
}

static void
test_untried(void **state)
{
	struct office *o = *state;
	char id[ENTRY_ID_MAX];
	struct entry e;

	/* not over: untouched */
	office_put(o, "a@x.example", tried_but_young, id);
	office_take(o, SPOOL_QUEUE, id, &e);
	untried(o, &e, "down");
	office_take(o, SPOOL_QUEUE, id, &e);
	assert_int_equal(e.schedule.attempts, 1000);
	assert_int_equal(e.schedule.last, 0);
	assert_string_equal(office_log(o), "");
	/* somebody has it, somebody not, and a crash came between */
	say(&e, 0, RCPT_DELIVERED, RESULT_OK, "");
	e.env.rcpts[0].earlier = true;
	untried(o, &e, "down");
	assert_int_equal(spools_count(o->dir, "queue"), 0);
	assert_string_equal(office_log(o), "");
	office_put(o, "a@x.example,b@x.example", NULL, id);
	office_take(o, SPOOL_QUEUE, id, &e);
	say(&e, 0, RCPT_DELIVERED, RESULT_OK, "");
	say(&e, 1, RCPT_FAILED, RESULT_REFUSED, "no");
	e.env.rcpts[0].earlier = e.env.rcpts[1].earlier = true;
	untried(o, &e, "down");
	/* it was reported before it was written */
	assert_int_equal(spools_count(o->dir, "queue"), 0);
	office_take(o, SPOOL_FAILED, id, &e);
	entry_clear(&e);
	/* over */
	office_put(o, "a@x.example", old_enough, id);
	office_take(o, SPOOL_QUEUE, id, &e);
	untried(o, &e, "down");
	office_take(o, SPOOL_FAILED, id, &e);
	assert_int_equal(e.schedule.attempts, SCHEDULE_ATTEMPTS_MIN);
	assert_non_null(
	    strstr(envelope_result(&e.env, &e.env.rcpts[0])->text, ": down"));
	entry_clear(&e);
	assert_int_equal(spools_count(o->dir, "queue"), 1);
}

/* What cannot be put away stays, and says so. */
static void
test_storage(void **state)
{
	struct rlimit before, none;
	struct office *o = *state;
	char id[ENTRY_ID_MAX];
	struct entry e;
	struct result res;

	office_put(o, "a@x.example", NULL, id);
	office_take(o, SPOOL_QUEUE, id, &e);
	say(&e, 0, RCPT_DELIVERED, RESULT_OK, "");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(settle_attempt(&o->settle, &e, "", &res), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_int_equal(spools_count(o->dir, "queue"), 1);
	assert_int_equal(o->settle.unsynced, 0);
	entry_clear(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_delivered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_deferred, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_unreported, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_no_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_impossible_report, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_expiry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_spam, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_untried, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_storage, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
