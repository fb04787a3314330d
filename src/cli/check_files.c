#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "cli/check_parts.h"
#include "config/file.h"

/* Who may read and write what mail is sent from and kept in. */

#define PATH_MAX_SHOWN 4096
#define MODE_TEXT_MAX 8

enum exactness {
	NO_MORE, /* less will do, too */
	EXACTLY
};

/* The folders of the spool, as etc/tmpfiles.d has them. */
static const struct folder {
	const char *name;
	mode_t mode;
	enum exactness exactness;
} folders[] = {
	{ "queue", 0711, NO_MORE },
	{ "failed", 0711, NO_MORE },
	{ "own", 0711, NO_MORE },
	{ "corrupt", 0700, NO_MORE },
	{ "state", 0700, NO_MORE },
};

static const struct folder top = { "", 0711, NO_MORE };
static const struct folder drop = { "drop", 03733, EXACTLY };

/* Who the spool is to belong to. */
struct owner {
	uid_t uid;
	gid_t gid;
	bool is_service; /* SETUP_USER, for root */
	char user[CHECK_NAME_MAX], group[CHECK_NAME_MAX];
};

static void
find_owner(const struct check *c, struct owner *o)
{
	const struct passwd *pw = NULL;

	if (c->setup.uid == 0)
		pw = getpwnam(SETUP_USER);
	o->is_service = pw != NULL;
	o->uid = pw != NULL ? pw->pw_uid : getuid();
	o->gid = pw != NULL ? pw->pw_gid : getgid();
	check_user(o->user, o->uid);
	check_group(o->group, o->gid);
}

static const char *
mode_text(char dst[MODE_TEXT_MAX], mode_t mode)
{
	snprintf(dst, MODE_TEXT_MAX, "%04o", (unsigned)mode & 07777);
	return dst;
}

static void
note_file(struct check *c, const char *path)
{
	char user[CHECK_NAME_MAX], group[CHECK_NAME_MAX], mode[MODE_TEXT_MAX];
	struct stat st;

	if (stat(path, &st) == 0)
		check_note(c, CHECK_SAYS_MODE, path,
		    check_user(user, st.st_uid), check_group(group, st.st_gid),
		    mode_text(mode, st.st_mode), NULL);
}

/* Whether SETUP_USER can read the file: asked of the system, in a process that
 * is this user. */
static bool
is_readable(const char *path)
{
	struct result ignored;
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(process_become(SETUP_USER, &ignored) == 0 &&
			    access(path, R_OK) == 0
			? 0
			: 1);
	while (child != -1 && waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			return false;
	return child != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A file that the runs of the queue need. */
static void
check_readable(struct check *c, const char *path, const struct owner *o)
{
	struct stat st;

	if (stat(path, &st) == -1 || is_readable(path))
		return; /* if it is needed and missing, that was told */
	check_wrong(c, CHECK_SAYS_UNREADABLE, path, o->user, NULL);
	if (st.st_gid == o->gid && (st.st_mode & S_IRGRP) != 0)
		check_advise(c, CHECK_DO_WAY, o->user, path, NULL);
	else
		check_advise(c, CHECK_DO_READABLE, o->group, path, path, NULL);
}

static void
check_readables(
    struct check *c, const char *const *paths, size_t n, const struct owner *o)
{
	for (size_t i = 0; i < n; i++)
		if (*paths[i] != '\0')
			check_readable(c, paths[i], o);
}

/* Root reads all; the runs of the queue, who are SETUP_USER, must, too. */
static void
check_needed(struct check *c, const struct owner *o)
{
	const struct conf *first = &c->setup.conf;
	const char *const shared[] = { first->path, first->sender.map,
		first->recipients.aliases };

	if (!o->is_service) {
		check_note(c, CHECK_SAYS_NO_USER, SETUP_USER, NULL);
		return;
	}
	check_readables(c, shared, sizeof shared / sizeof *shared, o);
	for (const struct conf *conf = first; conf != NULL; conf = conf->next) {
		const char *const own[] = { conf->smarthost.password_file,
			conf->smarthost.ca_file, conf->smarthost.tls_cert,
			conf->smarthost.tls_key };

		check_readables(c, own, sizeof own / sizeof *own, o);
	}
}

/* What is wrong with the owner of a folder, or its group, if that counts. */
static void
judge_owner(struct check *c, const char *path, const struct stat *st,
    const struct folder *f, const struct owner *o)
{
	char name[CHECK_NAME_MAX];

	if (st->st_uid != o->uid)
		check_wrong(c, CHECK_SAYS_OWNER, path,
		    check_user(name, st->st_uid), o->user, NULL);
	else if (f->exactness == EXACTLY && st->st_gid != o->gid)
		check_wrong(c, CHECK_SAYS_GROUP, path,
		    check_group(name, st->st_gid), o->group, NULL);
	else
		return;
	if (c->setup.uid == 0)
		check_advise(c, CHECK_DO_OWNER, o->user, o->group, path, NULL);
	else
		check_advise(c, CHECK_DO_OWN_QUEUE, NULL);
}

static void
judge_mode(struct check *c, const char *path, const struct stat *st,
    const struct folder *f)
{
	char is[MODE_TEXT_MAX], wanted[MODE_TEXT_MAX];
	mode_t mode = st->st_mode & 07777;

	if (mode == f->mode ||
	    (f->exactness == NO_MORE && (mode & ~f->mode) == 0))
		return;
	mode_text(is, mode);
	mode_text(wanted, f->mode);
	check_wrong(c, CHECK_SAYS_BAD_MODE, path, is, wanted, NULL);
	check_advise(c, CHECK_DO_MODE, wanted, path, NULL);
}

/* Judges a folder of the spool; -1: there is none. */
static int
judge_folder(struct check *c, const struct folder *f, const struct owner *o)
{
	char path[PATH_MAX_SHOWN];
	struct stat st;

	snprintf(path, sizeof path, "%s%s%s", c->setup.conf.queue.directory,
	    f->name[0] == '\0' ? "" : "/", f->name);
	if (stat(path, &st) == -1)
		return -1;
	judge_owner(c, path, &st, f, o);
	judge_mode(c, path, &st, f);
	return 0;
}

/* Makes good that there is no drop folder. */
static void
advise_drop(struct check *c, const struct owner *o)
{
	char path[PATH_MAX_SHOWN];

	snprintf(path, sizeof path, "%s/drop", c->setup.conf.queue.directory);
	check_advise(c, CHECK_DO_FOLDER, o->user, o->group, "3733", path, NULL);
}

/* The spool of whoever sends; folders that are not there are made when they are
 * needed, but drop/. */
static void
check_spool(struct check *c, const struct owner *o)
{
	const char *dir = c->setup.conf.queue.directory;
	char path[PATH_MAX_SHOWN];
	struct stat st;

	if (stat(dir, &st) == -1 && errno == ENOENT) {
		check_note(c, CHECK_SAYS_NO_SPOOL, dir, NULL);
		return;
	}
	note_file(c, dir);
	(void)judge_folder(c, &top, o);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		(void)judge_folder(c, &folders[i], o);
	if (!o->is_service)
		return;
	snprintf(path, sizeof path, "%s/drop", dir);
	if (judge_folder(c, &drop, o) == 0) {
		check_note(c, CHECK_SAYS_DROP, path, NULL);
	} else {
		check_warn(c, CHECK_SAYS_NO_FOLDER, path, NULL);
		advise_drop(c, o);
	}
}

/* Whether the spool is another user's, to whom what waits is left. */
static bool
leaves_it_to_others(const struct check *c)
{
	struct stat st;

	return c->setup.uid != 0 &&
	    strcmp(c->setup.conf.path, CONF_DEFAULT_PATH) == 0 &&
	    stat(c->setup.conf.queue.directory, &st) == 0 &&
	    st.st_uid != c->setup.uid;
}

/* What whoever leaves mail in it needs of the drop folder. */
static void
judge_drop(struct check *c)
{
	struct owner o;
	char path[PATH_MAX_SHOWN];

	snprintf(path, sizeof path, "%s/drop", c->setup.conf.queue.directory);
	if (access(path, W_OK | X_OK) == 0) {
		check_note(c, CHECK_SAYS_DROP, path, NULL);
		return;
	}
	find_owner(c, &o);
	snprintf(o.user, sizeof o.user, "%s", SETUP_USER);
	snprintf(o.group, sizeof o.group, "%s", SETUP_USER);
	check_wrong(c, CHECK_SAYS_NO_DROP, path, NULL);
	advise_drop(c, &o);
}

void
check_permissions(struct check *c)
{
	const struct conf *conf = &c->setup.conf;
	struct owner o;

	check_begin(c, CHECK_STAGE_PERMISSIONS);
	find_owner(c, &o);
	note_file(c, conf->path);
	for (const struct conf *a = conf; a != NULL; a = a->next)
		if (a->smarthost.password_file[0] != '\0')
			note_file(c, a->smarthost.password_file);
	if (conf->queue.directory[0] == '\0') {
		check_end(c);
		return;
	}
	if (c->setup.uid == 0)
		check_needed(c, &o);
	if (leaves_it_to_others(c))
		judge_drop(c);
	else
		check_spool(c, &o);
	check_end(c);
}

void
check_drop(struct check *c)
{
	check_begin(c, CHECK_STAGE_PERMISSIONS);
	judge_drop(c);
	check_end(c);
}
