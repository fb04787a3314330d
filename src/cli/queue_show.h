/*
 * queue_show: all that is known of one kept mail, and the mail.
 */
#ifndef CLI_QUEUE_SHOW_H
#define CLI_QUEUE_SHOW_H

#include <stdio.h>

/* How a message's bytes are written. */
enum queue_show_bytes {
	QUEUE_SHOW_RAW, /* as they are, but for the line ends */
	QUEUE_SHOW_ESCAPED /* for a terminal */
};

/* Prints the mail `id`, wherever it is kept, to `out`.  `config` as for
 * setup_conf.  Returns the exit status, but for what could not be written. */
int queue_show(const char *program, const char *config, const char *id,
    enum queue_show_bytes bytes, FILE *out);

#endif
