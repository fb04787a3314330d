#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "mail/mime.h"

/* A field's body that is being read. */
struct reader {
	const char *p;
	size_t n, at;
};

/* Passes white space and comments, which nest and may be left open. */
static void
skip_space(struct reader *r)
{
	size_t depth = 0;

	for (; r->at < r->n; r->at++) {
		char c = r->p[r->at];

		if (c == '(')
			depth++;
		else if (depth > 0 && c == ')')
			depth--;
		else if (depth > 0 && c == '\\')
			r->at++;
		else if (depth == 0 && !ascii_is_space(c))
			break;
	}
	if (r->at > r->n)
		r->at = r->n;
}

/* Passes `c`, if that is what comes. */
static bool
pass(struct reader *r, char c)
{
	if (r->at == r->n || r->p[r->at] != c)
		return false;
	r->at++;
	return true;
}

/* Whether the byte is of a token (RFC 2045 section 5.1). */
static bool
is_token(char c)
{
	return ascii_is_visible(c) && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* Whether it is of a value without quotes, as these are written: all but
 * what ends it. */
static bool
is_loose(char c)
{
	return !ascii_is_space(c) && c != ';' && c != '"' && c != '\0';
}

/*
 * Copies what is at hand as far as `is_part` says, to `dst` of `size` bytes,
 * and passes it.  False: there is none, or it does not fit; `dst` is "".
 */
static bool
read_word(struct reader *r, bool (*is_part)(char), char *dst, size_t size)
{
	size_t start = r->at, len;

	while (r->at < r->n && is_part(r->p[r->at]))
		r->at++;
	len = r->at - start;
	dst[0] = '\0';
	if (len == 0 || len >= size)
		return false;
	memcpy(dst, r->p + start, len);
	dst[len] = '\0';
	return true;
}

/* The same for a quoted string that begins here; folds are undone. */
static bool
read_quoted(struct reader *r, char *dst, size_t size)
{
	size_t len = 0;

	for (r->at++; r->at < r->n && r->p[r->at] != '"'; r->at++) {
		char c = r->p[r->at];

		if (c == '\r' || c == '\n')
			continue;
		if (c == '\\' && r->at + 1 < r->n)
			c = r->p[++r->at];
		if (len < size)
			dst[len] = c;
		len++;
	}
	if (r->at < r->n)
		r->at++;
	if (len >= size || memchr(dst, '\0', len) != NULL)
		len = 0;
	dst[len] = '\0';
	return len > 0;
}

/* Reads the value of a parameter. */
static bool
read_value(struct reader *r, char *dst, size_t size)
{
	if (r->at < r->n && r->p[r->at] == '"')
		return read_quoted(r, dst, size);
	return read_word(r, is_loose, dst, size);
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = ascii_lower(*s);
}

/* Passes what is left before the next semicolon, quoted ones aside. */
static void
skip_parameter(struct reader *r)
{
	char none[1];

	while (r->at < r->n && r->p[r->at] != ';') {
		if (r->p[r->at] == '"')
			(void)read_quoted(r, none, sizeof none);
		else if (r->p[r->at] == '(')
			skip_space(r);
		else
			r->at++;
	}
}

/* Whether the boundary can be one: ASCII, and not ending in a blank (RFC
 * 2046 section 5.1.1; more characters than there are in use). */
static bool
is_boundary(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!ascii_is_visible(s[i]) && s[i] != ' ')
			return false;
	return n > 0 && s[n - 1] != ' ';
}

/* What was read of the parameters. */
struct seen {
	bool charset, boundary;
};

static void
read_charset(struct mime_type *type, struct reader *r)
{
	size_t start = r->at;

	if (!read_value(r, type->charset, sizeof type->charset))
		return;
	type->charset_start = start;
	type->charset_end = r->at;
}

static void
read_boundary(struct mime_type *type, struct reader *r)
{
	if (!read_value(r, type->boundary, sizeof type->boundary) ||
	    !is_boundary(type->boundary))
		type->boundary[0] = '\0';
}

/* Reads one parameter, if it is one that matters, and passes it. */
static void
read_parameter(struct mime_type *type, struct reader *r, struct seen *seen)
{
	char name[sizeof "boundary"];
	bool named;

	skip_space(r);
	named = read_word(r, is_token, name, sizeof name);
	skip_space(r);
	if (named && pass(r, '=')) {
		skip_space(r);
		if (ascii_equal(name, "charset") && !seen->charset) {
			seen->charset = true;
			read_charset(type, r);
		} else if (ascii_equal(name, "boundary") && !seen->boundary) {
			seen->boundary = true;
			read_boundary(type, r);
		}
	}
	skip_parameter(r);
}

void
mime_default_type(struct mime_type *type)
{
	*type = (struct mime_type){
		.valid = false, .type = "text", .subtype = "plain"
	};
}

void
mime_parse_type(struct mime_type *type, const char *body, size_t n)
{
	struct reader r = { .p = body, .n = n };
	struct seen seen = { .charset = false };

	mime_default_type(type);
	skip_space(&r);
	type->valid = read_word(&r, is_token, type->type, sizeof type->type);
	skip_space(&r);
	type->valid = type->valid && pass(&r, '/');
	skip_space(&r);
	type->valid = type->valid &&
	    read_word(&r, is_token, type->subtype, sizeof type->subtype);
	if (!type->valid)
		mime_default_type(type);
	lower(type->type);
	lower(type->subtype);
	skip_parameter(&r);
	while (r.at < r.n) {
		r.at++; /* the semicolon */
		read_parameter(type, &r, &seen);
	}
}

bool
mime_is(
    const struct mime_type *type, const char *main_type, const char *subtype)
{
	return strcmp(type->type, main_type) == 0 &&
	    (subtype == NULL || strcmp(type->subtype, subtype) == 0);
}

bool
mime_is_ascii(const struct mime_type *type)
{
	static const char *const names[] = { "", "us-ascii", "ascii",
		"ANSI_X3.4-1968", "ANSI_X3.4-1986", "iso646-us",
		"ISO_646.irv:1991", "646", "us", "cp367", "IBM367" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (ascii_equal(type->charset, names[i]))
			return true;
	return false;
}

enum mime_encoding
mime_parse_encoding(const char *body, size_t n)
{
	/* the last ones are mistakes that are common */
	static const struct {
		const char *name;
		enum mime_encoding encoding;
	} rows[] = {
		{ "7bit", MIME_7BIT },
		{ "8bit", MIME_8BIT },
		{ "binary", MIME_BINARY },
		{ "quoted-printable", MIME_QUOTED_PRINTABLE },
		{ "base64", MIME_BASE64 },
		{ "7-bit", MIME_7BIT },
		{ "8-bit", MIME_8BIT },
	};
	struct reader r = { .p = body, .n = n };
	char name[MIME_TOKEN_MAX];

	skip_space(&r);
	if (r.at == r.n)
		return MIME_7BIT;
	if (r.p[r.at] == '"')
		(void)read_quoted(&r, name, sizeof name);
	else
		(void)read_word(&r, is_token, name, sizeof name);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (ascii_equal(name, rows[i].name))
			return rows[i].encoding;
	return MIME_OTHER;
}
