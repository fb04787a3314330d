/*
 * inifile: the lines of an INI text, by way of inih.
 *
 * Reads each physical line itself, so that length, quoting, comments and line
 * numbers are the same with every build of inih, and hands inih only
 * "[section]" and "name=LINE"; values never pass through it.  No line goes
 * unread in silence, none continues another, and no message holds any text
 * of a value.  The syntax is that of outpost.ini(5), VALUES.
 */
#ifndef CONFIG_INIFILE_H
#define CONFIG_INIFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"

#define INIFILE_LINE_MAX 4096 /* bytes of a line, its end not counted */
#define INIFILE_NAME_MAX \
	48 /* of a section's or key's name: what the
				 * smallest build of inih can hold */

struct inifile_entry {
	const char *section; /* "" before the first one */
	const char *name; /* NULL: this line begins the section */
	const char *value; /* without quotes and comment; holds no NUL,
				 * CR or LF; wiped after the call */
	unsigned line;
	bool is_bare; /* no "=" in the line: `name` is its first word, and the
		       * others are "" */
};

/* Called for each section and key, in the order of the text; all of `entry`
 * is valid during the call only.  Returns 0, or -1 with `res` filled, which
 * ends the reading; a bare line ends it anyhow, and -1 is for better words. */
typedef int inifile_take(
    void *arg, const struct inifile_entry *entry, struct result *res);

/*
 * Reads the `n` bytes at `p`, called `path` in messages.  Kind CONFIG,
 * "file:line: what": a line that is too long, holds NUL or CR, or is no
 * comment, section or `name = value`; a quote that is not closed.
 */
int inifile_parse(const char *path, const char *p, size_t n, inifile_take *take,
    void *arg, struct result *res) __attribute__((warn_unused_result));

#endif
