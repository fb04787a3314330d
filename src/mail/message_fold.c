#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/header_names.h"
#include "mail/lines.h"
#include "mail/message_fold.h"

/* Where in an address list one is: a comma counts outside of quotes and
 * comments only. */
struct place {
	bool quoted, escaped;
	size_t depth;
};

/* What is left of a line, none of it written yet. */
struct line {
	const char *p;
	size_t n;
	size_t used; /* octets that the line has already */
	/* first place for a break: what goes before is the colon, or more
	 * than white space */
	size_t low;
	enum header_kind kind;
};

static void
move_on(struct place *at, char c)
{
	if (at->escaped)
		at->escaped = false;
	else if (c == '\\')
		at->escaped = true;
	else if (c == '"' && at->depth == 0)
		at->quoted = !at->quoted;
	else if (c == '(' && !at->quoted)
		at->depth++;
	else if (c == ')' && !at->quoted && at->depth > 0)
		at->depth--;
}

/* The place after the last comma of the list that leaves at most `limit`
 * octets before it; 0: none. */
static size_t
find_comma(const struct line *l, size_t limit, struct place at)
{
	size_t found = 0;

	for (size_t i = 0; i < limit; i++) {
		move_on(&at, l->p[i]);
		if (l->p[i] == ',' && !at.quoted && at.depth == 0 &&
		    i >= l->low)
			found = i + 1;
	}
	return found;
}

/* Whether a break may stand before the byte at `i` > 0: a blank, but for one
 * that a backslash quotes, which it does not in text. */
static bool
is_gap(const struct line *l, size_t i)
{
	return ascii_is_blank(l->p[i]) &&
	    (l->kind == HEADER_TEXT || l->p[i - 1] != '\\');
}

/* The place of the last blank that leaves at most `limit` octets before it;
 * 0: none. */
static size_t
find_blank(const struct line *l, size_t limit)
{
	for (size_t i = limit; i >= l->low && i > 0; i--)
		if (is_gap(l, i))
			return i;
	return 0;
}

/* The place after the colon, where the line begins with it; 0: it does not. */
static size_t
find_colon(const struct line *l)
{
	return l->low == 1 && l->p[0] == ':' ? 1 : 0;
}

/* Writes the first `n` bytes, and passes the first `skip` of them. */
static void
take(struct buf *out, struct line *l, size_t n, size_t skip, struct place *at)
{
	for (size_t i = 0; i < n; i++)
		move_on(at, l->p[i]);
	buf_add(out, l->p, n);
	l->p += skip;
	l->n -= skip;
}

/*
 * Breaks the line at `cut`.  The white space there is kept, the last blank of
 * it beginning the next line, as long as the line is not too long with it.
 */
static void
break_line(
    struct buf *out, struct line *l, size_t cut, size_t limit, struct place *at)
{
	size_t from = cut, to = cut;

	while (from > l->low && is_gap(l, from - 1))
		from--;
	while (to < l->n && ascii_is_blank(l->p[to]))
		to++;
	if (to == l->n) {
		take(out, l, from, l->n, at);
		return;
	}
	if (to == from) {
		take(out, l, cut, cut, at);
		buf_puts(out, LINES_FOLD);
		l->used = l->low = 1;
		return;
	}
	take(out, l, to - 1 > limit ? from : to - 1, to - 1, at);
	buf_puts(out, "\r\n");
	l->used = 0;
	l->low = 2;
}

/* Says which word of the field at `field` it is that cannot be broken. */
static int
too_long(const char *field, const struct line *l, struct result *res)
{
	size_t from = find_colon(l), to;

	while (from < l->n && ascii_is_blank(l->p[from]))
		from++;
	for (to = from; to < l->n && !(to > 0 && is_gap(l, to));)
		to++;
	return result_fail(res, RESULT_DATA,
	    "the %.*s field has a word of %zu octets that cannot be folded",
	    (int)strcspn(field, ": \t"), field, to - from);
}

static size_t
find_cut(const struct line *l, size_t limit, const struct place *at)
{
	size_t cut = 0;

	if (l->kind == HEADER_ADDRESSES)
		cut = find_comma(l, limit, *at);
	if (cut == 0)
		cut = find_blank(l, limit);
	return cut > 0 ? cut : find_colon(l);
}

/* 0, or -1 when a word is too long; the result is the caller's to make. */
static int
fold_line(struct buf *out, struct line *l, struct place *at)
{
	while (l->used + l->n > LINES_MAX) {
		size_t limit = LINES_MAX - l->used;
		size_t cut = find_cut(l, limit, at);

		if (cut == 0)
			return -1;
		break_line(out, l, cut, limit, at);
	}
	take(out, l, l->n, l->n, at);
	buf_puts(out, "\r\n");
	return 0;
}

/* Writes the field's name, without what may stand between it and the colon:
 * nothing may be folded there. */
static void
begin_first(struct buf *out, struct line *l, size_t body)
{
	size_t n = body - 1;

	while (n > 0 && ascii_is_blank(l->p[n - 1]))
		n--;
	buf_add(out, l->p, n);
	l->p += body - 1;
	l->n -= body - 1;
	l->used = n;
	l->low = 1;
}

/* Passes white space that would fill a line by itself. */
static void
begin_other(struct line *l)
{
	size_t n = 0;

	while (n < l->n && ascii_is_blank(l->p[n]))
		n++;
	if (n > LINES_MAX / 2) {
		l->p += n - 1;
		l->n -= n - 1;
		n = 1;
	}
	l->low = n + 1;
}

int
message_fold(struct buf *out, const char *p, size_t n, struct result *res)
{
	struct place at = { .depth = 0 };
	const char *start = p, *end = p + n, *lf;
	const char *colon = memchr(p, ':', n);
	size_t body = colon == NULL ? 1 : (size_t)(colon - p) + 1;
	enum header_kind kind = header_name_kind(
	    header_name_find(p, strcspn(p, ": \t\r\n")));

	for (; p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL;
	     p = lf + 1) {
		struct line l = {
			.p = p, .n = (size_t)(lf - p) - 1, .kind = kind
		};

		if (l.n > LINES_MAX && p == start)
			begin_first(out, &l, body);
		else if (l.n > LINES_MAX)
			begin_other(&l);
		if (fold_line(out, &l, &at) == -1)
			return too_long(start, &l, res);
	}
	return 0;
}
