/*
 * address_scan: the tokens of an address list (RFC 5322 section 3.2, and the
 * obsolete forms of section 4.1).
 *
 * Skips white space and comments, and says where the comments were.  For
 * address, and for words_addresses, to find the words between its mailboxes.
 * Pure; borrows the text.
 */
#ifndef MAIL_ADDRESS_SCAN_H
#define MAIL_ADDRESS_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_END,
	TOKEN_ATOM, /* a run of atext, bytes above 127, and \x pairs */
	TOKEN_QUOTED, /* a quoted-string, quotes included */
	TOKEN_LITERAL, /* a domain literal, brackets included */
	TOKEN_SPECIAL, /* one of < > @ , ; : . ] ) */
	TOKEN_BAD /* `why` says what */
};

struct token {
	enum token_kind kind;
	char special; /* of SPECIAL; else '\0' */
	size_t start, end;
	bool spaced; /* white space or a comment went before */
	size_t comment_start; /* from the first comment that went before */
	size_t comment_end; /* to the last one; 0: there was none */
	const char *why;
};

struct scan {
	const char *text;
	size_t len, pos;
};

/* Reads the next token; after END or BAD it stays where it is. */
void scan_next(struct scan *s, struct token *t);

/* Whether `c` may stand in an atom: atext of RFC 5322, or above 127. */
bool scan_is_atext(char c);

/* Whether `t` is a word: an atom or a quoted-string. */
static inline bool
token_is_word(const struct token *t)
{
	return t->kind == TOKEN_ATOM || t->kind == TOKEN_QUOTED;
}

#endif
