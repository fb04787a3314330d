#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "mail/recode_parts.h"

#define QP_LINE 75 /* octets of a line that is continued, without "=" */
#define BASE64_LINE 76

void
recode_count(struct recode_count *c, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool plain = ascii_is_visible(p[i]) && p[i] != '=';

		if (p[i] == '\r')
			continue;
		c->octets++;
		if (p[i] == '\n') {
			c->octets++;
			c->qp += c->width + c->width / (QP_LINE + 1) * 3 + 2;
			c->column = c->width = 0;
			continue;
		}
		c->column++;
		c->width += plain || ascii_is_blank(p[i]) ? 1 : 3;
		c->has_8bit = c->has_8bit || ascii_is_8bit(p[i]);
		c->has_long = c->has_long || c->column > LINES_MAX;
	}
}

bool
recode_is_unfit(const struct recode_job *job, const struct recode_count *c)
{
	return c->has_long || (c->has_8bit && job->want == RECODE_7BIT);
}

/* What it is that does not fit, to be told. */
static const char *
name_unfit(const struct recode_job *job, const struct recode_count *c)
{
	if (c->has_8bit && job->want == RECODE_7BIT)
		return "holds 8-bit text, which the server does not take";
	return "holds lines over 998 bytes, which no server takes";
}

/* An entity that must change, and is of a kind that cannot. */
static int
fail_kind(
    const struct recode_job *job, const struct mime_walk *w, struct result *res)
{
	static const struct {
		const char *what, *why;
	} rows[MIME_KIND_COUNT] = {
		[MIME_SIGNED] = { "the message is signed (multipart/signed)",
		    "it cannot be changed without breaking the signature: "
		    "sign it again with quoted-printable parts" },
		[MIME_ENCRYPTED] = { "the message is encrypted "
				     "(multipart/encrypted)",
		    "it cannot be changed: encrypt it again, with parts in "
		    "quoted-printable or base64" },
		[MIME_PARTIAL] = { "the message is a piece of another one "
				   "(message/partial)",
		    "it cannot be encoded: encode the whole before it is "
		    "cut" },
		[MIME_BARE] = { "a multipart has no valid boundary",
		    "its parts cannot be told apart to encode them" },
		[MIME_TOO_DEEP] = { "a part lies too deep inside of others",
		    "so deep, nothing is encoded" },
		[MIME_TOO_MANY] = { "the message has too many parts",
		    "the last of them are not encoded" },
	};

	return result_fail(res, RESULT_CONVERSION, "%s and %s; %s",
	    rows[w->now.kind].what, name_unfit(job, &job->count),
	    rows[w->now.kind].why);
}

/* Chooses the encoding of a leaf that has none: the shorter one, and what
 * can be read, where that costs little. */
static enum recode_body
choose(const struct mime_type *type, const struct recode_count *c)
{
	uint64_t qp = c->qp + c->width + c->width / (QP_LINE + 1) * 3;
	uint64_t base64 = (c->octets + 2) / 3 * 4;

	base64 += base64 / BASE64_LINE * 2;
	/* RFC 2046 section 5.2 leaves no message a choice. */
	if (mime_is(type, "message", NULL))
		return RECODE_QP;
	if (!mime_is(type, "text", NULL))
		return RECODE_BASE64;
	return qp * 10 <= base64 * 11 ? RECODE_QP : RECODE_BASE64;
}

/* A leaf that does not fit and may change. */
static int
decide_unfit(struct recode_job *job, const struct mime_walk *w,
    struct recode_part *part, struct result *res)
{
	switch (w->now.encoding) {
	case MIME_QUOTED_PRINTABLE:
		part->body = RECODE_ESCAPE;
		return 0;
	case MIME_BASE64:
		part->body = RECODE_STRIP;
		return 0;
	case MIME_OTHER:
		return result_fail(res, RESULT_CONVERSION,
		    "a part in the encoding \"%s\" %s; nobody knows how to "
		    "change that encoding",
		    w->now.encoding_name, name_unfit(job, &job->count));
	default:
		part->body = choose(&w->now.type, &job->count);
		part->label = part->body == RECODE_QP ? RECODE_LABEL_QP
						      : RECODE_LABEL_BASE64;
		job->parts[w->now.message].encodes = true;
		return 0;
	}
}

/* What was said to be 8-bit will not be. */
static void
decide_label(const struct recode_job *job, const struct mime_walk *w,
    struct recode_part *part)
{
	enum mime_encoding encoding = w->now.encoding;

	if (job->want == RECODE_7BIT &&
	    (encoding == MIME_8BIT || encoding == MIME_BINARY))
		part->label = RECODE_LABEL_7BIT;
}

static int
survey_field(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;

	buf_reset(&job->out);
	return recode_field(job, w, p, n, &job->out, res);
}

static int
survey_header_end(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;

	(void)p;
	(void)n;
	(void)res;
	if (w->now.kind == MIME_MULTIPART || w->now.kind == MIME_MESSAGE)
		decide_label(job, w, &job->parts[w->now.index]);
	return 0;
}

/* A new text begins: a leaf, or what is around parts. */
static int
survey_begin(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;

	(void)w;
	(void)p;
	(void)n;
	(void)res;
	job->count = (struct recode_count){ .column = 0 };
	return 0;
}

static int
survey_body(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;

	(void)w;
	(void)res;
	recode_count(&job->count, p, n);
	return 0;
}

static int
survey_leaf_end(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;
	struct recode_part *part = &job->parts[w->now.index];

	(void)p;
	(void)n;
	if (!recode_is_unfit(job, &job->count)) {
		if (w->now.kind == MIME_LEAF)
			decide_label(job, w, part);
		return 0;
	}
	if (w->now.kind != MIME_LEAF)
		return fail_kind(job, w, res);
	part->has_8bit = job->count.has_8bit;
	return decide_unfit(job, w, part, res);
}

static int
survey_around(void *arg, const struct mime_walk *w, const char *p, size_t n,
    struct result *res)
{
	struct recode_job *job = arg;

	(void)res;
	recode_count(&job->count, p, n);
	if (recode_is_unfit(job, &job->count))
		job->parts[w->now.index].body = RECODE_TIDY;
	return 0;
}

mime_handler *const recode_survey[MIME_EVENT_COUNT] = {
	[MIME_BEGIN] = survey_begin,
	[MIME_FIELD] = survey_field,
	[MIME_HEADER_END] = survey_header_end,
	[MIME_BODY] = survey_body,
	[MIME_LEAF_END] = survey_leaf_end,
	[MIME_AROUND] = survey_around,
	[MIME_BOUNDARY] = survey_begin,
};
