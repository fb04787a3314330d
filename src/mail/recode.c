#include "config.h"

#include <stdlib.h>

#include "mail/header.h"
#include "mail/recode_parts.h"

#define PIECE_SIZE 16384 /* bytes that are read at once */

/* The most that waits to be written: a field at its largest. */
#define OUT_MAX (9 * (size_t)HEADER_MAX)

/* Reads the next piece of the message to `p`. */
static int
read_piece(const struct source *message, uint64_t off, char *p, size_t *got,
    struct result *res)
{
	uint64_t left = message->size - off;
	size_t n = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE;

	if (message->read(message->arg, off, p, n, got, res) == -1)
		return -1;
	if (*got == 0 || *got > n)
		return result_fail(res, RESULT_STORAGE, "message ends early");
	return 0;
}

/* Walks through all of the message. */
static int
walk(struct mime_walk *w, const struct source *message, struct result *res)
{
	char piece[PIECE_SIZE];
	size_t got;

	for (uint64_t off = 0; off < message->size; off += got)
		if (read_piece(message, off, piece, &got, res) == -1 ||
		    mime_walk_push(w, piece, got, res) == -1)
			return -1;
	return mime_walk_end(w, res);
}

static int
pass(struct recode_job *job, const struct source *message,
    mime_handler *const handlers[], struct result *res)
{
	struct mime_walk w;
	int rc;

	mime_walk_init(&w, handlers, job);
	rc = walk(&w, message, res);
	mime_walk_clear(&w);
	return rc;
}

/* Writes what is left; what is encoded to the very end lacks a line end. */
static int
finish(struct recode_job *job, struct result *res)
{
	if (recode_flush(job, res) == -1)
		return -1;
	if (!job->mid_line)
		return 0;
	buf_puts(&job->out, "\r\n");
	return recode_flush(job, res);
}

int
recode(const struct source *message, enum recode_want want,
    const struct recode_sink *sink, struct result *res)
{
	struct recode_job *job = calloc(1, sizeof *job);
	int rc = -1;

	if (job == NULL)
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the message's parts");
	job->want = want;
	job->sink = sink;
	buf_init(&job->out, OUT_MAX);
	if (pass(job, message, recode_survey, res) == 0) {
		buf_reset(&job->out);
		rc = pass(job, message, recode_write, res);
	}
	if (rc == 0)
		rc = finish(job, res);
	buf_free(&job->out);
	free(job);
	return rc;
}
