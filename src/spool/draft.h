/*
 * draft: the message body while it is taken in and sent.
 *
 * Small bodies stay in memory; larger ones go to a file without a name in
 * `dir`, written in large pieces, that vanishes with the process.  Knows
 * nothing of what the bytes mean.
 */
#ifndef SPOOL_DRAFT_H
#define SPOOL_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"

#define DRAFT_MEMORY (256 * 1024) /* bytes held in memory at the most */

struct draft {
	const char *dir; /* borrowed */
	struct buf head; /* bytes not in the file yet */
	int fd; /* -1: everything is in head */
	uint64_t size; /* bytes in all */
	bool broken; /* an append failed: nothing is complete */
};

/* Where drafts lie unless somebody knows better: $TMPDIR or /tmp.  A TMPDIR
 * that was inherited from another user, or has gone since, costs nobody a
 * mail. */
const char *draft_directory(void);

/* Begins an empty draft; nothing is opened yet. */
void draft_init(struct draft *d, const char *dir);

/* Appends.  Kind STORAGE, naming the directory: no room, or no file; SYSTEM:
 * no memory.  After a failure draft_finish fails too. */
int draft_add(struct draft *d, const char *p, size_t n, struct result *res)
    __attribute__((warn_unused_result));

/* Ends writing: what is read from here on is complete.  Kind STORAGE: it is
 * not, since an append failed. */
int draft_finish(struct draft *d, struct result *res)
    __attribute__((warn_unused_result));

/* Reads up to `n` bytes at `off` (less only at the end).  Kind STORAGE. */
int draft_read(const struct draft *d, uint64_t off, char *p, size_t n,
    size_t *got, struct result *res) __attribute__((warn_unused_result));

void draft_clear(struct draft *d);

#endif
