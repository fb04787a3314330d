/*
 * address: one parser for every address list (RFC 5322 section 3.4, with the
 * obsolete forms of section 4.4).
 *
 * Takes header bodies and command-line arguments alike: names, angle
 * brackets, routes, groups, nested comments, quoted local parts, domain
 * literals, empty list members, folds, a semicolon or (where every word has
 * an "@") a blank between addresses, a group that lacks its end.  A name may
 * hold what should have been quoted, as long as an angle bracket follows and
 * it is no more than one "@".  UTF-8 is allowed wherever RFC 6532 allows it;
 * controls, but for folds, nowhere in an address.  Takes linear time, without
 * recursion, and gives the place of each address, so that a caller can change
 * just those bytes.
 *
 * Pure; allocates nothing; borrows the text.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"
#include "mail/charset.h"

#define ADDRESS_MAX 1024 /* bytes of one address as it goes out */
#define ADDRESS_COMMENT_DEPTH 64 /* deeper nesting is refused */

/* A position in a list being read; set up by address_list(). */
struct address_list {
	const char *text;
	size_t len, pos;
	size_t stop; /* beyond pos: addresses without commas go on to here */
	bool in_group;
};

/* One mailbox, as offsets into the text. */
struct address {
	size_t start, end; /* the whole mailbox: name, brackets, comments */
	/* the addr-spec as written; brackets and a route are outside */
	size_t spec_start, spec_end;
	size_t name_start, name_end; /* display name as written; empty: none */
	/* the addr-spec in its shortest correct form: no comments, no white
	 * space, local part quoted only where it must be (a..b and c. are),
	 * domain without its final dot, a leading backslash removed */
	char spec[ADDRESS_MAX];
	/* bytes of spec before the "@"; all of it when there is none */
	size_t local_len;
	bool has_domain;
	bool angle; /* it stood in angle brackets */
	size_t angle_start; /* the byte after the "<", when it did */
	bool is_8bit; /* spec holds bytes above 127 */
	bool in_group;
};

enum address_next {
	ADDRESS_FOUND,
	ADDRESS_END,
	ADDRESS_BAD /* the result says what and where */
};

/* Begins to read the list in the `n` bytes at `text`, which may be folded. */
void address_list(struct address_list *list, const char *text, size_t n);

/*
 * Reads the next mailbox.  On BAD, `res` is filled (kind ADDRESS, with the
 * offending part) and the list is not to be read further.  An empty "<>"
 * is a mailbox with an empty spec.  An empty group gives nothing.
 */
enum address_next address_next(struct address_list *list, struct address *addr,
    struct result *res) __attribute__((warn_unused_result));

/*
 * Reads exactly one mailbox, as for -f: "a@b", "<a@b>", "Name <a@b>", "a",
 * "", "<>" (both empty).  Kind ADDRESS: more than one, or none of these.
 * What PHP makes of "-f 'o quoted@example.com'" (words, then one that holds
 * an "@") is refused here like any other malformed text.
 */
int address_one(struct address *addr, const char *text, size_t n,
    struct result *res) __attribute__((warn_unused_result));

/* The domain of a spec: what follows its "@", or NULL when it has none.  An
 * "@" inside a quoted local part is not the one. */
const char *address_domain(const char *spec);

/* Whether the two specs name the same mailbox: local parts equal to the byte,
 * domains but for ASCII case. */
bool address_equal(const char *a, const char *b);

/* Appends `name` as a display name: atoms bare, else a quoted-string, else
 * (with bytes above 127, or too long to stand on a line) RFC 2047 words, of
 * UTF-8, one of `charsets` (NULL: none), or unknown-8bit; controls become
 * blanks.  Appends nothing for an empty or blank name. */
void address_put_name(
    struct buf *out, const char *name, const struct charset_choices *charsets);

#endif
