#include "config.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "spool/file.h"

/* Whether a call that moved `n` bytes, or none, is to be made again; sets
 * errno when it is a failure that the system gave no number. */
static bool
goes_on(ssize_t n)
{
	if (n == 0)
		errno = EIO;
	return n > 0 || (n == -1 && errno == EINTR);
}

int
file_write(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t wrote = write(fd, at, n);

		if (!goes_on(wrote))
			return -1;
		if (wrote > 0) {
			at += wrote;
			n -= (size_t)wrote;
		}
	}
	return 0;
}

int
file_pwrite(int fd, const void *p, size_t n, uint64_t off)
{
	const char *at = p;

	while (n > 0) {
		ssize_t wrote = pwrite(fd, at, n, (off_t)off);

		if (!goes_on(wrote))
			return -1;
		if (wrote > 0) {
			at += wrote;
			n -= (size_t)wrote;
			off += (uint64_t)wrote;
		}
	}
	return 0;
}

int
file_pread(int fd, void *p, size_t n, uint64_t off, size_t *got)
{
	char *at = p;

	*got = 0;
	while (*got < n) {
		ssize_t m = pread(fd, at + *got, n - *got, (off_t)(off + *got));

		if (m == 0)
			break;
		if (m == -1 && errno != EINTR)
			return -1;
		if (m > 0)
			*got += (size_t)m;
	}
	return 0;
}

/* A name that nobody can guess, gone before anything is written. */
static int
open_unlinked(int dirfd, const char *dir)
{
	char path[PATH_MAX];
	unsigned long long random;
	int fd, n;

	arc4random_buf(&random, sizeof random);
	n = snprintf(path, sizeof path, "%s/.tmp.%016llx", dir, random);
	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = openat(dirfd, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1 && unlinkat(dirfd, path, 0) == -1) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int
file_nameless(int dirfd, const char *dir)
{
#ifdef O_TMPFILE
	int fd = openat(dirfd, dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* ENOENT too is what an old kernel says; a directory that is not
	 * there gives it once more. */
	if (fd != -1 ||
	    (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
#endif
	return open_unlinked(dirfd, dir);
}

int
file_sync_dir(int fd)
{
	if (fsync(fd) == -1 && errno != EINVAL)
		return -1;
	return 0;
}
