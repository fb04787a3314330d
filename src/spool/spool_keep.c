#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "spool/file.h"
#include "spool/names.h"
#include "spool/own.h"
#include "spool/spool_parts.h"

/* How a file is without its name until it is whole. */
enum cover {
	NAMELESS, /* it has none; it gets one by link(2) */
	HIDDEN /* it has one that begins with "."; rename(2) */
};

/* A file on its way into a folder. */
struct arrival {
	const struct spool *s;
	enum spool_folder folder;
	enum cover cover;
	char hidden[ENTRY_ID_MAX + 8];
	bool is_named; /* it has its name */
	/* it could not be opened without a name, or named: there are file
	 * systems, kernels, and roots without /proc, where this is so */
	bool is_unable;
};

static int
fail_errno(struct result *res)
{
	return result_fail(res, RESULT_STORAGE, "%s", strerror(errno));
}

/* Opens the new file; its descriptor, or -1 with errno set. */
static int
open_new(struct arrival *a)
{
	int dirfd = a->s->fds[a->folder], fd = -1;

	if (a->cover == HIDDEN)
		return openat(dirfd, a->hidden,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
#ifdef O_TMPFILE
	fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#endif
	a->is_unable = fd == -1;
	return fd;
}

/* Gives the file its name; 0, or -1 with errno set. */
static int
give_name(struct arrival *a, const struct entry *e)
{
	char path[64];
	int done;

	if (a->cover == HIDDEN) {
		done = spool_rename(
		    a->s, a->folder, a->hidden, a->folder, e->id);
	} else {
		snprintf(path, sizeof path, "/proc/self/fd/%d", e->fd);
		done = linkat(AT_FDCWD, path, a->s->fds[a->folder], e->id,
		    AT_SYMLINK_FOLLOW);
		a->is_unable = done == -1;
	}
	a->is_named = done == 0;
	return done;
}

/*
 * Makes the name durable.  drop/ cannot be opened for reading, so there the
 * file is synced once more: Linux's file systems write a new name with the
 * file it is of.
 */
static int
sync_name(const struct arrival *a, const struct entry *e)
{
	if (a->folder == SPOOL_DROP)
		return fsync(e->fd);
	return file_sync_dir(a->s->fds[a->folder]);
}

/* From the new file e->fd to a durable name.  Locked before it has one, so
 * that nobody takes it from who keeps it. */
static int
put_in_place(struct arrival *a, struct entry *e, const struct source *message,
    struct result *res)
{
	mode_t mode = a->folder == SPOOL_DROP ? 0640 : 0600;

	if (entry_write(e, e->fd, message, res) == -1)
		return -1;
	if (flock(e->fd, LOCK_EX | LOCK_NB) == -1 || fchmod(e->fd, mode) == -1)
		return fail_errno(res);
	if (a->folder != SPOOL_DROP)
		own_share(e);
	if (fsync(e->fd) == -1 || give_name(a, e) == -1 ||
	    sync_name(a, e) == -1)
		return fail_errno(res);
	if (a->folder != SPOOL_DROP)
		own_note(a->s, e);
	return 0;
}

/* Nothing stays under any name. */
static void
withdraw(struct arrival *a, struct entry *e)
{
	int dirfd = a->s->fds[a->folder];

	if (a->is_named)
		(void)unlinkat(dirfd, e->id, 0);
	else if (a->cover == HIDDEN)
		(void)unlinkat(dirfd, a->hidden, 0);
	close(e->fd);
	e->fd = -1;
}

static int
keep_as(struct arrival *a, struct entry *e, const struct source *message,
    struct result *res)
{
	e->fd = open_new(a);
	if (e->fd == -1)
		return fail_errno(res);
	if (put_in_place(a, e, message, res) == 0)
		return 0;
	withdraw(a, e);
	return -1;
}

int
spool_keep(struct spool *s, enum spool_folder folder, struct entry *e,
    const struct source *message, struct result *res)
{
	struct arrival a = { .s = s, .folder = folder, .cover = NAMELESS };

	if (e->id[0] == '\0')
		names_make_id(e->id, e->created);
	snprintf(a.hidden, sizeof a.hidden, ".tmp.%s", e->id);
	if (keep_as(&a, e, message, res) == 0)
		return 0;
	if (a.is_unable) {
		a.cover = HIDDEN;
		if (keep_as(&a, e, message, res) == 0)
			return 0;
	}
	return result_context(res, "cannot keep the mail in %s/%s", s->dir,
	    spool_folder_name(folder));
}
