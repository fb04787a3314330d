#include "config.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/setup.h"
#include "cli/wizard_site.h"
#include "config/conf.h"
#include "config/file.h"

#define NAME "outpost.ini"
#define ENDING ".ini"
#define PATH_LIMIT 4096

void
wizard_site_init(struct wizard_site *s)
{
	memset(s, 0, sizeof *s);
	buf_init(&s->config, PATH_LIMIT);
	buf_init(&s->secret, PATH_LIMIT);
	buf_init(&s->queue, PATH_LIMIT);
}

/* Puts the directory that a variable names, else one in the home. */
static int
put_own(struct buf *out, const char *variable, const char *below,
    struct result *res)
{
	const char *directory = getenv(variable), *home = getenv("HOME");

	if (directory != NULL && *directory == '/') {
		buf_puts(out, directory);
		return 0;
	}
	if (home == NULL || *home != '/')
		return result_fail(res, RESULT_CONFIG,
		    "HOME is not set: name the file to make with -c FILE");
	buf_puts(out, home);
	buf_puts(out, below);
	return 0;
}

/* Makes `path` absolute. */
static int
put_absolute(struct buf *out, const char *path, struct result *res)
{
	char here[PATH_MAX];

	if (*path != '/') {
		if (getcwd(here, sizeof here) == NULL)
			return result_fail(res, RESULT_SYSTEM,
			    "the current directory: %s", strerror(errno));
		buf_puts(out, here);
		buf_putc(out, '/');
	}
	buf_puts(out, path);
	return 0;
}

/* An ordinary user's configuration is for him alone, and so is the queue. */
static int
find_config(struct wizard_site *s, const char *path, struct result *res)
{
	if (path == NULL || *path == '\0')
		path = getenv("OUTPOST_CONFIG");
	s->named = path != NULL && *path != '\0';
	if (s->named)
		return put_absolute(&s->config, path, res);
	if (geteuid() == 0) {
		buf_puts(&s->config, CONF_DEFAULT_PATH);
		return 0;
	}
	s->shadowed = !file_is_missing(CONF_DEFAULT_PATH);
	if (put_own(&s->config, "XDG_CONFIG_HOME", "/.config", res) == -1)
		return -1;
	buf_puts(&s->config, "/" NAME);
	return 0;
}

static int
find_queue(struct wizard_site *s, struct result *res)
{
	if (geteuid() == 0)
		return 0;
	if (put_own(&s->queue, "XDG_STATE_HOME", "/.local/state", res) == -1)
		return -1;
	buf_puts(&s->queue, "/outpost");
	return 0;
}

/* Where a link leads is what is replaced. */
static void
follow_links(struct buf *path)
{
	char *real = realpath(path->data, NULL);

	if (real == NULL)
		return;
	buf_reset(path);
	buf_puts(path, real);
	free(real);
}

static void
put_secret(struct wizard_site *s)
{
	const char *path = s->config.data;
	size_t n = s->config.len, ending = strlen(ENDING);

	if (n > ending && strcmp(path + n - ending, ENDING) == 0)
		n -= ending;
	buf_add(&s->secret, path, n);
	buf_puts(&s->secret, ".secret");
}

static void
find_owner(struct wizard_site *s)
{
	const struct passwd *pw;

	s->uid = geteuid();
	s->gid = getegid();
	s->secret_mode = s->config_mode = s->command_mode = 0600;
	s->has_user = true;
	if (s->uid != 0)
		return;
	pw = getpwnam(SETUP_USER);
	s->has_user = pw != NULL;
	s->gid = pw != NULL ? pw->pw_gid : 0;
	s->config_mode = 0644;
	if (pw != NULL)
		s->secret_mode = s->command_mode = 0640;
}

/* Copies to `out` the directory that `path` is in. */
static void
put_directory(struct buf *out, const char *path)
{
	const char *slash = strrchr(path, '/');

	buf_reset(out);
	buf_add(out, path, slash == path ? 1 : (size_t)(slash - path));
}

/* Whether the files can be made where they are to be: better said before
 * anything is asked than after.  Directories of one's own are made. */
static int
check_directory(const struct wizard_site *s, struct result *res)
{
	struct buf directory;
	int status = 0;

	buf_init(&directory, PATH_LIMIT);
	put_directory(&directory, s->config.data);
	if (access(directory.data, W_OK | X_OK) == -1 &&
	    (s->named || s->uid == 0 || errno != ENOENT))
		status = result_fail(res, RESULT_NOPERM, "%s: %s",
		    directory.data, strerror(errno));
	buf_free(&directory);
	return status;
}

int
wizard_site_find(struct wizard_site *s, const char *path, struct result *res)
{
	find_owner(s);
	if (find_config(s, path, res) == -1 || find_queue(s, res) == -1)
		return -1;
	follow_links(&s->config);
	put_secret(s);
	if (buf_failed(&s->config) || buf_failed(&s->secret) ||
	    buf_failed(&s->queue))
		return result_fail(
		    res, RESULT_CONFIG, "the configuration's path is too long");
	return check_directory(s, res);
}

/* Makes the directory `path` with all above it. */
static int
make_all(struct buf *path, struct result *res)
{
	char *end = path->data;

	while (end != NULL) {
		end = strchr(end + 1, '/');
		if (end != NULL)
			*end = '\0';
		if (mkdir(path->data, 0700) == -1 && errno != EEXIST)
			return result_fail(res, RESULT_CREATE, "%s: %s",
			    path->data, strerror(errno));
		if (end != NULL)
			*end = '/';
	}
	return 0;
}

int
wizard_site_make(const struct wizard_site *s, struct result *res)
{
	struct buf directory;
	int status = 0;

	if (s->uid == 0)
		return 0;
	buf_init(&directory, PATH_LIMIT);
	if (!s->named) {
		put_directory(&directory, s->config.data);
		status = make_all(&directory, res);
	}
	if (status == 0) {
		put_directory(&directory, s->queue.data);
		status = make_all(&directory, res);
	}
	buf_free(&directory);
	return status;
}

void
wizard_site_clear(struct wizard_site *s)
{
	buf_free(&s->config);
	buf_free(&s->secret);
	buf_free(&s->queue);
}
