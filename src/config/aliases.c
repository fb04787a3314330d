#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "config/aliases.h"
#include "config/file.h"

struct parser {
	struct aliases *a;
	const char *p, *end; /* what is left of the file */
	unsigned line; /* number of the line `p` is in */
	struct buf entry; /* one alias with its continuation lines; an LF
				 * for each line, so that they can be counted */
	unsigned start; /* line the entry begins in */
	struct result *res;
};

/* Notes an entry that is left out. */
static void
leave_out(struct aliases *a, unsigned line, const char *text)
{
	if (a->left_out++ == 0)
		(void)result_fail(&a->complaint, RESULT_CONFIG, "%s:%u: %s",
		    a->path, line, text);
}

static int
fail_memory(struct parser *r)
{
	return result_fail(r->res, RESULT_SYSTEM, "out of memory");
}

/* Takes the next line without its end; false at the end of the file. */
static bool
next_line(struct parser *r, const char **line, size_t *n)
{
	const char *lf;

	if (r->p == r->end)
		return false;
	lf = memchr(r->p, '\n', (size_t)(r->end - r->p));
	*line = r->p;
	*n = (size_t)((lf != NULL ? lf : r->end) - r->p);
	r->p = lf != NULL ? lf + 1 : r->end;
	r->line++;
	if (*n > 0 && (*line)[*n - 1] == '\r')
		--*n;
	return true;
}

static bool
is_empty_or_comment(const char *p, size_t n)
{
	while (n > 0 && ascii_is_blank(*p)) {
		p++;
		n--;
	}
	return n == 0 || *p == '#';
}

/* Reads the next alias into `entry`; 1, 0 at the end of the file, or -1. */
static int
next_entry(struct parser *r)
{
	const char *line;
	size_t n = 0;

	buf_reset(&r->entry);
	while (next_line(r, &line, &n)) {
		if (!is_empty_or_comment(line, n)) {
			if (r->entry.len == 0)
				r->start = r->line;
			buf_add(&r->entry, line, n);
		}
		if (r->entry.len > 0)
			buf_putc(&r->entry, '\n');
		/* A comment may stand between an alias and its next line. */
		if (r->entry.len > 0 &&
		    (r->p == r->end ||
			(!ascii_is_space(*r->p) && *r->p != '#')))
			break;
	}
	if (buf_failed(&r->entry))
		return fail_memory(r);
	return r->entry.len > 0;
}

/*
 * Length of the piece at `p` that ends at `stop`, at a comment or at the end,
 * where quotes and backslashes protect what they hold.  -1: a quote is open.
 */
static long
piece_length(const char *p, char stop)
{
	bool quoted = false;
	long i;

	for (i = 0; p[i] != '\0'; i++) {
		if (p[i] == '\\' && p[i + 1] != '\0')
			i++;
		else if (p[i] == '"')
			quoted = !quoted;
		else if (!quoted && p[i] == stop)
			break;
		else if (!quoted && p[i] == '#' && i > 0 &&
		    ascii_is_space(p[i - 1]))
			break;
	}
	return quoted ? -1 : i;
}

static void
trim(const char **p, size_t *n)
{
	while (*n > 0 && ascii_is_space(**p)) {
		++*p;
		--*n;
	}
	while (*n > 0 && ascii_is_space((*p)[*n - 1]))
		--*n;
}

/* A copy of the `n` bytes at `p`; a line's end within is a blank. */
static char *
copy(const char *p, size_t n)
{
	char *s = strndup(p, n);

	for (char *q = s; q != NULL && *q != '\0'; q++)
		if (*q == '\n')
			*q = ' ';
	return s;
}

/* Takes the quotes, and the backslashes within them, out of `s`. */
static void
unquote(char *s)
{
	bool quoted = false;
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s == '"') {
			quoted = !quoted;
			continue;
		}
		if (quoted && *s == '\\' && s[1] != '\0')
			s++;
		*to++ = *s;
	}
	*to = '\0';
}

static enum alias_kind
kind_of(const char *text)
{
	if (*text == '"')
		text++;
	if (*text == '|')
		return ALIAS_PIPE;
	if (*text == '/')
		return ALIAS_FILE;
	return ascii_begins(text, ":include:") ? ALIAS_INCLUDE : ALIAS_ADDRESS;
}

static int
add_target(struct parser *r, struct alias *alias, const char *p, size_t n,
    unsigned line)
{
	struct alias_target *target;

	target = reallocarray(
	    alias->targets, alias->ntargets + 1, sizeof *target);
	if (target == NULL)
		return fail_memory(r);
	alias->targets = target;
	target += alias->ntargets;
	if ((target->text = copy(p, n)) == NULL)
		return fail_memory(r);
	alias->ntargets++;
	target->line = line;
	target->kind = kind_of(target->text);
	if (target->kind != ALIAS_ADDRESS)
		unquote(target->text);
	return 0;
}

/* Moves `*p` over white space and a comment, counting lines. */
static void
skip_comment(const char **p, unsigned *line)
{
	for (;; ++*p) {
		if (**p == '#')
			*p += strcspn(*p, "\n");
		if (!ascii_is_space(**p))
			return;
		if (**p == '\n')
			++*line;
	}
}

/* What stands after the colon: -1, or how many targets there are, or 0 for
 * an entry that is to be left out. */
static int
add_targets(struct parser *r, struct alias *alias, const char *p)
{
	unsigned line = r->start;
	const char *piece;
	size_t len;
	long n;

	for (const char *q = r->entry.data; q < p; q++)
		line += *q == '\n';
	for (;;) {
		skip_comment(&p, &line);
		if (*p == ',') {
			p++;
			continue;
		}
		if (*p == '\0')
			break;
		if ((n = piece_length(p, ',')) == -1) {
			leave_out(r->a, line, "a quote is not closed");
			return 0;
		}
		piece = p;
		len = (size_t)n;
		trim(&piece, &len);
		if (add_target(r, alias, piece, len, line) == -1)
			return -1;
		for (; n > 0; n--)
			line += *p++ == '\n';
	}
	if (alias->ntargets == 0)
		leave_out(r->a, r->start, "the alias has no target");
	return (int)alias->ntargets;
}

static void
clear_alias(struct alias *alias)
{
	for (size_t i = 0; i < alias->ntargets; i++)
		free(alias->targets[i].text);
	free(alias->targets);
	free(alias->name);
}

/* Makes an alias of `entry`, unless it is wrong. */
static int
add_alias(struct parser *r)
{
	struct aliases *a = r->a;
	const char *name = r->entry.data;
	struct alias *alias;
	size_t len;
	long n;
	int targets;

	n = piece_length(name, ':');
	len = n > 0 ? (size_t)n : 0;
	trim(&name, &len);
	if (n == -1 || r->entry.data[n] != ':' || len == 0 ||
	    ascii_is_blank(r->entry.data[0])) {
		leave_out(a, r->start, "expected `name: target`");
		return 0;
	}
	alias = reallocarray(a->list, a->count + 1, sizeof *alias);
	if (alias == NULL)
		return fail_memory(r);
	a->list = alias;
	alias += a->count;
	*alias = (struct alias){ .line = r->start, .name = copy(name, len) };
	if (alias->name == NULL)
		return fail_memory(r);
	unquote(alias->name);
	a->count++;
	if ((targets = add_targets(r, alias, r->entry.data + n + 1)) == -1)
		return -1;
	if (targets > 0 && *alias->name == '\0')
		leave_out(a, r->start, "the alias has no name");
	if (targets == 0 || *alias->name == '\0') {
		clear_alias(alias);
		a->count--;
	}
	return 0;
}

static int
compare_names(const char *a, const char *b)
{
	while (*a != '\0' && ascii_lower(*a) == ascii_lower(*b)) {
		a++;
		b++;
	}
	return (unsigned char)ascii_lower(*a) - (unsigned char)ascii_lower(*b);
}

static int
compare_aliases(const void *va, const void *vb)
{
	const struct alias *a = va, *b = vb;
	int order = compare_names(a->name, b->name);

	return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static int
compare_key(const void *name, const void *alias)
{
	return compare_names(name, ((const struct alias *)alias)->name);
}

/* Sorts by name; of those that come twice the first stays. */
static void
sort(struct aliases *a)
{
	size_t kept = 0;

	if (a->count > 0)
		qsort(a->list, a->count, sizeof *a->list, compare_aliases);
	for (size_t i = 0; i < a->count; i++) {
		if (kept > 0 &&
		    compare_names(a->list[kept - 1].name, a->list[i].name) ==
			0) {
			leave_out(a, a->list[i].line,
			    "the alias was given on an earlier line already");
			clear_alias(&a->list[i]);
			continue;
		}
		a->list[kept++] = a->list[i];
	}
	a->count = kept;
}

int
aliases_parse(struct aliases *a, const char *path, const char *p, size_t n,
    struct result *res)
{
	struct parser r = { .a = a, .p = p, .end = p + n, .res = res };
	int status;

	*a = (struct aliases){ .path = strdup(path) };
	if (a->path == NULL)
		return fail_memory(&r);
	if (memchr(p, '\0', n) != NULL)
		return result_fail(res, RESULT_CONFIG, "%s: a NUL byte", path);
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		r.p += 3;
	buf_init(&r.entry, n + 2);
	while ((status = next_entry(&r)) == 1)
		if (add_alias(&r) == -1) {
			status = -1;
			break;
		}
	buf_free(&r.entry);
	sort(a);
	return status;
}

int
aliases_load(struct aliases *a, const char *path, struct result *res)
{
	struct buf text;
	struct stat st;
	int status;

	*a = (struct aliases){ 0 };
	if (*path == '\0' || file_is_missing(path))
		return 0;
	buf_init(&text, ALIASES_FILE_MAX);
	status = file_read(&text, path, &st, res);
	if (status == 0)
		status = aliases_parse(a, path, text.data, text.len, res);
	buf_free(&text);
	return status;
}

const struct alias *
aliases_find(const struct aliases *a, const char *name)
{
	if (a->count == 0)
		return NULL;
	return bsearch(name, a->list, a->count, sizeof *a->list, compare_key);
}

void
aliases_clear(struct aliases *a)
{
	for (size_t i = 0; i < a->count; i++)
		clear_alias(&a->list[i]);
	free(a->list);
	free(a->path);
	*a = (struct aliases){ 0 };
}
