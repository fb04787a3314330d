#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/address.h"
#include "mail/encode.h"
#include "mail/idn.h"
#include "mail/message_field.h"

#define LINE_BEST 76 /* octets that a line with words must not pass */

/* What becomes of a mailbox. */
struct change {
	enum { CHANGE_NONE, CHANGE_SPEC, CHANGE_PERSON, CHANGE_ACCOUNT } kind;
	char spec[2 * ADDRESS_MAX]; /* SPEC: what is put for the old one */
	struct message_person person; /* PERSON, ACCOUNT: who is */
	bool is_outside; /* somebody is, and maybe as it stands there */
};

static bool
is_empty(const char *s)
{
	return s == NULL || *s == '\0';
}

static bool
find_outside(const char *spec, struct message_person *who,
    const struct message_rules *rules)
{
	return *spec != '\0' && rules->find_outside != NULL &&
	    rules->find_outside(spec, who, rules->arg);
}

bool
field_is_account(const char *spec, const struct message_rules *rules)
{
	struct message_person outside;

	if (rules->policy == MESSAGE_FROM_KEEP || is_empty(rules->account))
		return false;
	if (address_equal(spec, rules->account) ||
	    find_outside(spec, &outside, rules))
		return false;
	return rules->policy == MESSAGE_FROM_ACCOUNT ||
	    (*spec != '\0' && rules->is_local != NULL &&
		rules->is_local(spec, rules->arg));
}

/* Puts into change->spec the spec as it is to be if nobody else comes in its
 * place; false: it is that already. */
static bool
respell(struct change *change, struct address *addr,
    const struct message_rules *rules)
{
	bool bare = rules->add_missing && !addr->has_domain &&
	    addr->spec[0] != '\0' && !is_empty(rules->domain);
	bool was_8bit = addr->is_8bit;
	struct result ignored;

	/* what cannot be ASCII stays: it may be no recipient */
	(void)!idn_put_ascii(addr, &ignored);
	snprintf(change->spec, sizeof change->spec, "%s%s%s", addr->spec,
	    bare ? "@" : "", bare ? rules->domain : "");
	return bare || addr->is_8bit != was_8bit;
}

static void
choose(struct change *change, struct address *addr, enum field_policy policy,
    const struct message_rules *rules)
{
	bool differs = respell(change, addr, rules);

	change->kind = differs ? CHANGE_SPEC : CHANGE_NONE;
	change->is_outside = policy >= FIELD_MAP &&
	    find_outside(addr->spec, &change->person, rules);
	if (change->is_outside) {
		if (!address_equal(change->person.address, addr->spec) ||
		    !is_empty(change->person.name))
			change->kind = CHANGE_PERSON;
		return;
	}
	/* a bare name is local whatever domain it would get, unless that makes
	 * it the account's */
	if (policy == FIELD_REWRITE &&
	    (field_is_account(change->spec, rules) ||
		(field_is_account(addr->spec, rules) &&
		    !address_equal(change->spec, rules->account)))) {
		change->kind = CHANGE_ACCOUNT;
		change->person = (struct message_person){ rules->account,
			rules->account_name };
	}
}

void
field_survey(struct field_survey *survey, const char *body, size_t n,
    enum field_policy policy, const struct message_rules *rules)
{
	struct address_list list;
	struct address addr;
	enum address_next next;
	struct result ignored;
	struct change change;

	*survey = (struct field_survey){ .malformed = false };
	address_list(&list, body, n);
	while ((next = address_next(&list, &addr, &ignored)) == ADDRESS_FOUND) {
		choose(&change, &addr, policy, rules);
		survey->mailboxes++;
		survey->nameless += addr.spec[0] == '\0';
		survey->changed += change.kind != CHANGE_NONE;
		survey->replaced += change.kind == CHANGE_ACCOUNT;
	}
	survey->malformed = next == ADDRESS_BAD;
}

/* Whether the mailbox has neither a display name nor a comment, which is an
 * old form of one. */
static bool
is_anonymous(const char *body, const struct address *addr)
{
	return addr->name_start == addr->name_end &&
	    memchr(body + addr->start, '(', addr->spec_start - addr->start) ==
	    NULL &&
	    memchr(body + addr->spec_end, '(', addr->end - addr->spec_end) ==
	    NULL;
}

void
field_put_mailbox(struct buf *out, const char *name, const char *address,
    const struct message_rules *rules)
{
	size_t before = out->len;

	if (!is_empty(name))
		address_put_name(out, name, rules->charsets);
	if (buf_failed(out) || out->len == before) {
		buf_puts(out, address);
		return;
	}
	if (encode_column(out) + strlen(address) + 3 > LINE_BEST)
		buf_puts(out, "\r\n");
	buf_printf(out, " <%s>", address);
}

/* Whether nothing of the mailbox is to stay. */
static bool
is_replaced_whole(
    const char *body, const struct address *addr, const struct change *change)
{
	return is_anonymous(body, addr) ||
	    (change->kind == CHANGE_PERSON && !is_empty(change->person.name));
}

/* Appends body[*done, addr->end) with the mailbox changed, and moves *done. */
static void
write_mailbox(struct buf *out, const char *body, size_t *done,
    const struct address *addr, const struct change *change,
    const struct message_rules *rules)
{
	const struct message_person *person = &change->person;

	if (change->kind == CHANGE_SPEC) {
		buf_add(out, body + *done, addr->spec_start - *done);
		buf_puts(out, change->spec);
		*done = addr->spec_end;
	} else if (change->kind != CHANGE_NONE &&
	    is_replaced_whole(body, addr, change)) {
		buf_add(out, body + *done, addr->start - *done);
		field_put_mailbox(out, person->name, person->address, rules);
		*done = addr->end;
	} else if (change->kind != CHANGE_NONE) {
		/* a route to the old address does not lead to the new one */
		size_t from = addr->angle ? addr->angle_start
					  : addr->spec_start;

		buf_add(out, body + *done, from - *done);
		buf_puts(out, person->address);
		*done = addr->spec_end;
	}
	buf_add(out, body + *done, addr->end - *done);
	*done = addr->end;
}

/* Appends the white space that begins the body and, of several mailboxes, the
 * first, with the account in it if it is nobody else outside. */
static void
write_first(struct buf *out, const char *body, const struct address *addr,
    const struct change *change, const struct message_rules *rules)
{
	size_t done = addr->start;
	struct change account = { .kind = CHANGE_ACCOUNT,
		.person = { rules->account, rules->account_name } };

	for (size_t i = 0; ascii_is_space(body[i]) && i < addr->start; i++)
		buf_putc(out, body[i]);
	write_mailbox(out, body, &done, addr,
	    change->is_outside ? change : &account, rules);
}

void
field_write(struct buf *out, const char *body, size_t n,
    const struct field_survey *survey, enum field_policy policy,
    const struct message_rules *rules)
{
	struct address_list list;
	struct address addr;
	struct result ignored;
	struct change change;
	size_t done = 0;

	address_list(&list, body, n);
	while (address_next(&list, &addr, &ignored) == ADDRESS_FOUND) {
		choose(&change, &addr, policy, rules);
		if (survey->mailboxes > 1 && survey->replaced > 0 &&
		    rules->policy == MESSAGE_FROM_ACCOUNT &&
		    policy == FIELD_REWRITE) {
			write_first(out, body, &addr, &change, rules);
			return;
		}
		write_mailbox(out, body, &done, &addr, &change, rules);
	}
	buf_add(out, body + done, n - done);
}
