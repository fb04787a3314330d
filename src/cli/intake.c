#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/intake.h"

#define CHUNK 65536

void
intake_init(struct intake *in, enum lines_dot dot, const char *dir)
{
	memset(in, 0, sizeof *in);
	header_init(&in->header);
	draft_init(&in->body, dir);
	buf_init(&in->held, HEADER_MAX);
	lines_init(&in->lines, dot);
	in->is_empty = true;
}

static int
add_body(struct intake *in, const char *p, size_t n, struct result *res)
{
	body_scan_push(&in->scan, p, n);
	return draft_add(&in->body, p, n, res);
}

/* The header is over: what it held back is the body's beginning. */
static int
begin_body(struct intake *in, struct result *res)
{
	in->in_body = true;
	return add_body(in, in->held.data, in->held.len, res);
}

static int
add_lines(struct intake *in, const char *p, size_t n, struct result *res)
{
	size_t used = 0;

	if (in->in_body)
		return add_body(in, p, n, res);
	switch (header_push(&in->header, p, n, &used, &in->held, res)) {
	case HEADER_MORE:
		return 0;
	case HEADER_ENDED:
		if (begin_body(in, res) == -1)
			return -1;
		return add_body(in, p + used, n - used, res);
	case HEADER_FAILED:
		break;
	}
	return -1;
}

static int
end_input(struct intake *in, struct result *res)
{
	char out[LINES_OUT_MAX(0)];
	size_t n = lines_end(&in->lines, out);

	if (add_lines(in, out, n, res) == -1)
		return -1;
	if (!in->in_body) {
		if (header_finish(&in->header, &in->held, res) == HEADER_FAILED)
			return -1;
		if (begin_body(in, res) == -1)
			return -1;
	}
	return draft_finish(&in->body, res);
}

static int
read_failed(const struct intake *in, struct result *res)
{
	int e = errno;

	if (in->is_empty &&
	    (e == EBADF || e == EISDIR || e == EINVAL || e == EACCES ||
		e == EPERM))
		return result_fail(res, RESULT_NOINPUT,
		    "standard input cannot be read: %s",
		    e == EBADF ? "it is closed" : strerror(e));
	return result_fail(
	    res, RESULT_INPUT, "reading the message failed: %s", strerror(e));
}

/* Some callers hand over a descriptor that does not block: then this does. */
static ssize_t
read_some(int fd, char *p)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while ((n = read(fd, p, CHUNK)) == -1) {
		if (errno == EAGAIN)
			(void)poll(&ready, 1, -1);
		else if (errno != EINTR)
			break;
	}
	return n;
}

static int
read_all(struct intake *in, int fd, char *raw, char *clean, struct result *res)
{
	for (;;) {
		ssize_t n = read_some(fd, raw);
		size_t m;

		if (n == -1)
			return read_failed(in, res);
		if (n == 0)
			return end_input(in, res);
		in->is_empty = false;
		m = lines_push(&in->lines, raw, (size_t)n, clean);
		if (add_lines(in, clean, m, res) == -1)
			return -1;
		if (in->lines.ended && isatty(fd))
			return end_input(in, res);
	}
}

int
intake_read(struct intake *in, int fd, const struct charset_choices *charsets,
    struct result *res)
{
	char *raw, *clean;
	int rc;

	if (body_scan_begin(&in->scan, charsets, res) == -1)
		return -1;
	raw = malloc(CHUNK);
	clean = malloc(LINES_OUT_MAX(CHUNK));
	if (raw == NULL || clean == NULL)
		rc = result_fail(res, RESULT_SYSTEM, "out of memory");
	else
		rc = read_all(in, fd, raw, clean, res);
	body_scan_end(&in->scan, &in->facts);
	free(raw);
	free(clean);
	return rc;
}

void
intake_clear(struct intake *in)
{
	header_clear(&in->header);
	draft_clear(&in->body);
	buf_free(&in->held);
}
