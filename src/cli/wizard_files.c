#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/wizard_files.h"
#include "config/file.h"
#include "spool/file.h"

#define PATH_LIMIT 4096

/* What the system says of `path`. */
static int
fail(const char *path, struct result *res)
{
	return result_fail(res, RESULT_CREATE, "%s: %s", path, strerror(errno));
}

int
wizard_file_look(const struct wizard_file *file, enum wizard_file_state *state,
    struct result *res)
{
	struct result why;
	struct buf text;
	struct stat st;
	int status = 0;

	*state = WIZARD_FILE_FREE;
	if (file_is_missing(file->path))
		return 0;
	buf_init(&text, 1024 * 1024);
	if (file_read(&text, file->path, &st, &why) == -1)
		status = result_fail(res, RESULT_CREATE, "%s", why.text);
	else if (text.len != file->text->len ||
	    memcmp(text.data, file->text->data, text.len) != 0)
		*state = WIZARD_FILE_OTHER;
	else if (st.st_uid == file->uid && st.st_gid == file->gid &&
	    (st.st_mode & 07777) == file->mode)
		*state = WIZARD_FILE_SAME;
	buf_free(&text);
	return status;
}

/* Makes all of the new file but its name. */
static int
fill(int fd, const struct wizard_file *file)
{
	if (file_write(fd, file->text->data, file->text->len) == -1 ||
	    fchown(fd, file->uid, file->gid) == -1 ||
	    fchmod(fd, file->mode) == -1)
		return -1;
	return fsync(fd);
}

/* Keeps what has the name; 0 too where nothing has. */
static int
keep_old(const char *path)
{
	char kept[PATH_LIMIT];
	int n = snprintf(kept, sizeof kept, "%s" WIZARD_BACKUP, path);

	if (n < 0 || (size_t)n >= sizeof kept) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (unlink(kept) == -1 && errno != ENOENT)
		return -1;
	return link(path, kept) == -1 && errno != ENOENT ? -1 : 0;
}

/* Makes the names in the directory of `path` durable. */
static int
sync_names(const char *path)
{
	char copy[PATH_LIMIT];
	int fd, status;

	(void)snprintf(copy, sizeof copy, "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	status = file_sync_dir(fd);
	(void)close(fd);
	return status;
}

static int
replace(const struct wizard_file *file, enum wizard_file_state state,
    struct result *res)
{
	char made[PATH_LIMIT];
	int fd, status, error;
	int n = snprintf(made, sizeof made, "%s.XXXXXX", file->path);

	if (n < 0 || (size_t)n >= sizeof made) {
		errno = ENAMETOOLONG;
		return fail(file->path, res);
	}
	if ((fd = mkostemp(made, O_CLOEXEC)) == -1)
		return fail(file->path, res);
	status = fill(fd, file);
	error = errno;
	if (close(fd) == -1 && status == 0) {
		status = -1;
		error = errno;
	}
	errno = error;
	if (status == 0 &&
	    (state != WIZARD_FILE_OTHER || keep_old(file->path) == 0) &&
	    rename(made, file->path) == 0)
		return sync_names(file->path) == 0 ? 0 : fail(file->path, res);
	(void)fail(file->path, res);
	(void)unlink(made);
	return -1;
}

int
wizard_file_write(const struct wizard_file *file, struct result *res)
{
	enum wizard_file_state state;
	sigset_t all, before;
	int status;

	if (wizard_file_look(file, &state, res) == -1)
		return -1;
	if (state == WIZARD_FILE_SAME)
		return 0;
	/* nobody who loses patience leaves half a file behind */
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	status = replace(file, state, res);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
