#include "config.h"

#include <openssl/evp.h>

#include "base/ascii.h"
#include "base/text.h"
#include "mail/encode.h"

#define WORD_MAX 75 /* bytes of an encoded word (RFC 2047, section 2) */
#define PAYLOAD_MAX WORD_MAX /* more than there is of it in a word */
#define PAYLOAD_MIN 12 /* a character in Q, or three in B */
#define WORD_EXTRA 7 /* bytes of "=?", "?Q?" and "?=" around the charset */
#define COLUMN_MAX 256 /* a line is no longer counted beyond */
#define QP_LINE_MAX 76 /* bytes of a line, with a "=" that continues it */

enum encoding { ENCODING_Q, ENCODING_B };

static const struct {
	const char *plain; /* what stands for itself in Q, with the alnums */
	size_t line_max; /* a line with a word, before what may follow it */
	char control; /* stands for each control; NUL: itself */
} places[] = {
	[ENCODE_TEXT] = { "!\"#$%&'()*+,-./:;<>@[\\]^`{|}~", 76, '\0' },
	[ENCODE_PHRASE] = { "!*+-/", 75, ' ' },
	[ENCODE_COMMENT] = { "!*+-/", 74, ' ' },
};

/* The words that are being made. */
struct words {
	const char *charset;
	enum encode_place place;
	enum encoding encoding;
};

/* Reads one character of the `n` bytes at `p` into `c`; returns its length. */
static size_t
read_char(const struct words *w, const char *p, size_t n, char c[4])
{
	size_t len = text_utf8_length(p, n);
	char control = places[w->place].control;

	if (len == 0)
		len = 1;
	memcpy(c, p, len);
	if (control != '\0' && ascii_is_control(*c))
		*c = control;
	return len;
}

static bool
is_plain(const struct words *w, char c)
{
	return ascii_is_alnum(c) ||
	    (c != '\0' && strchr(places[w->place].plain, c) != NULL);
}

/* Bytes that the `n` bytes of a character become in Q. */
static size_t
q_length(const struct words *w, const char *c, size_t n)
{
	return n == 1 && (is_plain(w, *c) || *c == ' ') ? 1 : 3 * n;
}

/* Bytes that `n` bytes become in base64. */
static size_t
b_length(size_t n)
{
	return (n + 2) / 3 * 4;
}

static enum encoding
choose_encoding(const struct words *w, const char *p, size_t n)
{
	size_t q = 0;
	char c[4];

	for (size_t i = 0, len; i < n; i += len) {
		len = read_char(w, p + i, n - i, c);
		q += q_length(w, c, len);
	}
	return q <= b_length(n) ? ENCODING_Q : ENCODING_B;
}

static void
put_q(const struct words *w, struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == ' ')
			buf_putc(out, '_');
		else if (is_plain(w, p[i]))
			buf_putc(out, p[i]);
		else
			buf_printf(out, "=%02X", (unsigned char)p[i]);
	}
}

static void
put_b(struct buf *out, const char *p, size_t n)
{
	char text[PAYLOAD_MAX + 4];

	(void)EVP_EncodeBlock(
	    (unsigned char *)text, (const unsigned char *)p, (int)n);
	buf_puts(out, text);
}

/* Appends one encoded word of at most `room` bytes between its delimiters,
 * made of as many characters as fit; returns how many bytes of `p` it took. */
static size_t
put_word(const struct words *w, struct buf *out, const char *p, size_t n,
    size_t room)
{
	char plain[PAYLOAD_MAX];
	size_t q = 0, taken = 0;

	while (taken < n) {
		char c[4];
		size_t len = read_char(w, p + taken, n - taken, c);

		q += q_length(w, c, len);
		if ((w->encoding == ENCODING_Q ? q : b_length(taken + len)) >
		    room)
			break;
		memcpy(plain + taken, c, len);
		taken += len;
	}
	buf_printf(
	    out, "=?%s?%c?", w->charset, w->encoding == ENCODING_Q ? 'Q' : 'B');
	if (w->encoding == ENCODING_Q)
		put_q(w, out, plain, taken);
	else
		put_b(out, plain, taken);
	buf_puts(out, "?=");
	return taken;
}

/* How many bytes of payload a word may have that begins at `column`; at least
 * a character's. */
static size_t
room_at(enum encode_place place, const char *charset, size_t column)
{
	size_t extra = WORD_EXTRA + strlen(charset);
	size_t room = WORD_MAX - extra, line = places[place].line_max;

	if (column + extra + PAYLOAD_MIN > line)
		return 0;
	return room < line - extra - column ? room : line - extra - column;
}

bool
encode_has_room(enum encode_place place, const char *charset, size_t column)
{
	return room_at(place, charset, column) > 0;
}

void
encode_words(struct buf *out, enum encode_place place, const char *charset,
    const char *p, size_t n)
{
	struct words w = { .charset = charset, .place = place };
	size_t room = room_at(place, charset, encode_column(out));

	w.encoding = choose_encoding(&w, p, n);
	while (n > 0 && !buf_failed(out)) {
		size_t used;

		if (room == 0) {
			buf_puts(out, "\r\n ");
			room = room_at(place, charset, 1);
		}
		used = put_word(&w, out, p, n, room);
		p += used;
		n -= used;
		room = 0;
	}
}

size_t
encode_column(const struct buf *out)
{
	size_t n = 0;

	while (n < out->len && n < COLUMN_MAX &&
	    out->data[out->len - 1 - n] != '\n')
		n++;
	return n;
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
