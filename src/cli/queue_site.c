#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/process.h"
#include "cli/queue_site.h"
#include "spool/own.h"

void
queue_site_init(struct queue_site *s)
{
	setup_init(&s->setup);
	spool_init(&s->spool);
	s->sees_all = false;
}

/* The configuration, or the defaults where none could be read, unless it was
 * asked for by name. */
static int
load_conf(struct queue_site *s, const char *config, struct result *res)
{
	if (setup_conf(&s->setup, config, res) == 0)
		return 0;
	if (config != NULL || s->setup.conf.path != NULL)
		return -1;
	return setup_without(&s->setup, res);
}

static bool
has_queue(const struct queue_site *s)
{
	return s->setup.conf.queue.directory[0] != '\0';
}

/* Whether the folder, if it is open, is the caller's. */
static bool
is_owner(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_uid == geteuid();
}

/* Says who else could look. */
static int
name_others(struct result *res)
{
	const struct result why = *res;

	if (why.kind != RESULT_NOPERM)
		return -1;
	return result_fail(res, RESULT_NOPERM,
	    "%s; root and the user " SETUP_USER " can list it", why.text);
}

int
queue_site_look(struct queue_site *s, const char *config,
    enum spool_folder needed, struct result *res)
{
	if (load_conf(s, config, res) == -1)
		return -1;
	if (!has_queue(s))
		return 0;
	if (process_become(SETUP_USER, res) == -1)
		return -1;
	if (spool_peek(&s->spool, s->setup.conf.queue.directory, needed, res) ==
	    -1)
		return name_others(res);
	s->sees_all = s->setup.uid == 0 || is_owner(s->spool.fds[needed]);
	return s->sees_all ? 0 : own_open(&s->spool, s->setup.uid, res);
}

enum spool_take
queue_site_entry(const struct queue_site *s, enum spool_folder folder,
    const char *id, struct entry *e, bool *busy, struct result *res)
{
	enum spool_take how = spool_look(&s->spool, folder, id, e, busy, res);
	struct stat st;

	/* anybody could have written there that it is another's */
	if (how == SPOOL_TAKEN && folder == SPOOL_DROP &&
	    fstat(e->fd, &st) == 0)
		e->uid = st.st_uid;
	return how;
}

bool
queue_site_shows(const struct queue_site *s, const struct entry *e)
{
	return s->sees_all || e->uid == s->setup.uid;
}

int
queue_site_find(
    struct queue_site *s, const char *config, bool *exists, struct result *res)
{
	const char *dir;
	struct stat st;

	*exists = false;
	if (load_conf(s, config, res) == -1)
		return -1;
	if (!has_queue(s))
		return 0;
	dir = s->setup.conf.queue.directory;
	if (stat(dir, &st) == 0)
		*exists = true;
	else if (errno == EACCES)
		return result_fail(res, RESULT_NOPERM,
		    "%s is not for you to change: root can", dir);
	if (*exists && s->setup.uid != 0 && st.st_uid != geteuid())
		return result_fail(res, RESULT_NOPERM,
		    "%s is not for you to change: root and its owner (uid %lu) "
		    "can",
		    dir, (unsigned long)st.st_uid);
	return 0;
}

int
queue_site_open(struct queue_site *s, const char *config, struct result *res)
{
	bool exists;

	if (queue_site_find(s, config, &exists, res) == -1)
		return -1;
	if (!has_queue(s))
		return result_fail(res, RESULT_MODE,
		    "no queue is kept: [queue] directory is empty");
	setup_log(&s->setup);
	if (setup_become(&s->setup, res) == -1)
		return -1;
	return spool_open(&s->spool, s->setup.conf.queue.directory, res);
}

void
queue_site_clear(struct queue_site *s)
{
	spool_close(&s->spool);
	setup_clear(&s->setup);
}
