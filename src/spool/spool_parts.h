/*
 * spool_parts: what the files of spool/ that work on folders share, and
 * nobody else includes.
 */
#ifndef SPOOL_SPOOL_PARTS_H
#define SPOOL_SPOOL_PARTS_H

#include <sys/stat.h>

#include "spool/spool.h"

#define SPOOL_ID_LENGTH 21 /* characters of an id */
#define SPOOL_ID_DIGITS "0123456789abcdefghijklmnopqrstuv" /* base32 */

/* The name of a folder in the spool. */
const char *spool_folder_name(enum spool_folder folder);

/* Makes the result "cannot WHAT DIR/FOLDER[/NAME]: " and what errno says, of
 * kind STORAGE.  Returns -1. */
int spool_fail(const struct spool *s, enum spool_folder folder,
    const char *name, const char *what, struct result *res);

/* Calls `visit` for each name in the folder but "." and "..", in no order;
 * it may remove that name.  Kind STORAGE. */
int spool_each(const struct spool *s, enum spool_folder folder,
    void (*visit)(const char *name, void *arg), void *arg, struct result *res)
    __attribute__((warn_unused_result));

/* Gives `from`'s `name` the name `as` in `to`, unless that is taken (EEXIST).
 * -1: errno says why. */
int spool_rename(const struct spool *s, enum spool_folder from,
    const char *name, enum spool_folder to, const char *as);

/* Whether `name` in the folder is (still) the file `file`; 0 or 1, or -1:
 * errno says why it cannot be told. */
int spool_is_named(const struct spool *s, enum spool_folder folder,
    const char *name, const struct stat *file);

/*
 * Moves what is called `name` and cannot be taken to corrupt/, as `as`, or
 * that with the first number that is free.  `res` says why (CORRUPT); where
 * it went is put before it.  When it could not be moved, `res` becomes
 * STORAGE.
 */
void spool_set_aside(const struct spool *s, enum spool_folder folder,
    const char *name, const char *as, struct result *res);

/* Ends taking `name`, whose result is `res` and which is not TAKEN: closes
 * `e` and, when it is CORRUPT, sets the file aside.  Returns BAD. */
enum spool_take spool_refuse(const struct spool *s, enum spool_folder folder,
    const char *name, struct entry *e, struct result *res);

/*
 * Opens `name` with `flags`, locks it and sees that it is a regular file with
 * one name.  TAKEN: *fd is open; else it is not.  BAD: CORRUPT, or STORAGE.
 */
enum spool_take spool_open_locked(const struct spool *s,
    enum spool_folder folder, const char *name, int flags, int *fd,
    struct result *res) __attribute__((warn_unused_result));

#endif
