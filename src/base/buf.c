#include "config.h"

#include <bsd/string.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static char empty[1];

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .data = empty, .max = max };
}

void
buf_free(struct buf *b)
{
	size_t max = b->max;

	if (b->cap > 0) {
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	buf_init(b, max);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->cap > 0)
		b->data[0] = '\0';
}

/* Makes room for `n` more bytes; 0, or -1 with the error marked. */
static int
buf_grow(struct buf *b, size_t n)
{
	size_t cap;
	char *p;

	if (b->failed)
		return -1;
	if (n > b->max || b->len > b->max - n) {
		b->failed = true;
		return -1;
	}
	if (b->len + n < b->cap)
		return 0;
	cap = b->cap < 64 ? 64 : b->cap;
	while (cap <= b->len + n)
		cap = cap > SIZE_MAX / 2 ? b->len + n + 1 : cap * 2;
	if ((p = malloc(cap)) == NULL) {
		b->failed = true;
		return -1;
	}
	memcpy(p, b->data, b->len + 1);
	if (b->cap > 0) {
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	b->data = p;
	b->cap = cap;
	return 0;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (buf_grow(b, n) == -1)
		return;
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if (buf_grow(b, (size_t)n) == -1)
		return;
	if (vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap) != n) {
		b->failed = true;
		b->data[b->len] = '\0';
		return;
	}
	b->len += (size_t)n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_splice(struct buf *b, size_t off, size_t n, const void *p, size_t m)
{
	if (b->failed || off > b->len || n > b->len - off ||
	    (m > n && buf_grow(b, m - n) == -1))
		return;
	if (b->cap == 0)
		return;
	memmove(b->data + off + m, b->data + off + n, b->len - off - n + 1);
	if (m > 0)
		memcpy(b->data + off, p, m);
	b->len = b->len - n + m;
}

void
buf_consume(struct buf *b, size_t n)
{
	buf_splice(b, 0, n < b->len ? n : b->len, NULL, 0);
}
