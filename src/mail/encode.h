/*
 * encode: RFC 2047 encoded words, xtext (RFC 3461, section 4),
 * quoted-printable and base64 (RFC 2045, sections 6.7 and 6.8).
 *
 * Pure.  Base64 itself is OpenSSL's.
 */
#ifndef MAIL_ENCODE_H
#define MAIL_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Where encoded words stand: that tells what may stand for itself in them
 * (RFC 2047, section 5), and what comes after them on their line. */
enum encode_place { ENCODE_TEXT, ENCODE_PHRASE, ENCODE_COMMENT };

/* Whether an encoded word in `charset` may begin on a line of `column` bytes:
 * there is room for some characters. */
bool encode_has_room(
    enum encode_place place, const char *charset, size_t column);

/*
 * Appends the `n` bytes at `p`, which are in `charset`, as encoded words: Q or
 * B, whichever is shorter, at most 75 bytes a word, never across a character
 * of UTF-8, separated by CRLF and a blank, the first line being what `out`
 * ends with; where that has no room, a fold goes first.  No line with a word
 * is longer than 76 bytes with what may follow it at once.  In phrases
 * and comments controls become blanks.
 */
void encode_words(struct buf *out, enum encode_place place, const char *charset,
    const char *p, size_t n);

/* How many bytes the last line of `out` has; a long one is not counted to its
 * beginning. */
size_t encode_column(const struct buf *out);

/* Appends `s` as xtext: "+", "=" and everything outside 33..126 as +HH. */
void encode_xtext(struct buf *out, const char *s);

/* A text that is being put into quoted-printable; begins as zero bytes. */
struct encode_qp {
	size_t column; /* of the line as it comes out */
	char held; /* a blank or CR that waits for what follows, or NUL */
};

/*
 * Appends the `n` bytes at `p` in quoted-printable: lines of at most 76 bytes.
 * LF and CR LF end a line; a CR elsewhere is a byte like others.  A "-" that
 * begins a line is encoded, so that no line is ever taken for the boundary of
 * a multipart.  The same comes out whatever the pieces.
 */
void encode_qp(struct encode_qp *qp, struct buf *out, const char *p, size_t n);

/* Ends the text; no line end is added. */
void encode_qp_end(struct encode_qp *qp, struct buf *out);

#define ENCODE_BASE64_LINE 57 /* bytes that fill a line of 76 */

/* Bytes that are being put into base64; begins as zero bytes. */
struct encode_base64 {
	unsigned char line[ENCODE_BASE64_LINE]; /* what waits for more */
	size_t n;
	bool begun; /* a line came out */
};

/*
 * Appends the `n` bytes at `p` in base64: lines of 76 bytes, CRLF between
 * them.  The same comes out whatever the pieces.
 */
void encode_base64(
    struct encode_base64 *b64, struct buf *out, const char *p, size_t n);

/* Ends it; no line end is added. */
void encode_base64_end(struct encode_base64 *b64, struct buf *out);

#endif
