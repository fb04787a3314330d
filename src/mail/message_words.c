#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "mail/header_names.h"
#include "mail/lines.h"
#include "mail/message_words.h"
#include "mail/words_parts.h"

#define WORD_LONGEST (LINES_MAX - 1) /* a blank goes before it */

/* Whether a word is too long for any line. */
static bool
has_long(const char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n && len <= WORD_LONGEST; i++)
		len = ascii_is_space(p[i]) ? 0 : len + 1;
	return len > WORD_LONGEST;
}

static enum words_left
put_body(struct run *run, enum header_kind kind, const char *p, size_t n)
{
	switch (kind) {
	case HEADER_ADDRESSES:
		return words_addresses(run, p, n);
	case HEADER_PARAMETERS:
		words_parameters(run, p, n);
		return WORDS_LEFT_NONE;
	case HEADER_TEXT:
		run->longest = WORD_LONGEST;
		break;
	case HEADER_STRUCTURED:
		break;
	}
	run_text(run, p, n);
	return WORDS_LEFT_NONE;
}

/* Appends the field of `n` bytes at `p` with its body, which is in `charset`
 * and begins at `body`, changed. */
static enum words_left
put_field(struct buf *out, const char *p, size_t n, size_t body,
    enum header_kind kind, const char *charset)
{
	size_t end = n;
	enum words_left left;
	struct run run;

	if (end > body && p[end - 1] == '\n')
		end--;
	if (end > body && p[end - 1] == '\r')
		end--;
	run_init(&run, out, charset);
	buf_add(out, p, body);
	left = put_body(&run, kind, p + body, end - body);
	buf_add(out, p + end, n - end);
	run_free(&run);
	return left;
}

enum words_left
message_words(struct buf *out, const char *field, size_t n,
    const struct charset_choices *charsets)
{
	const char *colon = memchr(field, ':', n), *charset;
	size_t body = colon == NULL ? 0 : (size_t)(colon - field) + 1, name;
	enum words_left left = WORDS_LEFT_NONE;
	enum header_kind kind;
	struct buf text;

	for (name = 0; name < body && ascii_is_visible(field[name]) &&
	     field[name] != ':';)
		name++;
	kind = header_name_kind(header_name_find(field, name));
	if (!run_has_8bit(field, n) &&
	    !(kind == HEADER_TEXT && has_long(field + body, n - body))) {
		buf_add(out, field, n);
		return left;
	}
	buf_init(&text, out->max);
	charset = charset_to_utf8(&text, field, n, charsets);
	if (strcmp(charset, CHARSET_UNKNOWN) != 0)
		charset = CHARSET_UTF8;
	if (buf_failed(&text))
		out->failed = true;
	else
		left = put_field(out, text.data, text.len, body, kind, charset);
	buf_free(&text);
	return left;
}
