/*
 * mime: what the MIME fields of a header say (RFC 2045, RFC 2046).
 *
 * Takes the body of one field at a time, folds and comments and all, and
 * never fails: what cannot be read is as if it had not been said, and marked
 * so.  Pure; allocates nothing.
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include <stdbool.h>
#include <stddef.h>

#define MIME_TOKEN_MAX 80 /* bytes of a type, subtype or charset, with NUL */
#define MIME_BOUNDARY_MAX 71 /* RFC 2046 section 5.1.1: 70, and the NUL */

struct mime_type {
	bool valid; /* "type/subtype" could be read */
	/* in lower case; "text" and "plain" where not valid */
	char type[MIME_TOKEN_MAX], subtype[MIME_TOKEN_MAX];
	char charset[MIME_TOKEN_MAX]; /* as written; "" when not said */
	size_t charset_start, charset_end; /* its value in the body, quotes
					    * included; equal: not said */
	char boundary[MIME_BOUNDARY_MAX]; /* "": none, or none that is valid */
};

/* Content-Transfer-Encoding */
enum mime_encoding {
	MIME_7BIT, /* also where nothing is said */
	MIME_8BIT,
	MIME_BINARY,
	MIME_QUOTED_PRINTABLE,
	MIME_BASE64,
	MIME_OTHER /* x-uuencode and the like */
};

/* Reads the body of a Content-Type field. */
void mime_parse_type(struct mime_type *type, const char *body, size_t n);

/* What stands for a missing Content-Type: text/plain, no charset. */
void mime_default_type(struct mime_type *type);

bool mime_is(const struct mime_type *type, const char *main_type,
    const char *subtype); /* subtype NULL: any */

/* Whether the charset is ASCII by one of its names, or not said. */
bool mime_is_ascii(const struct mime_type *type);

/* Reads the body of a Content-Transfer-Encoding field. */
enum mime_encoding mime_parse_encoding(const char *body, size_t n);

#endif
