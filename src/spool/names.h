/*
 * names: what is in a folder of the spool, oldest first, some at a time.
 */
#ifndef SPOOL_NAMES_H
#define SPOOL_NAMES_H

#include "spool/spool.h"

#define NAMES_BATCH 8192

struct names {
	char (*names)[ENTRY_ID_MAX];
	size_t count;
	/* files that cannot be an entry's by their name, all in all (names
	 * that begin with "." are passed by); the first of them, escaped */
	size_t strange;
	char first_strange[64];
};

/*
 * Finds the NAMES_BATCH first entries of `folder` whose names come after
 * `after` ("": all).  Linear time and constant memory for any number of files.
 * Kind STORAGE.  To be cleared whatever the result.
 */
int names_list(struct names *n, const struct spool *s, enum spool_folder folder,
    const char *after, struct result *res) __attribute__((warn_unused_result));

void names_clear(struct names *n);

/* Writes a new id for what was made at `created` (seconds since 1970). */
void names_make_id(char id[ENTRY_ID_MAX], int64_t created);

/* Whether `name` can be an entry's. */
bool names_is_id(const char *name);

/* Whether there is something of that name in `folder`, if that is open. */
bool names_has(const struct spool *s, enum spool_folder folder, const char *id);

/*
 * Removes unfinished files (names that begin with ".") of `folder` that are
 * older than a day by the clock of the file system, and (max_age > 0) entries
 * whose file was last changed more than `max_age` seconds before `now`, unless
 * somebody works on them.  Puts how many entries went in *removed.
 */
int names_sweep(struct spool *s, enum spool_folder folder, int64_t now,
    int64_t max_age, size_t *removed, struct result *res)
    __attribute__((warn_unused_result));

#endif
