/*
 * drop: the folder where users who must not read the configuration leave
 * their mail.
 *
 * drop/ is 3733 outpost:outpost: anybody may put a file there, nobody but
 * outpost can list it, and nobody can remove what is not his.  What is in it
 * may be anything: a link, a FIFO, a directory, a file that never ends or
 * that its owner still writes to.  So a file is opened without following or
 * waiting, must be regular with one link and of bounded size, and is copied
 * before a byte of it is believed.  Who sent it is the file's owner, never
 * what the file says.
 */
#ifndef SPOOL_DROP_H
#define SPOOL_DROP_H

#include "spool/spool.h"

/* Opens drop/ of the spool `dir` alone, as somebody who may put things there
 * and do nothing else.  Kinds DENIED: there is no such folder; STORAGE. */
int drop_open(struct spool *s, const char *dir, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Takes the file `id` of drop/: `e` is read from a private copy that has no
 * name; e->uid is the owner of the file, which is locked until `e` is cleared.
 * To be released by drop_forget once it was kept elsewhere, or left for another
 * time.  BUSY when another taker is at it, GONE, or BAD: CORRUPT when it was
 * moved to corrupt/; NEWER; SYSTEM; STORAGE when there was no room for the
 * copy, or a strange thing (a directory of somebody else's, say) could not be
 * moved away.
 */
enum spool_take drop_take(struct spool *s, const char *id, uint64_t size_max,
    struct entry *e, struct result *res) __attribute__((warn_unused_result));

/* Removes the file `id` that was taken and kept, durably: its mail may be sent
 * from here on.  Kind STORAGE. */
int drop_forget(struct spool *s, const char *id, struct result *res)
    __attribute__((warn_unused_result));

/* Moves whatever has a name in drop/ that no entry can have (and does not
 * begin with ".") to corrupt/, under a name of ours; *moved says how many.
 * Kind STORAGE: one could not be moved; the others were. */
int drop_sweep(struct spool *s, size_t *moved, struct result *res)
    __attribute__((warn_unused_result));

#endif
