#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "base/ascii.h"
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
 * that a backslash quotes. */
static bool
is_gap(const struct line *l, size_t i)
{
	return ascii_is_blank(l->p[i]) && l->p[i - 1] != '\\';
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

/* The place nearest to `limit` that is neither inside a character nor after
 * a backslash that quotes. */
static size_t
find_anywhere(const struct line *l, size_t limit)
{
	size_t i = limit, backslashes = 0;

	while (i > limit - 3 && ((unsigned char)l->p[i] & 0xc0) == 0x80)
		i--;
	while (backslashes < i && l->p[i - 1 - backslashes] == '\\')
		backslashes++;
	i -= backslashes % 2;
	return i > l->low ? i : limit;
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

static void
fold_line(
    struct buf *out, struct line *l, enum fold_kind kind, struct place *at)
{
	while (l->used + l->n > LINES_MAX) {
		size_t limit = LINES_MAX - l->used, cut = 0;

		if (kind == FOLD_ADDRESSES)
			cut = find_comma(l, limit, *at);
		if (cut == 0)
			cut = find_blank(l, limit);
		if (cut == 0)
			cut = find_anywhere(l, limit);
		break_line(out, l, cut, limit, at);
	}
	take(out, l, l->n, l->n, at);
	buf_puts(out, "\r\n");
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

void
message_fold(
    struct buf *out, const char *p, size_t n, size_t body, enum fold_kind kind)
{
	struct place at = { .depth = 0 };
	const char *start = p, *end = p + n, *lf;

	for (; p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL;
	     p = lf + 1) {
		struct line l = { .p = p, .n = (size_t)(lf - p) - 1 };

		if (l.n > LINES_MAX && p == start)
			begin_first(out, &l, body);
		else if (l.n > LINES_MAX)
			begin_other(&l);
		fold_line(out, &l, kind, &at);
	}
}
