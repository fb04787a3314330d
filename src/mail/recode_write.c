#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "mail/charset.h"
#include "mail/recode_parts.h"

#define OUT_ENOUGH 16384 /* bytes that are worth a write */
/* Octets of a line in quoted-printable that is broken; as many are left as
 * its end may still take: "=XX", and "=" of a break. */
#define ESCAPE_LINE (LINES_MAX - 4)

int
recode_flush(struct recode_job *job, struct result *res)
{
	struct buf *out = &job->out;

	if (buf_failed(out))
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the message");
	if (out->len == 0)
		return 0;
	job->mid_line = out->data[out->len - 1] != '\n';
	if (job->sink->write(job->sink->arg, out->data, out->len, res) == -1)
		return -1;
	buf_reset(out);
	return 0;
}

/* Hands over what waits, when that is enough. */
static int
flow(struct recode_job *job, struct result *res)
{
	if (job->out.len < OUT_ENOUGH && !buf_failed(&job->out))
		return 0;
	return recode_flush(job, res);
}

static void
keep(struct recode_job *job, const char *p, size_t n)
{
	buf_add(&job->out, p, n);
}

static void
put_qp(struct recode_job *job, const char *p, size_t n)
{
	encode_qp(&job->text.qp, &job->out, p, n);
}

static void
put_base64(struct recode_job *job, const char *p, size_t n)
{
	encode_base64(&job->text.base64, &job->out, p, n);
}

static void
break_escaped(struct recode_job *job)
{
	buf_puts(&job->out, "=\r\n");
	job->text.column = 0;
}

/* Passes the "=" that waits: it begins an escape or ends a line, but before
 * a byte above 127 it is just a "=". */
static void
put_equals(struct recode_job *job, char next)
{
	struct recode_text *t = &job->text;

	if (!t->equals)
		return;
	t->equals = false;
	buf_puts(&job->out, ascii_is_8bit(next) ? "=3D" : "=");
	t->column += ascii_is_8bit(next) ? 3 : 1;
	t->escape = ascii_is_8bit(next) ? 0 : 2;
}

/* Passes one byte of a line in quoted-printable. */
static void
escape_byte(struct recode_job *job, char c)
{
	struct recode_text *t = &job->text;
	bool starts_line = false;

	put_equals(job, c);
	if ((t->escape == 0 || c == '=') && t->column >= ESCAPE_LINE - 3) {
		break_escaped(job);
		starts_line = true;
	}
	if (t->escape > 0)
		t->escape--;
	if (c == '=') {
		t->equals = true;
	} else if (ascii_is_8bit(c) || (starts_line && c == '-')) {
		buf_printf(&job->out, "=%02X", (unsigned char)c);
		t->column += 3;
	} else {
		buf_putc(&job->out, c);
		t->column++;
	}
}

static void
escape(struct recode_job *job, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			put_equals(job, p[i]);
			buf_puts(&job->out, "\r\n");
			job->text.column = job->text.escape = 0;
		} else if (p[i] != '\r') {
			escape_byte(job, p[i]);
		}
	}
}

static void
strip(struct recode_job *job, const char *p, size_t n)
{
	size_t *column = &job->text.column;

	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\n' && !ascii_is_alnum(p[i]) && p[i] != '+' &&
		    p[i] != '/' && p[i] != '=')
			continue;
		if (p[i] == '\n' || *column == LINES_MAX) {
			buf_puts(&job->out, "\r\n");
			*column = 0;
		}
		if (p[i] != '\n') {
			buf_putc(&job->out, p[i]);
			++*column;
		}
	}
}

/* What means nothing must not come to mean something, either: no line is
 * made that could be a boundary. */
static void
tidy(struct recode_job *job, const char *p, size_t n)
{
	struct folds *folds = &job->text.folds;

	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if ((ascii_is_8bit(c) && job->want == RECODE_7BIT) ||
		    (c == '-' && folds->column == 0))
			c = '?';
		if (folds_next(folds, &c, 1) == 0) {
			buf_puts(&job->out, LINES_FOLD);
			(void)folds_next(folds, &c, 1);
		}
		buf_putc(&job->out, c);
	}
}

static int
write_begin(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;

	(void)w;
	(void)p;
	(void)n;
	(void)res;
	memset(&job->text, 0, sizeof job->text);
	return 0;
}

static void
put_label(struct recode_job *job, enum recode_label label)
{
	static const char *const names[] = {
		[RECODE_LABEL_7BIT] = "7bit",
		[RECODE_LABEL_QP] = "quoted-printable",
		[RECODE_LABEL_BASE64] = "base64",
	};

	buf_printf(
	    &job->out, "Content-Transfer-Encoding: %s\r\n", names[label]);
}

static int
write_field(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;
	const struct recode_part *part = &job->parts[w->now.index];
	size_t before = job->out.len;

	if (w->field == MIME_FIELD_ENCODING &&
	    part->label != RECODE_LABEL_SAME) {
		/* Another one would be read by some. */
		if (!w->now.has_encoding)
			put_label(job, part->label);
	} else if (recode_field(job, w, p, n, &job->out, res) == -1) {
		return -1;
	} else if (job->open_header && job->out.len == before) {
		buf_puts(&job->out, "\r\n");
	}
	job->open_header = false;
	return flow(job, res);
}

/* Adds what the header lacks, to say how the body is encoded. */
static void
add_fields(struct recode_job *job, const struct mime_entity *e)
{
	const struct recode_part *part = &job->parts[e->index];
	bool is_plain = !e->has_version && !e->has_type && !e->has_encoding;

	if (part->encodes && !e->has_version)
		buf_puts(&job->out, "MIME-Version: 1.0\r\n");
	if (part->encodes && is_plain)
		buf_printf(&job->out,
		    "Content-Type: text/plain; charset=%s\r\n",
		    part->has_8bit ? CHARSET_UNKNOWN : CHARSET_ASCII);
	if (part->label != RECODE_LABEL_SAME && !e->has_encoding)
		put_label(job, part->label);
}

/*
 * A header that ends without a blank line does so because of what follows:
 * when that changes, or something is added, a blank line is needed.
 */
static int
write_header_end(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;
	const struct recode_part *part = &job->parts[w->now.index];
	bool changes = part->body != RECODE_KEEP || part->encodes;

	if (changes && job->open_header)
		buf_puts(&job->out, "\r\n");
	add_fields(job, &w->now);
	buf_add(&job->out, p, n);
	if (changes && n == 0)
		buf_puts(&job->out, "\r\n");
	job->open_header = n == 0 && !changes;
	return flow(job, res);
}

static int
write_text(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	static void (*const ways[RECODE_BODY_COUNT])(
	    struct recode_job * job, const char *p, size_t n) = {
		[RECODE_KEEP] = keep,
		[RECODE_QP] = put_qp,
		[RECODE_BASE64] = put_base64,
		[RECODE_ESCAPE] = escape,
		[RECODE_STRIP] = strip,
		[RECODE_TIDY] = tidy,
	};
	struct recode_job *job = arg;

	ways[job->parts[w->now.index].body](job, p, n);
	return flow(job, res);
}

static int
write_leaf_end(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;

	(void)w;
	(void)p;
	(void)n;
	encode_qp_end(&job->text.qp, &job->out);
	encode_base64_end(&job->text.base64, &job->out);
	put_equals(job, '\n');
	return flow(job, res);
}

static int
write_boundary(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;

	(void)w;
	buf_add(&job->out, p, n);
	memset(&job->text, 0, sizeof job->text);
	job->open_header = false;
	return flow(job, res);
}

mime_handler *const recode_write[MIME_EVENT_COUNT] = {
	[MIME_BEGIN] = write_begin,
	[MIME_FIELD] = write_field,
	[MIME_HEADER_END] = write_header_end,
	[MIME_BODY] = write_text,
	[MIME_LEAF_END] = write_leaf_end,
	[MIME_AROUND] = write_text,
	[MIME_BOUNDARY] = write_boundary,
};
