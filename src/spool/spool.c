#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "spool/drop.h"
#include "spool/file.h"
#include "spool/spool_parts.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static const struct {
	const char *name;
	int flags; /* to open it with; 0: it is not opened by spool_open */
	mode_t mode; /* when it is made */
} folders[SPOOL_FOLDER_COUNT] = {
	[SPOOL_QUEUE] = { "queue", DIR_FLAGS | O_NOFOLLOW, 0711 },
	[SPOOL_FAILED] = { "failed", DIR_FLAGS | O_NOFOLLOW, 0711 },
	[SPOOL_CORRUPT] = { "corrupt", DIR_FLAGS | O_NOFOLLOW, 0700 },
	[SPOOL_DROP] = { "drop", 0, 0 },
	[SPOOL_STATE] = { "state", DIR_FLAGS | O_NOFOLLOW, 0700 },
	[SPOOL_OWN] = { "own", DIR_FLAGS | O_NOFOLLOW, 0711 },
};

const char *
spool_folder_name(enum spool_folder folder)
{
	return folders[folder].name;
}

int
spool_fail(const struct spool *s, enum spool_folder folder, const char *name,
    const char *what, struct result *res)
{
	int error = errno;

	return result_fail(res, RESULT_STORAGE, "cannot %s %s/%s%s%s: %s", what,
	    s->dir, folders[folder].name, name == NULL ? "" : "/",
	    name == NULL ? "" : name, strerror(error));
}

void
spool_init(struct spool *s)
{
	s->dir = NULL;
	for (size_t i = 0; i < SPOOL_FOLDER_COUNT; i++)
		s->fds[i] = -1;
}

static int
fail_path(const char *what, const char *path, struct result *res)
{
	int error = errno;

	return result_fail(res, RESULT_STORAGE, "cannot %s %s: %s", what, path,
	    strerror(error));
}

static int
set_dir(struct spool *s, const char *dir, struct result *res)
{
	spool_init(s);
	s->dir = strdup(dir);
	if (s->dir == NULL)
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the spool");
	return 0;
}

/* Whether the directory is ours alone to write to. */
static int
check_directory(int fd, const char *path, struct result *res)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return fail_path("look at", path, res);
	if (st.st_uid != geteuid())
		return result_fail(res, RESULT_CONFIG,
		    "%s belongs to user %lu: run this as that user, or "
		    "`chown -R %lu %s`",
		    path, (unsigned long)st.st_uid, (unsigned long)geteuid(),
		    path);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return result_fail(res, RESULT_CONFIG,
		    "others may write to %s: run `chmod go-w %s`", path, path);
	if (faccessat(fd, ".", W_OK, AT_EACCESS) == -1)
		return fail_path("write to", path, res);
	return 0;
}

/* Makes the name of a new directory `fd` durable: in its parent. */
static int
sync_parent(int fd)
{
	int parent = openat(fd, "..", DIR_FLAGS);
	int done, error;

	if (parent == -1)
		return -1;
	done = file_sync_dir(parent);
	error = errno;
	close(parent);
	errno = error;
	return done;
}

/*
 * Opens the directory `name` of `dirfd`, known as `path`, making it with
 * `mode` when it is missing.  Returns the descriptor, or -1.
 */
static int
open_directory(int dirfd, const char *name, const char *path, int flags,
    mode_t mode, struct result *res)
{
	bool is_new = false;
	int fd = openat(dirfd, name, flags);

	if (fd == -1 && errno == ENOENT) {
		if (mkdirat(dirfd, name, mode) == -1 && errno != EEXIST) {
			fail_path("make", path, res);
			return -1;
		}
		is_new = true;
		fd = openat(dirfd, name, flags);
	}
	if (fd == -1) {
		fail_path("open", path, res);
		return -1;
	}
	/* whatever the umask is */
	if (is_new && (fchmod(fd, mode) == -1 || sync_parent(fd) == -1))
		fail_path("make", path, res);
	else if (check_directory(fd, path, res) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Opens each folder of the spool `dirfd`. */
static int
open_folders(struct spool *s, int dirfd, struct result *res)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < SPOOL_FOLDER_COUNT; i++) {
		if (folders[i].flags == 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", s->dir, folders[i].name);
		s->fds[i] = open_directory(dirfd, folders[i].name, path,
		    folders[i].flags, folders[i].mode, res);
		/* own/ is nothing but an index: a disk that is full can do
		 * without */
		if (s->fds[i] == -1 &&
		    (i != SPOOL_OWN || res->kind != RESULT_STORAGE))
			return -1;
	}
	s->fds[SPOOL_DROP] = openat(dirfd, folders[SPOOL_DROP].name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->fds[SPOOL_DROP] == -1 && errno != ENOENT)
		return spool_fail(s, SPOOL_DROP, NULL, "open", res);
	return 0;
}

int
spool_open(struct spool *s, const char *dir, struct result *res)
{
	int dirfd, opened;

	if (set_dir(s, dir, res) == -1)
		return -1;
	dirfd = open_directory(AT_FDCWD, dir, dir, DIR_FLAGS, 0711, res);
	if (dirfd == -1) {
		spool_close(s);
		return -1;
	}
	opened = open_folders(s, dirfd, res);
	close(dirfd);
	if (opened == -1)
		spool_close(s);
	return opened;
}

int
drop_open(struct spool *s, const char *dir, struct result *res)
{
	int dirfd;

	if (set_dir(s, dir, res) == -1)
		return -1;
	dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd != -1) {
		s->fds[SPOOL_DROP] = openat(dirfd, folders[SPOOL_DROP].name,
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* O_PATH: closing says nothing, and leaves errno alone */
		close(dirfd);
	}
	if (s->fds[SPOOL_DROP] != -1)
		return 0;
	if (errno == ENOENT || errno == ENOTDIR)
		(void)result_fail(res, RESULT_DENIED, "there is no %s/%s", dir,
		    folders[SPOOL_DROP].name);
	else
		(void)spool_fail(s, SPOOL_DROP, NULL, "open", res);
	spool_close(s);
	return -1;
}

void
spool_close(struct spool *s)
{
	for (size_t i = 0; i < SPOOL_FOLDER_COUNT; i++)
		if (s->fds[i] != -1)
			close(s->fds[i]);
	free(s->dir);
	spool_init(s);
}

int
spool_rename(const struct spool *s, enum spool_folder from, const char *name,
    enum spool_folder to, const char *as)
{
	int old = s->fds[from], new = s->fds[to];

	if (renameat2(old, name, new, as, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* Without that in the file system; only we make names in `to`. */
	if (faccessat(new, as, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(old, name, new, as);
}

int
spool_move(struct spool *s, enum spool_folder from, enum spool_folder to,
    const struct entry *e, struct result *res)
{
	if (spool_rename(s, from, e->id, to, e->id) == -1)
		return spool_fail(s, from, e->id, "move", res);
	/* The new name first: a crash between may leave two, never none. */
	if (spool_sync(s, to, res) == -1)
		return -1;
	return spool_sync(s, from, res);
}

int
spool_remove(struct spool *s, enum spool_folder folder, const struct entry *e,
    struct result *res)
{
	if (unlinkat(s->fds[folder], e->id, 0) == -1 && errno != ENOENT)
		return spool_fail(s, folder, e->id, "remove", res);
	return 0;
}

/* Opens the folder once more, to be read from its start, or synced: drop/ is
 * open for neither, but its owner may. */
static int
open_again(const struct spool *s, enum spool_folder folder)
{
	return openat(s->fds[folder], ".", DIR_FLAGS);
}

static int
visit_all(DIR *listing, void (*visit)(const char *name, void *arg), void *arg)
{
	const struct dirent *found;

	for (;;) {
		errno = 0;
		found = readdir(listing);
		if (found == NULL)
			return errno == 0 ? 0 : -1;
		if (strcmp(found->d_name, ".") != 0 &&
		    strcmp(found->d_name, "..") != 0)
			visit(found->d_name, arg);
	}
}

int
spool_each(const struct spool *s, enum spool_folder folder,
    void (*visit)(const char *name, void *arg), void *arg, struct result *res)
{
	int fd = open_again(s, folder), done = -1;
	DIR *listing = fd == -1 ? NULL : fdopendir(fd);

	if (listing != NULL)
		done = visit_all(listing, visit, arg);
	if (done == -1)
		(void)spool_fail(s, folder, NULL, "list", res);
	if (listing != NULL)
		closedir(listing);
	else if (fd != -1)
		close(fd);
	return done;
}

int
spool_sync(struct spool *s, enum spool_folder folder, struct result *res)
{
	int fd, done;

	if (folders[folder].flags != 0) {
		if (file_sync_dir(s->fds[folder]) == 0)
			return 0;
		return spool_fail(s, folder, NULL, "sync", res);
	}
	fd = open_again(s, folder);
	if (fd == -1)
		return spool_fail(s, folder, NULL, "open", res);
	done = file_sync_dir(fd);
	if (done == -1)
		(void)spool_fail(s, folder, NULL, "sync", res);
	close(fd);
	return done;
}
