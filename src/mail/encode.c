#include "config.h"

#include <openssl/evp.h>

#include "base/ascii.h"
#include "base/text.h"
#include "mail/encode.h"

#define WORD_MAX 75 /* bytes of an encoded word (RFC 2047, section 2) */
#define WORDS_LINE_MAX 76 /* and of a line that holds one */
#define WORD_BEGIN_B "=?UTF-8?B?"
#define WORD_BEGIN_Q "=?UTF-8?Q?"
#define WORD_END "?="
#define WORD_EXTRA (sizeof WORD_BEGIN_B - 1 + sizeof WORD_END - 1)
#define PAYLOAD_MAX (WORD_MAX - WORD_EXTRA)
#define QP_LINE_MAX 76 /* bytes of a line, with a "=" that continues it */

enum encoding { ENCODING_Q, ENCODING_B };

/* Reads one character of the `n` bytes at `p` into `c`, as UTF-8, and its
 * length into *len; returns how many bytes of `p` it took. */
static size_t
read_char(const char *p, size_t n, char c[4], size_t *len)
{
	if ((*len = text_utf8_length(p, n)) == 0) {
		c[0] = (char)(0xc0 | (unsigned char)*p >> 6);
		c[1] = (char)(0x80 | ((unsigned char)*p & 0x3f));
		*len = 2;
		return 1;
	}
	memcpy(c, p, *len);
	if (ascii_is_control(*c))
		*c = ' ';
	return *len;
}

/* Whether `c` may stand for itself in Q within a phrase (RFC 2047, section
 * 5 rule 3). */
static bool
is_plain(char c)
{
	return ascii_is_alnum(c) || (c != '\0' && strchr("!*+-/", c) != NULL);
}

/* Bytes that the `n` bytes of a character become in Q. */
static size_t
q_length(const char *c, size_t n)
{
	return n == 1 && (is_plain(*c) || *c == ' ') ? 1 : 3 * n;
}

/* Bytes that `n` bytes become in base64. */
static size_t
b_length(size_t n)
{
	return (n + 2) / 3 * 4;
}

static enum encoding
choose_encoding(const char *p, size_t n)
{
	size_t q = 0, bytes = 0, len;
	char c[4];

	while (n > 0) {
		size_t used = read_char(p, n, c, &len);

		q += q_length(c, len);
		bytes += len;
		p += used;
		n -= used;
	}
	return q <= b_length(bytes) ? ENCODING_Q : ENCODING_B;
}

static void
put_q(struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == ' ')
			buf_putc(out, '_');
		else if (is_plain(p[i]))
			buf_putc(out, p[i]);
		else
			buf_printf(out, "=%02X", (unsigned char)p[i]);
	}
}

static void
put_b(struct buf *out, const char *p, size_t n)
{
	char text[PAYLOAD_MAX + 2];

	(void)EVP_EncodeBlock(
	    (unsigned char *)text, (const unsigned char *)p, (int)n);
	buf_puts(out, text);
}

/* Appends one encoded word of at most `room` bytes between its delimiters,
 * made of as many characters as fit; returns how many bytes of `p` it took. */
static size_t
put_word(struct buf *out, const char *p, size_t n, enum encoding encoding,
    size_t room)
{
	char plain[PAYLOAD_MAX];
	size_t bytes = 0, q = 0, taken = 0;

	while (taken < n) {
		char c[4];
		size_t len, used;

		used = read_char(p + taken, n - taken, c, &len);
		q += q_length(c, len);
		if ((encoding == ENCODING_Q ? q : b_length(bytes + len)) > room)
			break;
		memcpy(plain + bytes, c, len);
		bytes += len;
		taken += used;
	}
	buf_puts(out, encoding == ENCODING_Q ? WORD_BEGIN_Q : WORD_BEGIN_B);
	(encoding == ENCODING_Q ? put_q : put_b)(out, plain, bytes);
	buf_puts(out, WORD_END);
	return taken;
}

void
encode_phrase(struct buf *out, const char *p, size_t n, size_t column)
{
	enum encoding encoding = choose_encoding(p, n);
	size_t room = PAYLOAD_MAX;

	if (column + WORD_EXTRA >= WORDS_LINE_MAX - 12)
		buf_puts(out, "\r\n ");
	else if (room > WORDS_LINE_MAX - WORD_EXTRA - column)
		room = WORDS_LINE_MAX - WORD_EXTRA - column;
	while (n > 0 && !buf_failed(out)) {
		size_t used = put_word(out, p, n, encoding, room);

		p += used;
		n -= used;
		room = PAYLOAD_MAX;
		if (n > 0)
			buf_puts(out, "\r\n ");
	}
}

void
encode_xtext(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (ascii_is_visible(*s) && *s != '+' && *s != '=')
			buf_putc(out, *s);
		else
			buf_printf(out, "+%02X", (unsigned char)*s);
	}
}

/* Appends one byte, as itself where it may be. */
static void
qp_put(struct encode_qp *qp, struct buf *out, char c, bool may_stand)
{
	size_t len = may_stand ? 1 : 3;

	if (qp->column + len >= QP_LINE_MAX) {
		buf_puts(out, "=\r\n");
		qp->column = 0;
	}
	if (may_stand && !(c == '-' && qp->column == 0)) {
		buf_putc(out, c);
		qp->column++;
	} else {
		buf_printf(out, "=%02X", (unsigned char)c);
		qp->column += 3;
	}
}

/* Lets go of what was held, knowing what comes after it: nothing of white
 * space may stand at the end of a line. */
static void
qp_release(struct encode_qp *qp, struct buf *out, char next)
{
	char held = qp->held;

	qp->held = '\0';
	if (held == '\0' || (held == '\r' && next == '\n'))
		return;
	qp_put(qp, out, held,
	    held != '\r' && next != '\r' && next != '\n' && next != '\0');
}

void
encode_qp(struct encode_qp *qp, struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		qp_release(qp, out, p[i]);
		if (p[i] == '\n') {
			buf_puts(out, "\r\n");
			qp->column = 0;
		} else if (ascii_is_blank(p[i]) || p[i] == '\r') {
			qp->held = p[i];
		} else {
			qp_put(qp, out, p[i],
			    ascii_is_visible(p[i]) && p[i] != '=');
		}
	}
}

void
encode_qp_end(struct encode_qp *qp, struct buf *out)
{
	qp_release(qp, out, '\0');
}

/* Appends the line that was gathered. */
static void
put_base64_line(struct encode_base64 *b64, struct buf *out)
{
	char text[ENCODE_BASE64_LINE / 3 * 4 + 1];

	(void)EVP_EncodeBlock((unsigned char *)text, b64->line, (int)b64->n);
	if (b64->begun)
		buf_puts(out, "\r\n");
	buf_puts(out, text);
	b64->begun = true;
	b64->n = 0;
}

void
encode_base64(
    struct encode_base64 *b64, struct buf *out, const char *p, size_t n)
{
	while (n > 0) {
		size_t room = sizeof b64->line - b64->n;
		size_t take = n < room ? n : room;

		memcpy(b64->line + b64->n, p, take);
		b64->n += take;
		p += take;
		n -= take;
		if (b64->n == sizeof b64->line)
			put_base64_line(b64, out);
	}
}

void
encode_base64_end(struct encode_base64 *b64, struct buf *out)
{
	if (b64->n > 0)
		put_base64_line(b64, out);
}
