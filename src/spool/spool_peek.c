#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/spool_parts.h"

/* What it means that a directory could not be opened. */
static int
fail_peek(const char *dir, const char *folder, struct result *res)
{
	int error = errno;

	return result_fail(res,
	    error == EACCES ? RESULT_NOPERM : RESULT_STORAGE,
	    "cannot open %s%s%s: %s", dir, *folder == '\0' ? "" : "/", folder,
	    strerror(error));
}

/* Opens a folder to list what is in it, or else to open that by its name. */
static int
open_folder(int dirfd, const char *name)
{
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dirfd, name, O_RDONLY | flags);

	if (fd != -1 || errno != EACCES ||
	    faccessat(dirfd, name, X_OK, AT_EACCESS) == -1)
		return fd;
	return openat(dirfd, name, O_PATH | flags);
}

/* Opens what there is in the spool `dirfd`. */
static int
peek_folders(
    struct spool *s, int dirfd, enum spool_folder needed, struct result *res)
{
	for (enum spool_folder i = 0; i < SPOOL_FOLDER_COUNT; i++) {
		s->fds[i] = open_folder(dirfd, spool_folder_name(i));
		if (s->fds[i] == -1 && i == needed && errno != ENOENT)
			return fail_peek(s->dir, spool_folder_name(i), res);
	}
	return 0;
}

int
spool_peek(struct spool *s, const char *dir, enum spool_folder needed,
    struct result *res)
{
	int dirfd, opened;

	spool_init(s);
	if ((s->dir = strdup(dir)) == NULL)
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the spool");
	dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1 && errno == ENOENT)
		return 0;
	opened = dirfd == -1 ? fail_peek(dir, "", res)
			     : peek_folders(s, dirfd, needed, res);
	if (dirfd != -1)
		close(dirfd);
	if (opened == -1)
		spool_close(s);
	return opened;
}
