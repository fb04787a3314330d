/*
 * queue_list: lists the mail that is kept.
 *
 * Prints as it goes, some names at a time, so that memory does not grow with
 * the queue.  A mail that cannot be read is told of and stops no other.
 */
#ifndef CLI_QUEUE_LIST_H
#define CLI_QUEUE_LIST_H

#include <stddef.h>
#include <stdio.h>

#include "spool/spool.h"

enum queue_layout {
	QUEUE_LAYOUT_MAILQ, /* what programs know from Postfix and sendmail */
	QUEUE_LAYOUT_PEOPLE, /* the same, and what is known of the runs */
	QUEUE_LAYOUT_JSON /* a line for each mail, and a last one */
};

struct queue_list {
	const char *program; /* how lines on stderr begin */
	const char *config; /* another configuration, or NULL */
	enum queue_layout layout;
	enum spool_folder folder; /* QUEUE, with what is dropped, or FAILED */
	char *const *ids; /* those alone */
	size_t count; /* of them; 0: all */
};

/* Prints to `out`.  Returns the exit status, but for what could not be
 * written. */
int queue_list(const struct queue_list *l, FILE *out);

#endif
