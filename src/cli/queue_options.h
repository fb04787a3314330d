/*
 * queue_options: the command line of `outpost queue`, from one table.
 *
 * Each command has a row: which options and ids it takes, and the words of
 * the usage.  Options come before the ids.  Whether an id can be one is for
 * whoever looks it up.  Nothing is opened, read or printed here.  Pure;
 * borrows argv.
 */
#ifndef CLI_QUEUE_OPTIONS_H
#define CLI_QUEUE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"

enum queue_command {
	QUEUE_COMMAND_LIST,
	QUEUE_COMMAND_SHOW,
	QUEUE_COMMAND_RUN,
	QUEUE_COMMAND_RETRY,
	QUEUE_COMMAND_HOLD,
	QUEUE_COMMAND_RELEASE,
	QUEUE_COMMAND_REMOVE
};

/* What a command takes: options, a bit each, and ids. */
enum queue_options_take {
	QUEUE_TAKES_JSON = 1 << 0,
	QUEUE_TAKES_FAILED = 1 << 1,
	QUEUE_TAKES_EVERY = 1 << 2,
	QUEUE_TAKES_ALL = 1 << 3
};

enum queue_options_ids {
	QUEUE_IDS_NONE,
	QUEUE_IDS_ONE,
	QUEUE_IDS_ANY, /* or none: all there are */
	QUEUE_IDS_SOME /* or --all */
};

struct queue_options_row {
	const char *name;
	enum queue_command command;
	unsigned takes; /* enum queue_options_take */
	enum queue_options_ids ids;
	const char *words; /* that follow the name, for people */
	const char *text; /* what it does */
};

extern const struct queue_options_row queue_options_rows[];
extern const size_t queue_options_count;

struct queue_options {
	enum queue_command command;
	bool json; /* --json */
	bool failed; /* --failed: failed mail instead */
	bool all; /* --all */
	long every_ms; /* --every; 0: once */
	char *const *ids;
	size_t count;
};

/*
 * Reads the words after "queue", the command first; argc may be 0.  Kind
 * USAGE, with one line that says what is wrong: no such command or option, a
 * value that is missing or no time, ids that are missing, too many, empty, or
 * hold a control character.
 */
int queue_options_parse(struct queue_options *q, int argc, char *const *argv,
    struct result *res) __attribute__((warn_unused_result));

/* Appends the commands, a line each, for --help. */
void queue_options_help(struct buf *out);

#endif
