#include "config.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/queue_admin.h"
#include "cli/queue_change.h"
#include "cli/queue_drive.h"
#include "cli/queue_list.h"
#include "cli/queue_show.h"
#include "cli/say.h"
#include "spool/names.h"

#define PROGRAM "outpost"

/* What was printed counts only when it got there. */
static int
printed(int status)
{
	int flushed = say_flush(PROGRAM);

	return flushed == EX_OK ? status : flushed;
}

static int
list(const struct queue_options *q, const char *config)
{
	const struct queue_list l = { .program = PROGRAM,
		.config = config,
		.layout = q->json ? QUEUE_LAYOUT_JSON : QUEUE_LAYOUT_PEOPLE,
		.folder = q->failed ? SPOOL_FAILED : SPOOL_QUEUE,
		.ids = q->ids,
		.count = q->count };

	return printed(queue_list(&l, stdout));
}

static int
show(const struct queue_options *q, const char *config)
{
	enum queue_show_bytes bytes = isatty(STDOUT_FILENO) == 1
	    ? QUEUE_SHOW_ESCAPED
	    : QUEUE_SHOW_RAW;

	return printed(queue_show(PROGRAM, config, q->ids[0], bytes, stdout));
}

static int
run(const struct queue_options *q, const char *config)
{
	const struct runner runner = { .program = PROGRAM,
		.config = config,
		.choice = { .urgency = ACCOUNT_DUE } };

	return queue_drive(&runner, q->every_ms, QUEUE_DRIVE_HERE);
}

static int
change(const struct queue_options *q, const char *config)
{
	return queue_change(PROGRAM, q, config);
}

static int (*const commands[])(const struct queue_options *, const char *) = {
	[QUEUE_COMMAND_LIST] = list,
	[QUEUE_COMMAND_SHOW] = show,
	[QUEUE_COMMAND_RUN] = run,
	[QUEUE_COMMAND_RETRY] = change,
	[QUEUE_COMMAND_HOLD] = change,
	[QUEUE_COMMAND_RELEASE] = change,
	[QUEUE_COMMAND_REMOVE] = change,
};

int
queue_admin(const struct queue_options *q, const char *config)
{
	for (size_t i = 0; i < q->count; i++) {
		if (names_is_id(q->ids[i]))
			continue;
		say(PROGRAM ": \"%s\" is no id\n", q->ids[i]);
		return EX_USAGE;
	}
	return commands[q->command](q, config);
}
