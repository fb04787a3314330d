/*
 * message_mime: the MIME fields of a message whose body wants them.
 *
 * 8-bit text without MIME fields gets all three; a Content-Type of text that
 * names no character set, or ASCII, gets the one that the bytes are in;
 * single parts are said to be 8-bit where they are.  What is right stays as
 * it is, and so does every multipart.  Internal to message.  Pure.
 */
#ifndef MAIL_MESSAGE_MIME_H
#define MAIL_MESSAGE_MIME_H

#include <stdbool.h>

#include "base/buf.h"
#include "mail/body.h"
#include "mail/header.h"
#include "mail/mime.h"

struct message_mime {
	const char *charset; /* to be said; NULL: what is said stays */
	const struct field *type; /* the Content-Type where it is; or NULL */
	struct mime_type said; /* what it says */
	bool add_version, add_type;
	bool is_8bit; /* the encoding becomes "8bit" */
	bool add_encoding; /* there is no field that says one */
};

/* What is to be done to `h`, whose body is as `facts` say.  Nothing: NULL. */
void message_mime_plan(struct message_mime *m, const struct header *h,
    const struct body_facts *facts);

/* Appends the whole field `f` to `out` as it is to be, but for its last CRLF,
 * and says so; false: it stays as it is. */
bool message_mime_change(const struct message_mime *m, const struct header *h,
    const struct field *f, struct buf *out);

/* Appends the fields that are missing. */
void message_mime_add(const struct message_mime *m, struct buf *out);

#endif
