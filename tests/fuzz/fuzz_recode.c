#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "mail/lines.h"
#include "mail/recode.h"

#define SIZE_MOST 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A message in memory, read in pieces of at most `piece` bytes. */
struct memory {
	const char *p;
	size_t n, piece;
};

static int
read_memory(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	const struct memory *m = arg;

	(void)res;
	*got = m->n - off < n ? m->n - (size_t)off : n;
	if (*got > m->piece)
		*got = m->piece;
	memcpy(p, m->p + off, *got);
	return 0;
}

static int
write_memory(void *arg, const char *p, size_t n, struct result *res)
{
	(void)res;
	buf_add(arg, p, n);
	return 0;
}

/* Recodes `n` bytes to `out`; whether it could be done. */
static bool
run(const char *p, size_t n, size_t piece, enum recode_want want,
    struct buf *out)
{
	struct memory m = { .p = p, .n = n, .piece = piece };
	struct source source = { .read = read_memory, .arg = &m, .size = n };
	struct recode_sink sink = { .write = write_memory, .arg = out };
	struct result res;

	buf_init(out, 64 * SIZE_MOST);
	if (recode(&source, want, &sink, &res) == 0) {
		assert(!buf_failed(out));
		return true;
	}
	assert(res.kind == RESULT_CONVERSION);
	return false;
}

/* Whether it fits; it is clean in any case. */
static bool
fits(const char *p, size_t n, enum recode_want want)
{
	bool fit = true;

	assert(n == 0 || p[n - 1] == '\n');
	for (size_t i = 0, column = 0; i < n; i++) {
		assert(p[i] != '\0');
		assert((p[i] == '\n') == (i > 0 && p[i - 1] == '\r'));
		column = p[i] == '\n' ? 0 : column + 1;
		fit = fit && column <= LINES_MAX + 1 &&
		    (want == RECODE_SHORT || !ascii_is_8bit(p[i]));
	}
	return fit;
}

static bool
is_equal(const struct buf *b, const char *p, size_t n)
{
	return b->len == n && memcmp(b->data, p, n) == 0;
}

static void
check(const char *p, size_t n, size_t piece, enum recode_want want)
{
	struct buf out, pieces, again;
	bool done = run(p, n, n + 1, want, &out);

	assert(run(p, n, piece, want, &pieces) == done);
	if (done) {
		assert(is_equal(&pieces, out.data, out.len));
		assert(fits(out.data, out.len, want));
		assert(run(out.data, out.len, out.len + 1, want, &again));
		assert(is_equal(&again, out.data, out.len));
		buf_free(&again);
	}
	if (fits(p, n, want)) {
		assert(done);
		/* else a label may have changed */
		if (want == RECODE_SHORT)
			assert(is_equal(&out, p, n));
	}
	buf_free(&out);
	buf_free(&pieces);
}

/* Byte 0: how long the pieces are; then the message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lines l;
	char *clean;
	size_t n;

	if (size < 1 || size > SIZE_MOST)
		return 0;
	clean = malloc(LINES_OUT_MAX(size) + LINES_OUT_MAX(0));
	assert(clean != NULL);
	lines_init(&l, LINES_DOT_IS_TEXT);
	n = lines_push(&l, (const char *)data + 1, size - 1, clean);
	n += lines_end(&l, clean + n);
	check(clean, n, data[0] % 16 + 1, RECODE_SHORT);
	check(clean, n, data[0] % 16 + 1, RECODE_7BIT);
	free(clean);
	return 0;
}
