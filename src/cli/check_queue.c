#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "cli/check_parts.h"
#include "cli/queue_print.h"
#include "spool/names.h"
#include "spool/pause.h"

/* Whether what waits is sent. */

#define LATE (15 * 60) /* seconds without a run while mail waits */
#define NEVER (24 * 60 * 60) /* and while none does */
#define COUNT_TEXT_MAX 32

/* How many mails are in a folder, or at least how many; 0 when that is not for
 * the caller to know. */
static size_t
count(const struct spool *s, enum spool_folder folder)
{
	struct names names = { .count = 0 };
	struct result ignored;
	size_t n = 0;

	if (s->fds[folder] != -1 &&
	    names_list(&names, s, folder, "", &ignored) == 0)
		n = names.count;
	names_clear(&names);
	return n;
}

static size_t
note_count(struct check *c, enum check_word word, size_t n)
{
	char text[COUNT_TEXT_MAX];

	snprintf(text, sizeof text, "%zu%s", n, n >= NAMES_BATCH ? "+" : "");
	check_note(c, word, text, NULL);
	return n;
}

/* How runs of the queue are begun here. */
static void
advise_run(struct check *c)
{
	const char *how;

	if (c->setup.uid != 0)
		how = "(crontab -l; echo '* * * * * /usr/sbin/outpost queue "
		      "run') | crontab -";
	else if (access("/run/systemd/system", F_OK) == 0)
		how = "systemctl enable --now outpost-queue.timer "
		      "outpost-queue.path";
	else
		how = "echo '* * * * * " SETUP_USER
		      " /usr/sbin/outpost queue run' > /etc/cron.d/outpost";
	check_advise(c, CHECK_DO_RUN, how, NULL);
}

/* "3h", of `seconds`, roughly. */
static void
put_age(struct buf *out, int64_t seconds)
{
	static const int64_t units[] = { 86400, 3600, 60 };

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (seconds >= 2 * units[i])
			seconds -= seconds % units[i];
	duration_add(out, (long)(seconds > 0 ? seconds : 1) * 1000);
}

static void
judge_runs(struct check *c, const struct spool *s, size_t waiting)
{
	int64_t last = pause_last_run(s), age = time(NULL) - last;
	struct buf text;

	if (last == 0) {
		check_warn(c, CHECK_SAYS_NEVER, NULL);
		advise_run(c);
		return;
	}
	buf_init(&text, COUNT_TEXT_MAX);
	put_age(&text, age);
	if (age > NEVER || (age > LATE && waiting > 0)) {
		check_warn(c, CHECK_SAYS_RUN, text.data, NULL);
		advise_run(c);
	} else {
		check_note(c, CHECK_SAYS_RUN, text.data, NULL);
	}
	buf_free(&text);
}

static void
judge_pause(struct check *c, const struct spool *s)
{
	char when[QUEUE_TIME_MAX];
	bool is_paused = false;
	struct pause pause;

	for (const struct conf *conf = &c->setup.conf; conf != NULL;
	     conf = conf->next) {
		pause_peek(s, conf->account, &pause);
		if (!pause_holds(&pause, time(NULL), INT64_MAX))
			continue;
		check_warn(c, CHECK_SAYS_PAUSED, queue_time(when, pause.until),
		    pause.why.text, NULL);
		is_paused = true;
	}
	if (is_paused)
		check_advise(c, CHECK_DO_PAUSED, NULL);
}

static void
look(struct check *c, const struct spool *s)
{
	size_t waiting = count(s, SPOOL_QUEUE) + count(s, SPOOL_DROP);
	size_t failed = count(s, SPOOL_FAILED);

	(void)note_count(c, CHECK_SAYS_COUNT, waiting);
	if (failed > 0)
		(void)note_count(c, CHECK_SAYS_FAILED, failed);
	judge_runs(c, s, waiting);
	judge_pause(c, s);
}

void
check_queue(struct check *c, const struct result *why)
{
	check_begin(c, CHECK_STAGE_QUEUE);
	if (c->setup.conf.queue.directory[0] == '\0')
		check_skip(c, CHECK_SAYS_NO_QUEUE, NULL);
	else if (why->kind == RESULT_OK)
		look(c, &c->spool);
	else if (why->kind == RESULT_NOPERM)
		check_skip(c, CHECK_SAYS_NO_LOOK, SETUP_USER, NULL);
	else
		check_fail(c, why);
	check_end(c);
}
