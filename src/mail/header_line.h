/*
 * header_line: what a line is to a header (header.h says what is what).
 *
 * Shared by the parser of a message's header, and the walk through those of
 * its parts.  Pure.
 */
#ifndef MAIL_HEADER_LINE_H
#define MAIL_HEADER_LINE_H

#include <stddef.h>

enum header_line {
	HEADER_LINE_UNKNOWN, /* more of it must be seen */
	HEADER_LINE_FIELD, /* begins a field */
	HEADER_LINE_FOLD, /* continues one */
	HEADER_LINE_MBOX,
	HEADER_LINE_BLANK, /* ends the header */
	HEADER_LINE_BODY /* ends it and belongs to the body */
};

/* Decides what the `n` > 0 bytes at `p`, the beginning of a line or all of
 * it, are after `fields` fields; *colon is set for a field. */
enum header_line header_line(
    const char *p, size_t n, size_t fields, size_t *colon);

/* Bytes of the name that a field begins with. */
size_t header_name_length(const char *p, size_t n);

#endif
