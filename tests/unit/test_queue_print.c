#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/queue_print.h"

#define ID "01lgjqkq0av6dciov5svk"
#define AT INT64_C(1700000000) /* Tue Nov 14 22:13:20 UTC */

static int
set_up(void **state)
{
	(void)state;
	return setenv("TZ", "UTC", 1);
}

/* A mail of two recipients, made at AT. */
static void
make(struct entry *e)
{
	struct result res;

	entry_init(e);
	memcpy(e->id, ID, sizeof ID);
	e->created = AT;
	e->size = 1234;
	e->uid = 1000;
	e->schedule.next = AT + 60;
	e->return_to = strdup("back@x.example");
	e->message_id = strdup("<m@x.example>");
	assert_int_equal(
	    envelope_set_sender(&e->env, "from@x.example", &res), 0);
	assert_int_equal(
	    envelope_add(&e->env, "one@x.example", "root", &res), 0);
	assert_int_equal(envelope_add(&e->env, "two@x.example", NULL, &res), 0);
	for (size_t i = 0; i < e->env.count; i++)
		e->env.rcpts[i].result = SIZE_MAX;
}

static void
settle(struct entry *e, size_t i, enum rcpt_state state, const char *why)
{
	struct result res;

	(void)result_fail(&res, RESULT_DEFERRED, "%s", why);
	envelope_settle(&e->env, i, state, &res);
}

/* What is printed of `m`; to be freed. */
static char *
printed(void (*print)(FILE *, const struct queue_mail *),
    const struct queue_mail *m)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	print(out, m);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* Compares lines without the blanks before them. */
static void
assert_printed(const struct queue_mail *m, const char *want)
{
	char *got = printed(queue_print_mail, m), *to = got;
	const char *from = got;

	while (*from != '\0') {
		from += strspn(from, " ");
		do
			*to++ = *from;
		while (*from++ != '\n');
	}
	*to = '\0';
	assert_string_equal(got, want);
	free(got);
}

#define ROW(flag) ID flag "    1234 Tue Nov 14 22:13:20  from@x.example\n"
#define NEXT "Tue Nov 14 22:14:20"
#define LAST "Tue Nov 14 22:12:20"

static void
test_times(void **state)
{
	static const struct {
		enum spool_folder folder;
		bool busy, held;
		uint32_t attempts;
		int64_t next; /* from AT */
		const char *row, *line; /* with the reason before it or not */
	} rows[] = {
		{ SPOOL_QUEUE, false, false, 0, 0, ROW(" "), "not tried yet" },
		{ SPOOL_QUEUE, false, false, 1, 0, ROW(" "),
		    "due now, 1 attempt" },
		{ SPOOL_QUEUE, false, false, 0, 60, ROW(" "),
		    "next try at " NEXT },
		{ SPOOL_QUEUE, false, false, 2, 60, ROW(" "),
		    "next try at " NEXT ", 2 attempts" },
		{ SPOOL_QUEUE, false, true, 2, 60, ROW("!"),
		    "held, 2 attempts" },
		{ SPOOL_QUEUE, true, false, 0, 60, ROW("*"),
		    "being tried now" },
		{ SPOOL_QUEUE, true, true, 0, 60, ROW("*"), "being tried now" },
		{ SPOOL_FAILED, false, false, 3, 60, ROW(" "),
		    "last try at " LAST ", 3 attempts" },
	};
	char want[1000];
	struct entry e;

	(void)state;
	make(&e);
	e.schedule.last = AT - 60;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct queue_mail m = { &e, rows[i].folder, rows[i].busy, AT };

		e.schedule.held = rows[i].held;
		e.schedule.attempts = rows[i].attempts;
		e.schedule.next = AT + rows[i].next;
		e.env.rcpts[0].state = e.env.rcpts[1].state = m.folder ==
			SPOOL_FAILED
		    ? RCPT_FAILED
		    : RCPT_PENDING;
		snprintf(want, sizeof want,
		    "%s(%s)\none@x.example\ntwo@x.example\n\n", rows[i].row,
		    rows[i].line);
		assert_printed(&m, want);
	}
	entry_clear(&e);
}

static void
test_reasons(void **state)
{
	struct entry e;
	struct queue_mail m = { &e, SPOOL_QUEUE, false, AT };

	(void)state;
	make(&e);
	settle(&e, 0, RCPT_PENDING, "busy");
	settle(&e, 1, RCPT_PENDING, "busy");
	assert_printed(&m,
	    ROW(" ") "(busy; next try at " NEXT ")\n"
		     "one@x.example\ntwo@x.example\n\n");
	settle(&e, 1, RCPT_PENDING, "full");
	assert_printed(&m,
	    ROW(" ") "(busy; next try at " NEXT ")\none@x.example\n"
		     "(full; next try at " NEXT ")\ntwo@x.example\n\n");
	settle(&e, 0, RCPT_DELIVERED, "done");
	assert_printed(
	    &m, ROW(" ") "(full; next try at " NEXT ")\ntwo@x.example\n\n");
	/* refused at once: there was no try */
	settle(&e, 0, RCPT_FAILED, "bad");
	m.folder = SPOOL_FAILED;
	assert_printed(&m, ROW(" ") "(bad)\none@x.example\n\n");
	entry_clear(&e);
}

static void
test_columns(void **state)
{
	struct entry e;
	struct queue_mail m = { &e, SPOOL_QUEUE, false, AT };
	char *text, *reason, *recipient;

	(void)state;
	make(&e);
	text = printed(queue_print_mail, &m);
	reason = strchr(text, '\n') + 1;
	recipient = strchr(reason, '\n') + 1;
	assert_int_equal(strcspn(reason, "\n"), 78);
	assert_int_equal(strspn(recipient, " "), 41);
	free(text);
	entry_clear(&e);
}

static void
test_senders(void **state)
{
	struct entry e;
	struct queue_mail m = { &e, SPOOL_DROP, false, AT };
	char *text;

	(void)state;
	make(&e);
	assert_string_equal(queue_mail_sender(&m), "back@x.example");
	free(e.return_to);
	e.return_to = NULL;
	assert_null(queue_mail_sender(&m));
	e.uid = 0;
	text = printed(queue_print_mail, &m);
	assert_non_null(strstr(text, "  root\n"));
	assert_non_null(strstr(text, "(to be taken into the queue)\n"));
	free(text);
	m.folder = SPOOL_QUEUE;
	e.env.sender[0] = '\0';
	text = printed(queue_print_mail, &m);
	assert_non_null(strstr(text, "  MAILER-DAEMON\n"));
	free(text);
	entry_clear(&e);
}

/* Whatever stands in the spool. */
static void
test_escapes(void **state)
{
	static const char hostile[] = "a\x1b]0;x\a\r\n-- 9 Kbytes\xff\"\\@x";
	struct entry e;
	struct queue_mail m = { &e, SPOOL_QUEUE, false, AT };
	struct result res;
	char *text;

	(void)state;
	make(&e);
	assert_int_equal(envelope_set_sender(&e.env, hostile, &res), 0);
	assert_int_equal(envelope_add(&e.env, hostile, hostile, &res), 0);
	(void)result_fail(&res, RESULT_DEFERRED, "x");
	memcpy(res.text, hostile, sizeof hostile);
	envelope_settle(&e.env, 2, RCPT_PENDING, &res);
	free(e.message_id);
	e.message_id = strdup(hostile);
	e.created = INT64_MAX;
	text = printed(queue_print_mail, &m);
	assert_null(strpbrk(text, "\x1b\a\r\xff"));
	assert_null(strstr(text, "\n--"));
	assert_non_null(strstr(text, " ?  "));
	free(text);
	text = printed(queue_print_json, &m);
	assert_null(strpbrk(text, "\x1b\a\r\xff"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_non_null(strstr(text,
	    "\"sender\":\"a\\\\x1b]0;x\\\\x07  -- 9 "
	    "Kbytes\\\\xff\\\"\\\\@x\""));
	free(text);
	entry_clear(&e);
}

static void
test_json(void **state)
{
	struct entry e;
	struct queue_mail m = { &e, SPOOL_QUEUE, false, AT };
	char *text;

	(void)state;
	make(&e);
	settle(&e, 1, RCPT_FAILED, "no");
	e.env.results[0].reply = 550;
	text = printed(queue_print_json, &m);
	assert_string_equal(text,
	    "{\"id\":\"" ID "\",\"queue\":\"queue\",\"state\":\"waiting\","
	    "\"arrival\":1700000000,\"size\":1234,\"uid\":1000,"
	    "\"sender\":\"from@x.example\",\"return_to\":\"back@x.example\","
	    "\"message_id\":\"<m@x.example>\",\"attempts\":0,\"last\":0,"
	    "\"next\":1700000060,\"recipients\":["
	    "{\"address\":\"one@x.example\",\"asked\":\"root\","
	    "\"state\":\"waiting\",\"status\":null,\"reply\":null,"
	    "\"reason\":null},"
	    "{\"address\":\"two@x.example\",\"asked\":null,"
	    "\"state\":\"failed\",\"status\":\"4.0.0\",\"reply\":550,"
	    "\"reason\":\"no\"}]}\n");
	free(text);
	entry_clear(&e);
}

static void
test_total(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	queue_print_total(out, 1, 2047);
	queue_print_total(out, 2, 2048);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
	    "                Total requests: 1\n"
	    "-- 1 Kbytes in 1 Request.\n"
	    "                Total requests: 2\n"
	    "-- 2 Kbytes in 2 Requests.\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_senders),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_total),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
