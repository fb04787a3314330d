#include "config.h"

#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <bsd/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/process.h"

#define GROUP_PATH "/etc/group"
#define GROUPS_MAX 64

static int
open_standard_descriptors(struct result *res)
{
	for (int fd = 0; fd <= 2; fd++) {
		/* unreadable as 0 and unwritable as 1 and 2, as closed
		 * descriptors are; but no file of ours can land there */
		int mode = fd == 0 ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		if (open("/dev/null", mode) != fd)
			return result_fail(res, RESULT_SYSTEM, "/dev/null: %s",
			    strerror(errno));
	}
	return 0;
}

static void
reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	struct sigaction ign = { .sa_handler = SIG_IGN };
	sigset_t none;

	/* fails for SIGKILL, SIGSTOP and libc's own, which is as it must be */
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &dfl, NULL);
	(void)sigaction(SIGPIPE, &ign, NULL);
	(void)sigaction(SIGXFSZ, &ign, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The caller's timers, and what they have sent already, which waits where it is
 * blocked, even if it is ignored: to ignore it once more forgets it. */
static void
reset_timers(void)
{
	static const struct {
		int timer;
		int signal;
	} timers[] = { { ITIMER_REAL, SIGALRM }, { ITIMER_VIRTUAL, SIGVTALRM },
		{ ITIMER_PROF, SIGPROF } };
	static const struct itimerval off;
	struct sigaction ign = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
		(void)setitimer(timers[i].timer, &off, NULL);
		(void)sigaction(timers[i].signal, &ign, NULL);
	}
}

int
process_setup(struct result *res)
{
	static const struct rlimit no_core;

	if (getauxval(AT_SECURE) != 0)
		return result_fail(res, RESULT_NOPERM,
		    "installed set-uid or set-gid, which it must not be: run "
		    "chmod u-s,g-s on the program");
	if (open_standard_descriptors(res) == -1)
		return -1;
	closefrom(3);
	umask(077);
	reset_timers();
	reset_signals();
	if (setrlimit(RLIMIT_CORE, &no_core) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return result_fail(res, RESULT_SYSTEM,
		    "cannot forbid core dumps: %s", strerror(errno));
	return 0;
}

int
process_catch_signals(int *fd, struct result *res)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (*fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return result_fail(
		    res, RESULT_SYSTEM, "signalfd: %s", strerror(errno));
	return 0;
}

int
process_detach(enum process_side *side, struct result *res)
{
	pid_t pid;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	pid = fd == -1 ? -1 : fork();
	if (pid == -1)
		(void)result_fail(res, RESULT_SYSTEM,
		    "cannot start a process: %s", strerror(errno));
	if (pid == 0) {
		(void)setsid();
		(void)!chdir("/");
		for (int i = 0; i <= 2; i++)
			(void)dup2(fd, i);
	}
	if (fd != -1)
		close(fd);
	*side = pid == 0 ? PROCESS_CHILD : PROCESS_PARENT;
	return pid == -1 ? -1 : 0;
}

/* Whether nothing of root is left, nor can be had again. */
static bool
is_only(uid_t uid, gid_t gid)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	return getresuid(&ruid, &euid, &suid) == 0 && ruid == uid &&
	    euid == uid && suid == uid && getresgid(&rgid, &egid, &sgid) == 0 &&
	    rgid == gid && egid == gid && sgid == gid &&
	    (uid == 0 || setuid(0) == -1);
}

/* Adds the groups of the user `name` to `gids`, which holds one already and has
 * room for GROUPS_MAX.  How many there are then. */
static size_t
add_groups(const char *name, gid_t gids[GROUPS_MAX])
{
	FILE *file = fopen(GROUP_PATH, "re");
	const struct group *group;
	size_t n = 1;

	while (file != NULL && n < GROUPS_MAX &&
	    (group = fgetgrent(file)) != NULL) {
		char **member = group->gr_mem;

		while (*member != NULL && strcmp(*member, name) != 0)
			member++;
		if (*member != NULL && group->gr_gid != gids[0])
			gids[n++] = group->gr_gid;
	}
	if (file != NULL)
		fclose(file);
	return n;
}

/* The groups of a system's user are in the file: initgroups(3) asks all that
 * knows of any, which can take longer than keeping a mail. */
static int
set_groups(const char *name, gid_t gid)
{
	gid_t gids[GROUPS_MAX] = { gid };
	size_t n = add_groups(name, gids);

	return setgroups(n, gids);
}

int
process_become(const char *name, struct result *res)
{
	const struct passwd *pw;
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0 || (pw = getpwnam(name)) == NULL || pw->pw_uid == 0)
		return 0;
	uid = pw->pw_uid;
	gid = pw->pw_gid;
	if (set_groups(name, gid) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1 || !is_only(uid, gid) ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return result_fail(res, RESULT_SYSTEM,
		    "cannot become the user %s: %s", name, strerror(errno));
	return 0;
}
