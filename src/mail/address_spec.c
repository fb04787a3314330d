#include "config.h"

#include "base/ascii.h"
#include "base/text.h"
#include "mail/address_spec.h"

/* The spec as it grows. */
struct draft {
	char *dst; /* ADDRESS_MAX bytes */
	size_t len;
	bool overflow;
};

static void
put(struct draft *d, char c)
{
	if (d->len >= ADDRESS_MAX - 1)
		d->overflow = true;
	else
		d->dst[d->len++] = c;
}

/* Appends an atom.  NULL, or what is wrong. */
static const char *
put_atom(struct draft *d, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\\')
			return "misplaced backslash";
		put(d, p[i]);
	}
	return NULL;
}

/* Appends what the quoted-string of `n` bytes at `p` means. */
static const char *
put_quoted(struct draft *d, const char *p, size_t n)
{
	for (size_t i = 1; i < n - 1; i++) {
		if (p[i] == '\\')
			i++;
		if (ascii_is_control(p[i]))
			return "control character";
		if (p[i] == '<' || p[i] == '>')
			return "angle bracket inside the address";
		put(d, p[i]);
	}
	return NULL;
}

/* Appends a domain literal as it is. */
static const char *
put_literal(struct draft *d, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!ascii_is_visible(p[i]) || p[i] == '\\' || p[i] == '<' ||
		    p[i] == '>' || p[i] == '@' || (i > 0 && p[i] == '['))
			return "malformed domain literal";
		put(d, p[i]);
	}
	return n > 2 ? NULL : "malformed domain literal";
}

/* Whether the `n` bytes at `p` are a dot-atom, which needs no quotes. */
static bool
is_dot_atom(const char *p, size_t n)
{
	bool dot = true;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '.' ? dot : !scan_is_atext(p[i]))
			return false;
		dot = p[i] == '.';
	}
	return !dot;
}

/* Puts quotes around the local part, where it cannot be without. */
static void
quote_local(struct draft *d)
{
	char plain[ADDRESS_MAX];
	size_t n = d->len;

	if (is_dot_atom(d->dst, n))
		return;
	memcpy(plain, d->dst, n);
	d->len = 0;
	put(d, '"');
	for (size_t i = 0; i < n; i++) {
		if (plain[i] == '"' || plain[i] == '\\')
			put(d, '\\');
		put(d, plain[i]);
	}
	put(d, '"');
}

/* Appends the word `t`, the first of the local part when `d` is empty. */
static const char *
put_word(struct draft *d, const struct scan *s, const struct token *t)
{
	const char *p = s->text + t->start;
	size_t n = t->end - t->start;

	if (t->kind == TOKEN_QUOTED)
		return put_quoted(d, p, n);
	/* "\bob" is how one asks not to be expanded by aliases */
	if (d->len == 0 && n > 1 && p[0] == '\\' && scan_is_atext(p[1]))
		p++, n--;
	return put_atom(d, p, n);
}

/* Words and dots.  Two dots in a row, or one at either end, are no valid
 * local part but in use: quotes make them valid. */
static const char *
read_local(
    struct scan *s, struct token *t, struct address *addr, struct draft *d)
{
	const char *why;
	size_t words = 0;
	bool after_word = false;

	for (;; scan_next(s, t)) {
		if (token_is_word(t) && !after_word) {
			if ((why = put_word(d, s, t)) != NULL)
				return why;
			words++;
			after_word = true;
		} else if (t->special == '.') {
			put(d, '.');
			after_word = false;
		} else {
			break;
		}
		addr->spec_end = t->end;
	}
	if (words == 0)
		return t->kind == TOKEN_BAD ? t->why : "no local part";
	quote_local(d);
	return NULL;
}

/* Atoms with single dots between; a final dot is left off. */
static const char *
read_labels(
    struct scan *s, struct token *t, struct address *addr, struct draft *d)
{
	const char *why;

	for (;;) {
		if ((why = put_atom(
			 d, s->text + t->start, t->end - t->start)) != NULL)
			return why;
		addr->spec_end = t->end;
		scan_next(s, t);
		if (t->special != '.')
			return NULL;
		addr->spec_end = t->end;
		scan_next(s, t);
		if (t->kind != TOKEN_ATOM)
			return NULL;
		put(d, '.');
	}
}

static const char *
read_domain(
    struct scan *s, struct token *t, struct address *addr, struct draft *d)
{
	const char *why;

	put(d, '@');
	scan_next(s, t);
	if (t->kind == TOKEN_ATOM)
		return read_labels(s, t, addr, d);
	if (t->kind != TOKEN_LITERAL)
		return t->kind == TOKEN_BAD ? t->why : "no domain";
	why = put_literal(d, s->text + t->start, t->end - t->start);
	addr->spec_end = t->end;
	scan_next(s, t);
	return why;
}

/* Whether a character of two bytes is a control (U+0080 to U+009F). */
static bool
is_c1(const char *p)
{
	return (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] < 0xa0;
}

/* Only UTF-8 may stand above 127 (RFC 6532 section 3.2). */
static const char *
check_utf8(struct address *addr, size_t n)
{
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		if ((len = text_utf8_length(addr->spec + i, n - i)) == 0)
			return "neither ASCII nor UTF-8";
		if (len == 2 && is_c1(addr->spec + i))
			return "control character";
		if (len > 1)
			addr->is_8bit = true;
	}
	return NULL;
}

const char *
spec_read(struct scan *s, struct token *t, struct address *addr)
{
	struct draft d = { .dst = addr->spec };
	const char *why;

	addr->spec_start = t->start;
	if ((why = read_local(s, t, addr, &d)) != NULL)
		return why;
	addr->local_len = d.len;
	if (t->special == '@') {
		addr->has_domain = true;
		if ((why = read_domain(s, t, addr, &d)) != NULL)
			return why;
	}
	if (d.overflow)
		return "too long";
	d.dst[d.len] = '\0';
	return check_utf8(addr, d.len);
}
