#include "config.h"

#include "base/ascii.h"
#include "mail/address.h"
#include "mail/address_scan.h"

bool
scan_is_atext(char c)
{
	return ascii_is_alnum(c) || ascii_is_8bit(c) ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* The byte at `pos`; NUL at the end, where no token goes on. */
static char
byte_at(const struct scan *s, size_t pos)
{
	return pos < s->len ? s->text[pos] : '\0';
}

/* Length of the white space at `pos`: a blank, or a fold; else 0. */
static size_t
space_at(const struct scan *s, size_t pos)
{
	if (ascii_is_blank(byte_at(s, pos)))
		return 1;
	return byte_at(s, pos) == '\r' && byte_at(s, pos + 1) == '\n' &&
		ascii_is_blank(byte_at(s, pos + 2))
	    ? 3
	    : 0;
}

/*
 * Length of what stands at `pos` inside quotes or a comment: a byte, a pair
 * with a backslash, or a fold; 0 when it may not stand there.  Controls pass
 * (obs-NO-WS-CTL); whether they may be in an address is told later.
 */
static size_t
text_at(const struct scan *s, size_t pos)
{
	size_t n;

	if ((n = space_at(s, pos)) > 0)
		return n;
	if (byte_at(s, pos) == '\\')
		pos++, n++;
	if (byte_at(s, pos) == '\0' || byte_at(s, pos) == '\r' ||
	    byte_at(s, pos) == '\n')
		return 0;
	return n + 1;
}

static void
bad(const struct scan *s, struct token *t, const char *why)
{
	t->kind = TOKEN_BAD;
	t->end = s->pos;
	t->why = why;
}

/* Skips the comment that begins at s->pos.  0, or -1 with `t` BAD. */
static int
skip_comment(struct scan *s, struct token *t)
{
	size_t depth = 0, pos = s->pos, n;

	do {
		if (byte_at(s, pos) == '(' && ++depth > ADDRESS_COMMENT_DEPTH) {
			bad(s, t, "comments nested too deep");
			return -1;
		}
		if (byte_at(s, pos) == ')')
			depth--;
		if ((n = text_at(s, pos)) == 0) {
			bad(s, t,
			    pos < s->len ? "control character in a comment"
					 : "comment without its end");
			return -1;
		}
		pos += n;
	} while (depth > 0);
	s->pos = pos;
	return 0;
}

/* Skips white space and comments.  0, or -1 with `t` BAD. */
static int
skip_gap(struct scan *s, struct token *t)
{
	size_t n;

	for (;;) {
		if ((n = space_at(s, s->pos)) > 0) {
			s->pos += n;
		} else if (byte_at(s, s->pos) == '(') {
			if (t->comment_end == 0)
				t->comment_start = s->pos;
			if (skip_comment(s, t) == -1)
				return -1;
			t->comment_end = s->pos;
		} else {
			return 0;
		}
		t->spaced = true;
	}
}

/* Reads on to `close`, past the byte that opened. */
static void
read_closed(struct scan *s, struct token *t, enum token_kind kind, char close)
{
	size_t pos = s->pos + 1, n;

	while (byte_at(s, pos) != close) {
		if ((n = text_at(s, pos)) == 0) {
			bad(s, t,
			    pos < s->len       ? "control character"
				: close == '"' ? "quote without its end"
					       : "bracket without its end");
			return;
		}
		pos += n;
	}
	t->kind = kind;
	t->end = s->pos = pos + 1;
}

static void
read_atom(struct scan *s, struct token *t)
{
	size_t pos = s->pos;

	for (;;) {
		if (scan_is_atext(byte_at(s, pos)))
			pos++;
		else if (byte_at(s, pos) == '\\' && text_at(s, pos) == 2)
			pos += 2;
		else
			break;
	}
	if (pos == s->pos) {
		bad(s, t,
		    byte_at(s, pos) == '\\' ? "misplaced backslash"
					    : "control character");
		return;
	}
	t->kind = TOKEN_ATOM;
	t->end = s->pos = pos;
}

void
scan_next(struct scan *s, struct token *t)
{
	char c;

	*t = (struct token){ .kind = TOKEN_END };
	t->start = s->pos;
	if (skip_gap(s, t) == -1)
		return;
	t->start = t->end = s->pos;
	if (s->pos >= s->len)
		return;
	c = s->text[s->pos];
	if (c == '"') {
		read_closed(s, t, TOKEN_QUOTED, '"');
	} else if (c == '[') {
		read_closed(s, t, TOKEN_LITERAL, ']');
	} else if (c != '\0' && strchr("<>@,;:.])", c) != NULL) {
		t->kind = TOKEN_SPECIAL;
		t->special = c;
		t->end = ++s->pos;
	} else {
		read_atom(s, t);
	}
}
