#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
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
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "spool/drop.h"
#include "spool/names.h"
#include "spool/spool_parts.h"
#include "spools.h"

struct place {
	char base[256]; /* removed at the end */
	char dir[300]; /* the spool in it */
	struct spool s;
};

static int
set_up(void **state)
{
	static struct place place;
	struct result res;

	signal(SIGXFSZ, SIG_IGN);
	umask(077);
	spools_make(place.base);
	snprintf(place.dir, sizeof place.dir, "%s/spool", place.base);
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
	spools_remove(place->base);
	return 0;
}

static mode_t
mode_of(const char *dir, const char *name)
{
	char path[600];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
test_open(void **state)
{
	struct place *place = *state;
	struct spool s;
	struct result res;
	char text[900];

	assert_int_equal(mode_of(place->dir, "."), 0711);
	assert_int_equal(mode_of(place->dir, "queue"), 0711);
	assert_int_equal(mode_of(place->dir, "failed"), 0711);
	assert_int_equal(mode_of(place->dir, "corrupt"), 0700);
	assert_int_equal(mode_of(place->dir, "state"), 0700);
	assert_int_equal(mode_of(place->dir, "own"), 0711);
	assert_int_equal(place->s.fds[SPOOL_DROP], -1);
	/* what is there is not changed */
	assert_int_equal(chmod(place->dir, 0755), 0);
	assert_int_equal(spool_open(&s, place->dir, &res), 0);
	assert_int_equal(mode_of(place->dir, "."), 0755);
	for (size_t i = 0; i < SPOOL_FOLDER_COUNT; i++)
		if (i != SPOOL_DROP)
			assert_int_equal(
			    fcntl(s.fds[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	spool_close(&s);
	assert_int_equal(chmod(place->dir, 0775), 0);
	assert_int_equal(spool_open(&s, place->dir, &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	snprintf(text, sizeof text,
	    "others may write to %s: run `chmod go-w %s`", place->dir,
	    place->dir);
	assert_string_equal(res.text, text);
	assert_null(s.dir);
}

/* What stands where a folder should be. */
static void
test_open_fails(void **state)
{
	struct place *place = *state;
	struct spool s;
	struct result res;
	char path[600], text[900];

	snprintf(path, sizeof path, "%s/none/spool", place->base);
	assert_int_equal(spool_open(&s, path, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	snprintf(text, sizeof text, "cannot make %s: No such file or directory",
	    path);
	assert_string_equal(res.text, text);
	snprintf(path, sizeof path, "%s/failed", place->dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("queue", path), 0);
	assert_int_equal(spool_open(&s, place->dir, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_non_null(strstr(res.text, path));
	if (geteuid() != 0)
		return;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(chown(place->dir, 12345, (gid_t)-1), 0);
	assert_int_equal(spool_open(&s, place->dir, &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	assert_non_null(strstr(res.text, "belongs to user 12345"));
	assert_non_null(strstr(res.text, "chown"));
}

/* Keeps a mail; its id is in e->id. */
static void
keep(struct place *place, enum spool_folder folder, struct entry *e)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct result res;

	spools_entry(e);
	if (spool_keep(&place->s, folder, e, &text, &res) == -1)
		fail_msg("%s", res.text);
}

static void
test_keep(void **state)
{
	struct place *place = *state;
	struct entry a, b;
	struct result res;
	char id[ENTRY_ID_MAX];
	bool busy;

	keep(place, SPOOL_QUEUE, &a);
	assert_true(names_is_id(a.id));
	assert_int_equal(strncmp(a.id, "01il7s80", 8), 0);
	strlcpy(id, a.id, sizeof id);
	assert_int_equal(spools_count(place->dir, "queue"), 1);
	/* locked by who kept it */
	assert_int_equal(
	    spool_take(&place->s, SPOOL_QUEUE, id, ENTRY_WHOLE, &b, &res),
	    SPOOL_BUSY);
	assert_int_equal(
	    spool_look(&place->s, SPOOL_QUEUE, id, &b, &busy, &res),
	    SPOOL_TAKEN);
	assert_true(busy);
	spools_assert_same(&a, &b);
	entry_clear(&b);
	entry_clear(&a);
	assert_int_equal(
	    spool_look(&place->s, SPOOL_QUEUE, id, &b, &busy, &res),
	    SPOOL_TAKEN);
	assert_false(busy);
	entry_clear(&b);
	assert_int_equal(
	    spool_take(&place->s, SPOOL_QUEUE, id, ENTRY_WHOLE, &b, &res),
	    SPOOL_TAKEN);
	assert_string_equal(b.id, id);
	assert_int_equal(
	    spool_move(&place->s, SPOOL_QUEUE, SPOOL_FAILED, &b, &res), 0);
	assert_int_equal(spools_count(place->dir, "queue"), 0);
	assert_int_equal(spools_count(place->dir, "failed"), 1);
	assert_int_equal(
	    spool_look(&place->s, SPOOL_QUEUE, id, &a, &busy, &res),
	    SPOOL_GONE);
	assert_int_equal(
	    spool_take(&place->s, SPOOL_QUEUE, id, ENTRY_WHOLE, &a, &res),
	    SPOOL_GONE);
	assert_int_equal(
	    spool_move(&place->s, SPOOL_QUEUE, SPOOL_FAILED, &b, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_int_equal(spool_remove(&place->s, SPOOL_FAILED, &b, &res), 0);
	assert_int_equal(spool_sync(&place->s, SPOOL_FAILED, &res), 0);
	assert_int_equal(spools_count(place->dir, "failed"), 0);
	entry_clear(&b);
}

/* Names sort by age, and no two are alike. */
static void
test_ids(void **state)
{
	static const int64_t times[] = { INT64_MIN, 1, 31, 32, 1700000000,
		4102444800, (INT64_C(1) << 40) - 1 };
	struct source text = spools_text("", 0);
	struct place *place = *state;
	char before[ENTRY_ID_MAX] = "";
	struct result res;
	struct entry e;

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		spools_entry(&e);
		e.created = times[i];
		assert_int_equal(
		    spool_keep(&place->s, SPOOL_QUEUE, &e, &text, &res), 0);
		assert_true(names_is_id(e.id));
		assert_true(strncmp(before, e.id, 8) < 0);
		strlcpy(before, e.id, sizeof before);
		entry_clear(&e);
	}
	spools_entry(&e);
	e.created = INT64_MAX;
	assert_int_equal(
	    spool_keep(&place->s, SPOOL_QUEUE, &e, &text, &res), 0);
	assert_int_equal(strncmp(before, e.id, 8), 0);
	assert_string_not_equal(before, e.id);
	entry_clear(&e);
}

/* After a failure nothing is there, and nothing is open. */
static void
assert_kept_nothing(struct place *place, const struct entry *e)
{
	assert_int_equal(e->fd, -1);
	assert_int_equal(spools_count(place->dir, "queue"), 0);
}

static void
test_keep_fails(void **state)
{
	struct place *place = *state;
	uint64_t size = 300000;
	struct source octets = spools_octets(&size);
	struct rlimit old, low;
	struct result res;
	struct entry e;
	char text[900];
	int done;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = old;
	low.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	spools_entry(&e);
	done = spool_keep(&place->s, SPOOL_QUEUE, &e, &octets, &res);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(done, -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	snprintf(text, sizeof text,
	    "cannot keep the mail in %s/queue: File too large", place->dir);
	assert_string_equal(res.text, text);
	assert_kept_nothing(place, &e);
	e.env.rcpts[0].address[0] = '\n';
	assert_int_equal(
	    spool_keep(&place->s, SPOOL_QUEUE, &e, &octets, &res), -1);
	assert_int_equal(res.kind, RESULT_BUG);
	assert_kept_nothing(place, &e);
	entry_clear(&e);
}

/* Mounts a small file system of this process's own at `path`. */
static int
mount_small(const char *path)
{
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == -1 ||
	    mkdir(path, 0700) == -1)
		return -1;
	return mount("none", path, "tmpfs", 0, "size=1m,mode=0700");
}

/* Keeps a mail of `size` octets and forgets it. */
static int
try_keep(struct spool *s, uint64_t size, struct result *res)
{
	struct source octets = spools_octets(&size);
	struct entry e;
	int done;

	spools_entry(&e);
	done = spool_keep(s, SPOOL_QUEUE, &e, &octets, res);
	if ((done == 0) != (e.fd != -1))
		done = 99;
	entry_clear(&e);
	return done;
}

/* Too much for a file system, and then what it has room for. */
static int
try_full(struct place *place)
{
	char path[400];
	struct spool s;
	struct result res;
	int how = 0;

	snprintf(path, sizeof path, "%s/mounted", place->base);
	if (mount_small(path) == -1)
		return 77;
	if (spool_open(&s, path, &res) == -1)
		return 1;
	if (try_keep(&s, 3000000, &res) != -1 ||
	    strstr(res.text, "/queue: No space left on") == NULL)
		how = 2;
	else if (spools_count(path, "queue") != 0)
		how = 3;
	else if (try_keep(&s, 1000, &res) != 0)
		how = 4;
	spool_close(&s);
	return how;
}

/* One that can only be read, while the spool is open, and when it is opened. */
static int
try_read_only(struct place *place)
{
	char path[400];
	struct spool s;
	struct result res;
	int how = 0;

	snprintf(path, sizeof path, "%s/mounted", place->base);
	if (mount_small(path) == -1)
		return 77;
	if (spool_open(&s, path, &res) == -1)
		return 1;
	if (mount("none", path, "none", MS_REMOUNT | MS_RDONLY, "") == -1)
		how = 77;
	else if (try_keep(&s, 1000, &res) != -1 ||
	    strstr(res.text, "/queue: Read-only file system") == NULL)
		how = 2;
	spool_close(&s);
	if (how == 0 &&
	    (spool_open(&s, path, &res) != -1 || res.kind != RESULT_STORAGE))
		how = 3;
	return how;
}

static void
assert_child(int status, pid_t pid)
{
	assert_true(pid != -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_full(void **state)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(try_full(*state));
	assert_child(0, pid);
}

static void
test_read_only(void **state)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(try_read_only(*state));
	assert_child(0, pid);
}

/* Makes a system call fail with `error` from here on: when its argument `arg`
 * (low word, little endian) has one of the `bits` (0: always). */
static int
forbid(int call, unsigned arg, uint32_t bits, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)(offsetof(struct seccomp_data, args) + 8 * arg)),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, bits == 0),
		BPF_JUMP(
		    BPF_JMP | BPF_JSET | BPF_K, bits == 0 ? 1 : bits, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof code / sizeof code[0], code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* What a system cannot do, and whether a mail is kept there. */
static const struct {
	int call;
	unsigned arg;
	uint32_t bits;
	int error;
	const char *said; /* NULL: it is kept */
} systems[] = {
	{ SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP, NULL },
	{ SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EISDIR, NULL },
	{ SYS_linkat, 0, 0, ENOENT, NULL }, /* no /proc */
	{ SYS_linkat, 0, 0, EPERM, NULL }, /* no links */
	{ SYS_fchmod, 0, 0, EIO, "/queue: Input/output error" },
	{ SYS_fsync, 0, 0, EIO, "/queue: Input/output error" },
	{ SYS_fsync, 0, 0, ENOSPC, "/queue: No space left on device" },
	{ SYS_flock, 0, 0, ENOLCK, "/queue: No locks available" },
	/* of 4096 bytes and more: others are not the mail */
	{ SYS_write, 2, 4096, EDQUOT, "/queue: Disk quota exceeded" },
};

static bool
is_kept(struct place *place, const char *id)
{
	struct stat st;

	return spools_count(place->dir, "queue") == 1 &&
	    fstatat(place->s.fds[SPOOL_QUEUE], id, &st, 0) == 0 &&
	    st.st_nlink == 1 && (st.st_mode & 07777) == 0600 &&
	    unlinkat(place->s.fds[SPOOL_QUEUE], id, 0) == 0;
}

static int
try_system(struct place *place, size_t i)
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	const char *said = systems[i].said;
	struct result res;
	struct entry e;
	int done, how = 0;

	if (forbid(systems[i].call, systems[i].arg, systems[i].bits,
		systems[i].error) == -1)
		return 77;
	spools_entry(&e);
	done = spool_keep(&place->s, SPOOL_QUEUE, &e, &text, &res);
	if (said == NULL)
		how = done == 0 && is_kept(place, e.id) ? 0 : 1;
	else if (done == 0 || e.fd != -1 || strstr(res.text, said) == NULL)
		how = 2;
	else if (spools_count(place->dir, "queue") != 0)
		how = 3;
	entry_clear(&e);
	spool_close(&place->s);
	return how;
}

static void
test_systems(void **state)
{
	for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(try_system(*state, i));
		assert_child(0, pid);
	}
}

/* The folder cannot be synced, though the file can: EINVAL is no failure,
 * EIO is one that takes the name away again. */
static int
try_folder_sync(struct place *place, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsync, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    (uint32_t)place->s.fds[SPOOL_QUEUE], 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof code / sizeof code[0], code };
	struct result res;
	size_t left;
	int done;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == -1)
		return 77;
	done = try_keep(&place->s, 1000, &res);
	left = spools_count(place->dir, "queue");
	spool_close(&place->s);
	if (error == EINVAL)
		return done;
	return done == -1 && left == 0 ? 0 : 1;
}

static void
test_folder_sync(void **state)
{
	static const int errors[] = { EIO, EINVAL };

	for (size_t i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(try_folder_sync(*state, errors[i]));
		assert_child(0, pid);
	}
}

static void
make_symlink(int dirfd, const char *id)
{
	assert_int_equal(symlinkat("/etc/passwd", dirfd, id), 0);
}

static void
make_fifo(int dirfd, const char *id)
{
	assert_int_equal(mkfifoat(dirfd, id, 0600), 0);
}

static void
make_directory(int dirfd, const char *id)
{
	assert_int_equal(mkdirat(dirfd, id, 0700), 0);
}

static void
make_empty(int dirfd, const char *id)
{
	int fd = openat(dirfd, id, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd != -1);
	close(fd);
}

static void
make_linked(int dirfd, const char *id)
{
	make_empty(dirfd, id);
	assert_int_equal(linkat(dirfd, id, dirfd, ".second", 0), 0);
}

static void
make_socket(int dirfd, const char *id)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d/%s",
	    dirfd, id);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
	close(fd);
}

#define ID "01il7s800000000000000"

static const struct {
	void (*make)(int dirfd, const char *id);
	const char *said;
} strange[] = {
	{ make_symlink, "it is not a regular file" },
	{ make_fifo, "it is not a regular file" },
	{ make_directory, "it is not a regular file" },
	{ make_socket, "it is not a regular file" },
	{ make_empty, "it is empty" },
	{ make_linked, "it has 2 names" },
};

/* None is waited for or followed, and each is set aside under another name. */
static void
test_strange(void **state)
{
	struct place *place = *state;
	struct result res;
	struct entry e;
	char text[900], moved[64];
	bool busy;

	for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
		strange[i].make(place->s.fds[SPOOL_QUEUE], ID);
		assert_int_equal(
		    spool_look(&place->s, SPOOL_QUEUE, ID, &e, &busy, &res),
		    SPOOL_BAD);
		assert_int_equal(res.kind, RESULT_CORRUPT);
		assert_int_equal(spool_take(&place->s, SPOOL_QUEUE, ID,
				     ENTRY_WHOLE, &e, &res),
		    SPOOL_BAD);
		assert_int_equal(res.kind, RESULT_CORRUPT);
		snprintf(moved, sizeof moved, i == 0 ? "%s" : "%s.%zu", ID, i);
		snprintf(text, sizeof text,
		    "%s/queue/%s, moved to corrupt/%s: %s", place->dir, ID,
		    moved, strange[i].said);
		assert_string_equal(res.text, text);
		assert_int_equal(faccessat(place->s.fds[SPOOL_CORRUPT], moved,
				     F_OK, AT_SYMLINK_NOFOLLOW),
		    0);
		assert_int_equal(spool_take(&place->s, SPOOL_QUEUE, ID,
				     ENTRY_WHOLE, &e, &res),
		    SPOOL_GONE);
	}
}

/* What was opened under a name may not be what the name is now. */
static void
test_is_named(void **state)
{
	struct place *place = *state;
	int dirfd = place->s.fds[SPOOL_QUEUE];
	struct stat st;

	make_empty(dirfd, ID);
	assert_int_equal(fstatat(dirfd, ID, &st, 0), 0);
	assert_int_equal(spool_is_named(&place->s, SPOOL_QUEUE, ID, &st), 1);
	assert_int_equal(renameat(dirfd, ID, dirfd, ".old"), 0);
	assert_int_equal(spool_is_named(&place->s, SPOOL_QUEUE, ID, &st), 0);
	make_empty(dirfd, ID);
	assert_int_equal(spool_is_named(&place->s, SPOOL_QUEUE, ID, &st), 0);
	assert_int_equal(unlinkat(dirfd, ID, 0), 0);
	assert_int_equal(symlinkat(".old", dirfd, ID), 0);
	assert_int_equal(spool_is_named(&place->s, SPOOL_QUEUE, ID, &st), 0);
}

/* Names that lead elsewhere are not even opened. */
static void
test_no_id(void **state)
{
	static const char *const ids[] = { "", ".", "..", "../failed/" ID,
		"./" ID, ".tmp." ID, ID ".1", "/etc/passwd" };
	struct place *place = *state;
	struct result res;
	struct entry e;
	bool busy;

	make_empty(place->s.fds[SPOOL_QUEUE], ID);
	make_empty(place->s.fds[SPOOL_QUEUE], ID ".1");
	make_empty(place->s.fds[SPOOL_FAILED], ID);
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		assert_int_equal(spool_take(&place->s, SPOOL_QUEUE, ids[i],
				     ENTRY_WHOLE, &e, &res),
		    SPOOL_GONE);
		assert_int_equal(
		    spool_look(&place->s, SPOOL_QUEUE, ids[i], &e, &busy, &res),
		    SPOOL_GONE);
	}
	assert_int_equal(spools_count(place->dir, "corrupt"), 0);
}

/* What a newer version wrote stays where it is. */
static void
test_newer(void **state)
{
	struct place *place = *state;
	struct result res;
	struct entry e;
	char id[ENTRY_ID_MAX];

	keep(place, SPOOL_QUEUE, &e);
	assert_int_equal(pwrite(e.fd, "\x02", 1, 11), 1);
	strlcpy(id, e.id, sizeof id);
	entry_clear(&e);
	assert_int_equal(
	    spool_take(&place->s, SPOOL_QUEUE, id, ENTRY_ENVELOPE, &e, &res),
	    SPOOL_BAD);
	assert_int_equal(res.kind, RESULT_NEWER);
	assert_non_null(strstr(res.text, id));
	assert_int_equal(spools_count(place->dir, "queue"), 1);
	assert_int_equal(spools_count(place->dir, "corrupt"), 0);
}

/* Corrupt where it lies already: it stays there. */
static void
test_corrupt_stays(void **state)
{
	struct place *place = *state;
	struct result res;
	struct entry e;

	make_empty(place->s.fds[SPOOL_CORRUPT], ID);
	assert_int_equal(
	    spool_take(&place->s, SPOOL_CORRUPT, ID, ENTRY_WHOLE, &e, &res),
	    SPOOL_BAD);
	assert_int_equal(res.kind, RESULT_CORRUPT);
	assert_int_equal(spools_count(place->dir, "corrupt"), 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_open),
		TEST(test_open_fails),
		TEST(test_keep),
		TEST(test_ids),
		TEST(test_keep_fails),
		TEST(test_full),
		TEST(test_read_only),
		TEST(test_systems),
		TEST(test_folder_sync),
		TEST(test_strange),
		TEST(test_is_named),
		TEST(test_no_id),
		TEST(test_newer),
		TEST(test_corrupt_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
