/*
 * wizard_files: files that are written whole or not at all, and that nobody
 * else can read at any time.
 */
#ifndef CLI_WIZARD_FILES_H
#define CLI_WIZARD_FILES_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/result.h"

#define WIZARD_BACKUP ".bak"

struct wizard_file {
	const char *path;
	const struct buf *text;
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

enum wizard_file_state {
	WIZARD_FILE_SAME, /* it is there, and as it is to be */
	WIZARD_FILE_FREE, /* it is not, or all but owner and mode is the same */
	WIZARD_FILE_OTHER /* something else is there */
};

/* Kind CREATE: it cannot be looked at, or is no regular file. */
int wizard_file_look(const struct wizard_file *file,
    enum wizard_file_state *state, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Puts the file in the place of what is there, durably; a file whose text is
 * another is kept under its name with ".bak", in the place of an older one.
 * Until the new one has its name, everything is as it was.  Kind CREATE.
 */
int wizard_file_write(const struct wizard_file *file, struct result *res)
    __attribute__((warn_unused_result));

#endif
