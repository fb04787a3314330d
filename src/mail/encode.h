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

/*
 * Appends the `n` bytes at `p`, UTF-8, as encoded words fit for a phrase
 * (RFC 2047, section 5 rule 3): Q or B, whichever is shorter, at most 75
 * bytes a word, never across a character, words separated by CRLF and a
 * blank, the first line being `column` bytes long already.  Bytes that are
 * not UTF-8 are sent as ISO-8859-1 characters would be, and controls as
 * blanks: nothing is dropped, and nothing comes out as a line end.
 */
void encode_phrase(struct buf *out, const char *p, size_t n, size_t column);

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
