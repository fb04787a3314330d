/*
 * message_words: makes a header field ASCII (RFC 2047, RFC 2231).
 *
 * For the fields of a message and those of its parts.  What a field is, and
 * so where words may stand in it, its name tells (header_names.h).  Text
 * becomes encoded words, parameters become extended ones, domains A-labels;
 * every word that is ASCII stays as it is.  Decoded, the field is the same.
 *
 * Pure.
 */
#ifndef MAIL_MESSAGE_WORDS_H
#define MAIL_MESSAGE_WORDS_H

#include <stddef.h>

#include "base/buf.h"
#include "mail/charset.h"

/* What is left above 127. */
enum words_left {
	WORDS_LEFT_NONE,
	WORDS_LEFT_ADDRESS /* in addresses that only SMTPUTF8 can carry */
};

/*
 * Appends the whole field of `n` bytes at `field`, "Name: body" and CRLF,
 * folded or not, as ASCII.  Text that is not UTF-8 is in one of `charsets`
 * (NULL: none), else it is labelled unknown-8bit.  A field without bytes above
 * 127 passes to the byte, but for the words of unstructured text that are too
 * long for any line: they too become encoded words.  A line with encoded words
 * has at most 76 bytes, other lines are as long as they were.
 *
 * Addresses that cannot be parsed are taken for text.  `out` may have failed
 * afterwards.
 */
enum words_left message_words(struct buf *out, const char *field, size_t n,
    const struct charset_choices *charsets);

#endif
