#include "config.h"

#include <bsd/string.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "spool/draft.h"

struct place {
	char dir[256];
};

static int
set_up(void **state)
{
	static struct place place;
	const char *tmp = getenv("TMPDIR");

	signal(SIGXFSZ, SIG_IGN);
	snprintf(place.dir, sizeof place.dir, "%s/outpost-draft.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	*state = &place;
	return mkdtemp(place.dir) == NULL ? -1 : 0;
}

/* Fails when anything was left in the directory. */
static int
tear_down(void **state)
{
	struct place *place = *state;

	return rmdir(place->dir);
}

static char
byte_at(uint64_t i)
{
	return (char)(i * 31 + i / 256 * 7 + i / 65536 * 3);
}

static void
fill(struct draft *d, uint64_t size, size_t piece)
{
	char *p = malloc(piece);
	struct result res;
	size_t n;

	assert_non_null(p);
	for (uint64_t i = 0; i < size; i += n) {
		n = size - i < piece ? (size_t)(size - i) : piece;
		for (size_t k = 0; k < n; k++)
			p[k] = byte_at(i + k);
		assert_int_equal(draft_add(d, p, n, &res), 0);
	}
	assert_int_equal(draft_finish(d, &res), 0);
	assert_int_equal(d->size, size);
	free(p);
}

/* Reads `n` bytes at `off` and compares; wants `want` of them. */
static void
assert_read(const struct draft *d, uint64_t off, size_t n, size_t want)
{
	char *p = malloc(n + 1);
	struct result res;
	size_t got = SIZE_MAX;

	assert_non_null(p);
	assert_int_equal(draft_read(d, off, p, n, &got, &res), 0);
	assert_int_equal(got, want);
	for (size_t k = 0; k < got; k++)
		if (p[k] != byte_at(off + k))
			fail_msg("byte %zu differs", (size_t)off + k);
	free(p);
}

static const struct {
	uint64_t size;
	size_t piece;
	bool in_memory;
} sizes[] = {
	{ 0, 1, true },
	{ 1, 1, true },
	{ 5000, 7, true },
	{ DRAFT_MEMORY - 1, 4096, true },
	{ DRAFT_MEMORY, 4096, true },
	{ DRAFT_MEMORY, DRAFT_MEMORY, true },
	{ DRAFT_MEMORY + 1, 4096, false },
	{ DRAFT_MEMORY + 1, DRAFT_MEMORY + 1, false },
	{ 3 * DRAFT_MEMORY, 65536, false },
	{ 3 * DRAFT_MEMORY + 17, 4 * DRAFT_MEMORY, false },
	{ 2 * DRAFT_MEMORY + 4711, 1001, false },
};

static void
test_sizes(void **state)
{
	struct place *place = *state;
	struct draft d;

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		size_t size = (size_t)sizes[i].size;

		draft_init(&d, place->dir);
		fill(&d, size, sizes[i].piece);
		assert_int_equal(d.fd == -1, sizes[i].in_memory);
		assert_true(d.head.len <= DRAFT_MEMORY);
		assert_read(&d, 0, size, size);
		assert_read(&d, 0, size + 100, size);
		assert_read(&d, size, 10, 0);
		assert_read(&d, (uint64_t)size + 1, 10, 0);
		assert_read(&d, UINT64_MAX, 10, 0);
		assert_read(&d, size / 2, 0, 0);
		if (size > 0)
			assert_read(&d, size - 1, 2, 1);
		draft_clear(&d);
		assert_int_equal(d.fd, -1);
		assert_int_equal(d.size, 0);
	}
}

/* Around the place where the file ends and memory begins. */
static void
test_across(void **state)
{
	struct place *place = *state;
	struct draft d;

	draft_init(&d, place->dir);
	fill(&d, 2 * DRAFT_MEMORY + 60, 65536);
	for (uint64_t off = 2 * DRAFT_MEMORY - 20; off < 2 * DRAFT_MEMORY + 20;
	     off++)
		for (size_t n = 0; n < 40; n++)
			assert_read(&d, off, n, n);
	draft_clear(&d);
}

static size_t
count_entries(const char *dir)
{
	DIR *handle = opendir(dir);
	size_t count = 0;

	assert_non_null(handle);
	while (readdir(handle) != NULL)
		count++;
	closedir(handle);
	return count - 2;
}

static void
test_file(void **state)
{
	struct place *place = *state;
	struct draft d;
	struct stat st;

	draft_init(&d, place->dir);
	fill(&d, 2 * DRAFT_MEMORY, 65536);
	assert_int_equal(fstat(d.fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, DRAFT_MEMORY);
	assert_true((fcntl(d.fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(count_entries(place->dir), 0);
	draft_clear(&d);
}

/* Makes O_TMPFILE fail with EOPNOTSUPP from here on. */
static int
forbid_tmpfile(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		/* the flags: the low word, on a little-endian machine */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (O_TMPFILE & ~O_DIRECTORY),
		    0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof code / sizeof code[0], code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* The fallback, in a process of its own: 0, or what went wrong. */
static int
try_without_tmpfile(const char *dir)
{
	char block[65536] = "a", back[4] = "";
	struct draft d;
	struct result res;
	struct stat st;
	size_t got;

	if (forbid_tmpfile() == -1)
		return 77;
	if (open(dir, O_TMPFILE | O_RDWR, 0600) != -1 || errno != EOPNOTSUPP)
		return 77;
	draft_init(&d, dir);
	for (size_t i = 0; i < 9; i++)
		if (draft_add(&d, block, sizeof block, &res) == -1)
			return 1;
	if (d.fd == -1 || fstat(d.fd, &st) == -1 || st.st_nlink != 0)
		return 2;
	if ((fcntl(d.fd, F_GETFD) & FD_CLOEXEC) == 0 ||
	    (st.st_mode & 07777) != 0600)
		return 3;
	if (draft_read(&d, sizeof block, back, 2, &got, &res) == -1 ||
	    got != 2 || strcmp(back, "a") != 0)
		return 4;
	draft_clear(&d);
	draft_init(&d, "/nonexistent");
	for (size_t i = 0; i < 9; i++)
		if (draft_add(&d, block, sizeof block, &res) == -1)
			break;
	if (strcmp(res.text,
		"cannot keep the message in /nonexistent: "
		"No such file or directory") != 0)
		return 5;
	draft_clear(&d);
	return 0;
}

static void
test_without_tmpfile(void **state)
{
	struct place *place = *state;
	int status;
	pid_t pid = fork();

	assert_true(pid != -1);
	if (pid == 0)
		_exit(try_without_tmpfile(place->dir));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_no_directory(void **state)
{
	struct draft d;
	struct result res;
	char block[DRAFT_MEMORY] = { 0 };

	(void)state;
	draft_init(&d, "/nonexistent/here");
	assert_int_equal(draft_add(&d, block, sizeof block, &res), 0);
	assert_int_equal(draft_add(&d, block, 1, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_string_equal(res.text,
	    "cannot keep the message in "
	    "/nonexistent/here: No such file or directory");
	memset(&res, 0, sizeof res);
	assert_int_equal(draft_add(&d, block, 1, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	memset(&res, 0, sizeof res);
	assert_int_equal(draft_finish(&d, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	draft_clear(&d);
	assert_int_equal(draft_finish(&d, &res), 0);
}

/* A write that is cut short, and then one that fails. */
static void
test_no_room(void **state)
{
	struct place *place = *state;
	struct rlimit old, low;
	struct draft d;
	struct result res;
	char block[65536] = { 0 };
	int how = 0;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = old;
	low.rlim_cur = DRAFT_MEMORY + 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	draft_init(&d, place->dir);
	for (size_t i = 0; i < 20 && how == 0; i++)
		how = draft_add(&d, block, sizeof block, &res);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(how, -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_non_null(strstr(res.text, place->dir));
	assert_non_null(strstr(res.text, strerror(EFBIG)));
	assert_int_equal(draft_finish(&d, &res), -1);
	draft_clear(&d);
}

static void
test_cut_off(void **state)
{
	struct place *place = *state;
	struct draft d;
	struct result res;
	char p[16];
	size_t got;

	draft_init(&d, place->dir);
	fill(&d, 2 * DRAFT_MEMORY, 65536);
	assert_int_equal(ftruncate(d.fd, 1000), 0);
	assert_read(&d, 0, 1000, 1000);
	assert_int_equal(draft_read(&d, 995, p, 16, &got, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_int_equal(got, 0);
	draft_clear(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_across),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_without_tmpfile),
		cmocka_unit_test(test_no_directory),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_cut_off),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
