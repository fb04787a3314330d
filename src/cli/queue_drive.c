#include "config.h"

#include <stdlib.h>

#include "base/process.h"
#include "cli/queue_drive.h"
#include "cli/queue_site.h"
#include "cli/say.h"

static int
fail(const struct runner *r, const struct result *res)
{
	say("%s: %s\n", r->program, res->text);
	return result_exit_status(res->kind);
}

/* Whether the caller may run the queue, and there is one.  -1: he may not. */
static int
look(const struct runner *r, bool *exists, struct result *res)
{
	struct queue_site site;
	int rc;

	queue_site_init(&site);
	rc = queue_site_find(&site, r->config, exists, res);
	queue_site_clear(&site);
	return rc;
}

/* A process that goes away leaves the directory, too, which the name of the
 * configuration may begin in. */
static void
keep_config(void)
{
	const char *name = getenv("OUTPOST_CONFIG");
	char *path;

	if (name == NULL || *name == '/' ||
	    (path = realpath(name, NULL)) == NULL)
		return;
	(void)setenv("OUTPOST_CONFIG", path, 1);
	free(path);
}

int
queue_drive(const struct runner *r, long interval, enum queue_drive where)
{
	enum process_side side = PROCESS_CHILD;
	struct result res;
	bool exists;

	if (look(r, &exists, &res) == -1)
		return fail(r, &res);
	if (interval == 0)
		return exists ? runner_once(r) : EX_OK;
	if (where == QUEUE_DRIVE_AWAY) {
		keep_config();
		if (process_detach(&side, &res) == -1)
			return fail(r, &res);
	}
	return side == PROCESS_CHILD ? runner_repeat(r, interval) : EX_OK;
}
