/*
 * file: reads a small file whole, and judges who may read or change it.
 *
 * Only regular files are read (symbolic links are followed), and what is
 * judged is the opened file, never its name.  The messages name the file and
 * the command that puts it right.
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/result.h"

/* Whether there is nothing at `path`. */
bool file_is_missing(const char *path);

/*
 * Appends all of the file `path` to `out`, whose limit is the file's, and
 * puts what fstat(2) says of it in `st`.  Kind CONFIG: it cannot be opened or
 * read, is not a regular file, is too large; DENIED: the caller may not read
 * it; SYSTEM: no memory.
 */
int file_read(struct buf *out, const char *path, struct stat *st,
    struct result *res) __attribute__((warn_unused_result));

/* Kind CONFIG when the group or others may write to the file. */
int file_check_writers(const char *path, const struct stat *st,
    struct result *res) __attribute__((warn_unused_result));

/* Kind CONFIG when the file belongs neither to root nor to the caller's
 * effective user; `what` it holds is for the message. */
int file_check_owner(const char *path, const struct stat *st, const char *what,
    struct result *res) __attribute__((warn_unused_result));

/* Kind CONFIG when others may read or write the file, or the group write to
 * it; `what` it holds is for the message. */
int file_check_readers(const char *path, const struct stat *st,
    const char *what, struct result *res) __attribute__((warn_unused_result));

/* Kind CONFIG when the file cannot keep a secret: others may read or write
 * it, the group may write to it, or its owner is neither root nor the
 * caller's effective user. */
int file_check_secret(const char *path, const struct stat *st,
    struct result *res) __attribute__((warn_unused_result));

/* The same of a file that holds a private key. */
int file_check_key(const char *path, const struct stat *st, struct result *res)
    __attribute__((warn_unused_result));

#endif
