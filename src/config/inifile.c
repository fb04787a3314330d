#include "config.h"

#include <bsd/string.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "config/inifile.h"

struct reader {
	const char *path;
	const char *p, *end; /* what is left of the text */
	unsigned line; /* number of the line read last */
	char name[INIFILE_NAME_MAX + 1]; /* of the pending pair */
	struct buf value; /* of the pending pair */
	bool is_pending; /* given to inih, not yet come back */
	inifile_take *take;
	void *arg;
	int status; /* -1: failed, `res` is filled */
	struct result *res;
};

/* A piece of a line. */
struct span {
	const char *p;
	size_t n;
};

static int
fail_line(struct reader *r, const char *text)
{
	r->status = -1;
	return result_fail(
	    r->res, RESULT_CONFIG, "%s:%u: %s", r->path, r->line, text);
}

/* inih did something else than documented. */
static int
fail_inih(struct reader *r)
{
	r->status = -1;
	return result_fail(r->res, RESULT_BUG,
	    "%s:%u: inih did not take this line", r->path, r->line);
}

static struct span
trim(struct span s)
{
	while (s.n > 0 && ascii_is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && ascii_is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool
begins_comment(char c)
{
	return c == ';' || c == '#';
}

static bool
is_empty_or_comment(struct span s)
{
	s = trim(s);
	return s.n == 0 || begins_comment(s.p[0]);
}

/* Takes the next line into `s`, without its end; 0 at the end of the text. */
static int
next_line(struct reader *r, struct span *s)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *lf;

	if (r->line == 0 && r->end - r->p >= 3 && memcmp(r->p, bom, 3) == 0)
		r->p += 3;
	if (r->p == r->end)
		return 0;
	lf = memchr(r->p, '\n', (size_t)(r->end - r->p));
	s->p = r->p;
	s->n = (size_t)((lf != NULL ? lf : r->end) - r->p);
	r->p = lf != NULL ? lf + 1 : r->end;
	r->line++;
	if (s->n > 0 && s->p[s->n - 1] == '\r')
		s->n--;
	if (s->n > INIFILE_LINE_MAX)
		return fail_line(r, "the line is too long");
	if (memchr(s->p, '\0', s->n) != NULL)
		return fail_line(r, "a NUL byte");
	if (memchr(s->p, '\r', s->n) != NULL)
		return fail_line(r, "a carriage return within the line");
	return 1;
}

/* Hands the text made by printf to inih, in its buffer of `size` bytes. */
static char *
give(struct reader *r, char *dst, int size, const char *section,
    const char *name)
{
	int n;

	if (name == NULL)
		n = snprintf(dst, (size_t)size, "[%s]\n", section);
	else
		n = snprintf(dst, (size_t)size, "%s=%u\n", name, r->line);
	if (n >= 0 && n < size)
		return dst;
	(void)fail_inih(r);
	return NULL;
}

/* A line that begins with "[". */
static char *
read_section(struct reader *r, struct span s, char *dst, int size)
{
	char section[INIFILE_NAME_MAX + 1];
	struct inifile_entry entry = { .section = section, .line = r->line };
	const char *close, *end = s.p + s.n;
	struct span name, rest = { NULL, 0 };

	close = memchr(s.p, ']', s.n);
	if (close != NULL)
		rest = (struct span){ close + 1, (size_t)(end - close - 1) };
	if (close == NULL || !is_empty_or_comment(rest)) {
		(void)fail_line(r, "a section is written [name]");
		return NULL;
	}
	name = trim((struct span){ s.p + 1, (size_t)(close - s.p - 1) });
	if (name.n == 0 || name.n > INIFILE_NAME_MAX) {
		(void)fail_line(r, "the section's name is empty or too long");
		return NULL;
	}
	for (size_t i = 0; i < name.n; i++)
		if (ascii_is_control(name.p[i]) || name.p[i] == '[' ||
		    begins_comment(name.p[i])) {
			(void)fail_line(
			    r, "a section's name cannot hold [, ; or #");
			return NULL;
		}
	memcpy(section, name.p, name.n);
	section[name.n] = '\0';
	r->status = r->take(r->arg, &entry, r->res);
	return r->status == 0 ? give(r, dst, size, section, NULL) : NULL;
}

/* The value that begins with a quote, up to the closing one. */
static int
read_quoted(struct reader *r, struct span s)
{
	size_t i = 1;

	while (i < s.n && s.p[i] != '"') {
		if (s.p[i] == '\\' && ++i < s.n && s.p[i] != '"' &&
		    s.p[i] != '\\')
			return fail_line(
			    r, "within quotes, \\ stands before \" or \\ only");
		if (i < s.n)
			buf_putc(&r->value, s.p[i++]);
	}
	if (i >= s.n)
		return fail_line(r, "the closing quote is missing");
	if (!is_empty_or_comment((struct span){ s.p + i + 1, s.n - i - 1 }))
		return fail_line(
		    r, "text after the closing quote (one within is \\\")");
	return 0;
}

/* What stands after the "=". */
static int
read_value(struct reader *r, struct span s)
{
	struct span value = trim(s);
	size_t i;

	buf_reset(&r->value);
	if (value.n > 0 && value.p[0] == '"')
		return read_quoted(r, value);
	for (i = 1; i < s.n; i++)
		if (begins_comment(s.p[i]) && ascii_is_blank(s.p[i - 1]))
			break;
	if (i < s.n)
		s.n = i;
	value = trim(s);
	buf_add(&r->value, value.p, value.n);
	return 0;
}

/* A line without "=", which may hold a part of a secret: none of it is shown
 * by this module. */
static void
fail_bare(struct reader *r, struct span s)
{
	char word[INIFILE_NAME_MAX + 1];
	struct inifile_entry entry = { .section = "",
		.name = word,
		.value = "",
		.line = r->line,
		.is_bare = true };
	size_t n = 0;

	while (n < s.n && n < sizeof word - 1 && s.p[n] != ':' &&
	    !ascii_is_blank(s.p[n]))
		n++;
	memcpy(word, s.p, n);
	word[n] = '\0';
	r->status = r->take(r->arg, &entry, r->res);
	if (r->status == 0)
		(void)fail_line(
		    r, "expected `name = value`, [section] or a comment");
	explicit_bzero(word, sizeof word);
}

/* A line `name = value`. */
static char *
read_pair(struct reader *r, struct span s, char *dst, int size)
{
	const char *equals = memchr(s.p, '=', s.n);
	struct span name;

	if (equals == NULL) {
		fail_bare(r, s);
		return NULL;
	}
	name = trim((struct span){ s.p, (size_t)(equals - s.p) });
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_alnum(name.p[i]) && name.p[i] != '_' &&
		    name.p[i] != '-')
			name.n = 0;
	if (name.n == 0 || name.n > INIFILE_NAME_MAX) {
		(void)fail_line(r, "what stands before the = is not a key");
		return NULL;
	}
	memcpy(r->name, name.p, name.n);
	r->name[name.n] = '\0';
	s.n -= (size_t)(equals + 1 - s.p);
	s.p = equals + 1;
	if (read_value(r, s) == -1)
		return NULL;
	if (buf_failed(&r->value)) {
		r->status = result_fail(r->res, RESULT_SYSTEM, "out of memory");
		return NULL;
	}
	r->is_pending = true;
	return give(r, dst, size, NULL, r->name);
}

/* inih's fgets: puts the next line that means something in `dst`. */
static char *
read_line(char *dst, int size, void *stream)
{
	struct reader *r = stream;
	struct span s = { NULL, 0 };

	if (r->is_pending && r->status == 0)
		(void)fail_inih(r);
	while (r->status == 0 && next_line(r, &s) == 1) {
		if (is_empty_or_comment(s))
			continue;
		s = trim(s);
		if (s.p[0] == '[')
			return read_section(r, s, dst, size);
		return read_pair(r, s, dst, size);
	}
	return NULL;
}

/* inih's handler: puts name and section together with the value kept. */
static int
take_pair(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;
	struct inifile_entry entry;

	/* Some builds announce sections: read_section() has done that. */
	if (name == NULL)
		return 1;
	if (r->status == -1)
		return 0;
	if (!r->is_pending || value == NULL || strcmp(name, r->name) != 0 ||
	    strtoul(value, NULL, 10) != r->line) {
		(void)fail_inih(r);
		return 0;
	}
	r->is_pending = false;
	entry = (struct inifile_entry){ .section = section,
		.name = name,
		.value = r->value.data,
		.line = r->line };
	r->status = r->take(r->arg, &entry, r->res);
	return r->status == 0;
}

#if INI_HANDLER_LINENO
static int
handler(void *user, const char *section, const char *name, const char *value,
    int lineno)
{
	(void)lineno;
	return take_pair(user, section, name, value);
}
#else
#define handler take_pair
#endif

int
inifile_parse(const char *path, const char *p, size_t n, inifile_take *take,
    void *arg, struct result *res)
{
	struct reader r = { path, p, p + n, .take = take, .arg = arg,
		.res = res };
	int ended;

	buf_init(&r.value, INIFILE_LINE_MAX);
	ended = ini_parse_stream(read_line, &r, handler, &r);
	buf_free(&r.value);
	if (r.status == 0 && ended == -2)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	if (r.status == 0 && (ended != 0 || r.is_pending))
		return fail_inih(&r);
	return r.status;
}
