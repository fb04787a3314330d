#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "spool/names.h"
#include "spool/spool_parts.h"

#define ASIDE_MAX 1000 /* files of one name in corrupt/ */

int
spool_is_named(const struct spool *s, enum spool_folder folder,
    const char *name, const struct stat *file)
{
	struct stat named;

	if (fstatat(s->fds[folder], name, &named, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	return named.st_ino == file->st_ino && named.st_dev == file->st_dev;
}

/* Finds a name in corrupt/ that is free, and moves there. */
static int
rename_aside(const struct spool *s, enum spool_folder folder, const char *name,
    const char *as, char *found, size_t size)
{
	int done = -1;

	for (int i = 0; done == -1 && i < ASIDE_MAX; i++) {
		snprintf(found, size, i == 0 ? "%s" : "%s.%d", as, i);
		done = spool_rename(s, folder, name, SPOOL_CORRUPT, found);
		if (done == -1 && errno != EEXIST)
			break;
	}
	return done;
}

void
spool_set_aside(const struct spool *s, enum spool_folder folder,
    const char *name, const char *as, struct result *res)
{
	char found[ENTRY_ID_MAX + 16];
	const char *from = spool_folder_name(folder);

	if (folder == SPOOL_CORRUPT) {
		result_context(res, "%s/%s/%s", s->dir, from, name);
	} else if (rename_aside(s, folder, name, as, found, sizeof found) ==
	    0) {
		result_context(res, "%s/%s/%s, moved to %s/%s", s->dir, from,
		    name, spool_folder_name(SPOOL_CORRUPT), found);
	} else {
		struct result why = *res;

		spool_fail(s, folder, name, "move aside", res);
		result_context(res, "%s", why.text);
	}
}

enum spool_take
spool_refuse(const struct spool *s, enum spool_folder folder, const char *name,
    struct entry *e, struct result *res)
{
	if (res->kind == RESULT_CORRUPT)
		spool_set_aside(s, folder, name, name, res);
	else
		result_context(
		    res, "%s/%s/%s", s->dir, spool_folder_name(folder), name);
	/* only now: it was locked so long */
	entry_clear(e);
	return SPOOL_BAD;
}

static int
fail_irregular(struct result *res)
{
	return result_fail(res, RESULT_CORRUPT, "it is not a regular file");
}

/* What openat's failure says of the thing; OK: it is not there. */
static int
fail_open(enum spool_folder folder, struct result *res)
{
	switch (errno) {
	case ENOENT:
		result_ok(res);
		return -1;
	case ELOOP: /* a symbolic link */
	case EISDIR:
	case ENXIO: /* a socket; a device that is not there */
	case ENODEV:
		return fail_irregular(res);
	case EACCES:
		if (folder == SPOOL_DROP)
			return result_fail(res, RESULT_CORRUPT,
			    "its owner lets nobody read it");
		break;
	default:
		break;
	}
	return result_fail(
	    res, RESULT_STORAGE, "cannot open: %s", strerror(errno));
}

/* Locks the file, and looks at what it is while nobody changes that. */
static enum spool_take
lock(const struct spool *s, enum spool_folder folder, const char *name, int fd,
    struct result *res)
{
	struct stat st;
	int named = -1;

	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			return SPOOL_BUSY;
		result_fail(
		    res, RESULT_STORAGE, "cannot lock: %s", strerror(errno));
		return SPOOL_BAD;
	}
	if (fstat(fd, &st) == 0)
		named = spool_is_named(s, folder, name, &st);
	if (named == 0)
		return SPOOL_GONE;
	if (named == -1)
		result_fail(res, RESULT_STORAGE, "cannot look at it: %s",
		    strerror(errno));
	else if (!S_ISREG(st.st_mode))
		(void)fail_irregular(res);
	else if (st.st_nlink != 1)
		result_fail(res, RESULT_CORRUPT, "it has %lu names",
		    (unsigned long)st.st_nlink);
	else
		return SPOOL_TAKEN;
	return SPOOL_BAD;
}

enum spool_take
spool_open_locked(const struct spool *s, enum spool_folder folder,
    const char *name, int flags, int *fd, struct result *res)
{
	enum spool_take how;

	*fd = -1;
	if (!names_is_id(name))
		return SPOOL_GONE;
	*fd = openat(s->fds[folder], name,
	    flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd == -1) {
		(void)fail_open(folder, res);
		return res->kind == RESULT_OK ? SPOOL_GONE : SPOOL_BAD;
	}
	how = lock(s, folder, name, *fd, res);
	if (how != SPOOL_TAKEN) {
		close(*fd);
		*fd = -1;
	}
	return how;
}

enum spool_take
spool_take(struct spool *s, enum spool_folder folder, const char *id,
    enum entry_depth depth, struct entry *e, struct result *res)
{
	enum spool_take how;
	int fd;

	entry_init(e);
	how = spool_open_locked(s, folder, id, O_RDWR, &fd, res);
	if (how == SPOOL_BAD)
		return spool_refuse(s, folder, id, e, res);
	if (how != SPOOL_TAKEN)
		return how;
	if (entry_read(e, fd, depth, res) == -1)
		return spool_refuse(s, folder, id, e, res);
	strlcpy(e->id, id, sizeof e->id);
	return SPOOL_TAKEN;
}

enum spool_take
spool_verify(struct spool *s, enum spool_folder folder, struct entry *e,
    struct result *res)
{
	char id[ENTRY_ID_MAX];

	if (entry_verify(e, res) == 0)
		return SPOOL_TAKEN;
	strlcpy(id, e->id, sizeof id);
	return spool_refuse(s, folder, id, e, res);
}

/* Whether somebody else has the file locked. */
static bool
is_locked(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) == -1)
		return errno == EWOULDBLOCK;
	(void)flock(fd, LOCK_UN);
	return false;
}

/* Opens and reads what is to be shown; 0 or -1. */
static int
look(const struct spool *s, enum spool_folder folder, const char *id,
    struct entry *e, bool *busy, struct result *res)
{
	struct stat st;

	if (!names_is_id(id)) {
		errno = ENOENT;
		return fail_open(folder, res);
	}
	e->fd = openat(s->fds[folder], id,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (e->fd == -1)
		return fail_open(folder, res);
	*busy = is_locked(e->fd);
	if (fstat(e->fd, &st) == 0 && !S_ISREG(st.st_mode))
		return fail_irregular(res);
	return entry_read(e, e->fd, ENTRY_ENVELOPE, res);
}

enum spool_take
spool_look(const struct spool *s, enum spool_folder folder, const char *id,
    struct entry *e, bool *busy, struct result *res)
{
	*busy = false;
	entry_init(e);
	if (look(s, folder, id, e, busy, res) == 0) {
		strlcpy(e->id, id, sizeof e->id);
		return SPOOL_TAKEN;
	}
	entry_clear(e);
	if (res->kind == RESULT_OK)
		return SPOOL_GONE;
	result_context(res, "%s/%s/%s", s->dir, spool_folder_name(folder), id);
	return SPOOL_BAD;
}
