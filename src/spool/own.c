#include "config.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/xattr.h>

#include "spool/names.h"
#include "spool/own.h"
#include "spool/spool_parts.h"

#define UID_MAX 11 /* bytes of a user id in digits, the NUL included */

static bool
is_for_user(const struct entry *e)
{
	return e->uid != 0 && e->uid != geteuid();
}

/*
 * Lets the owner of the file do what `owner` says (ACL_READ and so on), the
 * user `uid` what `user` says, and nobody else anything.  As acl(5) has it in
 * an extended attribute: little endian, in this order.
 */
static int
permit(int fd, uint16_t owner, uint32_t uid, uint16_t user)
{
	const uint32_t none = htole32((uint32_t)ACL_UNDEFINED_ID);
	const struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entries[5];
	} acl = {
		{ htole32(POSIX_ACL_XATTR_VERSION) },
		{
		    { htole16(ACL_USER_OBJ), htole16(owner), none },
		    { htole16(ACL_USER), htole16(user), htole32(uid) },
		    { htole16(ACL_GROUP_OBJ), 0, none },
		    { htole16(ACL_MASK), htole16(user), none },
		    { htole16(ACL_OTHER), 0, none },
		},
	};

	return fsetxattr(fd, "system.posix_acl_access", &acl, sizeof acl, 0);
}

void
own_share(const struct entry *e)
{
	if (is_for_user(e))
		(void)permit(e->fd, ACL_READ | ACL_WRITE, e->uid, ACL_READ);
}

static int
open_user(const struct spool *s, const char *name)
{
	return openat(s->fds[SPOOL_OWN], name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens own/UID as the user finds it, making what is missing; -1: errno. */
static int
make_user(const struct spool *s, uint32_t uid, const char *name)
{
	int fd, error;

	if (mkdirat(s->fds[SPOOL_OWN], name, 0700) == -1 && errno != EEXIST)
		return -1;
	fd = open_user(s, name);
	/* each time: who made it may have ended before he came to this */
	if (fd == -1 ||
	    permit(fd, ACL_READ | ACL_WRITE | ACL_EXECUTE, uid,
		ACL_READ | ACL_EXECUTE) == 0)
		return fd;
	error = errno;
	(void)unlinkat(s->fds[SPOOL_OWN], name, AT_REMOVEDIR);
	close(fd);
	errno = error;
	return -1;
}

static int
make_marker(const struct spool *s, const struct entry *e)
{
	char name[UID_MAX];
	int fd, made, error;

	snprintf(name, sizeof name, "%" PRIu32, e->uid);
	fd = make_user(s, e->uid, name);
	if (fd == -1)
		return -1;
	made = mknodat(fd, e->id, S_IFREG | 0600, 0);
	error = errno;
	close(fd);
	errno = error;
	return made;
}

void
own_note(const struct spool *s, const struct entry *e)
{
	/* once more when a sweep took away the directory, still empty */
	if (is_for_user(e) && make_marker(s, e) == -1 && errno == ENOENT)
		(void)make_marker(s, e);
}

int
own_open(struct spool *s, uid_t uid, struct result *res)
{
	char name[UID_MAX];
	int fd;

	if (s->fds[SPOOL_OWN] == -1)
		return 0;
	snprintf(name, sizeof name, "%" PRIu32, (uint32_t)uid);
	fd = open_user(s, name);
	if (fd == -1 && errno != ENOENT && errno != EACCES)
		return spool_fail(s, SPOOL_OWN, name, "open", res);
	close(s->fds[SPOOL_OWN]);
	s->fds[SPOOL_OWN] = fd;
	return 0;
}

/* Whether there is an entry of that name, as far as can be told. */
static bool
is_kept(const struct spool *s, const char *id)
{
	/* and once more where it may have been moved back to meanwhile */
	static const enum spool_folder folders[] = { SPOOL_QUEUE, SPOOL_FAILED,
		SPOOL_QUEUE };

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (faccessat(s->fds[folders[i]], id, F_OK,
			AT_SYMLINK_NOFOLLOW) == 0 ||
		    errno != ENOENT)
			return true;
	return false;
}

static void
sweep_marker(const char *name, void *arg)
{
	const struct spool *user = arg;

	if (names_is_id(name) && !is_kept(user, name))
		(void)unlinkat(user->fds[SPOOL_OWN], name, 0);
}

/* A sweep under way. */
struct sweep {
	const struct spool *s;
	struct result *res;
	bool failed; /* res is filled */
};

static void
sweep_user(const char *name, void *arg)
{
	struct sweep *w = arg;
	struct spool user = *w->s; /* but of own/ only what is this user's */

	user.fds[SPOOL_OWN] = open_user(w->s, name);
	if (user.fds[SPOOL_OWN] == -1)
		return;
	if (spool_each(&user, SPOOL_OWN, sweep_marker, &user, w->res) == -1)
		w->failed = true;
	close(user.fds[SPOOL_OWN]);
	/* fails while there is something in it */
	(void)unlinkat(w->s->fds[SPOOL_OWN], name, AT_REMOVEDIR);
}

int
own_sweep(const struct spool *s, struct result *res)
{
	struct sweep w = { .s = s, .res = res };
	int done = 0;

	if (s->fds[SPOOL_OWN] != -1)
		done = spool_each(s, SPOOL_OWN, sweep_user, &w, res);
	return w.failed ? -1 : done;
}
