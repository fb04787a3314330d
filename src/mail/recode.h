/*
 * recode: makes a message fit for a narrow way, and changes no more of it
 * than that takes.
 *
 * Part by part inside multiparts and attached messages: a part that does not
 * fit is put into quoted-printable (text) or base64, whichever is shorter,
 * and its Content-Transfer-Encoding says so; every other part passes to the
 * byte.  What is signed (multipart/signed) or encrypted (multipart/encrypted)
 * is never changed: where that would be needed, it fails and says so.  The
 * header of a part with bytes above 127 is made ASCII as the message's own is
 * (header words; RFC 2231 for parameters).
 *
 * Reads the message twice, in pieces, without recursion: first to see what
 * each part needs, then to write it.  Memory does not grow with the message.
 * Pure: where from and where to are handed in.
 */
#ifndef MAIL_RECODE_H
#define MAIL_RECODE_H

#include "base/result.h"
#include "mail/source.h"

#define RECODE_PARTS_MAX 10000 /* parts of all levels */
#define RECODE_DEPTH_MAX 32 /* multiparts and messages inside of each other */

/* What the way does not take. */
enum recode_want {
	RECODE_SHORT, /* lines over 998 octets */
	RECODE_7BIT /* the same, and bytes above 127 */
};

/* Where it is written, in pieces of any size. */
struct recode_sink {
	int (*write)(void *arg, const char *p, size_t n, struct result *res);
	void *arg;
};

/*
 * Writes `message`, whose lines are clean but for their length, as clean lines
 * that fit.  Decoded, it is the same.  Without any MIME fields it is taken for
 * text/plain in us-ascii, and gets them where it must be encoded.  Kinds:
 * CONVERSION (the text says what cannot be changed, and why: a signature, an
 * encryption, an encoding nobody knows, too many parts or levels), those of
 * reading and writing, SYSTEM.
 */
int recode(const struct source *message, enum recode_want want,
    const struct recode_sink *sink, struct result *res)
    __attribute__((warn_unused_result));

#endif
