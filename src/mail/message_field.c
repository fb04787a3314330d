#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/address.h"
#include "mail/encode.h"
#include "mail/message_field.h"

#define LINE_BEST 76 /* octets that a line with words must not pass */

/* What becomes of a mailbox. */
enum edit { EDIT_NONE, EDIT_QUALIFY, EDIT_REPLACE };

static bool
is_empty(const char *s)
{
	return s == NULL || *s == '\0';
}

bool
field_is_account(const char *spec, const struct message_rules *rules)
{
	if (rules->policy == MESSAGE_FROM_KEEP || is_empty(rules->account))
		return false;
	if (address_equal(spec, rules->account))
		return false;
	return rules->policy == MESSAGE_FROM_ACCOUNT ||
	    (*spec != '\0' && rules->is_local != NULL &&
		rules->is_local(spec, rules->arg));
}

static enum edit
choose_edit(const struct address *addr, enum field_policy policy,
    const struct message_rules *rules)
{
	bool bare = !addr->has_domain && addr->spec[0] != '\0' &&
	    rules->add_missing && !is_empty(rules->domain);
	char spec[2 * ADDRESS_MAX];

	snprintf(spec, sizeof spec, "%s%s%s", addr->spec, bare ? "@" : "",
	    bare ? rules->domain : "");
	/* a bare name is local whatever domain it would get, unless that makes
	 * it the account's */
	if (policy == FIELD_REWRITE &&
	    (field_is_account(spec, rules) ||
		(field_is_account(addr->spec, rules) &&
		    !address_equal(spec, rules->account))))
		return EDIT_REPLACE;
	return bare ? EDIT_QUALIFY : EDIT_NONE;
}

void
field_survey(struct field_survey *survey, const char *body, size_t n,
    enum field_policy policy, const struct message_rules *rules)
{
	struct address_list list;
	struct address addr;
	enum address_next next;
	struct result ignored;

	*survey = (struct field_survey){ .malformed = false };
	address_list(&list, body, n);
	while ((next = address_next(&list, &addr, &ignored)) == ADDRESS_FOUND) {
		enum edit edit = choose_edit(&addr, policy, rules);

		survey->mailboxes++;
		survey->nameless += addr.spec[0] == '\0';
		survey->bare += edit == EDIT_QUALIFY;
		survey->replaced += edit == EDIT_REPLACE;
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

/* Appends what is to stand for the mailbox, and sets [*from, *to) to the part
 * of the body that it replaces. */
static void
put_edited(struct buf *out, const char *body, const struct address *addr,
    enum edit edit, const struct message_rules *rules)
{
	if (edit == EDIT_QUALIFY)
		buf_printf(out, "%s@%s", addr->spec, rules->domain);
	else if (is_anonymous(body, addr))
		field_put_mailbox(
		    out, rules->account_name, rules->account, rules);
	else
		buf_puts(out, rules->account);
}

/* Appends body[*done, addr->end) with the mailbox edited, and moves *done. */
static void
write_mailbox(struct buf *out, const char *body, size_t *done,
    const struct address *addr, enum edit edit,
    const struct message_rules *rules)
{
	size_t from = addr->spec_start, to = addr->spec_end;

	if (edit == EDIT_REPLACE) {
		/* a route to the old address does not lead to the account */
		if (addr->angle)
			from = addr->angle_start;
		if (is_anonymous(body, addr))
			from = addr->start, to = addr->end;
	}
	if (edit != EDIT_NONE) {
		buf_add(out, body + *done, from - *done);
		put_edited(out, body, addr, edit, rules);
		*done = to;
	}
	buf_add(out, body + *done, addr->end - *done);
	*done = addr->end;
}

/* Appends the white space that begins the body and, of several mailboxes, the
 * first with the account in it. */
static void
write_first(struct buf *out, const char *body, const struct address *addr,
    const struct message_rules *rules)
{
	size_t done = addr->start;

	for (size_t i = 0; ascii_is_space(body[i]) && i < addr->start; i++)
		buf_putc(out, body[i]);
	write_mailbox(out, body, &done, addr, EDIT_REPLACE, rules);
}

void
field_write(struct buf *out, const char *body, size_t n,
    const struct field_survey *survey, enum field_policy policy,
    const struct message_rules *rules)
{
	struct address_list list;
	struct address addr;
	struct result ignored;
	size_t done = 0;

	address_list(&list, body, n);
	while (address_next(&list, &addr, &ignored) == ADDRESS_FOUND) {
		if (survey->mailboxes > 1 && survey->replaced > 0 &&
		    rules->policy == MESSAGE_FROM_ACCOUNT &&
		    policy == FIELD_REWRITE) {
			write_first(out, body, &addr, rules);
			return;
		}
		write_mailbox(out, body, &done, &addr,
		    choose_edit(&addr, policy, rules), rules);
	}
	buf_add(out, body + done, n - done);
}
