/*
 * mime_walk: goes through a message part by part, multiparts and attached
 * messages inside of each other, and tells what it meets.
 *
 * Every byte of the message is told exactly once, in order, so that who
 * passes all of it on has the message again.  What is not understood is a
 * leaf: a multipart without a boundary, what lies deeper than RECODE_DEPTH_MAX
 * or comes after RECODE_PARTS_MAX entities.  So is what is signed or
 * encrypted.  The CRLF before a boundary line belongs to it.
 *
 * Takes clean lines of any length, in any pieces; holds one field, or the
 * beginning of one line.  Pure; the struct owns its memory.
 */
#ifndef MAIL_MIME_WALK_H
#define MAIL_MIME_WALK_H

#include "base/buf.h"
#include "base/result.h"
#include "mail/lines.h"
#include "mail/mime.h"
#include "mail/recode.h"

/* What an entity is; all but the first two are leaves. */
enum mime_kind {
	MIME_MULTIPART,
	MIME_MESSAGE, /* message/rfc822, message/global: an entity inside */
	MIME_LEAF,
	MIME_SIGNED, /* multipart/signed */
	MIME_ENCRYPTED, /* multipart/encrypted */
	MIME_PARTIAL, /* message/partial: a piece of something else */
	MIME_BARE, /* a multipart without a boundary */
	MIME_TOO_DEEP,
	MIME_TOO_MANY,
	MIME_KIND_COUNT
};

/* The entity that one is in; its header is known from MIME_HEADER_END on. */
struct mime_entity {
	size_t index; /* in order; RECODE_PARTS_MAX for all that are more */
	size_t message; /* index of the message that it is part of, or is */
	enum mime_kind kind;
	struct mime_type type;
	enum mime_encoding encoding;
	char encoding_name[MIME_TOKEN_MAX]; /* as written, maybe cut */
	bool has_type, has_encoding, has_version;
};

enum mime_event {
	MIME_BEGIN, /* of an entity: its header */
	MIME_FIELD, /* a whole field: see `field`; or an mbox line */
	MIME_HEADER_END, /* the blank line; no bytes where there is none */
	MIME_BODY, /* bytes of a leaf */
	MIME_LEAF_END,
	MIME_AROUND, /* bytes before the first boundary, or after the last */
	MIME_BOUNDARY, /* a boundary line with its CRLF, and the one before;
			* where it is missing at the end, that alone */
	MIME_EVENT_COUNT
};

/* Which field it is. */
enum mime_field {
	MIME_FIELD_OTHER,
	MIME_FIELD_TYPE,
	MIME_FIELD_ENCODING,
	MIME_FIELD_VERSION,
	MIME_FIELD_MBOX /* "From word date", not a field at all */
};

struct mime_walk;

/* Is told one event; returns 0, or -1, which ends the walk. */
typedef int mime_handler(void *arg, const struct mime_walk *w, const char *p,
    size_t n, struct result *res);

/* A multipart or a message that is open. */
struct mime_level {
	char boundary[MIME_BOUNDARY_MAX]; /* "": a message */
	size_t index, message; /* as in the entity */
	bool digest; /* its parts are messages by default */
};

struct mime_walk {
	struct mime_entity now;
	enum mime_field field; /* of MIME_FIELD */
	size_t field_body; /* the byte after its colon */
	/* the walk's own */
	mime_handler *const *handlers; /* MIME_EVENT_COUNT; NULL: not told */
	void *arg;
	struct mime_level levels[RECODE_DEPTH_MAX];
	size_t depth;
	size_t count; /* entities that began */
	enum { MIME_IN_HEADER, MIME_IN_BODY, MIME_IN_AROUND } where;
	bool known; /* what the line is: the rest of it goes the same way */
	bool line_end; /* one waits for what follows it */
	bool has_fields; /* the header has one */
	struct buf raw; /* the current field */
	size_t head; /* bytes held in `line`, from its third on */
	char line[2 + LINES_MAX + 2];
};

void mime_walk_init(
    struct mime_walk *w, mime_handler *const handlers[], void *arg);

/* Take clean lines; end them.  Kinds: CONVERSION, a field larger than
 * HEADER_MAX; SYSTEM; those of the handlers. */
int mime_walk_push(struct mime_walk *w, const char *p, size_t n,
    struct result *res) __attribute__((warn_unused_result));
int mime_walk_end(struct mime_walk *w, struct result *res)
    __attribute__((warn_unused_result));

void mime_walk_clear(struct mime_walk *w);

#endif
