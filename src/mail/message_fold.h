/*
 * message_fold: keeps the lines of a header field within 998 octets (RFC 5322
 * section 2.1.1), and changes nothing where they are.
 *
 * Internal to message.  Pure.
 */
#ifndef MAIL_MESSAGE_FOLD_H
#define MAIL_MESSAGE_FOLD_H

#include <stddef.h>

#include "base/buf.h"

enum fold_kind {
	FOLD_TEXT, /* at the last blank */
	FOLD_ADDRESSES /* after the last comma of the list, else as text */
};

/*
 * Appends the field of `n` bytes at `p`, which ends in CRLF and whose body
 * begins at `body`, before which nothing is folded.  A line without a blank
 * is broken by CRLF and a blank, never inside a UTF-8 character or between a
 * backslash and what it quotes.  No line of white space only comes out.
 */
void message_fold(
    struct buf *out, const char *p, size_t n, size_t body, enum fold_kind kind);

#endif
