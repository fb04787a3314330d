/*
 * buf: bytes that grow up to a limit.
 *
 * Errors are sticky: an append that would pass the limit, or for which there
 * is no memory, leaves the contents as they were and marks the buffer, and
 * every later append does nothing.  So a whole sequence of appends is checked
 * once, with buf_failed().  The bytes are always followed by a NUL that does
 * not count.  Growing wipes the old copy, so a secret never stays behind.
 *
 * The caller owns the struct; zero bytes are not a valid buffer, since the
 * limit must be said.  The memory is the buffer's until buf_free().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* len bytes and a NUL; never NULL after buf_init */
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated, the NUL included; 0: none yet */
	size_t max; /* limit of len */
	bool failed; /* an append did not happen */
};

/* Makes `b` empty, with room for at most `max` bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t max);

/* Wipes and releases the memory; `b` is empty and usable again. */
void buf_free(struct buf *b);

/* Empties `b` and forgets its error; keeps the memory. */
void buf_reset(struct buf *b);

/* Append bytes, a string, one byte, or formatted text. */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Replaces `n` bytes at `off` by the `m` bytes at `p`, which must not lie
 * inside `b`.  `off` + `n` must not pass the end. */
void buf_splice(struct buf *b, size_t off, size_t n, const void *p, size_t m);

/* Removes the first `n` bytes (all of them, when there are fewer). */
void buf_consume(struct buf *b, size_t n);

/* Whether any append since buf_init or buf_reset did not happen. */
static inline bool
buf_failed(const struct buf *b)
{
	return b->failed;
}

#endif
