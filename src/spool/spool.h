/*
 * spool: the folders that mail is kept in.
 *
 * queue/ what is to be sent, failed/ what was refused or gave up, corrupt/
 * what cannot be read, drop/ what others handed in, state/ what is known of
 * accounts (pause.h, turn.h), own/ whose mail is whose (own.h).  An entry's
 * name is its id: seconds since 1970 and 64 random bits in base32, so names
 * sort by age and no two are alike, whatever the clock or the machine.
 *
 * A file appears under its name only when it is whole and durable: O_TMPFILE
 * and link(2), or a name that begins with "." and rename(2).  Who works on an
 * entry holds its flock(2), which dies with the process; nobody waits for one.
 * doc/SPOOL.md has the states and what a crash leaves of each.
 */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/result.h"
#include "spool/entry.h"

enum spool_folder {
	SPOOL_QUEUE,
	SPOOL_FAILED,
	SPOOL_CORRUPT,
	SPOOL_DROP,
	SPOOL_STATE,
	SPOOL_OWN,
	SPOOL_FOLDER_COUNT
};

struct spool {
	char *dir; /* its path, for messages */
	int fds[SPOOL_FOLDER_COUNT]; /* -1: not opened */
};

/* Makes `s` closed, so that spool_close is safe. */
void spool_init(struct spool *s);

/*
 * Opens the spool `dir` with all its folders, making what is missing but drop/
 * (0711; doc/SPOOL.md), never changing what is there.  Kinds:
 * STORAGE, naming the path: it cannot be made, opened or written to; CONFIG:
 * it belongs to another user, or others may write to it (the text has the
 * chown or chmod to run).
 */
int spool_open(struct spool *s, const char *dir, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Opens the spool `dir` to be looked at: makes nothing, and what is not there
 * or is closed to the caller stays closed, unless it is the folder `needed`.
 * Where he cannot list what is in a folder, he may open it by its name.  Kinds
 * NOPERM: that one, or the way to it, is closed to the caller; STORAGE.
 */
int spool_peek(struct spool *s, const char *dir, enum spool_folder needed,
    struct result *res) __attribute__((warn_unused_result));

/*
 * Gives `e`, which has no descriptor, an id, unless it has one, and makes it
 * and its message (not that of `e` itself) durable in `folder`.  On success
 * e->fd is open and locked.  When it fails, nothing is left there, and nothing
 * is durable: kinds STORAGE (path and the system's words), and those of
 * entry_write.  In drop/ the file gets mode 0640; elsewhere who submitted it
 * may find and read it (own.h).
 */
int spool_keep(struct spool *s, enum spool_folder folder, struct entry *e,
    const struct source *message, struct result *res)
    __attribute__((warn_unused_result));

enum spool_take {
	SPOOL_TAKEN, /* e is read and locked */
	SPOOL_BUSY, /* somebody works on it */
	SPOOL_GONE, /* somebody was quicker */
	SPOOL_BAD /* the result says what; see spool_take */
};

/*
 * Opens, locks and reads the entry `id`; what is no id is GONE.  Never follows
 * a link and never waits.  BAD, kind CORRUPT: it was moved to corrupt/ (under
 * a name with a number where that one is taken); NEWER, STORAGE, SYSTEM: it
 * stays where it is.
 */
enum spool_take spool_take(struct spool *s, enum spool_folder folder,
    const char *id, enum entry_depth depth, struct entry *e, struct result *res)
    __attribute__((warn_unused_result));

/* Checks the rest of the locked entry, which was read as ENTRY_ENVELOPE.
 * TAKEN, or BAD, as spool_take: then `e` is cleared. */
enum spool_take spool_verify(struct spool *s, enum spool_folder folder,
    struct entry *e, struct result *res) __attribute__((warn_unused_result));

/* spool_take without the lock and without moving anything, to be shown:
 * *busy says whether somebody works on it.  TAKEN, GONE or BAD. */
enum spool_take spool_look(const struct spool *s, enum spool_folder folder,
    const char *id, struct entry *e, bool *busy, struct result *res)
    __attribute__((warn_unused_result));

/* Moves the locked entry between folders, durably.  Kind STORAGE: it is in
 * one of them, or after a crash in both. */
int spool_move(struct spool *s, enum spool_folder from, enum spool_folder to,
    const struct entry *e, struct result *res)
    __attribute__((warn_unused_result));

/* Removes the locked entry; durable after spool_sync.  Kind STORAGE. */
int spool_remove(struct spool *s, enum spool_folder folder,
    const struct entry *e, struct result *res)
    __attribute__((warn_unused_result));

/* fsync(2) of the folder.  Kind STORAGE. */
int spool_sync(struct spool *s, enum spool_folder folder, struct result *res)
    __attribute__((warn_unused_result));

void spool_close(struct spool *s);

#endif
