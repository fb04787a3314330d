#include "config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "cli/check_parts.h"

/* Which program others reach when they send mail. */

#define SELF "/proc/self/exe"
#define PATH_MAX_SHOWN 4096

static const struct {
	const char *path;
	enum check_need need;
} names[] = {
	{ "/usr/sbin/sendmail", CHECK_NEEDED },
	{ "/usr/lib/sendmail", CHECK_NEEDED },
	{ "/usr/bin/mailq", CHECK_USEFUL },
	{ "/usr/bin/newaliases", CHECK_USEFUL },
};

/* Where the link, or the last of a chain of them, leads to. */
static const char *
target_of(char dst[PATH_MAX_SHOWN], const char *path)
{
	ssize_t n = readlink(path, dst, PATH_MAX_SHOWN - 1);

	if (n < 0)
		return path;
	dst[n] = '\0';
	return dst;
}

void
check_link(struct check *c, const char *path, enum check_need need,
    const char *program)
{
	char ours[PATH_MAX_SHOWN], theirs[PATH_MAX_SHOWN];
	struct stat there, here;
	const char *name = target_of(ours, program);

	if (stat(program, &here) == -1)
		return;
	if (stat(path, &there) == -1 && need == CHECK_USEFUL) {
		check_note(c, CHECK_SAYS_NO_LINK, path, NULL);
	} else if (stat(path, &there) == -1) {
		check_warn(c, CHECK_SAYS_NO_LINK, path, NULL);
		check_advise(c, CHECK_DO_LINK, name, path, NULL);
	} else if (there.st_dev == here.st_dev && there.st_ino == here.st_ino) {
		check_note(c, CHECK_SAYS_OURS, path, NULL);
	} else {
		check_warn(
		    c, CHECK_SAYS_FOREIGN, path, target_of(theirs, path), NULL);
		check_advise(c, CHECK_DO_FOREIGN, name, path, NULL);
	}
}

void
check_links(struct check *c)
{
	check_begin(c, CHECK_STAGE_LINKS);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check_link(c, names[i].path, names[i].need, SELF);
	check_end(c);
}
