/*
 * message_field: changes the mailboxes of one address field in place.
 *
 * Gives bare names a domain, makes domains ASCII, and puts those outside, and
 * the account, where map and policy say so; every other byte stays.  Internal to message.  Pure.
 */
#ifndef MAIL_MESSAGE_FIELD_H
#define MAIL_MESSAGE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "mail/message.h"

enum field_policy {
	FIELD_QUALIFY, /* domains for bare names, and in ASCII */
	FIELD_MAP, /* and who the addresses are outside */
	FIELD_REWRITE /* and the account, where rules->policy says so */
};

/* What a field holds, and what is to become of it. */
struct field_survey {
	bool malformed;
	size_t mailboxes;
	size_t nameless; /* mailboxes that are just "<>" */
	size_t changed; /* that are not to stay as they are */
	size_t replaced; /* that are to become the account */
};

/* Looks at the `n` bytes of `body`. */
void field_survey(struct field_survey *survey, const char *body, size_t n,
    enum field_policy policy, const struct message_rules *rules);

/* Appends `body`, of which `survey` says that it is well-formed, changed.
 * With MESSAGE_FROM_ACCOUNT only the first of several mailboxes is left. */
void field_write(struct buf *out, const char *body, size_t n,
    const struct field_survey *survey, enum field_policy policy,
    const struct message_rules *rules);

/* Whether the policy makes the account of `spec`, who is nobody else
 * outside. */
bool field_is_account(const char *spec, const struct message_rules *rules);

/* Appends "name <address>", or just the address when `name` is empty or
 * NULL; folded before the address when the line would pass 76 octets. */
void field_put_mailbox(struct buf *out, const char *name, const char *address,
    const struct message_rules *rules);

#endif
