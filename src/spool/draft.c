#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/draft.h"
#include "spool/file.h"

const char *
draft_directory(void)
{
	const char *dir = getenv("TMPDIR");

	if (dir == NULL || *dir != '/' || access(dir, W_OK | X_OK) == -1)
		return "/tmp";
	return dir;
}

void
draft_init(struct draft *d, const char *dir)
{
	*d = (struct draft){ .dir = dir, .fd = -1 };
	buf_init(&d->head, DRAFT_MEMORY);
}

static int
fail_storage(const struct draft *d, int error, struct result *res)
{
	return result_fail(res, RESULT_STORAGE,
	    "cannot keep the message in %s: %s", d->dir, strerror(error));
}

/* Moves what is in memory to the file. */
static int
spill(struct draft *d, struct result *res)
{
	if (d->fd == -1 && (d->fd = file_nameless(AT_FDCWD, d->dir)) == -1)
		return fail_storage(d, errno, res);
	if (file_write(d->fd, d->head.data, d->head.len) == -1)
		return fail_storage(d, errno, res);
	buf_reset(&d->head);
	return 0;
}

/* Puts `n` bytes into memory, which has room for them. */
static int
keep(struct draft *d, const char *p, size_t n, struct result *res)
{
	buf_add(&d->head, p, n);
	if (buf_failed(&d->head))
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the message");
	d->size += n;
	return 0;
}

int
draft_add(struct draft *d, const char *p, size_t n, struct result *res)
{
	size_t piece;

	if (draft_finish(d, res) == -1)
		return -1;
	for (; n > 0; p += piece, n -= piece) {
		d->broken = d->head.len == DRAFT_MEMORY && spill(d, res) == -1;
		if (d->broken)
			return -1;
		piece = DRAFT_MEMORY - d->head.len;
		piece = n < piece ? n : piece;
		d->broken = keep(d, p, piece, res) == -1;
		if (d->broken)
			return -1;
	}
	return 0;
}

int
draft_finish(struct draft *d, struct result *res)
{
	if (d->broken)
		return result_fail(res, RESULT_STORAGE,
		    "the message was not kept whole in %s", d->dir);
	return 0;
}

/* Reads exactly `n` bytes at `off` from the file. */
static int
read_file(
    const struct draft *d, uint64_t off, char *p, size_t n, struct result *res)
{
	size_t got;
	int done = file_pread(d->fd, p, n, off, &got);

	if (done == 0 && got == n)
		return 0;
	return result_fail(res, RESULT_STORAGE,
	    "cannot read the message back in %s: %s", d->dir,
	    done == 0 ? "it was cut off" : strerror(errno));
}

int
draft_read(const struct draft *d, uint64_t off, char *p, size_t n, size_t *got,
    struct result *res)
{
	uint64_t in_file = d->size - d->head.len;
	size_t first = 0;

	*got = 0;
	if (off >= d->size)
		return 0;
	if (n > d->size - off)
		n = (size_t)(d->size - off);
	if (off < in_file) {
		first = n < in_file - off ? n : (size_t)(in_file - off);
		if (read_file(d, off, p, first, res) == -1)
			return -1;
	}
	if (n > first)
		memcpy(p + first, d->head.data + (off + first - in_file),
		    n - first);
	*got = n;
	return 0;
}

void
draft_clear(struct draft *d)
{
	if (d->fd != -1)
		close(d->fd);
	buf_free(&d->head);
	draft_init(d, d->dir);
}
