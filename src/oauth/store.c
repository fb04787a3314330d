#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/percent.h"
#include "base/process.h"
#include "config/conf.h"
#include "config/file.h"
#include "oauth/store.h"

#define SUFFIX ".json"
#define SUFFIX_NEXT ".new"
#define NAME_LIMIT 240 /* bytes of a name; all systems take 255 */
#define REST 50 /* ms between two looks at the lock */

void
store_init(struct store *s)
{
	buf_init(&s->directory, STORE_PATH_MAX);
	buf_init(&s->path, STORE_PATH_MAX + NAME_LIMIT);
	buf_init(&s->name, NAME_LIMIT);
	buf_init(&s->next, NAME_LIMIT);
	s->keeper = NULL;
	s->fd = s->next_fd = -1;
}

void
store_clear(struct store *s)
{
	if (s->next_fd != -1) {
		(void)close(s->next_fd);
		(void)unlinkat(s->fd, s->next.data, 0);
	}
	if (s->fd != -1)
		(void)close(s->fd);
	buf_free(&s->directory);
	buf_free(&s->path);
	buf_free(&s->name);
	buf_free(&s->next);
	s->fd = s->next_fd = -1;
}

static bool
is_absolute(const char *path)
{
	return path != NULL && *path == '/';
}

static int
find_directory(
    struct store *s, const struct store_site *site, struct result *res)
{
	if (strcmp(site->configuration, CONF_DEFAULT_PATH) == 0) {
		buf_puts(&s->directory, STORE_SYSTEM);
		return 0;
	}
	if (is_absolute(site->state_home))
		buf_puts(&s->directory, site->state_home);
	else if (is_absolute(site->home))
		buf_printf(&s->directory, "%s/.local/state", site->home);
	else
		return result_fail(res, RESULT_CONFIG,
		    "neither XDG_STATE_HOME nor HOME says where tokens are");
	buf_puts(&s->directory, "/outpost/oauth");
	return 0;
}

int
store_place(struct store *s, const struct store_site *site, const char *user,
    struct result *res)
{
	s->keeper = site->keeper;
	if (find_directory(s, site, res) == -1)
		return -1;
	percent_encode(&s->name, user, strlen(user));
	buf_puts(&s->name, SUFFIX);
	percent_encode(&s->next, user, strlen(user));
	buf_puts(&s->next, SUFFIX_NEXT);
	buf_printf(&s->path, "%s/%s", s->directory.data, s->name.data);
	if (buf_failed(&s->directory) || buf_failed(&s->path) ||
	    buf_failed(&s->name) || buf_failed(&s->next))
		return result_fail(res, RESULT_CONFIG,
		    "the path of the token's file is too long");
	return 0;
}

static int
fail_errno(const char *path, struct result *res)
{
	return result_fail(res,
	    errno == EACCES || errno == EPERM ? RESULT_DENIED : RESULT_STORAGE,
	    "%s: %s", path, strerror(errno));
}

/* Makes one directory, unless it is there, with just this mode: what root makes
 * on the way is for others to pass through. */
static int
make_one(const char *path, mode_t mode, struct result *res)
{
	mode_t mask = umask(0);
	int status = mkdir(path, mode), error = errno;

	(void)umask(mask);
	errno = error;
	return status == -1 && errno != EEXIST ? fail_errno(path, res) : 0;
}

static int
make_parents(struct store *s, struct result *res)
{
	mode_t mode = geteuid() == 0 ? 0755 : 0700;
	char *path = s->directory.data, *slash = path;
	int status = 0;

	while (status == 0 && (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		status = make_one(path, mode, res);
		*slash = '/';
	}
	return status;
}

/* Gives the directory that was just made to the keeper, if there is one. */
static int
give(const struct store *s, struct result *res)
{
	const char *path = s->directory.data;
	const struct passwd *pw = getpwnam(s->keeper);
	int fd, status = 0;

	if (pw == NULL)
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fchown(fd, pw->pw_uid, pw->pw_gid) == -1) {
		status = fail_errno(path, res);
		(void)rmdir(path);
	}
	if (fd != -1)
		(void)close(fd);
	return status;
}

int
store_make(struct store *s, struct result *res)
{
	const char *path = s->directory.data;

	if (!file_is_missing(path))
		return 0;
	if (make_parents(s, res) == -1 || make_one(path, 0700, res) == -1)
		return -1;
	if (geteuid() != 0 || strcmp(path, STORE_SYSTEM) != 0)
		return 0;
	return give(s, res);
}

int
store_become(const struct store *s, struct result *res)
{
	const struct passwd *pw;
	struct stat st;

	if (geteuid() != 0 || stat(s->directory.data, &st) == -1 ||
	    (pw = getpwnam(s->keeper)) == NULL || pw->pw_uid != st.st_uid)
		return 0;
	return process_become(s->keeper, res);
}

static int
fail_none(const struct store *s, struct result *res)
{
	return result_fail(res, RESULT_CONFIG,
	    "there is no token; run `outpost oauth login` (%s is missing)",
	    s->path.data);
}

/* Nobody else may have a hand in it. */
static int
check(const char *path, const struct stat *st, struct result *res)
{
	if (file_check_readers(path, st, "token", res) == -1)
		return -1;
	return file_check_owner(path, st, "token", res);
}

int
store_open(struct store *s, struct result *res)
{
	const char *path = s->directory.data;
	struct stat st;

	s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd == -1 && errno == ENOENT)
		return fail_none(s, res);
	if (s->fd == -1 || fstat(s->fd, &st) == -1)
		return fail_errno(path, res);
	return check(path, &st, res);
}

static int
load(struct store *s, struct token *t, struct buf *text, const char *user,
    struct result *res)
{
	struct stat st;

	if (file_is_missing(s->path.data))
		return fail_none(s, res);
	if (file_read(text, s->path.data, &st, res) == -1 ||
	    check(s->path.data, &st, res) == -1 ||
	    token_read(t, text, s->path.data, res) == -1)
		return -1;
	if (strcmp(t->user.data, user) != 0)
		return result_fail(res, RESULT_CONFIG,
		    "%s: the token of another user", s->path.data);
	return 0;
}

int
store_load(
    struct store *s, struct token *t, const char *user, struct result *res)
{
	struct buf text;
	int status;

	buf_init(&text, TOKEN_FILE_MAX);
	status = load(s, t, &text, user, res);
	buf_free(&text);
	return status;
}

int
store_lock(struct store *s, struct deadline until, struct result *res)
{
	struct deadline rest;

	while (flock(s->fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail_errno(s->directory.data, res);
		if (deadline_left(until) == 0)
			return result_fail(res, RESULT_BUSY,
			    "%s: another process has it for too long",
			    s->directory.data);
		rest = deadline_earlier(deadline_in(REST, until.cancel), until);
		if (deadline_poll(rest, -1, 0, res) == -1 &&
		    res->kind != RESULT_TIMEOUT)
			return -1;
	}
	return 0;
}

static int
fail_storage(const struct store *s, struct result *res)
{
	return result_fail(
	    res, RESULT_STORAGE, "%s: %s", s->path.data, strerror(errno));
}

int
store_prepare(struct store *s, struct result *res)
{
	/* one that somebody left who was killed */
	if (unlinkat(s->fd, s->next.data, 0) == -1 && errno != ENOENT)
		return fail_storage(s, res);
	s->next_fd = openat(s->fd, s->next.data,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return s->next_fd == -1 ? fail_storage(s, res) : 0;
}

/* Whether all of `text` is in the file, for good. */
static bool
write_whole(int fd, const struct buf *text)
{
	ssize_t n = write(fd, text->data, text->len);

	if (n >= 0 && (size_t)n != text->len)
		errno = ENOSPC;
	return n == (ssize_t)text->len && fsync(fd) == 0;
}

static int
replace(struct store *s, const struct buf *text, struct result *res)
{
	bool written = write_whole(s->next_fd, text);
	int error = errno;

	if (close(s->next_fd) == -1 && written) {
		written = false;
		error = errno;
	}
	s->next_fd = -1;
	errno = error;
	if (written &&
	    renameat(s->fd, s->next.data, s->fd, s->name.data) == 0 &&
	    fsync(s->fd) == 0)
		return 0;
	(void)fail_storage(s, res);
	(void)unlinkat(s->fd, s->next.data, 0);
	return -1;
}

int
store_save(struct store *s, const struct token *t, struct result *res)
{
	struct buf text;
	int status;

	buf_init(&text, TOKEN_FILE_MAX);
	status = token_write(t, &text, res);
	if (status == 0)
		status = replace(s, &text, res);
	buf_free(&text);
	return status;
}

int
store_remove(struct store *s, struct result *res)
{
	if (unlinkat(s->fd, s->name.data, 0) == 0)
		return fsync(s->fd) == -1 ? fail_storage(s, res) : 0;
	return errno == ENOENT ? fail_none(s, res) : fail_storage(s, res);
}
