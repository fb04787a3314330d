#include "config.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process.h"

#define GROUPS_MAX 64

/* What a process says of itself. */
struct word {
	pid_t pid, session;
	bool is_null[3]; /* descriptors 0 to 2 */
	bool is_open; /* the descriptor that was handed over */
};

static bool
is_null(int fd)
{
	struct stat st, null;

	return fstat(fd, &st) == 0 && stat("/dev/null", &null) == 0 &&
	    S_ISCHR(st.st_mode) && st.st_rdev == null.st_rdev;
}

/* In the detached process: cmocka is not to be used here. */
static void
report(int fd, int handed)
{
	struct word w = { .pid = getpid(), .session = getsid(0) };

	for (int i = 0; i <= 2; i++)
		w.is_null[i] = is_null(i);
	w.is_open = fcntl(handed, F_GETFD) != -1;
	_exit(write(fd, &w, sizeof w) == sizeof w ? 0 : 1);
}

/* The child is nobody's, and whoever reads what the caller says need not wait
 * for it; the caller is as it was. */
static void
test_detach(void **state)
{
	int said[2], handed[2], free_before, free_after;
	enum process_side side;
	struct result res;
	struct word w;

	(void)state;
	assert_int_equal(pipe(said), 0);
	assert_int_equal(pipe(handed), 0);
	free_before = dup(0);
	close(free_before);
	assert_int_equal(process_detach(&side, &res), 0);
	if (side == PROCESS_CHILD)
		report(said[1], handed[0]);
	assert_int_equal(side, PROCESS_PARENT);
	assert_int_equal(read(said[0], &w, sizeof w), sizeof w);
	assert_int_equal(w.session, w.pid);
	assert_int_not_equal(w.session, getsid(0));
	for (int i = 0; i <= 2; i++)
		assert_true(w.is_null[i]);
	assert_true(w.is_open);
	/* nothing was left open */
	free_after = dup(0);
	close(free_after);
	assert_int_equal(free_after, free_before);
	close(said[0]);
	close(said[1]);
	close(handed[0]);
	close(handed[1]);
	assert_int_equal(waitpid(w.pid, NULL, 0), w.pid);
}

/* The status of a child that runs `body`. */
static int
in_child(int (*body)(void))
{
	pid_t pid = fork();
	int status;

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
become_nobody(void)
{
	const struct passwd *pw = getpwnam("nobody");
	gid_t groups[GROUPS_MAX], group;
	struct result res;
	uid_t uid;
	int n;

	if (pw == NULL)
		return 77;
	uid = pw->pw_uid;
	group = pw->pw_gid;
	/* what must not be left of the caller's */
	groups[0] = 0;
	groups[1] = 12345;
	if (setgroups(2, groups) == -1 ||
	    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1)
		return 1;
	if (process_become("nobody", &res) == -1)
		return 2;
	if (getuid() != uid || geteuid() != uid || getgid() != group ||
	    getegid() != group)
		return 3;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return 4;
	n = getgroups(GROUPS_MAX, groups);
	for (int i = 0; i < n; i++)
		if (groups[i] == 0 || groups[i] == 12345)
			return 5;
	if (n < 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 6;
	/* who is no longer root becomes nobody else */
	if (process_become("root", &res) == -1 || getuid() != uid)
		return 7;
	return 0;
}

#define GROUPS_OF_NOBODY \
	"one:x:54321:nobody\ntwo:x:54322:other,nobody,x\n" \
	"three:x:54323:nobodyx\nfour:x:54324:\n"

/* Lays another file over /etc/group, for this process alone. */
static int
change_groups(const char *path)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(GROUPS_OF_NOBODY, file) == EOF ||
	    fclose(file) == EOF)
		return 1;
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount(path, "/etc/group", "", MS_BIND, NULL) == -1)
		return 77;
	return 0;
}

static int
become_member(void)
{
	char path[] = "/tmp/outpost-group-XXXXXX";
	gid_t groups[GROUPS_MAX];
	struct result res;
	int fd, n, found = 0, status;

	if ((fd = mkstemp(path)) == -1)
		return 1;
	close(fd);
	status = change_groups(path);
	if (unlink(path) == -1)
		return 5;
	if (status == 0 && process_become("nobody", &res) == -1)
		status = 2;
	n = status == 0 ? getgroups(GROUPS_MAX, groups) : 0;
	for (int i = 0; i < n; i++)
		if (groups[i] == 54321 || groups[i] == 54322)
			found++;
		else if (groups[i] != getgid())
			status = 3;
	return status != 0 ? status : (found == 2 ? 0 : 4);
}

static void
check_child(int (*what)(void))
{
	int status;

	if (geteuid() != 0)
		skip();
	status = in_child(what);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

static void
test_become(void **state)
{
	(void)state;
	check_child(become_nobody);
}

static void
test_become_member(void **state)
{
	(void)state;
	check_child(become_member);
}

/* No such user, or root, or a caller who is not root: all is as it was. */
static int
become_in_vain(void)
{
	static const char *const names[] = { "no-such-user-anywhere", "root",
		"" };
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct result res;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (process_become(names[i], &res) == -1 || geteuid() != uid ||
		    getegid() != gid)
			return 1;
	if (uid == 0 && (setresuid(12345, 12345, 12345) == -1))
		return 2;
	uid = geteuid();
	return process_become("nobody", &res) == -1 || geteuid() != uid;
}

static void
test_become_in_vain(void **state)
{
	(void)state;
	assert_int_equal(in_child(become_in_vain), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_become),
		cmocka_unit_test(test_become_member),
		cmocka_unit_test(test_become_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
