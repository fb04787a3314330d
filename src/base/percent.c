#include "config.h"

#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "base/percent.h"

void
percent_encode(struct buf *out, const void *p, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *from = p;

	for (size_t i = 0; i < n; i++) {
		char c = from[i];

		if (ascii_is_alnum(c) || (c != '\0' && strchr("-._~", c))) {
			buf_putc(out, c);
			continue;
		}
		buf_putc(out, '%');
		buf_putc(out, digits[(uint8_t)c >> 4]);
		buf_putc(out, digits[(uint8_t)c & 15]);
	}
}
