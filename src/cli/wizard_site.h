/*
 * wizard_site: where `outpost setup` puts its files, and whose they are.
 *
 * Root's are the machine's: /etc/outpost.ini and /etc/outpost.secret, which
 * the user who runs the queue can read.  An ordinary user's are his own, and
 * so is a queue.  A file that is named otherwise has its secret beside it:
 * NAME.secret for NAME.ini.
 */
#ifndef CLI_WIZARD_SITE_H
#define CLI_WIZARD_SITE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/result.h"

struct wizard_site {
	struct buf config, secret; /* absolute paths */
	struct buf queue; /* of the user's own; empty: the default */
	bool shadowed; /* the machine's configuration comes first */
	bool named; /* the file is one that would not be found by itself */
	bool has_user; /* root, and there is who runs the queue; or not root */
	uid_t uid;
	gid_t gid;
	mode_t secret_mode, config_mode;
	mode_t command_mode; /* of a configuration that names a command */
};

void wizard_site_init(struct wizard_site *s);

/*
 * Finds it all; `path` is what was named with -c, or NULL.  Changes nothing.
 * Kinds CONFIG: there is no home to put it; NOPERM: the caller may not write
 * there; SYSTEM.
 */
int wizard_site_find(struct wizard_site *s, const char *path,
    struct result *res) __attribute__((warn_unused_result));

/* Makes the directories of an ordinary user that are missing.  Kind
 * CREATE. */
int wizard_site_make(const struct wizard_site *s, struct result *res)
    __attribute__((warn_unused_result));

void wizard_site_clear(struct wizard_site *s);

#endif
