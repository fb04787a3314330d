/*
 * file: system calls on files, until all is read or written.
 *
 * Return -1 with errno set; who calls knows what the file is called and makes
 * the result.
 */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Write all of the `n` bytes at `p`, where the file is and at `off`. */
int file_write(int fd, const void *p, size_t n)
    __attribute__((warn_unused_result));
int file_pwrite(int fd, const void *p, size_t n, uint64_t off)
    __attribute__((warn_unused_result));

/* Reads `n` bytes at `off`, fewer only at the end of the file. */
int file_pread(int fd, void *p, size_t n, uint64_t off, size_t *got)
    __attribute__((warn_unused_result));

/* Opens a new file without a name in the directory `dir` (below `dirfd`), with
 * mode 0600, to read and write: where the system cannot, one whose name is
 * gone at once.  Returns the descriptor. */
int file_nameless(int dirfd, const char *dir)
    __attribute__((warn_unused_result));

/* fsync(2) of a directory; 0 too where the file system has no such thing. */
int file_sync_dir(int fd) __attribute__((warn_unused_result));

#endif
