#include "config.h"

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <bsd/string.h>
#include <bsd/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/command.h"

#define SHELL "/bin/sh"
#define GRACE 1000 /* ms from SIGTERM to SIGKILL */
#define EXIT_NO_SHELL 127

static const char *const passed[] = { "PATH", "HOME", "USER", "LOGNAME",
	"GNUPGHOME", "PASSWORD_STORE_DIR", "DBUS_SESSION_BUS_ADDRESS",
	"XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME" };
#define PASSED (sizeof passed / sizeof *passed)

enum source { FROM_OUT, FROM_ERR, FROM_SIGNALS, SOURCES };

struct run {
	pid_t pid; /* and process group */
	struct pollfd sources[SOURCES]; /* non-blocking; fd -1: closed */
	struct buf *texts[FROM_SIGNALS];
	sigset_t before; /* signal mask of this process */
	int caught; /* the signal that is to end this process, or 0 */
};

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
is_passed(const char *variable)
{
	size_t n = strcspn(variable, "=");

	for (size_t i = 0; i < PASSED; i++)
		if (strlen(passed[i]) == n &&
		    memcmp(passed[i], variable, n) == 0)
			return true;
	return false;
}

static void
reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	sigemptyset(&none);
	(void)sigaction(SIGPIPE, &dfl, NULL);
	(void)sigaction(SIGXFSZ, &dfl, NULL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What becomes of the child. */
static _Noreturn void
become_command(const char *line, int out, int err)
{
	char *env[PASSED + 1] = { NULL };
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t n = 0;

	for (char **p = environ; *p != NULL && n < PASSED; p++)
		if (is_passed(*p))
			env[n++] = *p;
	reset_signals();
	if (in != -1 && setsid() != -1 && dup2(in, STDIN_FILENO) != -1 &&
	    dup2(out, STDOUT_FILENO) != -1 && dup2(err, STDERR_FILENO) != -1) {
		closefrom(STDERR_FILENO + 1);
		(void)execle(SHELL, "sh", "-c", line, (char *)NULL, env);
	}
	dprintf(STDERR_FILENO, SHELL ": %s\n", strerror(errno));
	_exit(EXIT_NO_SHELL);
}

/* Both ends are closed in the child by closefrom() or exec. */
static int
start(struct run *r, const char *line)
{
	int ends[FROM_SIGNALS][2] = { { -1, -1 }, { -1, -1 } }, error;

	r->pid = -1;
	if (pipe2(ends[FROM_OUT], O_CLOEXEC) == 0 &&
	    pipe2(ends[FROM_ERR], O_CLOEXEC) == 0 &&
	    fcntl(ends[FROM_OUT][0], F_SETFL, O_NONBLOCK) == 0 &&
	    fcntl(ends[FROM_ERR][0], F_SETFL, O_NONBLOCK) == 0)
		r->pid = fork();
	if (r->pid == 0)
		become_command(line, ends[FROM_OUT][1], ends[FROM_ERR][1]);
	error = errno;
	for (int i = 0; i < FROM_SIGNALS; i++) {
		r->sources[i] = (struct pollfd){ ends[i][0], POLLIN, 0 };
		if (ends[i][1] != -1)
			(void)close(ends[i][1]);
	}
	errno = error;
	return r->pid == -1 ? -1 : 0;
}

/* Keeps signals waiting, from before the child is there. */
static int
hold_signals(struct run *r)
{
	sigset_t held;
	int fd;

	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &held, &r->before) == -1)
		return -1;
	fd = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	r->sources[FROM_SIGNALS] = (struct pollfd){ fd, POLLIN, 0 };
	return fd == -1 ? -1 : 0;
}

static void
close_source(struct pollfd *source)
{
	if (source->fd != -1)
		(void)close(source->fd);
	source->fd = -1;
}

/* Reads until nothing is there at the moment, or there is no room; then once,
 * so that who writes on and on is never waited for. */
static void
take_text(struct pollfd *source, struct buf *text)
{
	char chunk[4096];
	size_t room, used;
	ssize_t n;

	do {
		n = read(source->fd, chunk, sizeof chunk);
		if (n <= 0)
			break;
		room = text->max - text->len;
		used = (size_t)n < room ? (size_t)n : room;
		buf_add(text, chunk, used);
	} while (text->len < text->max && !buf_failed(text));
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		close_source(source);
	explicit_bzero(chunk, sizeof chunk);
}

static void
take_signal(struct run *r)
{
	struct signalfd_siginfo info;

	if (read(r->sources[FROM_SIGNALS].fd, &info, sizeof info) ==
		sizeof info &&
	    info.ssi_signo != SIGCHLD)
		r->caught = (int)info.ssi_signo;
}

static void
take_all(struct run *r)
{
	for (int i = 0; i < FROM_SIGNALS; i++)
		if (r->sources[i].fd != -1)
			take_text(&r->sources[i], r->texts[i]);
	take_signal(r);
}

/* Whether it is over; its process group stays its own until it is reaped. */
static bool
has_ended(const struct run *r)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)r->pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) == -1 ||
	    info.si_pid != 0;
}

/* Whether it ends within `ms` and before a signal comes. */
static bool
follow(struct run *r, long ms)
{
	int64_t until = now() + ms, left = ms;
	bool ended;

	while (!(ended = has_ended(r)) && r->caught == 0 && left > 0) {
		(void)poll(r->sources, SOURCES, (int)left);
		take_all(r);
		left = until - now();
	}
	/* what it wrote last: it may live on in a child that has its pipes */
	take_all(r);
	return ended;
}

static void
kill_all(struct run *r)
{
	(void)kill(-r->pid, SIGTERM);
	(void)follow(r, GRACE);
	(void)kill(-r->pid, SIGKILL);
	/* it may not have come so far as to have a group */
	(void)kill(r->pid, SIGKILL);
}

static int
judge(int status, struct result *res)
{
	if (WIFSIGNALED(status))
		return result_fail(res, RESULT_COMMAND,
		    "it was killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return result_fail(res, RESULT_COMMAND, "its exit status is %d",
		    WEXITSTATUS(status));
	return 0;
}

/* Waits for it for up to `ms`, and leaves nothing of it behind. */
static int
finish(struct run *r, long ms, struct result *res)
{
	bool ended = follow(r, ms);
	int status = 0;
	pid_t pid;

	if (!ended)
		kill_all(r);
	while ((pid = waitpid(r->pid, &status, 0)) == -1 && errno == EINTR)
		;
	if (r->caught != 0)
		return result_fail(res, RESULT_INTERRUPTED, "interrupted");
	if (pid == -1)
		return result_fail(
		    res, RESULT_SYSTEM, "waitpid: %s", strerror(errno));
	if (!ended)
		return result_fail(res, RESULT_COMMAND,
		    "it did not end within %ld seconds", ms / 1000);
	return judge(status, res);
}

int
command_run(const char *line, long ms, struct buf *out, struct buf *err,
    struct result *res)
{
	struct run r = { .sources = { { .fd = -1 }, { .fd = -1 },
			     { .fd = -1 } },
		.texts = { out, err } };
	int status;

	if (hold_signals(&r) == -1 || start(&r, line) == -1)
		status = result_fail(res, RESULT_SYSTEM,
		    "cannot start a process: %s", strerror(errno));
	else
		status = finish(&r, ms, res);
	for (int i = 0; i < SOURCES; i++)
		close_source(&r.sources[i]);
	(void)sigprocmask(SIG_SETMASK, &r.before, NULL);
	if (r.caught != 0)
		(void)raise(r.caught);
	if (status == 0 && (buf_failed(out) || buf_failed(err)))
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return status;
}
