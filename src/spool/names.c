#include "config.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "spool/file.h"
#include "spool/names.h"
#include "spool/spool_parts.h"

#define ROOM (2 * NAMES_BATCH) /* names held while looking for the first */
#define DAY (24 * 60 * 60) /* seconds */
#define SECONDS_DIGITS 8 /* of an id: 40 bits */
#define RANDOM_DIGITS 13 /* 65 bits, for 64 */

_Static_assert(SECONDS_DIGITS + RANDOM_DIGITS == SPOOL_ID_LENGTH, "an id");

/* Appends the low bits of `value` as `digits` digits of base32, in an alphabet
 * whose order is that of ASCII. */
static char *
put_base32(char *p, uint64_t value, unsigned digits)
{
	for (unsigned i = digits; i-- > 0;)
		*p++ = SPOOL_ID_DIGITS[value >> (5 * i) & 31];
	return p;
}

void
names_make_id(char id[ENTRY_ID_MAX], int64_t created)
{
	const uint64_t most = (UINT64_C(1) << (5 * SECONDS_DIGITS)) - 1;
	uint64_t seconds = created < 0 ? 0 : (uint64_t)created, random;

	arc4random_buf(&random, sizeof random);
	id = put_base32(id, seconds < most ? seconds : most, SECONDS_DIGITS);
	id = put_base32(id, random, RANDOM_DIGITS);
	*id = '\0';
}

bool
names_is_id(const char *name)
{
	return strlen(name) == SPOOL_ID_LENGTH &&
	    strspn(name, SPOOL_ID_DIGITS) == SPOOL_ID_LENGTH;
}

bool
names_has(const struct spool *s, enum spool_folder folder, const char *id)
{
	struct stat st;

	return s->fds[folder] != -1 &&
	    fstatat(s->fds[folder], id, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Keeps the first NAMES_BATCH of the names. */
static void
keep_first(struct names *n)
{
	qsort(n->names, n->count, sizeof *n->names, compare);
	if (n->count > NAMES_BATCH)
		n->count = NAMES_BATCH;
}

static void
note_strange(struct names *n, const char *name)
{
	if (n->strange++ == 0)
		text_escape(n->first_strange, sizeof n->first_strange, name,
		    strlen(name));
}

/* What names_list looks for. */
struct search {
	struct names *n;
	const char *after;
	/* the last of the names that were first so far; "": not so many yet */
	char before[ENTRY_ID_MAX];
};

static void
add_name(struct search *look, const char *name)
{
	struct names *n = look->n;

	if (strcmp(name, look->after) <= 0 ||
	    (look->before[0] != '\0' && strcmp(name, look->before) >= 0))
		return;
	strlcpy(n->names[n->count++], name, sizeof *n->names);
	if (n->count == ROOM) {
		keep_first(n);
		strlcpy(look->before, n->names[NAMES_BATCH - 1],
		    sizeof look->before);
	}
}

static void
list_name(const char *name, void *arg)
{
	struct search *look = arg;

	if (names_is_id(name))
		add_name(look, name);
	else if (name[0] != '.')
		note_strange(look->n, name);
}

int
names_list(struct names *n, const struct spool *s, enum spool_folder folder,
    const char *after, struct result *res)
{
	struct search look = { .n = n, .after = after };

	*n = (struct names){ .names = calloc(ROOM, sizeof *n->names) };
	if (n->names == NULL)
		return result_fail(
		    res, RESULT_SYSTEM, "no memory to list the mails");
	if (spool_each(s, folder, list_name, &look, res) == -1)
		return -1;
	keep_first(n);
	return 0;
}

void
names_clear(struct names *n)
{
	free(n->names);
	*n = (struct names){ .names = NULL };
}

/* What names_sweep removes. */
struct broom {
	const struct spool *s;
	enum spool_folder folder;
	int64_t hidden_before, entries_before;
	size_t removed; /* entries */
};

/* Removes an unfinished file.  One that cannot be removed (somebody else's
 * directory) is nobody's mail, and stays. */
static void
sweep_hidden(const struct broom *b, const char *name)
{
	int dirfd = b->s->fds[b->folder];
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISDIR(st.st_mode) && st.st_ctime < b->hidden_before)
		(void)unlinkat(dirfd, name, 0);
}

/* Removes an entry, unless somebody works on it. */
static void
sweep_entry(struct broom *b, const char *name)
{
	int fd, dirfd = b->s->fds[b->folder];
	struct result res;
	struct stat st;

	/* most are younger: no need to open them */
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode) || st.st_mtime >= b->entries_before ||
	    spool_open_locked(b->s, b->folder, name, O_RDONLY, &fd, &res) !=
		SPOOL_TAKEN)
		return;
	if (fstat(fd, &st) == 0 && st.st_mtime < b->entries_before &&
	    unlinkat(dirfd, name, 0) == 0)
		b->removed++;
	close(fd);
}

static void
sweep_name(const char *name, void *arg)
{
	struct broom *b = arg;

	if (name[0] == '.')
		sweep_hidden(b, name);
	else if (names_is_id(name))
		sweep_entry(b, name);
}

/* The time as the file system has it: that of a new file. */
static int
ask_clock(const struct spool *s, enum spool_folder folder, int64_t *now,
    struct result *res)
{
	int fd = file_nameless(s->fds[folder], ".");
	struct stat st;
	int done = fd == -1 ? -1 : fstat(fd, &st);

	if (done == -1)
		(void)spool_fail(s, folder, NULL, "make a file in", res);
	else
		*now = st.st_ctime;
	if (fd != -1)
		close(fd);
	return done;
}

int
names_sweep(struct spool *s, enum spool_folder folder, int64_t now,
    int64_t max_age, size_t *removed, struct result *res)
{
	struct broom b = { .s = s, .folder = folder };
	int64_t clock;
	int done;

	*removed = 0;
	if (ask_clock(s, folder, &clock, res) == -1)
		return -1;
	b.hidden_before = clock - DAY;
	b.entries_before = max_age > 0 ? now - max_age : INT64_MIN;
	done = spool_each(s, folder, sweep_name, &b, res);
	*removed = b.removed;
	return done;
}
