#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/header.h"
#include "mail/header_line.h"

/* Begins the field of the current line, whose colon is `colon` bytes in. */
static int
add_field(struct header *h, size_t colon, struct result *res)
{
	const char *p = h->raw.data + h->line;
	struct field *fields;
	size_t room;

	if (h->count == HEADER_FIELDS_MAX)
		return result_fail(res, RESULT_DATA,
		    "more than %d header fields", HEADER_FIELDS_MAX);
	if (h->count == h->room) {
		room = h->room == 0 ? 32 : h->room * 2;
		fields = reallocarray(h->fields, room, sizeof *fields);
		if (fields == NULL)
			return result_fail(
			    res, RESULT_SYSTEM, "no memory for the header");
		h->fields = fields;
		h->room = room;
	}
	h->fields[h->count++] = (struct field){
		.name = header_name_find(p, header_name_length(p, colon)),
		.start = h->line,
		.end = h->raw.len,
		.body = h->line + colon + 1,
	};
	return 0;
}

static bool
is_space_only(const char *p, size_t n)
{
	while (n > 0 && ascii_is_space(*p)) {
		p++;
		n--;
	}
	return n == 0;
}

/* Forgets the current line. */
static void
drop_line(struct header *h)
{
	buf_splice(&h->raw, h->line, h->raw.len - h->line, NULL, 0);
}

/* The current line is whole: keeps it, or not, and begins the next. */
static void
end_line(struct header *h)
{
	struct field *last = h->count > 0 ? &h->fields[h->count - 1] : NULL;

	if (last == NULL ||
	    (last->start != h->line &&
		is_space_only(h->raw.data + h->line, h->raw.len - h->line)))
		drop_line(h);
	else
		last->end = h->raw.len;
	h->line = h->raw.len;
	h->known = false;
	h->look = 0;
}

/* How many of the `n` bytes at `p` to take at once: not beyond the line, and
 * no more than it takes to know what it is, since the rest may be body. */
static size_t
piece_length(const struct header *h, const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);
	size_t have = h->raw.len - h->line;

	if (lf != NULL)
		n = (size_t)(lf - p) + 1;
	if (!h->known && n > HEADER_SCAN_MAX - have)
		n = HEADER_SCAN_MAX - have;
	return n;
}

/*
 * Says what the current line is, when there is enough of it.  As long as that
 * is open it is looked at again only when it has doubled, so that it takes
 * linear time however small the pieces are: a line may have thousands of
 * blanks before its colon.
 */
static enum header_line
look(struct header *h, size_t *colon)
{
	const char *p = h->raw.data + h->line;
	size_t n = h->raw.len - h->line;
	enum header_line line;

	if (n < h->look && n < HEADER_SCAN_MAX && p[n - 1] != '\n')
		return HEADER_LINE_UNKNOWN;
	line = header_line(p, n, h->count, colon);
	h->known = line == HEADER_LINE_FIELD || line == HEADER_LINE_FOLD ||
	    line == HEADER_LINE_MBOX;
	h->look = 2 * n;
	return line;
}

/* Appends a piece to the current line; says in *line what the line is, when
 * that was not known before. */
static int
add_piece(struct header *h, const char *p, size_t n, enum header_line *line,
    struct result *res)
{
	size_t colon = 0;
	bool too_long = h->known && n > HEADER_MAX - h->raw.len;

	if (!too_long)
		buf_add(&h->raw, p, n);
	if (buf_failed(&h->raw))
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the header");
	if (!h->known) {
		*line = look(h, &colon);
		too_long = h->known && h->raw.len > HEADER_MAX;
	}
	if (too_long)
		return result_fail(res, RESULT_DATA,
		    "the header is larger than %d bytes", HEADER_MAX);
	return *line == HEADER_LINE_FIELD ? add_field(h, colon, res) : 0;
}

/* The header is over: of the current line, what is there belongs to the body,
 * unless it is blank. */
static enum header_push
end_header(struct header *h, enum header_line line, struct buf *held,
    struct result *res)
{
	if (line == HEADER_LINE_BODY)
		buf_add(held, h->raw.data + h->line, h->raw.len - h->line);
	drop_line(h);
	h->ended = true;
	if (!buf_failed(held))
		return HEADER_ENDED;
	result_fail(res, RESULT_SYSTEM, "no memory for the header");
	return HEADER_FAILED;
}

void
header_init(struct header *h)
{
	*h = (struct header){ .known = false };
	/* A line that turns out to be body must not count. */
	buf_init(&h->raw, HEADER_MAX + HEADER_SCAN_MAX);
}

enum header_push
header_push(struct header *h, const char *p, size_t n, size_t *used,
    struct buf *held, struct result *res)
{
	enum header_line line;
	size_t piece;

	*used = 0;
	buf_reset(held);
	if (h->ended)
		return HEADER_ENDED;
	while (*used < n) {
		line = HEADER_LINE_UNKNOWN;
		piece = piece_length(h, p + *used, n - *used);
		if (add_piece(h, p + *used, piece, &line, res) == -1)
			return HEADER_FAILED;
		*used += piece;
		if (line == HEADER_LINE_BLANK || line == HEADER_LINE_BODY)
			return end_header(h, line, held, res);
		if (p[*used - 1] == '\n')
			end_line(h);
	}
	return HEADER_MORE;
}

enum header_push
header_finish(struct header *h, struct buf *held, struct result *res)
{
	const char *rest = "\r\n";
	enum header_push how = HEADER_ENDED;
	size_t n, used;

	buf_reset(held);
	if (!h->ended && h->raw.len > h->line) {
		if (h->raw.data[h->raw.len - 1] == '\r')
			rest++;
		n = strlen(rest);
		how = header_push(h, rest, n, &used, held, res);
		if (how == HEADER_ENDED && held->len > 0)
			buf_add(held, rest + used, n - used);
	}
	h->ended = true;
	return how == HEADER_FAILED ? how : HEADER_ENDED;
}

size_t
header_count(const struct header *h, enum header_name name)
{
	size_t count = 0;

	for (size_t i = 0; i < h->count; i++)
		if (h->fields[i].name == name &&
		    !field_is_empty(h, &h->fields[i]))
			count++;
	return count;
}

const struct field *
header_find(const struct header *h, enum header_name name)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->fields[i].name == name &&
		    !field_is_empty(h, &h->fields[i]))
			return &h->fields[i];
	return NULL;
}

bool
header_is_resent(const struct header *h)
{
	static const char prefix[] = "Resent-";
	const size_t len = sizeof prefix - 1;
	const struct field *f;

	for (size_t i = 0; i < h->count; i++) {
		f = &h->fields[i];
		if (f->end - f->start >= len &&
		    ascii_equal_n(h->raw.data + f->start, prefix, len))
			return true;
	}
	return false;
}

const char *
field_body(const struct header *h, const struct field *f, size_t *len)
{
	const char *p = h->raw.data + f->body;
	size_t n = f->end - f->body;

	if (n > 0 && p[n - 1] == '\n')
		n--;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	*len = n;
	return p;
}

bool
field_is_empty(const struct header *h, const struct field *f)
{
	return is_space_only(h->raw.data + f->body, f->end - f->body);
}

void
header_clear(struct header *h)
{
	buf_free(&h->raw);
	free(h->fields);
	header_init(h);
}
