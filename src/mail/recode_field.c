#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "mail/header.h"
#include "mail/header_line.h"
#include "mail/message_fold.h"
#include "mail/message_words.h"
#include "mail/recode_parts.h"

/* Bytes that a field may have on its way: what is escaped grows. */
#define FIELD_MAX (8 * (size_t)HEADER_MAX)

/* Whether both say of the body of a part what matters to the walk. */
static bool
means_same(
    const struct mime_walk *w, const char *p, size_t n, const struct buf *made)
{
	struct mime_type was, is;
	const char *colon = memchr(made->data, ':', made->len);

	if (w->field != MIME_FIELD_TYPE)
		return true;
	if (colon == NULL)
		return false;
	mime_parse_type(&was, p + w->field_body, n - w->field_body);
	mime_parse_type(
	    &is, colon + 1, made->len - (size_t)(colon + 1 - made->data));
	return strcmp(was.type, is.type) == 0 &&
	    strcmp(was.subtype, is.subtype) == 0 &&
	    strcmp(was.boundary, is.boundary) == 0;
}

static int
fail(const char *p, const char *why, struct result *res)
{
	return result_fail(res, RESULT_CONVERSION,
	    "the field %.*s in the header of a part %s",
	    (int)header_name_length(p, HEADER_NAME_MAX), p, why);
}

/* Makes `words` of the field, and folds them to `made`. */
static int
convert(const struct recode_job *job, const struct mime_walk *w, const char *p,
    size_t n, struct buf *words, struct buf *made, struct result *res)
{
	struct recode_count c = { .column = 0 };
	bool is_ascii = message_words(words, p, n, NULL) == WORDS_LEFT_NONE;

	if (buf_failed(words))
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the header of a part");
	if (!is_ascii && job->want == RECODE_7BIT)
		return fail(p, "has an address that is not ASCII", res);
	if (message_fold(made, words->data, words->len, res) == -1)
		return fail(p, "has a word that is too long for a line", res);
	if (buf_failed(made))
		return result_fail(
		    res, RESULT_SYSTEM, "no memory for the header of a part");
	recode_count(&c, made->data, made->len);
	if (recode_is_unfit(job, &c) || !means_same(w, p, n, made))
		return fail(p, "does not fit, and cannot be changed", res);
	return 0;
}

int
recode_field(const struct recode_job *job, const struct mime_walk *w,
    const char *p, size_t n, struct buf *out, struct result *res)
{
	struct recode_count c = { .column = 0 };
	struct buf words, made;
	int rc;

	recode_count(&c, p, n);
	if (!recode_is_unfit(job, &c)) {
		buf_add(out, p, n);
		return 0;
	}
	/* It is no field, and nobody reads it. */
	if (w->field == MIME_FIELD_MBOX)
		return 0;
	buf_init(&words, FIELD_MAX);
	buf_init(&made, FIELD_MAX);
	rc = convert(job, w, p, n, &words, &made, res);
	if (rc == 0)
		buf_add(out, made.data, made.len);
	buf_free(&words);
	buf_free(&made);
	return rc;
}
