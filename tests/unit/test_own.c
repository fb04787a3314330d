#include "config.h"

#include <bsd/string.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "spool/names.h"
#include "spool/own.h"
#include "spools.h"

#define SOMEBODY 12345
#define ELSE 12346
#define UNNAMED 4294967295U /* whom no access control list can name */

struct place {
	char dir[256];
	struct spool s;
};

static int
set_up(void **state)
{
	static struct place place;
	struct result res;

	umask(077);
	spools_make(place.dir);
	assert_int_equal(chmod(place.dir, 0711), 0);
	if (spool_open(&place.s, place.dir, &res) == -1)
		fail_msg("%s", res.text);
	*state = &place;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *place = *state;

	spool_close(&place->s);
	spools_remove(place->dir);
	return 0;
}

/* Keeps a mail of the user `uid`; its name in `id`. */
static void
keep(struct place *place, enum spool_folder folder, uint32_t uid,
    char id[ENTRY_ID_MAX])
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct result res;
	struct entry e;

	spools_entry(&e);
	e.uid = uid;
	if (spool_keep(&place->s, folder, &e, &text, &res) == -1)
		fail_msg("%s", res.text);
	strlcpy(id, e.id, ENTRY_ID_MAX);
	entry_clear(&e);
}

/* Has the mail `id`, and no other, in own/UID. */
static int
finds(struct spool *s, const char *id)
{
	struct names names;
	struct result res;
	int rc = 0;

	if (names_list(&names, s, SPOOL_OWN, "", &res) == -1)
		rc = 10;
	else if (names.count != 1 || strcmp(names.names[0], id) != 0)
		rc = 11;
	names_clear(&names);
	return rc;
}

/* What somebody is to find of the mail `id` in queue/. */
struct view {
	uid_t uid;
	enum spool_take how;
};

/* As that user, in a process of his own; 0, or what is not as it should be. */
static int
try_view(struct place *place, const struct view *v, const char *id)
{
	bool busy, is_his = v->how == SPOOL_TAKEN;
	struct names names;
	struct result res;
	struct spool s;
	struct entry e;
	char path[300];
	int rc = 0;

	if (setgid(v->uid) == -1 || setuid(v->uid) == -1)
		return 1;
	if (spool_peek(&s, place->dir, SPOOL_QUEUE, &res) == -1)
		return 2;
	if (names_list(&names, &s, SPOOL_QUEUE, "", &res) != -1)
		rc = 3;
	names_clear(&names);
	if (rc == 0 && names_list(&names, &s, SPOOL_OWN, "", &res) != -1)
		rc = 4;
	names_clear(&names);
	snprintf(path, sizeof path, "%s/own/%d", place->dir, SOMEBODY);
	if (rc == 0 && (access(path, R_OK) == 0) != is_his)
		rc = 5;
	if (rc == 0 && access(path, W_OK) == 0)
		rc = 6;
	if (rc == 0 &&
	    spool_look(&s, SPOOL_QUEUE, id, &e, &busy, &res) != v->how)
		rc = 7;
	entry_clear(&e);
	if (rc == 0 && own_open(&s, v->uid, &res) == -1)
		rc = 8;
	if (rc == 0 && (s.fds[SPOOL_OWN] != -1) != is_his)
		rc = 9;
	if (rc == 0 && is_his)
		rc = finds(&s, id);
	spool_close(&s);
	return rc;
}

/* Users find their own mail, and can neither list nor read that of others. */
static void
test_views(void **state)
{
	static const struct view views[] = { { SOMEBODY, SPOOL_TAKEN },
		{ ELSE, SPOOL_BAD } };
	struct place *place = *state;
	char id[ENTRY_ID_MAX], other[ENTRY_ID_MAX];
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	/* as who ended before it was shared left it */
	assert_int_equal(mkdirat(place->s.fds[SPOOL_OWN], "12345", 0700), 0);
	keep(place, SPOOL_QUEUE, SOMEBODY, id);
	keep(place, SPOOL_QUEUE, geteuid(), other);
	if (spools_count(place->dir, "own") == 0)
		skip(); /* no access control lists here */
	for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
		pid = fork();
		if (pid == 0)
			_exit(try_view(place, &views[i], id));
		assert_true(pid != -1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/* Nothing for who sees all, nor without access control lists. */
static void
test_nobody(void **state)
{
	const uint32_t uids[] = { geteuid(), 0, UNNAMED };
	struct place *place = *state;
	char id[ENTRY_ID_MAX];

	for (size_t i = 0; i < sizeof uids / sizeof *uids; i++) {
		keep(place, SPOOL_QUEUE, uids[i], id);
		assert_int_equal(spools_count(place->dir, "own"), 0);
	}
	assert_int_equal(spools_count(place->dir, "queue"), 3);
}

/* Sweeps, which leaves so many names in the directory of own/. */
static void
assert_swept(struct place *place, const char *folder, size_t left)
{
	struct result res;

	assert_int_equal(own_sweep(&place->s, &res), 0);
	assert_int_equal(spools_count(place->dir, folder), left);
}

static void
remove_name(struct place *place, enum spool_folder folder, const char *name)
{
	assert_int_equal(unlinkat(place->s.fds[folder], name, 0), 0);
}

/* A marker goes when its mail is in neither folder, the directory with the last
 * of them; what is no marker stays. */
static void
test_sweep(void **state)
{
	struct place *place = *state;
	char failed[ENTRY_ID_MAX], queued[ENTRY_ID_MAX];

	keep(place, SPOOL_FAILED, SOMEBODY, failed);
	keep(place, SPOOL_QUEUE, SOMEBODY, queued);
	if (spools_count(place->dir, "own") == 0)
		skip(); /* no access control lists here */
	assert_int_equal(mknodat(place->s.fds[SPOOL_OWN], "12345/strange",
			     S_IFREG | 0600, 0),
	    0);
	assert_swept(place, "own/12345", 3);
	remove_name(place, SPOOL_QUEUE, queued);
	assert_swept(place, "own/12345", 2);
	remove_name(place, SPOOL_FAILED, failed);
	assert_swept(place, "own/12345", 1);
	remove_name(place, SPOOL_OWN, "12345/strange");
	assert_swept(place, "own", 0);
}

/* What is no directory in own/ leads nowhere, and stays. */
static void
test_strange(void **state)
{
	struct place *place = *state;
	struct result res;
	char id[ENTRY_ID_MAX];
	int own = place->s.fds[SPOOL_OWN];

	assert_int_equal(symlinkat("../failed", own, "12345"), 0);
	assert_int_equal(mkfifoat(own, "12346", 0600), 0);
	keep(place, SPOOL_QUEUE, SOMEBODY, id);
	keep(place, SPOOL_QUEUE, ELSE, id);
	assert_int_equal(spools_count(place->dir, "failed"), 0);
	assert_int_equal(own_sweep(&place->s, &res), 0);
	assert_int_equal(spools_count(place->dir, "queue"), 2);
	assert_int_equal(spools_count(place->dir, "own"), 2);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_views),
		TEST(test_nobody),
		TEST(test_sweep),
		TEST(test_strange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
