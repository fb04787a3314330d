#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/columns.h"
#include "base/text.h"

/* Characters that take no column, or two, in order.  Of Unicode's East Asian
 * Width (UAX #11) W and F, rounded to blocks; of its marks, those in use with
 * Latin and East Asian scripts. */
static const struct {
	uint32_t first, last;
	size_t columns;
} ranges[] = {
	{ 0x0300, 0x036f, 0 }, /* combining marks */
	{ 0x1100, 0x115f, 2 }, /* Hangul Jamo */
	{ 0x200b, 0x200d, 0 }, /* zero width space and joiners */
	{ 0x2e80, 0x303e, 2 }, /* radicals, CJK punctuation */
	{ 0x3041, 0x33ff, 2 }, /* Kana, Bopomofo, CJK compatibility */
	{ 0x3400, 0x4dbf, 2 }, /* CJK extension A */
	{ 0x4e00, 0x9fff, 2 }, /* CJK */
	{ 0xa000, 0xa4cf, 2 }, /* Yi */
	{ 0xac00, 0xd7a3, 2 }, /* Hangul */
	{ 0xf900, 0xfaff, 2 }, /* CJK compatibility */
	{ 0xfe00, 0xfe0f, 0 }, /* variation selectors */
	{ 0xfe30, 0xfe6f, 2 }, /* CJK compatibility forms */
	{ 0xff01, 0xff60, 2 }, /* full width forms */
	{ 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 }, /* pictures */
	{ 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 }, /* CJK extensions */
};

/* The character of `len` bytes at `p`. */
static uint32_t
decode(const char *p, size_t len)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)p[0] & masks[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

/* A character that a line must not begin with: what closes, or follows close
 * upon, what is before it. */
static bool
is_closing(uint32_t c)
{
	static const uint32_t closing[] = { 0x3001, 0x3002, 0x3009, 0x300b,
		0x300d, 0x300f, 0x3011, 0xff01, 0xff09, 0xff0c, 0xff1a, 0xff1b,
		0xff1f };

	for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
		if (c == closing[i])
			return true;
	return false;
}

struct glyph {
	size_t len; /* bytes, at least one */
	size_t columns;
	uint32_t code;
};

static struct glyph
take(const char *p, size_t n)
{
	struct glyph g = { .len = text_utf8_length(p, n), .columns = 1 };

	if (g.len < 2) {
		g.len = 1;
		g.code = (unsigned char)p[0];
		return g;
	}
	g.code = decode(p, g.len);
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (g.code >= ranges[i].first && g.code <= ranges[i].last)
			g.columns = ranges[i].columns;
	return g;
}

size_t
columns_of(const char *p, size_t n)
{
	size_t columns = 0;
	struct glyph g;

	for (size_t i = 0; i < n; i += g.len) {
		g = take(p + i, n - i);
		columns += g.columns;
	}
	return columns;
}

/* Whether a line may end between the two. */
static bool
parts(const struct glyph *before, const struct glyph *g)
{
	if (g->code == ' ')
		return before->code != ' ';
	return (before->columns == 2 || g->columns == 2) && g->columns > 0 &&
	    !is_closing(g->code);
}

/* How many of the bytes at `p` make a line of up to `width` columns. */
static size_t
line_length(const char *p, size_t n, size_t width)
{
	struct glyph before = { .columns = 1 }, g;
	size_t used = 0, end = 0, at = 0;

	for (; at < n; at += g.len) {
		g = take(p + at, n - at);
		if (parts(&before, &g))
			end = at;
		if (used + g.columns > width)
			return end > 0 ? end : at > 0 ? at : g.len;
		used += g.columns;
		before = g;
	}
	return n;
}

void
columns_wrap(struct buf *out, const char *first, const char *text, size_t width)
{
	size_t indent = columns_of(first, strlen(first));
	size_t room = indent < width ? width - indent : 1;
	size_t n;

	buf_puts(out, first);
	for (;;) {
		n = line_length(text, strlen(text), room);
		buf_add(out, text, n);
		buf_putc(out, '\n');
		text += n;
		text += strspn(text, " ");
		if (*text == '\0')
			return;
		buf_printf(out, "%*s", (int)indent, "");
	}
}
