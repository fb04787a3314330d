#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"

/* The first byte's range, the length it announces, and the range of the
 * second byte, which is where the bad forms differ from the good (RFC 3629,
 * section 4). */
static const struct {
	unsigned char first, last, length, second_min, second_max;
} utf8_forms[] = {
	{ 0x00, 0x7f, 1, 0x00, 0xff },
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

size_t
text_utf8_length(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t form, len;

	if (n == 0)
		return 0;
	for (form = 0; form < sizeof utf8_forms / sizeof *utf8_forms; form++)
		if (u[0] >= utf8_forms[form].first &&
		    u[0] <= utf8_forms[form].last)
			break;
	if (form == sizeof utf8_forms / sizeof *utf8_forms)
		return 0;
	if ((len = utf8_forms[form].length) > n)
		return 0;
	if (len > 1 &&
	    (u[1] < utf8_forms[form].second_min ||
		u[1] > utf8_forms[form].second_max))
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Whether the character of `len` bytes at `p` may be shown as it is. */
static bool
is_showable(const char *p, size_t len)
{
	if (len == 0)
		return false;
	if (len == 1)
		return !ascii_is_control(*p);
	if (len == 2) /* C1 controls: U+0080 to U+009F */
		return !(p[0] == '\xc2' && (unsigned char)p[1] < 0xa0);
	/* direction marks, overrides and separators that disguise text:
	 * U+200E, U+200F, U+2028..U+202E, U+2066..U+2069 */
	if (len == 3 && p[0] == '\xe2') {
		unsigned c = (unsigned)((unsigned char)p[1] & 0x3f) << 6 |
		    ((unsigned char)p[2] & 0x3f);

		return !(c == 0x0e || c == 0x0f || (c >= 0x28 && c <= 0x2e) ||
		    (c >= 0x66 && c <= 0x69));
	}
	return true;
}

char *
text_escape(char *dst, size_t size, const char *p, size_t n)
{
	size_t used = 0, safe = 0, i = 0;

	if (size == 0)
		return dst;
	while (i < n) {
		size_t len = text_utf8_length(p + i, n - i);
		char piece[8];
		size_t m;

		if (is_showable(p + i, len)) {
			memcpy(piece, p + i, m = len);
		} else if (p[i] == '\n' || p[i] == '\r') {
			piece[0] = ' ';
			m = len = 1;
		} else {
			snprintf(piece, sizeof piece, "\\x%02x",
			    (unsigned char)p[i]);
			m = 4;
			len = 1;
		}
		if (used + m >= size) {
			if (size > 4)
				memcpy(dst + safe, "...", 4);
			else
				dst[safe] = '\0';
			return dst;
		}
		memcpy(dst + used, piece, m);
		used += m;
		i += len;
		if (used + 4 <= size)
			safe = used;
	}
	dst[used] = '\0';
	return dst;
}
