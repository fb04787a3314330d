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

#include "base/buf.h"
#include "delivery/pickup.h"
#include "mail/message.h"
#include "office.h"
#include "spool/drop.h"
#include "spools.h"

#define SOMEBODY 12345

static const struct charset_choices none = { { "", "" } };
static const char plain[] = "Subject: one\r\n\r\nbody\r\n";

static int
set_up(void **state)
{
	static struct office office;

	signal(SIGXFSZ, SIG_IGN);
	office_open(&office, 25, "");
	*state = &office;
	return 0;
}

static int
tear_down(void **state)
{
	office_close(*state);
	return 0;
}

/* Leaves a mail in drop/; `change` may be NULL. */
static void
leave(struct office *o, const char *recipient, const char *sender,
    const char *text, void (*change)(struct entry *e))
{
	struct source message = spools_text(
	    text, (size_t)(strstr(text, "\r\n\r\n") + 4 - text));
	struct spool s;
	struct result res;
	struct entry e;

	assert_int_equal(drop_open(&s, o->dir, &res), 0);
	entry_init(&e);
	e.origin = ENTRY_DROP;
	e.created = time(NULL) - 60;
	e.return_to = sender == NULL ? NULL : strdup(sender);
	e.message_id = strdup("");
	assert_int_equal(envelope_set_sender(&e.env, "", &res), 0);
	assert_int_equal(envelope_add(&e.env, recipient, NULL, &res), 0);
	if (change != NULL)
		change(&e);
	if (spool_keep(&s, SPOOL_DROP, &e, &message, &res) == -1)
		fail_msg("%s", res.text);
	if (geteuid() == 0)
		assert_int_equal(fchown(e.fd, SOMEBODY, SOMEBODY), 0);
	entry_clear(&e);
	spool_close(&s);
}

static void
pick_up(struct office *o)
{
	struct result res;

	if (pickup_all(&o->bounce, &o->routes, &none, &res) == -1)
		fail_msg("%s", res.text);
}

static void
test_senders(void **state)
{
	static const struct {
		const char *recipient, *sender;
		const char *to, *back; /* NULL: the caller's */
	} cases[] = {
		{ "root", "bob", "admin@x.example", "bob@d.example" },
		{ "joe", "bob@y.example", "joe@d.example", "bob@y.example" },
		{ "joe@y.example", NULL, "joe@y.example", NULL },
		{ "joe@y.example", "", "joe@y.example", "" },
	};
	struct office *o = *state;
	const char *text;
	struct entry e;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		leave(o, cases[i].recipient, cases[i].sender, plain, NULL);
		pick_up(o);
		assert_int_equal(spools_count(o->dir, "drop"), 0);
		office_take_only(o, SPOOL_QUEUE, &e);
		assert_int_equal(e.origin, ENTRY_MAIL);
		assert_int_equal(e.uid, geteuid() == 0 ? SOMEBODY : geteuid());
		assert_string_equal(e.env.sender, "me@x.example");
		assert_int_equal(e.env.count, 1);
		assert_string_equal(e.env.rcpts[0].address, cases[i].to);
		if (cases[i].back != NULL)
			assert_string_equal(e.return_to, cases[i].back);
		else
			assert_non_null(strstr(e.return_to, "@d.example"));
		text = office_message(o, &e);
		assert_non_null(strstr(text, "\r\nMessage-ID: <"));
		assert_non_null(strstr(text, e.message_id));
		assert_non_null(strstr(text, "me@x.example"));
		assert_non_null(strstr(text, "Subject: one\r\n"));
		assert_non_null(strstr(text, "\r\n\r\nbody\r\n"));
		assert_int_equal(
		    unlinkat(o->spool.fds[SPOOL_QUEUE], e.id, 0), 0);
		entry_clear(&e);
		assert_non_null(strstr(office_log(o), "event=queued"));
	}
}

static void
far_ahead(struct entry *e)
{
	e->created = INT64_MAX;
}

static void
far_behind(struct entry *e)
{
	e->created = INT64_MIN;
}

static void
at_the_beginning(struct entry *e)
{
	e->created = 1;
}

/* When it was given is not for its owner to say: who is older goes first, and
 * is given up. */
static void
test_times(void **state)
{
	static void (*const changes[])(
	    struct entry * e) = { far_ahead, far_behind, at_the_beginning };
	struct office *o = *state;
	struct entry e;

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		int64_t now = time(NULL);

		leave(o, "joe", NULL, plain, changes[i]);
		pick_up(o);
		office_take_only(o, SPOOL_QUEUE, &e);
		assert_true(e.created >= now && e.created <= now + 60);
		assert_true(e.schedule.next <= now + 60);
		assert_int_equal(
		    unlinkat(o->spool.fds[SPOOL_QUEUE], e.id, 0), 0);
		entry_clear(&e);
	}
	leave(o, "joe", NULL, plain, NULL);
	pick_up(o);
	office_take_only(o, SPOOL_QUEUE, &e);
	assert_true(e.created <= time(NULL) - 60);
	entry_clear(&e);
}

/* A mail that has passed too many hosts. */
static const char *
looping(struct buf *text)
{
	for (size_t i = 0; i <= MESSAGE_HOPS_MAX; i++)
		buf_puts(text, "Received: from there\r\n");
	buf_puts(text, plain);
	return text->data;
}

static void
nobody_left(struct entry *e)
{
	struct result why;

	(void)result_fail(&why, RESULT_REFUSED, "no");
	envelope_settle(&e->env, 0, RCPT_FAILED, &why);
}

/* Nobody can get it: it is in failed/, and its sender is told. */
static void
test_refused(void **state)
{
	static const struct {
		const char *recipient, *sender;
		bool loops;
		const char *back; /* NULL: the caller's */
		const char *says;
	} cases[] = {
		{ "a@@b", "bob@y.example", false, "bob@y.example", "a@@b" },
		{ "joe", "a@@b", false, NULL, "a@@b" },
		{ "joe", "bob@y.example", true, "bob@y.example", "mail loop" },
		{ "file", "bob@y.example", false, "bob@y.example",
		    "/var/mail/x" },
	};
	struct office *o = *state;
	struct buf text;
	struct entry e;

	buf_init(&text, 65536);
	looping(&text);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("case %zu\n", i);
		leave(o, cases[i].recipient, cases[i].sender,
		    cases[i].loops ? text.data : plain, NULL);
		pick_up(o);
		assert_int_equal(spools_count(o->dir, "drop"), 0);
		office_take_only(o, SPOOL_FAILED, &e);
		assert_int_equal(e.env.count, 1);
		assert_int_equal(e.env.rcpts[0].state, RCPT_FAILED);
		assert_non_null(
		    strstr(envelope_result(&e.env, &e.env.rcpts[0])->text,
			cases[i].says));
		assert_non_null(strstr(office_message(o, &e), "\r\n\r\nbody"));
		assert_int_equal(
		    unlinkat(o->spool.fds[SPOOL_FAILED], e.id, 0), 0);
		entry_clear(&e);
		office_take_only(o, SPOOL_QUEUE, &e);
		assert_int_equal(e.origin, ENTRY_REPORT);
		if (cases[i].back != NULL)
			assert_string_equal(
			    e.env.rcpts[0].address, cases[i].back);
		else
			assert_non_null(
			    strstr(e.env.rcpts[0].address, "@d.example"));
		assert_int_equal(
		    unlinkat(o->spool.fds[SPOOL_QUEUE], e.id, 0), 0);
		entry_clear(&e);
		assert_non_null(strstr(office_log(o), "event=failed"));
	}
	buf_free(&text);
}

/* A file of drop/ that is no mail. */
static void
put_rubbish(struct office *o, const char *name)
{
	int fd = openat(
	    o->spool.fds[SPOOL_DROP], name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, "rubbish", 7), 7);
	close(fd);
}

static void
test_strange(void **state)
{
	struct office *o = *state;

	put_rubbish(o, "000000000000000000000");
	put_rubbish(o, "vvvvvvvvvvvvvvvvvvvvv");
	put_rubbish(o, "a name");
	leave(o, "joe", NULL, plain, NULL);
	leave(o, "joe", NULL, plain, nobody_left);
	leave(o, "root", NULL, plain, NULL);
	pick_up(o);
	assert_int_equal(spools_count(o->dir, "drop"), 0);
	assert_int_equal(spools_count(o->dir, "queue"), 2);
	assert_int_equal(spools_count(o->dir, "corrupt"), 4);
	pick_up(o);
	assert_int_equal(spools_count(o->dir, "queue"), 2);
}

/* Without room it stays where it is, whole, and comes once there is some. */
static void
test_no_room(void **state)
{
	struct office *o = *state;
	struct rlimit before, small;
	struct result res;

	leave(o, "joe", NULL, plain, NULL);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 4400, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(pickup_all(&o->bounce, &o->routes, &none, &res), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_int_equal(spools_count(o->dir, "drop"), 1);
	assert_int_equal(spools_count(o->dir, "queue"), 0);
	pick_up(o);
	assert_int_equal(spools_count(o->dir, "drop"), 0);
	assert_int_equal(spools_count(o->dir, "queue"), 1);
}

/* Nor is anybody refused without room to tell of it. */
static void
test_no_room_to_tell(void **state)
{
	struct office *o = *state;
	struct rlimit before, small;
	struct result res;

	leave(o, "file", "bob@y.example", plain, NULL);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	/* enough for the mail, not for a report of it */
	small = (struct rlimit){ 5000, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(pickup_all(&o->bounce, &o->routes, &none, &res), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(res.kind, RESULT_STORAGE);
	/* where the report would be */
	assert_non_null(strstr(res.text, "/queue"));
	assert_int_equal(spools_count(o->dir, "drop"), 1);
	assert_int_equal(spools_count(o->dir, "failed"), 0);
	pick_up(o);
	assert_int_equal(spools_count(o->dir, "drop"), 0);
	assert_int_equal(spools_count(o->dir, "failed"), 1);
	assert_int_equal(spools_count(o->dir, "queue"), 1);
}

static void
test_no_folder(void **state)
{
	struct office *o = *state;
	struct result res;

	close(o->spool.fds[SPOOL_DROP]);
	o->spool.fds[SPOOL_DROP] = -1;
	assert_int_equal(pickup_all(&o->bounce, &o->routes, &none, &res), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_senders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_strange, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_no_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_no_room_to_tell, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_no_folder, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
