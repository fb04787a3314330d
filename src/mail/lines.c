#include "config.h"

#include <string.h>

#include "mail/lines.h"

/* Place of the first `c` from `p` on, or `end`. */
static const char *
find(const char *p, const char *end, char c)
{
	const char *q = memchr(p, c, (size_t)(end - p));

	return q == NULL ? end : q;
}

/* Writes the dot and the CRs that turned out to be text. */
static char *
put_held(struct lines *l, char *o)
{
	if (l->pending_dot)
		*o++ = '.';
	memset(o, ' ', l->pending_crs);
	o += l->pending_crs;
	l->pending_dot = false;
	l->pending_crs = 0;
	return o;
}

/* Takes bytes without CR, LF and NUL. */
static char *
put_text(struct lines *l, const char *p, size_t n, char *o)
{
	if (l->pending_dot || l->pending_crs > 0) {
		o = put_held(l, o);
	} else if (n == 1 && *p == '.' && !l->mid_line &&
	    l->dot == LINES_DOT_ENDS) {
		l->pending_dot = true;
		return o;
	}
	memcpy(o, p, n);
	l->mid_line = true;
	return o + n;
}

static char *
put_newline(struct lines *l, char *o)
{
	l->mid_line = false;
	l->pending_crs = 0;
	if (l->pending_dot) {
		l->pending_dot = false;
		l->ended = true;
		return o;
	}
	*o++ = '\r';
	*o++ = '\n';
	return o;
}

static char *
put_cr(struct lines *l, char *o)
{
	if (l->pending_crs < LINES_CRS_MAX) {
		l->pending_crs++;
		return o;
	}
	/* Too many to be a line end: the first of them is text, and what is
	 * written never outgrows what was read by more than a constant. */
	if (l->pending_dot)
		*o++ = '.';
	*o++ = ' ';
	l->pending_dot = false;
	l->mid_line = true;
	return o;
}

void
lines_init(struct lines *l, enum lines_dot dot)
{
	*l = (struct lines){ .dot = dot };
}

/* Whether nothing of the current line has been seen. */
static bool
is_line_start(const struct lines *l)
{
	return !l->mid_line && !l->pending_dot && l->pending_crs == 0;
}

/* A chunk of input being taken. */
struct chunk {
	const char *p, *end;
	/* the next of each, or `end`; looked up anew only when passed, so that
	 * input without them is searched but once */
	const char *cr, *nul;
	char *o;
};

/* Takes whole lines that are no dot and hold no CR but one before LF.  Nearly
 * all are, so no state is kept here. */
static void
put_lines(struct chunk *c)
{
	const char *p = c->p, *cr = c->cr, *lf;
	char *o = c->o;
	size_t n;

	while ((lf = memchr(p, '\n', (size_t)(c->nul - p))) != NULL) {
		if (lf - cr > 1 || (*p == '.' && lf - p <= 2))
			break;
		n = (size_t)((cr < lf ? cr : lf) - p);
		memcpy(o, p, n);
		o += n;
		*o++ = '\r';
		*o++ = '\n';
		p = lf + 1;
		if (cr < lf)
			cr = find(p, c->end, '\r');
	}
	c->p = p;
	c->cr = cr;
	c->o = o;
}

/* Takes text up to the next CR, LF or NUL, and that byte. */
static void
put_step(struct lines *l, struct chunk *c)
{
	const char *stop = c->cr < c->nul ? c->cr : c->nul;

	stop = find(c->p, stop, '\n');
	if (stop > c->p)
		c->o = put_text(l, c->p, (size_t)(stop - c->p), c->o);
	c->p = stop;
	if (stop == c->end)
		return;
	c->p++;
	if (stop == c->nul) {
		c->nul = find(c->p, c->end, '\0');
	} else if (stop == c->cr) {
		c->o = put_cr(l, c->o);
		c->cr = find(c->p, c->end, '\r');
	} else {
		c->o = put_newline(l, c->o);
	}
}

size_t
lines_push(struct lines *l, const char *p, size_t n, char *out)
{
	struct chunk c = { .p = p, .end = p + n, .o = out };

	if (n == 0)
		return 0;
	c.cr = find(p, c.end, '\r');
	c.nul = find(p, c.end, '\0');
	while (c.p < c.end && !l->ended) {
		if (is_line_start(l))
			put_lines(&c);
		put_step(l, &c);
	}
	return (size_t)(c.o - out);
}

size_t
lines_end(struct lines *l, char *out)
{
	if (is_line_start(l))
		return 0;
	return (size_t)(put_newline(l, out) - out);
}

bool
lines_check_push(struct lines_check *c, const char *p, size_t n)
{
	const char *end = p + n, *q;

	if (n == 0)
		return true;
	if (memchr(p, '\0', n) != NULL || (c->last == '\r') != (*p == '\n'))
		return false;
	for (q = find(p, end, '\r'); q < end; q = find(q + 1, end, '\r'))
		if (q + 1 < end && q[1] != '\n')
			return false;
	for (q = find(p, end, '\n'); q < end; q = find(q + 1, end, '\n'))
		if (q > p && q[-1] != '\r')
			return false;
	c->last = end[-1];
	return true;
}

bool
lines_check_end(const struct lines_check *c)
{
	return c->last == '\0' || c->last == '\n';
}

/* Octets of the UTF-8 character that `c` begins; 1 for any other byte. */
static size_t
char_length(char c)
{
	unsigned char u = (unsigned char)c;

	if (u < 0xc2 || u > 0xf4)
		return 1;
	return u < 0xe0 ? 2 : u < 0xf0 ? 3 : 4;
}

/* No character that begins before this column passes LINES_MAX. */
#define SAFE_COLUMN (LINES_MAX - 3)

/* Passes on what is certain to fit: returns how many bytes. */
static size_t
pass_safe(struct folds *f, const char *p, size_t n)
{
	size_t room = SAFE_COLUMN - f->column;
	const char *lf;

	if (n > room)
		n = room;
	if ((lf = memrchr(p, '\n', n)) != NULL) {
		f->column = 0;
		return (size_t)(lf - p) + 1;
	}
	f->column += n;
	return n;
}

size_t
folds_next(struct folds *f, const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		if (f->column < SAFE_COLUMN) {
			i += pass_safe(f, p + i, n - i);
		} else if (p[i] == '\n') {
			f->column = 0;
			i++;
		} else if (p[i] != '\r' &&
		    f->column + char_length(p[i]) > LINES_MAX) {
			f->column = 1;
			return i;
		} else {
			f->column++;
			i++;
		}
	}
	return i;
}

/* Bytes that are searched and copied at a time, to find them still in the
 * nearest cache for the second. */
#define PIECE 1024

/* Doubles dots in the `n` bytes at `p`; `after` is the byte before them. */
static char *
put_dots(const char *p, size_t n, char after, char *o)
{
	const char *end = p + n, *from = p, *dot = p;

	while ((dot = memchr(dot, '.', (size_t)(end - dot))) != NULL) {
		if ((dot == p ? after : dot[-1]) == '\n') {
			memcpy(o, from, (size_t)(dot - from));
			o += dot - from;
			*o++ = '.';
			from = dot;
		}
		dot++;
	}
	memcpy(o, from, (size_t)(end - from));
	return o + (end - from);
}

size_t
dots_push(struct dots *d, const char *p, size_t n, char *out)
{
	char *o = out, last = d->mid_line ? '\0' : '\n';
	size_t piece;

	for (; n > 0; p += piece, n -= piece) {
		piece = n < PIECE ? n : PIECE;
		o = put_dots(p, piece, last, o);
		last = p[piece - 1];
	}
	d->mid_line = last != '\n';
	return (size_t)(o - out);
}
