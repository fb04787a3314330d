/*
 * queue_print: how a mail of the spool is shown.
 *
 * In the layout of Postfix's mailq, which programs and people know how to
 * read, and as a line of JSON.  Whatever is in the spool, it is escaped.
 * Whether it could be written is for whoever owns `out` to check.
 */
#ifndef CLI_QUEUE_PRINT_H
#define CLI_QUEUE_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "spool/spool.h"

#define QUEUE_TIME_MAX 32 /* bytes, the NUL included */

/* A mail that was looked at. */
struct queue_mail {
	const struct entry *entry;
	enum spool_folder folder; /* where: QUEUE, FAILED or DROP */
	bool busy; /* somebody works on it */
	int64_t now;
};

/* Its state: "waiting", "active", "held", "failed" or "drop". */
const char *queue_mail_state(const struct queue_mail *m);

/* Whose mail it is: NULL in the drop folder where the configuration will say;
 * "" is the null sender. */
const char *queue_mail_sender(const struct queue_mail *m);

/* The state of a recipient in words: "waiting", "delivered" or "failed". */
const char *queue_rcpt_state(enum rcpt_state state);

/* What was said last of a recipient, or NULL. */
const struct result *queue_rcpt_result(
    const struct entry *e, const struct rcpt *rcpt);

/* "Fri Nov 27 20:13:05", of the local time `t`.  Returns `dst`. */
char *queue_time(char dst[QUEUE_TIME_MAX], int64_t t);

/* The line above the first mail, and the lines of one: those of its recipients
 * that wait, or of failed mail, that failed. */
void queue_print_header(FILE *out);
void queue_print_mail(FILE *out, const struct queue_mail *m);

/* The lines below the last of `count` mails, of `bytes` in all. */
void queue_print_total(FILE *out, size_t count, uint64_t bytes);

/* One object, on a line of its own. */
void queue_print_json(FILE *out, const struct queue_mail *m);

#endif
