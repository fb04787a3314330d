/*
 * aliases: the aliases file, in the syntax of aliases(5).
 *
 *	name: target, target	# a comment, after a blank
 *	    , target on a continuation line
 *
 * Reads the file and answers look-ups; names are compared without regard to
 * ASCII case, and may be quoted.  What a target means (an address, a local
 * name, something that is not supported) and following targets further is
 * delivery's business.  The struct owns its memory.
 */
#ifndef CONFIG_ALIASES_H
#define CONFIG_ALIASES_H

#include <stddef.h>

#include "base/result.h"

#define ALIASES_FILE_MAX (4 * 1024 * 1024)

/* What a target is, told by its first characters. */
enum alias_kind {
	ALIAS_ADDRESS, /* user, \user, user@host, Name <user@host> */
	ALIAS_FILE, /* /path */
	ALIAS_PIPE, /* |command */
	ALIAS_INCLUDE /* :include:/path (its text, too) */
};

struct alias_target {
	char *text; /* quotes and backslashes as an address parser wants
			 * them; of the other kinds, without quotes */
	enum alias_kind kind;
	unsigned line; /* in the file */
};

struct alias {
	char *name; /* unquoted */
	struct alias_target *targets;
	size_t ntargets; /* 1 or more */
	unsigned line;
};

struct aliases {
	char *path; /* NULL: there was no file */
	struct alias *list; /* sorted by name */
	size_t count;
	unsigned left_out; /* entries that were wrong */
	struct result complaint; /* about the first of them: kind CONFIG,
				  * "file:line: what" */
};

/*
 * Reads `path`; an empty path, or a file that does not exist, gives an empty
 * table.  An entry without a colon, a name or a target, one with an open
 * quote, and a name that comes again are left out and counted: the file is the
 * whole machine's, and one bad line in it must stop nobody's mail.  Kind
 * CONFIG for a file that cannot be read, is too large or holds a NUL byte.
 * `a` is to be cleared whatever the result.
 */
int aliases_load(struct aliases *a, const char *path, struct result *res)
    __attribute__((warn_unused_result));

/* The same from memory. */
int aliases_parse(struct aliases *a, const char *path, const char *p, size_t n,
    struct result *res) __attribute__((warn_unused_result));

/* The alias called `name`, or NULL. */
const struct alias *aliases_find(const struct aliases *a, const char *name);

void aliases_clear(struct aliases *a);

#endif
