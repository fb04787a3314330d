#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/file.h"

bool
file_is_missing(const char *path)
{
	struct stat st;

	return stat(path, &st) == -1 && (errno == ENOENT || errno == ENOTDIR);
}

static int
fail_errno(const char *path, struct result *res)
{
	if (errno == EACCES)
		return result_fail(res, RESULT_DENIED,
		    "%s: Permission denied; whoever sends mail must be able to "
		    "read it: chown root:GROUP and chmod 640, with a group of "
		    "those users",
		    path);
	return result_fail(res, RESULT_CONFIG, "%s: %s", path, strerror(errno));
}

static int
fail_size(const char *path, const struct buf *out, struct result *res)
{
	return result_fail(
	    res, RESULT_CONFIG, "%s: larger than %zu bytes", path, out->max);
}

/* Appends what is left of `fd`. */
static int
read_all(struct buf *out, int fd, const char *path, struct result *res)
{
	char chunk[4096];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof chunk);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_add(out, chunk, (size_t)n);
		/* The file may grow while it is read. */
		if (buf_failed(out))
			break;
	}
	if (n == -1)
		(void)fail_errno(path, res);
	else if (buf_failed(out) && out->len + (size_t)n > out->max)
		(void)fail_size(path, out, res);
	else if (buf_failed(out))
		(void)result_fail(res, RESULT_SYSTEM, "out of memory");
	explicit_bzero(chunk, sizeof chunk);
	return n == 0 ? 0 : -1;
}

int
file_read(
    struct buf *out, const char *path, struct stat *st, struct result *res)
{
	int fd, status;

	/* O_NONBLOCK: a FIFO must not hold the caller before it is refused. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return fail_errno(path, res);
	if (fstat(fd, st) == -1)
		status = fail_errno(path, res);
	else if (!S_ISREG(st->st_mode))
		status = result_fail(
		    res, RESULT_CONFIG, "%s: not a regular file", path);
	else if (st->st_size > (off_t)out->max)
		status = fail_size(path, out, res);
	else
		status = read_all(out, fd, path, res);
	(void)close(fd);
	return status;
}

int
file_check_writers(const char *path, const struct stat *st, struct result *res)
{
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	return result_fail(res, RESULT_CONFIG,
	    "%s: others than its owner may write to it; run: chmod go-w %s",
	    path, path);
}

int
file_check_owner(const char *path, const struct stat *st, const char *what,
    struct result *res)
{
	if (st->st_uid == 0 || st->st_uid == geteuid())
		return 0;
	return result_fail(res, RESULT_CONFIG,
	    "%s: holds a %s, and belongs to uid %lu, which is neither root nor "
	    "the caller; run: chown %lu %s",
	    path, what, (unsigned long)st->st_uid, (unsigned long)geteuid(),
	    path);
}

int
file_check_readers(const char *path, const struct stat *st, const char *what,
    struct result *res)
{
	if ((st->st_mode & (S_IWGRP | S_IRWXO)) == 0)
		return 0;
	return result_fail(res, RESULT_CONFIG,
	    "%s: holds a %s, and others may read or write to it; run: "
	    "chmod g-w,o-rwx %s",
	    path, what, path);
}

/* `what` is the secret. */
static int
check_all(const char *path, const struct stat *st, const char *what,
    struct result *res)
{
	if (file_check_readers(path, st, what, res) == -1)
		return -1;
	return file_check_owner(path, st, what, res);
}

int
file_check_secret(const char *path, const struct stat *st, struct result *res)
{
	return check_all(path, st, "password", res);
}

int
file_check_key(const char *path, const struct stat *st, struct result *res)
{
	return check_all(path, st, "private key", res);
}
