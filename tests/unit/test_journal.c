#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "delivery/journal.h"
#include "spools.h"

#define LINE_MAX_BYTES 6144 /* of the log */

struct book {
	char dir[256];
	char path[300];
	char text[262144];
	struct envelope env;
};

static int
set_up(void **state)
{
	static struct book book;
	struct result res;

	spools_make(book.dir);
	snprintf(book.path, sizeof book.path, "%s/log", book.dir);
	assert_int_equal(log_open(NULL, book.path, &res), 0);
	envelope_init(&book.env);
	assert_int_equal(
	    envelope_set_sender(&book.env, "me@x.example", &res), 0);
	*state = &book;
	return 0;
}

static int
tear_down(void **state)
{
	struct book *book = *state;
	struct result res;

	envelope_clear(&book->env);
	assert_int_equal(log_open(NULL, NULL, &res), 0);
	spools_remove(book->dir);
	return 0;
}

static void
add(struct book *book, const char *address, const char *asked,
    enum rcpt_state state, const char *words)
{
	struct result res, why;

	assert_int_equal(envelope_add(&book->env, address, asked, &res), 0);
	(void)result_fail(&why,
	    state == RCPT_DEFERRED ? RESULT_DEFERRED : RESULT_RECIPIENT, "%s",
	    words);
	envelope_settle(&book->env, book->env.count - 1, state,
	    *words == '\0' ? NULL : &why);
}

/* What was logged, each line without its time. */
static const char *
read_book(struct book *book)
{
	char line[LINE_MAX_BYTES + 128], *text;
	FILE *f = fopen(book->path, "r");
	size_t n = 0;

	assert_non_null(f);
	book->text[0] = '\0';
	while (fgets(line, sizeof line, f) != NULL) {
		text = strstr(line, "]: ");
		assert_non_null(text);
		n += (size_t)snprintf(
		    book->text + n, sizeof book->text - n, "%s", text + 3);
		assert_true(n < sizeof book->text);
	}
	fclose(f);
	return book->text;
}

static const struct journal full = { .id = "abc",
	.uid = 7,
	.message_id = "<id@x>",
	.relay = "relay:25",
	.delay = 1.25,
	.exit = 67 };

static void
test_groups(void **state)
{
	struct book *book = *state;

	add(book, "a@x", NULL, RCPT_DELIVERED, "ok");
	add(book, "b@x", "root", RCPT_DELIVERED, "ok");
	add(book, "c@x", NULL, RCPT_FAILED, "no such user");
	add(book, "d@x", NULL, RCPT_DEFERRED, "not now");
	add(book, "e@x", NULL, RCPT_DEFERRED, "not now, either");
	add(book, "f@x", NULL, RCPT_PENDING, "");
	add(book, "g@x", NULL, RCPT_DEFERRED, "not now, either");
	add(book, "h@x", NULL, RCPT_FAILED, "earlier");
	book->env.rcpts[7].earlier = true;
	journal_results(&full, &book->env);
	assert_string_equal(read_book(book),
	    "id=abc uid=7 msgid=<id@x> from=<me@x.example> "
	    "to=<a@x>,<b@x>(root) relay=relay:25 delay=1.25 exit=67 "
	    "status=5.1.1 result=delivered ok\n"
	    "id=abc uid=7 msgid=<id@x> from=<me@x.example> to=<c@x> "
	    "relay=relay:25 delay=1.25 exit=67 "
	    "status=5.1.1 result=failed no such user\n"
	    "id=abc uid=7 msgid=<id@x> from=<me@x.example> to=<d@x> "
	    "relay=relay:25 delay=1.25 exit=67 "
	    "status=4.0.0 result=deferred not now\n"
	    "id=abc uid=7 msgid=<id@x> from=<me@x.example> to=<e@x>,<g@x> "
	    "relay=relay:25 delay=1.25 exit=67 "
	    "status=4.0.0 result=deferred not now, either\n");
}

/* What is not known is a dash; nobody waits; no result is said. */
static void
test_unknown(void **state)
{
	static const struct journal none = { .exit = -1 };
	struct book *book = *state;

	add(book, "a@x", NULL, RCPT_DELIVERED, "");
	journal_results(&none, &book->env);
	journal_event(&none, LOG_EVENT, &book->env, "odd", "%d times", 3);
	assert_string_equal(read_book(book),
	    "id=- uid=0 msgid=- from=<me@x.example> to=<a@x> relay=- "
	    "delay=0.00 status=2.0.0 result=delivered \n"
	    "id=- uid=0 msgid=- from=<me@x.example> event=odd 3 times\n");
}

static void
test_nothing(void **state)
{
	struct book *book = *state;

	journal_results(&full, &book->env);
	add(book, "a@x", NULL, RCPT_PENDING, "");
	add(book, "b@x", NULL, RCPT_FAILED, "no");
	book->env.rcpts[1].earlier = true;
	journal_results(&full, &book->env);
	assert_string_equal(read_book(book), "");
}

/* Of very many, each is in one line, and no line is cut. */
static void
test_many(void **state)
{
	struct book *book = *state;
	const char *text, *end;
	char address[1200], tail[1020];

	memset(tail, 'x', sizeof tail);
	tail[sizeof tail - 1] = '\0';
	for (int i = 0; i < 40; i++) {
		/* of any length that an address may have */
		snprintf(address, sizeof address, "%d@%s", i,
		    i % 10 == 9 ? tail : "x");
		add(book, address, i % 10 == 9 ? tail + 1 : NULL,
		    RCPT_DELIVERED, "ok");
	}
	journal_results(&full, &book->env);
	text = read_book(book);
	for (int i = 0; i < 40; i++) {
		snprintf(address, sizeof address, "<%d@", i);
		assert_non_null(strstr(text, address));
	}
	for (; *text != '\0'; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		assert_true(end - text < LINE_MAX_BYTES);
		assert_memory_equal(end - 19, "result=delivered ok", 19);
	}
}

/* What the smarthost says makes no line of its own. */
static void
test_hostile(void **state)
{
	struct book *book = *state;
	const struct journal j = {
		.id = "a", .message_id = "<x\nid=b>", .exit = -1
	};

	journal_event(&j, LOG_EVENT, &book->env, "e", "%s", "x\nid=b y\x1b[0m");
	assert_string_equal(strchr(read_book(book), '\n'), "\n");
	assert_null(strchr(book->text, '\x1b'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_unknown, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_hostile, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
