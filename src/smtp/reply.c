#include "config.h"

#include <bsd/string.h>
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "mail/charset.h"
#include "smtp/reply.h"

void
reply_init(struct reply *r)
{
	*r = (struct reply){ 0 };
	buf_init(&r->text, REPLY_BYTES_MAX);
	buf_init(&r->partial, REPLY_LINE_MAX);
}

void
reply_reset(struct reply *r)
{
	r->code = 0;
	r->status[0] = '\0';
	r->lines = 0;
	buf_reset(&r->text);
	buf_reset(&r->partial);
}

void
reply_clear(struct reply *r)
{
	reply_reset(r);
	buf_free(&r->text);
	buf_free(&r->partial);
}

/* Length of the enhanced status code (RFC 3463) that the `n` bytes at `p`
 * begin with, 0 when they do not. */
static size_t
status_length(const char *p, size_t n)
{
	size_t i = 1;

	if (n == 0 || (p[0] != '2' && p[0] != '4' && p[0] != '5'))
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (i == n || p[i++] != '.')
			return 0;
		while (i < n && digits < 3 && ascii_is_digit(p[i])) {
			i++;
			digits++;
		}
		if (digits == 0)
			return 0;
	}
	return i == n || ascii_is_blank(p[i]) ? i : 0;
}

/* The code at the start of a line, or -1. */
static int
line_code(const char *p, size_t n)
{
	if (n < 3 || p[0] < '2' || p[0] > '5' || p[1] < '0' || p[1] > '5' ||
	    !ascii_is_digit(p[2]))
		return -1;
	if (n > 3 && p[3] != ' ' && p[3] != '-')
		return -1;
	return (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
}

/* What is wrong with a line whose code is `code`; NULL: nothing. */
static const char *
line_fault(const struct reply *r, int code)
{
	if (code == -1)
		return "not an SMTP reply";
	if (r->lines > 0 && code != r->code)
		return "two codes in one reply";
	if (r->lines == REPLY_LINES_MAX)
		return "too many lines in a reply";
	return NULL;
}

/* Notes the enhanced status code that the first line's text begins with. */
static void
take_status(struct reply *r, const char *p, size_t n)
{
	size_t len = status_length(p, n);

	if (r->lines > 0 || len >= sizeof r->status)
		return;
	memcpy(r->status, p, len);
	r->status[len] = '\0';
}

/* Takes the line in `partial`, without its end. */
static enum reply_push
take_line(struct reply *r, struct result *res)
{
	const char *p = r->partial.data, *fault;
	size_t n = r->partial.len, skip = n > 3 ? 4 : 3;
	int code = line_code(p, n);

	if ((fault = line_fault(r, code)) == NULL) {
		take_status(r, p + skip, n - skip);
		r->code = code;
		r->lines++;
		buf_add(&r->text, p + skip, n - skip);
		buf_putc(&r->text, '\n');
		if (buf_failed(&r->text))
			fault = "reply too long";
	}
	if (fault != NULL) {
		(void)result_fail(res, RESULT_PROTOCOL, "%s", fault);
		return REPLY_MALFORMED;
	}
	return n > 3 && p[3] == '-' ? REPLY_MORE : REPLY_DONE;
}

enum reply_push
reply_push(
    struct reply *r, const char *p, size_t n, size_t *used, struct result *res)
{
	enum reply_push got = REPLY_MORE;
	const char *end;
	size_t len;

	for (*used = 0; got == REPLY_MORE && *used < n; *used += len) {
		end = memchr(p + *used, '\n', n - *used);
		len = end == NULL ? n - *used : (size_t)(end - p) + 1 - *used;
		buf_add(&r->partial, p + *used, len);
		if (buf_failed(&r->partial)) {
			(void)result_fail(
			    res, RESULT_PROTOCOL, "reply line too long");
			return REPLY_MALFORMED;
		}
		if (end == NULL)
			continue;
		while (r->partial.len > 0 &&
		    ascii_is_space(r->partial.data[r->partial.len - 1]))
			r->partial.data[--r->partial.len] = '\0';
		got = take_line(r, res);
		if (got != REPLY_MALFORMED)
			buf_reset(&r->partial);
	}
	return got;
}

const char *
reply_line(const struct reply *r, size_t i, size_t *len)
{
	const char *p = r->text.data, *limit = p + r->text.len, *end;

	for (;;) {
		end = memchr(p, '\n', (size_t)(limit - p));
		if (end == NULL)
			end = limit;
		if (i-- == 0 || end == limit)
			break;
		p = end + 1;
	}
	*len = (size_t)(end - p);
	return p;
}

void
reply_show(const char *p, size_t n, char *dst, size_t size)
{
	static const struct charset_choices chinese = { .names = {
							    "GB18030" } };
	struct buf text;

	buf_init(&text, 2 * REPLY_BYTES_MAX);
	(void)charset_to_utf8(&text, p, n, &chinese);
	text_escape(dst, size, text.data, text.len);
	buf_free(&text);
}

/* The code, and the lines, joined by blanks; a status code said again on a
 * further line, as many servers do, is left out there. */
void
reply_words(const struct reply *r, char *dst, size_t size)
{
	struct buf all;
	const char *p;
	size_t n, skip;

	buf_init(&all, REPLY_BYTES_MAX + 4);
	buf_printf(&all, "%03d", r->code);
	for (size_t i = 0; i < r->lines; i++) {
		p = reply_line(r, i, &n);
		skip = strlen(r->status);
		if (i == 0 || skip == 0 || n < skip ||
		    status_length(p, n) != skip ||
		    memcmp(p, r->status, skip) != 0)
			skip = 0;
		while (skip > 0 && skip < n && ascii_is_blank(p[skip]))
			skip++;
		if (n > skip)
			buf_putc(&all, ' ');
		buf_add(&all, p + skip, n - skip);
	}
	reply_show(all.data, all.len, dst, size);
	buf_free(&all);
}

int
reply_fail(const struct reply *r, enum result_kind kind, const char *stage,
    const char *what, struct result *res)
{
	char words[RESULT_TEXT_MAX];
	char digit = (char)('0' + r->code / 100 % 10);

	reply_words(r, words, sizeof words);
	(void)result_fail(res, kind, "%s: %s", what, words);
	res->reply = r->code;
	strlcpy(res->stage, stage, sizeof res->stage);
	if (r->status[0] == digit)
		strlcpy(res->status, r->status, sizeof res->status);
	else if (digit == '2' || digit == '4' || digit == '5')
		res->status[0] = digit;
	return -1;
}
