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
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "spool/drop.h"
#include "spool/names.h"
#include "spools.h"

#define SIZE_MAX_OF_A_MAIL 1000000
#define SOMEBODY 12345

struct place {
	char dir[256];
	struct spool s;
};

static int
set_up(void **state)
{
	static struct place place;
	struct result res;
	char path[300];

	umask(077);
	spools_make(place.dir);
	assert_int_equal(chmod(place.dir, 0711), 0);
	snprintf(path, sizeof path, "%s/drop", place.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 03733), 0);
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

/* Leaves a mail in drop/, as whoever this is; its name in `id`.  0, or what
 * went wrong. */
static int
leave(const char *dir, enum entry_origin origin, char id[ENTRY_ID_MAX])
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct spool s;
	struct result res;
	struct entry e;

	if (drop_open(&s, dir, &res) == -1)
		return 1;
	spools_entry(&e);
	e.origin = origin;
	if (spool_keep(&s, SPOOL_DROP, &e, &text, &res) == -1)
		return 2;
	strlcpy(id, e.id, ENTRY_ID_MAX);
	entry_clear(&e);
	spool_close(&s);
	return 0;
}

static void
assert_taken(struct place *place, const char *id, uid_t uid)
{
	struct source m;
	struct result res;
	struct entry e, again;
	struct stat st;
	char p[100];
	size_t got;

	if (drop_take(&place->s, id, SIZE_MAX_OF_A_MAIL, &e, &res) !=
	    SPOOL_TAKEN)
		fail_msg("%s", res.text);
	assert_int_equal(e.uid, uid);
	assert_int_equal(e.origin, ENTRY_DROP);
	assert_string_equal(e.id, id);
	assert_int_equal(e.env.count, 2);
	/* it has no name, and is not what is in drop/ */
	assert_int_equal(fstat(e.fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(fstatat(place->s.fds[SPOOL_DROP], id, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(
	    drop_take(&place->s, id, SIZE_MAX_OF_A_MAIL, &again, &res),
	    SPOOL_BUSY);
	m = entry_message(&e);
	assert_int_equal(m.read(m.arg, 0, p, sizeof p, &got, &res), 0);
	assert_int_equal(got, strlen(SPOOLS_MESSAGE));
	assert_memory_equal(p, SPOOLS_MESSAGE, got);
	assert_int_equal(drop_forget(&place->s, id, &res), 0);
	entry_clear(&e);
	assert_int_equal(
	    drop_take(&place->s, id, SIZE_MAX_OF_A_MAIL, &e, &res), SPOOL_GONE);
}

static void
test_take(void **state)
{
	struct place *place = *state;
	char id[ENTRY_ID_MAX];

	assert_int_equal(leave(place->dir, ENTRY_DROP, id), 0);
	assert_taken(place, id, geteuid());
}

/* Whoever it says it is from: its owner is who left it. */
static void
test_owner(void **state)
{
	struct place *place = *state;
	struct result res;
	struct names n;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0) {
		char id[ENTRY_ID_MAX];

		if (setgid(SOMEBODY) == -1 || setuid(SOMEBODY) == -1)
			_exit(77);
		_exit(leave(place->dir, ENTRY_DROP, id));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(names_list(&n, &place->s, SPOOL_DROP, "", &res), 0);
	assert_int_equal(n.count, 1);
	assert_taken(place, n.names[0], SOMEBODY);
	names_clear(&n);
}

static void
test_open(void **state)
{
	struct place *place = *state;
	struct result res;
	struct spool s;
	char path[300];

	snprintf(path, sizeof path, "%s/queue", place->dir);
	assert_int_equal(drop_open(&s, path, &res), -1);
	assert_int_equal(res.kind, RESULT_DENIED);
	assert_null(s.dir);
	assert_int_equal(drop_open(&s, "/nonexistent", &res), -1);
	assert_int_equal(res.kind, RESULT_DENIED);
}

static void
open_and_put(int dirfd, const char *id, const char *p, size_t n)
{
	int fd = openat(dirfd, id, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd != -1);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	close(fd);
}

/* The things below are made beside a good mail `id`, or of it. */
static void
be_no_drop(struct place *place, char *id)
{
	assert_int_equal(leave(place->dir, ENTRY_REPORT, id), 0);
}

static void
be_noise(struct place *place, char *id)
{
	open_and_put(place->s.fds[SPOOL_DROP], id, "outpost\nnoise", 13);
}

static void
be_empty(struct place *place, char *id)
{
	open_and_put(place->s.fds[SPOOL_DROP], id, "", 0);
}

/* Larger than any mail, though it holds nothing. */
static void
be_huge(struct place *place, char *id)
{
	int fd = openat(place->s.fds[SPOOL_DROP], id, O_WRONLY | O_TRUNC);

	assert_int_equal(ftruncate(fd, INT64_C(1) << 40), 0);
	close(fd);
}

/* One octet of the message is another. */
static void
be_changed(struct place *place, char *id)
{
	int fd = openat(place->s.fds[SPOOL_DROP], id, O_WRONLY);
	off_t end = lseek(fd, 0, SEEK_END);

	assert_int_equal(pwrite(fd, "!", 1, end - 43), 1);
	close(fd);
}

static void
be_fifo(struct place *place, char *id)
{
	assert_int_equal(unlinkat(place->s.fds[SPOOL_DROP], id, 0), 0);
	assert_int_equal(mkfifoat(place->s.fds[SPOOL_DROP], id, 0666), 0);
}

static void
be_link(struct place *place, char *id)
{
	assert_int_equal(unlinkat(place->s.fds[SPOOL_DROP], id, 0), 0);
	assert_int_equal(
	    symlinkat("/etc/passwd", place->s.fds[SPOOL_DROP], id), 0);
}

static void
be_directory(struct place *place, char *id)
{
	assert_int_equal(unlinkat(place->s.fds[SPOOL_DROP], id, 0), 0);
	assert_int_equal(mkdirat(place->s.fds[SPOOL_DROP], id, 0700), 0);
}

static void
be_linked(struct place *place, char *id)
{
	int dirfd = place->s.fds[SPOOL_DROP];

	assert_int_equal(linkat(dirfd, id, dirfd, ".second", 0), 0);
}

static const struct {
	void (*be)(struct place *place, char *id);
	const char *said;
} forged[] = {
	{ be_no_drop, "it is no mail for the drop folder" },
	{ be_noise, "the file ends within the head" },
	{ be_empty, "it is empty" },
	{ be_huge, "1099511627776 bytes are more than a mail may have" },
	{ be_changed, "the checksum is wrong" },
	{ be_fifo, "it is not a regular file" },
	{ be_link, "it is not a regular file" },
	{ be_directory, "it is not a regular file" },
	{ be_linked, "it has 2 names" },
};

static void
test_forged(void **state)
{
	struct place *place = *state;
	char id[ENTRY_ID_MAX];
	struct result res;
	struct entry e;

	for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
		assert_int_equal(leave(place->dir, ENTRY_DROP, id), 0);
		forged[i].be(place, id);
		assert_int_equal(
		    drop_take(&place->s, id, SIZE_MAX_OF_A_MAIL, &e, &res),
		    SPOOL_BAD);
		assert_int_equal(res.kind, RESULT_CORRUPT);
		if (strstr(res.text, forged[i].said) == NULL ||
		    strstr(res.text, "moved to corrupt/") == NULL)
			fail_msg("row %zu: %s", i, res.text);
		assert_int_equal(spools_count(place->dir, "corrupt"), i + 1);
		assert_int_equal(spools_count(place->dir, "queue"), 0);
	}
}

static void
test_too_large(void **state)
{
	struct place *place = *state;
	char id[ENTRY_ID_MAX];
	struct result res;
	struct entry e;

	assert_int_equal(leave(place->dir, ENTRY_DROP, id), 0);
	assert_int_equal(
	    drop_take(&place->s, id, strlen(SPOOLS_MESSAGE) - 1, &e, &res),
	    SPOOL_BAD);
	assert_int_equal(res.kind, RESULT_CORRUPT);
}

static void
test_sweep(void **state)
{
	struct place *place = *state;
	int dirfd = place->s.fds[SPOOL_DROP];
	char id[ENTRY_ID_MAX];
	struct result res;
	struct names n;
	size_t moved;

	assert_int_equal(leave(place->dir, ENTRY_DROP, id), 0);
	open_and_put(dirfd, "hello", "x", 1);
	open_and_put(dirfd, ".hidden", "x", 1);
	assert_int_equal(mkdirat(dirfd, "a\nb", 0700), 0);
	assert_int_equal(symlinkat("/nowhere", dirfd, "link"), 0);
	assert_int_equal(drop_sweep(&place->s, &moved, &res), 0);
	assert_int_equal(moved, 3);
	assert_int_equal(spools_count(place->dir, "drop"), 2);
	assert_int_equal(names_list(&n, &place->s, SPOOL_CORRUPT, "", &res), 0);
	assert_int_equal(n.count, 3);
	assert_int_equal(n.strange, 0);
	names_clear(&n);
	assert_taken(place, id, geteuid());
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_take),
		TEST(test_owner),
		TEST(test_open),
		TEST(test_forged),
		TEST(test_too_large),
		TEST(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
