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
#include "base/result.h"

/*
 * Appends the field of `n` bytes at `p`, "Name: body" and CRLF.  A line is
 * broken after the last comma of a list of addresses, else at the last blank,
 * else after the colon.  No line of white space only comes out.  Kind DATA:
 * a word is too long for a line; `out` is not to be used then.
 */
int message_fold(struct buf *out, const char *p, size_t n, struct result *res)
    __attribute__((warn_unused_result));

#endif
