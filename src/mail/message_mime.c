#include "config.h"

#include <string.h>

#include "mail/message_mime.h"

#define ENCODING_8BIT "8bit"

/* Whether the encoding of the part may be said anew: one leaf, and nothing but
 * plain bytes was said of it. */
static bool
is_plain_leaf(
    const struct message_mime *m, const struct header *h, const struct field *f)
{
	const char *body;
	size_t n;

	if (mime_is(&m->said, "multipart", NULL) ||
	    mime_is(&m->said, "message", NULL))
		return false;
	if (f == NULL)
		return true;
	body = field_body(h, f, &n);
	return mime_parse_encoding(body, n) == MIME_7BIT;
}

static void
plan_8bit(struct message_mime *m, const struct header *h,
    const struct body_facts *facts)
{
	const struct field *encoding = header_find(
	    h, HEADER_CONTENT_TRANSFER_ENCODING);

	m->add_type = m->type == NULL;
	if (mime_is(&m->said, "text", NULL) && mime_is_ascii(&m->said))
		m->charset = facts->charset;
	m->is_8bit = is_plain_leaf(m, h, encoding);
	m->add_encoding = m->is_8bit && encoding == NULL;
}

void
message_mime_plan(struct message_mime *m, const struct header *h,
    const struct body_facts *facts)
{
	const char *body;
	size_t n;

	*m = (struct message_mime){
		.type = header_find(h, HEADER_CONTENT_TYPE),
	};
	mime_default_type(&m->said);
	if (m->type != NULL) {
		body = field_body(h, m->type, &n);
		mime_parse_type(&m->said, body, n);
	}
	if (facts != NULL && body_is_8bit(facts))
		plan_8bit(m, h, facts);
	m->add_version = header_find(h, HEADER_MIME_VERSION) == NULL &&
	    (m->type != NULL || m->add_type || m->add_encoding);
}

/* The Content-Type with another character set. */
static void
put_type(const struct message_mime *m, const struct header *h, struct buf *out)
{
	const struct field *f = m->type;
	size_t n, start = m->said.charset_start, end = m->said.charset_end;
	const char *body = field_body(h, f, &n);

	buf_add(out, h->raw.data + f->start, f->body - f->start);
	if (!m->said.valid) {
		buf_printf(out, " text/plain; charset=%s", m->charset);
	} else if (start == end) {
		while (n > 0 && strchr(" \t\r\n;", body[n - 1]) != NULL)
			n--;
		buf_add(out, body, n);
		buf_printf(out, "; charset=%s", m->charset);
	} else {
		buf_add(out, body, start);
		buf_puts(out, m->charset);
		buf_add(out, body + end, n - end);
	}
}

bool
message_mime_change(const struct message_mime *m, const struct header *h,
    const struct field *f, struct buf *out)
{
	if (f == m->type && m->charset != NULL) {
		put_type(m, h, out);
		return true;
	}
	if (f->name != HEADER_CONTENT_TRANSFER_ENCODING || !m->is_8bit)
		return false;
	buf_printf(out, "%s: %s",
	    header_name_text(HEADER_CONTENT_TRANSFER_ENCODING), ENCODING_8BIT);
	return true;
}

void
message_mime_add(const struct message_mime *m, struct buf *out)
{
	if (m->add_version)
		buf_printf(
		    out, "%s: 1.0\r\n", header_name_text(HEADER_MIME_VERSION));
	if (m->add_type)
		buf_printf(out, "%s: text/plain; charset=%s\r\n",
		    header_name_text(HEADER_CONTENT_TYPE), m->charset);
	if (m->add_encoding)
		buf_printf(out, "%s: %s\r\n",
		    header_name_text(HEADER_CONTENT_TRANSFER_ENCODING),
		    ENCODING_8BIT);
}
