/*
 * own: what lets users find the mail in the spool that is theirs, and no other.
 *
 * Nobody but its owner lists queue/ and failed/.  Who submitted an entry may
 * read it, by an access control list (acl(5)), and the directory own/UID, which
 * only he and the spool's owner can list, has an empty file named by its id: a
 * marker.  Markers are hints: one that is missing hides a mail from its user,
 * one that is left over leads to nothing, and what is his is said by the entry
 * alone.  So none is worth an fsync, and a failure to make one is nobody's.
 *
 * Nothing is made for the spool's owner and for root, who see all, nor where
 * the file system has no access control lists.
 */
#ifndef SPOOL_OWN_H
#define SPOOL_OWN_H

#include "spool/spool.h"

/* Lets the user who submitted `e` read e->fd. */
void own_share(const struct entry *e);

/* Makes the marker of `e`, which is in queue/ or failed/. */
void own_note(const struct spool *s, const struct entry *e);

/* Puts own/UID of the user `uid`, whose markers names_list then lists, in place
 * of own/; closed where he has none.  Kind STORAGE. */
int own_open(struct spool *s, uid_t uid, struct result *res)
    __attribute__((warn_unused_result));

/* Removes the markers of what is neither in queue/ nor in failed/, and then
 * directories that are empty.  Linear time and constant memory.  Kind STORAGE:
 * a directory could not be listed; the others were swept. */
int own_sweep(const struct spool *s, struct result *res)
    __attribute__((warn_unused_result));

#endif
