#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/check_print.h"
#include "cli/wizard_trial.h"
#include "spool/file.h"

#define CONFIG_MAX 65536

/* Shows stages: of those that went well, only these. */
struct showing {
	struct check_print print;
	const enum check_stage *stages;
	size_t count;
	enum check_stage last; /* when a host comes past it, all is well */
	bool passed;
};

static void
show(void *arg, const struct check_result *r)
{
	struct showing *s = arg;
	bool wanted = r->verdict == CHECK_WARNING || r->verdict == CHECK_FAILED;

	for (size_t i = 0; i < s->count; i++)
		wanted |= s->stages[i] == r->stage;
	s->passed |= r->stage == s->last && r->verdict == CHECK_OK;
	if (wanted)
		check_print_stage(&s->print, r);
}

/* Returns the exit status.  That a second host cannot be had stops no mail,
 * and what this machine lacks is shown, but was not to be done here. */
static int
judge(struct check_rules *rules, struct showing *s)
{
	int status;

	check_print_begin(
	    &s->print, stdout, CHECK_LAYOUT_TEXT, rules->language);
	rules->done = show;
	rules->arg = s;
	status = check_run(rules);
	return s->passed ? EX_OK : status;
}

/* Where root checks, he becomes who sends, for good: it is done by a process
 * of its own. */
static int
run(struct check_rules *rules, struct showing *s, struct result *res)
{
	int status = 0;
	pid_t pid, ended;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(judge(rules, s));
	while (pid != -1 && (ended = waitpid(pid, &status, 0)) != pid)
		if (ended == -1 && errno != EINTR)
			pid = -1;
	if (pid == -1)
		return result_fail(res, RESULT_SYSTEM,
		    "cannot start a process: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

/* A file in memory alone, with the password: nothing of it is left, however
 * this ends. */
static int
make_config(const struct wizard_answers *a, struct result *res)
{
	const struct wizard_place place = { "password", a->code.data, "" };
	struct buf text;
	int fd = memfd_create("outpost.ini", MFD_CLOEXEC);

	buf_init(&text, CONFIG_MAX);
	wizard_answers_write(a, &place, &text);
	if (fd == -1 || buf_failed(&text) || fchmod(fd, 0600) == -1 ||
	    file_write(fd, text.data, text.len) == -1) {
		(void)result_fail(res, RESULT_SYSTEM,
		    "cannot make a configuration to test: %s", strerror(errno));
		if (fd != -1)
			(void)close(fd);
		fd = -1;
	}
	buf_free(&text);
	return fd;
}

int
wizard_trial_account(const struct wizard_answers *a, enum language language,
    int *status, struct result *res)
{
	static const enum check_stage stages[] = { CHECK_STAGE_DNS,
		CHECK_STAGE_TCP, CHECK_STAGE_TLS, CHECK_STAGE_EHLO,
		CHECK_STAGE_AUTH, CHECK_STAGE_MAIL };
	struct showing s = { .stages = stages,
		.count = sizeof stages / sizeof *stages,
		.last = CHECK_STAGE_MAIL };
	char path[64];
	struct check_rules rules = { .config = path,
		.scope = CHECK_WAY,
		.depth = CHECK_ASK,
		.language = language };
	int fd = make_config(a, res);

	if (fd == -1)
		return -1;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	*status = run(&rules, &s, res);
	(void)close(fd);
	return *status == -1 ? -1 : 0;
}

int
wizard_trial_machine(const char *config, const char *to, enum language language,
    int *status, struct result *res)
{
	static const enum check_stage stages[] = { CHECK_STAGE_LINKS,
		CHECK_STAGE_QUEUE, CHECK_STAGE_SEND };
	struct showing s = { .stages = stages,
		.count = sizeof stages / sizeof *stages,
		.last = CHECK_STAGE_SEND };
	struct check_rules rules = { .config = config,
		.to = to,
		.scope = to != NULL ? CHECK_ALL : CHECK_HERE,
		.depth = to != NULL ? CHECK_SEND : CHECK_ASK,
		.language = language };

	*status = run(&rules, &s, res);
	return *status == -1 ? -1 : 0;
}
