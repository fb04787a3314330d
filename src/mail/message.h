/*
 * message: makes a header valid RFC 5322, and changes nothing else.
 *
 * Adds what is missing (Date, Message-ID, From, or their Resent- forms in a
 * resent message), removes what must not go out (Bcc, Resent-Bcc,
 * Return-Path, Content-Length, and empty fields that are replaced), gives
 * bare names in address fields a domain, makes domains ASCII, puts into From
 * who its addresses are outside, or the account where the policy says so, with
 * the old one in Reply-To, makes text with bytes above 127 ASCII
 * (message_words.h), and folds lines that are too long.  Every other field
 * passes to the byte and in order; what is added stands at the end.
 *
 * Pure: time, ids and identity are handed in.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/result.h"
#include "mail/body.h"
#include "mail/charset.h"
#include "mail/header.h"

#define MESSAGE_HOPS_MAX 50 /* Received fields; more is a loop */

/* Which addresses in From become the account's. */
enum message_from {
	MESSAGE_FROM_KEEP,
	MESSAGE_FROM_LOCAL, /* those for which is_local says so */
	MESSAGE_FROM_ACCOUNT /* all */
};

/* What becomes of 8-bit text. */
enum message_text {
	MESSAGE_TEXT_READABLE, /* words in the header, MIME fields for a body */
	MESSAGE_TEXT_RAW /* it stays: the header is made anew before it goes */
};

/* Who an address is outside. */
struct message_person {
	const char *address; /* with its domain */
	const char *name; /* display name; "": the one that stands there */
};

struct message_rules {
	const char *date; /* to put into Date */
	const char *id; /* to put into Message-ID, with its "<>" */
	const char *from; /* address of a generated From; NULL: none is made */
	const char *name; /* its display name, or "" */
	const char *domain; /* for bare names */
	enum message_from policy;
	const char *account; /* address that replaces; NULL: keep all */
	const char *account_name; /* display name where there was none */
	/* whether a qualified addr-spec belongs to this machine */
	bool (*is_local)(const char *spec, const void *arg);
	/* who an addr-spec, as it was written, is outside whatever the policy;
	 * NULL, or false: nobody in particular */
	bool (*find_outside)(
	    const char *spec, struct message_person *who, const void *arg);
	const void *arg;
	bool add_missing; /* false with -G */
	const char *received; /* to put into a Received; NULL: none is made */
	enum message_text text;
	const struct body_facts *body; /* for MIME fields; NULL: none */
	/* of 8-bit text that is not UTF-8; NULL: none */
	const struct charset_choices *charsets;
};

/* What the caller must know of the header that was made. */
struct message_facts {
	bool needs_utf8; /* an address in it is not ASCII: SMTPUTF8 */
};

/*
 * Appends the header of `h`, made valid by `rules`, to `out` (which bounds
 * it), without the blank line that ends it.  Kind LOOP: too many Received
 * fields; DATA: `out` is full, or a word that must stay is too long for any
 * line; `out` is empty then.  A field whose addresses cannot be parsed
 * passes as text, but for a From that must change, which is replaced whole.
 * A generated From follows the policy too, and brings no Reply-To with it.
 */
int message_header(const struct header *h, const struct message_rules *rules,
    struct buf *out, struct message_facts *facts, struct result *res)
    __attribute__((warn_unused_result));

#endif
