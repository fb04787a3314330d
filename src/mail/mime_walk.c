#include "config.h"

#include <bsd/string.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/header.h"
#include "mail/header_line.h"
#include "mail/mime_walk.h"

#define LINE_START 2 /* in w->line: before it, the CRLF of the line before */

static int
tell(struct mime_walk *w, enum mime_event event, const char *p, size_t n,
    struct result *res)
{
	mime_handler *handler = w->handlers[event];

	return handler == NULL ? 0 : handler(w->arg, w, p, n, res);
}

/* Tells bytes of a body, or of what is around parts. */
static int
tell_text(struct mime_walk *w, const char *p, size_t n, struct result *res)
{
	return tell(
	    w, w->where == MIME_IN_BODY ? MIME_BODY : MIME_AROUND, p, n, res);
}

/* Begins an entity that belongs to the message of that index; SIZE_MAX: that
 * is a message itself. */
static int
begin_entity(struct mime_walk *w, size_t message, struct result *res)
{
	bool full = w->count == RECODE_PARTS_MAX;

	w->now = (struct mime_entity){ .index = w->count, .message = message };
	if (message == SIZE_MAX)
		w->now.message = w->count;
	mime_default_type(&w->now.type);
	w->now.kind = full ? MIME_TOO_MANY : MIME_LEAF;
	w->where = full ? MIME_IN_BODY : MIME_IN_HEADER;
	w->count += full ? 0 : 1;
	w->has_fields = false;
	w->line_end = false;
	return tell(w, MIME_BEGIN, NULL, 0, res);
}

static enum mime_kind
kind_of_multipart(const struct mime_type *type)
{
	if (strcmp(type->subtype, "signed") == 0)
		return MIME_SIGNED;
	if (strcmp(type->subtype, "encrypted") == 0)
		return MIME_ENCRYPTED;
	return type->boundary[0] == '\0' ? MIME_BARE : MIME_MULTIPART;
}

static bool
is_message(const struct mime_entity *e)
{
	return (mime_is(&e->type, "message", "rfc822") ||
		   mime_is(&e->type, "message", "global")) &&
	    e->encoding <= MIME_BINARY;
}

/* What the entity is whose header was read, however deep it lies; what a part
 * of a digest is by default, it is. */
static enum mime_kind
kind_of(struct mime_walk *w)
{
	struct mime_entity *e = &w->now;

	if (!e->has_type && w->depth > 0 && w->levels[w->depth - 1].digest) {
		strlcpy(e->type.type, "message", sizeof e->type.type);
		strlcpy(e->type.subtype, "rfc822", sizeof e->type.subtype);
	}
	if (mime_is(&e->type, "multipart", NULL))
		return kind_of_multipart(&e->type);
	if (mime_is(&e->type, "message", "partial"))
		return MIME_PARTIAL;
	return is_message(e) ? MIME_MESSAGE : MIME_LEAF;
}

/* Opens the multipart or message that the entity is. */
static int
open_level(struct mime_walk *w, struct result *res)
{
	struct mime_level *level = &w->levels[w->depth++];
	const struct mime_entity *e = &w->now;

	*level = (struct mime_level){ .index = e->index,
		.message = e->message,
		.digest = mime_is(&e->type, "multipart", "digest") };
	if (e->kind == MIME_MESSAGE)
		return begin_entity(w, SIZE_MAX, res);
	memcpy(level->boundary, e->type.boundary, sizeof level->boundary);
	w->where = MIME_IN_AROUND;
	return 0;
}

static enum mime_field
field_of(const char *p, size_t n)
{
	static const struct {
		const char *name;
		enum mime_field field;
	} rows[] = {
		{ "Content-Type", MIME_FIELD_TYPE },
		{ "Content-Transfer-Encoding", MIME_FIELD_ENCODING },
		{ "MIME-Version", MIME_FIELD_VERSION },
	};
	size_t len = header_name_length(p, n);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (len == strlen(rows[i].name) &&
		    ascii_equal_n(p, rows[i].name, len))
			return rows[i].field;
	return MIME_FIELD_OTHER;
}

/* Keeps the encoding as it is written, without white space around it. */
static void
keep_encoding(struct mime_entity *e, const char *p, size_t n)
{
	e->encoding = mime_parse_encoding(p, n);
	while (n > 0 && ascii_is_space(*p)) {
		p++;
		n--;
	}
	while (n > 0 && ascii_is_space(p[n - 1]))
		n--;
	if (n >= sizeof e->encoding_name)
		n = sizeof e->encoding_name - 1;
	memcpy(e->encoding_name, p, n);
	e->encoding_name[n] = '\0';
}

/* Takes from the field what it says; of fields that are there twice, the
 * first counts. */
static void
learn(struct mime_walk *w)
{
	const char *body = w->raw.data + w->field_body;
	size_t n = w->raw.len - w->field_body;
	struct mime_entity *e = &w->now;

	if (w->field == MIME_FIELD_VERSION) {
		e->has_version = true;
	} else if (w->field == MIME_FIELD_TYPE && !e->has_type) {
		e->has_type = true;
		mime_parse_type(&e->type, body, n);
	} else if (w->field == MIME_FIELD_ENCODING && !e->has_encoding) {
		keep_encoding(e, body, n);
	}
}

/* The current field is whole, if there is one. */
static int
end_field(struct mime_walk *w, struct result *res)
{
	int rc;

	if (w->raw.len == 0)
		return 0;
	learn(w);
	rc = tell(w, MIME_FIELD, w->raw.data, w->raw.len, res);
	if (w->field == MIME_FIELD_ENCODING)
		w->now.has_encoding = true;
	buf_reset(&w->raw);
	return rc;
}

/* The header is over; the `n` bytes at `blank` are its last line, or none. */
static int
end_header(struct mime_walk *w, const char *blank, size_t n, struct result *res)
{
	bool opens;

	if (end_field(w, res) == -1)
		return -1;
	w->now.kind = kind_of(w);
	opens = w->now.kind == MIME_MULTIPART || w->now.kind == MIME_MESSAGE;
	if (opens && w->depth == RECODE_DEPTH_MAX) {
		w->now.kind = MIME_TOO_DEEP;
		opens = false;
	}
	w->where = MIME_IN_BODY;
	if (tell(w, MIME_HEADER_END, blank, n, res) == -1)
		return -1;
	return opens ? open_level(w, res) : 0;
}

static int
add_to_field(struct mime_walk *w, const char *p, size_t n, struct result *res)
{
	if (n > HEADER_MAX - w->raw.len)
		return result_fail(res, RESULT_CONVERSION,
		    "a field in the header of a part is larger than %d bytes",
		    HEADER_MAX);
	buf_add(&w->raw, p, n);
	if (buf_failed(&w->raw))
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the header of a part");
	return 0;
}

/* Takes the line that is held for one of the header; *taken: it is. */
static int
header_text(struct mime_walk *w, bool *taken, struct result *res)
{
	const char *p = w->line + LINE_START;
	size_t colon = 0;
	enum header_line line = header_line(p, w->head, w->has_fields, &colon);

	*taken = true;
	switch (line) {
	case HEADER_LINE_FOLD:
		return add_to_field(w, p, w->head, res);
	case HEADER_LINE_FIELD:
	case HEADER_LINE_MBOX:
		if (end_field(w, res) == -1)
			return -1;
		w->field = MIME_FIELD_MBOX;
		w->field_body = 0;
		if (line == HEADER_LINE_FIELD) {
			w->field = field_of(p, w->head);
			w->field_body = colon + 1;
			w->has_fields = true;
		}
		return add_to_field(w, p, w->head, res);
	case HEADER_LINE_BLANK:
		return end_header(w, p, w->head, res);
	default:
		*taken = false;
		return end_header(w, NULL, 0, res);
	}
}

/* Whether the line that is held is a boundary of an open multipart, the
 * innermost first; *level says of which, *closing whether it ends it. */
static bool
is_boundary(const struct mime_walk *w, size_t *level, bool *closing)
{
	const char *p = w->line + LINE_START;
	size_t n = w->head;

	while (n > 0 && ascii_is_space(p[n - 1]))
		n--;
	if (n < 2 || memcmp(p, "--", 2) != 0)
		return false;
	for (size_t i = w->depth; i-- > 0;) {
		const char *boundary = w->levels[i].boundary;
		size_t len = strlen(boundary);

		if (len == 0 || n < 2 + len ||
		    memcmp(p + 2, boundary, len) != 0)
			continue;
		*level = i;
		*closing = n == 4 + len && memcmp(p + 2 + len, "--", 2) == 0;
		if (n == 2 + len || *closing)
			return true;
	}
	return false;
}

/* Ends the header or the leaf that one is in, wherever that is. */
static int
end_entity(struct mime_walk *w, struct result *res)
{
	while (w->where == MIME_IN_HEADER)
		if (end_header(w, NULL, 0, res) == -1)
			return -1;
	if (w->where == MIME_IN_BODY)
		return tell(w, MIME_LEAF_END, NULL, 0, res);
	return 0;
}

/* The line that is held is a boundary of the multipart at `level`. */
static int
boundary(struct mime_walk *w, size_t level, bool closing, struct result *res)
{
	size_t before = w->line_end ? LINE_START : 0;
	const struct mime_level *l = &w->levels[level];

	if (end_entity(w, res) == -1 ||
	    tell(w, MIME_BOUNDARY, w->line + LINE_START - before,
		before + w->head, res) == -1)
		return -1;
	w->line_end = false;
	w->depth = closing ? level : level + 1;
	if (!closing)
		return begin_entity(w, l->message, res);
	w->now.index = l->index;
	w->now.message = l->message;
	w->where = MIME_IN_AROUND;
	return 0;
}

/* Tells the line end that waited: it belongs to the text before it. */
static int
flush_line_end(struct mime_walk *w, struct result *res)
{
	bool waits = w->line_end;

	w->line_end = false;
	return waits ? tell_text(w, "\r\n", 2, res) : 0;
}

/* Takes bytes of a line that is known, up to its end; says in *used how
 * many. */
static int
take_rest(struct mime_walk *w, const char *p, size_t n, size_t *used,
    struct result *res)
{
	const char *lf = memchr(p, '\n', n);
	size_t len = lf == NULL ? n : (size_t)(lf - p);

	*used = lf == NULL ? n : len + 1;
	w->known = lf == NULL;
	if (w->where == MIME_IN_HEADER)
		return add_to_field(w, p, *used, res);
	w->line_end = lf != NULL;
	/* clean lines: a CR is part of the line end */
	while (len > 0 && p[len - 1] == '\r')
		len--;
	return len > 0 ? tell_text(w, p, len, res) : 0;
}

/* Decides what the line is that is held, whole or as much as is looked at,
 * and takes it. */
static int
decide(struct mime_walk *w, struct result *res)
{
	const char *p = w->line + LINE_START;
	bool whole = p[w->head - 1] == '\n', closing, taken;
	size_t level, used;

	w->known = !whole;
	for (;;) {
		if (whole && is_boundary(w, &level, &closing))
			return boundary(w, level, closing, res);
		if (w->where != MIME_IN_HEADER)
			break;
		if (header_text(w, &taken, res) == -1)
			return -1;
		if (taken)
			return 0;
	}
	if (flush_line_end(w, res) == -1)
		return -1;
	return take_rest(w, p, w->head, &used, res);
}

/* Takes bytes from where a line begins, until it is known what it is. */
static int
take_head(struct mime_walk *w, const char *p, size_t n, size_t *used,
    struct result *res)
{
	size_t room = sizeof w->line - LINE_START - w->head;
	const char *lf;
	int rc;

	*used = 0;
	if (w->where != MIME_IN_HEADER && w->head == 0 &&
	    (*p != '-' || w->depth == 0)) {
		w->known = true;
		return flush_line_end(w, res);
	}
	if (n > room)
		n = room;
	if ((lf = memchr(p, '\n', n)) != NULL)
		n = (size_t)(lf - p) + 1;
	memcpy(w->line + LINE_START + w->head, p, n);
	w->head += n;
	*used = n;
	if (lf == NULL && n < room)
		return 0;
	rc = decide(w, res);
	w->head = 0;
	return rc;
}

void
mime_walk_init(struct mime_walk *w, mime_handler *const handlers[], void *arg)
{
	*w = (struct mime_walk){
		.handlers = handlers, .arg = arg, .line = "\r\n"
	};
	buf_init(&w->raw, HEADER_MAX);
}

int
mime_walk_push(struct mime_walk *w, const char *p, size_t n, struct result *res)
{
	size_t used;
	int rc;

	if (w->count == 0 && begin_entity(w, SIZE_MAX, res) == -1)
		return -1;
	for (; n > 0; p += used, n -= used) {
		if (w->known)
			rc = take_rest(w, p, n, &used, res);
		else
			rc = take_head(w, p, n, &used, res);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* Whether a boundary should have come after the leaf that one is in. */
static bool
lacks_boundary(const struct mime_walk *w)
{
	if (w->where != MIME_IN_BODY)
		return false;
	for (size_t i = 0; i < w->depth; i++)
		if (w->levels[i].boundary[0] != '\0')
			return true;
	return false;
}

int
mime_walk_end(struct mime_walk *w, struct result *res)
{
	if (w->count == 0 && begin_entity(w, SIZE_MAX, res) == -1)
		return -1;
	if (w->head > 0 && decide(w, res) == -1)
		return -1;
	w->head = 0;
	if (!lacks_boundary(w) && flush_line_end(w, res) == -1)
		return -1;
	if (end_entity(w, res) == -1)
		return -1;
	return w->line_end ? tell(w, MIME_BOUNDARY, "\r\n", 2, res) : 0;
}

void
mime_walk_clear(struct mime_walk *w)
{
	buf_free(&w->raw);
}
