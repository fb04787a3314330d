#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "delivery/rewrite.h"
#include "mail/address.h"
#include "mail/idn.h"

/*
 * Aliases are followed with a list instead of recursion: each name or target
 * still to be looked at is an item that knows which item it came from, so a
 * loop is a name that stands on its own way back.
 */
struct item {
	char *name; /* local part, as aliases spell it */
	size_t parent; /* index, or NONE */
};

#define NONE ((size_t)-1)

struct expansion {
	const struct rewrite *rw;
	struct envelope *env;
	const char *asked; /* the recipient it all began with */
	struct item *items;
	size_t count, room;
};

/* Whether it can be a recipient; makes its domain ASCII where that helps. */
static int
take_address(struct address *addr, struct result *res)
{
	if (addr->spec[0] == '\0' || addr->local_len == 0)
		return result_fail(res, RESULT_ADDRESS,
		    "the null address <> cannot be a recipient");
	return idn_put_ascii(addr, res);
}

/* Adds `spec` as it stands; bare names get the domain. */
static int
add_final(struct expansion *x, const char *spec, struct result *res)
{
	char full[2 * ADDRESS_MAX];
	const char *asked = ascii_equal(spec, x->asked) ? NULL : x->asked;
	int n;

	if (address_domain(spec) != NULL)
		return envelope_add(x->env, spec, asked, res);
	n = snprintf(full, sizeof full, "%s@%s", spec, x->rw->id->domain.data);
	if (n < 0 || (size_t)n >= ADDRESS_MAX)
		return result_fail(
		    res, RESULT_ADDRESS, "%s: address too long", spec);
	return envelope_add(x->env, full, asked, res);
}

/* A local user that has no alias: [recipients] local, or the domain. */
static int
add_user(struct expansion *x, const char *name, struct result *res)
{
	if (x->rw->id->local.len > 0)
		return add_final(x, x->rw->id->local.data, res);
	return add_final(x, name, res);
}

/* Fails the recipient that was asked for, and nobody else. */
static int
add_failed(struct expansion *x, const struct result *why, struct result *res)
{
	size_t before = x->env->count;

	if (envelope_add(x->env, x->asked, NULL, res) == -1)
		return -1;
	if (x->env->count > before)
		envelope_settle(x->env, before, RCPT_FAILED, why);
	return 0;
}

static int
push_item(
    struct expansion *x, const char *name, size_t parent, struct result *res)
{
	struct item *more;
	char *copy;

	if (x->count == REWRITE_NAMES_MAX)
		return result_fail(res, RESULT_ALIAS,
		    "%s: its aliases lead to more than %d names", x->asked,
		    REWRITE_NAMES_MAX);
	if (x->count == x->room) {
		x->room = x->room == 0 ? 8 : x->room * 2;
		more = reallocarray(x->items, x->room, sizeof *more);
		if (more == NULL)
			return result_fail(res, RESULT_SYSTEM, "out of memory");
		x->items = more;
	}
	if ((copy = strdup(name)) == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	x->items[x->count++] = (struct item){ copy, parent };
	return 0;
}

static void
clear_items(struct expansion *x)
{
	for (size_t i = 0; i < x->count; i++)
		free(x->items[i].name);
	free(x->items);
}

/* Whether `alias` is on the way to the item `at`, that one left out. */
static bool
is_on_the_way(const struct expansion *x, size_t at, const char *name)
{
	for (at = x->items[at].parent; at != NONE; at = x->items[at].parent)
		if (ascii_equal(x->items[at].name, name))
			return true;
	return false;
}

/* One address of a target: a name to follow, or an end. */
static int
follow_address(struct expansion *x, size_t at, const struct alias *alias,
    const struct alias_target *target, struct address *addr, struct result *res)
{
	struct result why;

	if (!identity_is_local(x->rw->id, addr->spec))
		return add_final(x, addr->spec, res);
	addr->spec[addr->local_len] = '\0';
	/* "\name", and a name in its own alias, mean that very user */
	if (target->text[addr->spec_start] == '\\' ||
	    ascii_equal(addr->spec, x->items[at].name))
		return add_user(x, addr->spec, res);
	if (is_on_the_way(x, at, addr->spec)) {
		result_fail(&why, RESULT_ALIAS,
		    "%s:%u: alias loop: %s leads to %s, which leads back",
		    x->rw->aliases->path, target->line, alias->name,
		    addr->spec);
		return add_failed(x, &why, res);
	}
	return push_item(x, addr->spec, at, res);
}

/* Whether the target is one address or more, and nothing else. */
static bool
is_all_addresses(const struct alias_target *target)
{
	enum address_next next;
	struct address_list list;
	struct address addr;
	struct result ignored;
	size_t count = 0;

	address_list(&list, target->text, strlen(target->text));
	while ((next = address_next(&list, &addr, &ignored)) == ADDRESS_FOUND) {
		if (take_address(&addr, &ignored) == -1)
			return false;
		count++;
	}
	return next == ADDRESS_END && count > 0;
}

/* A target that is addresses: mostly one, but blanks and semicolons may
 * separate them, too.  It is taken as a whole or not at all. */
static int
expand_address(struct expansion *x, size_t at, const struct alias *alias,
    const struct alias_target *target, struct result *res)
{
	struct address_list list;
	struct address addr;
	struct result why;

	if (!is_all_addresses(target)) {
		result_fail(&why, RESULT_ALIAS,
		    "%s:%u: alias %s: not an address: %s", x->rw->aliases->path,
		    target->line, alias->name, target->text);
		return add_failed(x, &why, res);
	}
	address_list(&list, target->text, strlen(target->text));
	while (address_next(&list, &addr, &why) == ADDRESS_FOUND)
		if (take_address(&addr, res) == -1 ||
		    follow_address(x, at, alias, target, &addr, res) == -1)
			return -1;
	return 0;
}

static int
expand_target(struct expansion *x, size_t at, const struct alias *alias,
    const struct alias_target *target, struct result *res)
{
	static const char *const unsupported[] = {
		[ALIAS_FILE] = "delivery to a file",
		[ALIAS_PIPE] = "delivery to a command",
		[ALIAS_INCLUDE] = "an included list",
	};
	struct result why;

	if (target->kind == ALIAS_ADDRESS)
		return expand_address(x, at, alias, target, res);
	result_fail(&why, RESULT_ALIAS,
	    "%s:%u: alias %s: %s is not "
	    "supported: %s",
	    x->rw->aliases->path, target->line, alias->name,
	    unsupported[target->kind], target->text);
	return add_failed(x, &why, res);
}

static int
expand_item(struct expansion *x, size_t at, struct result *res)
{
	const struct alias *alias;

	alias = aliases_find(x->rw->aliases, x->items[at].name);
	if (alias == NULL)
		return add_user(x, x->items[at].name, res);
	for (size_t i = 0; i < alias->ntargets; i++)
		if (expand_target(x, at, alias, &alias->targets[i], res) == -1)
			return -1;
	return 0;
}

/* Adds the mailbox `addr`, written in `text`, by way of the aliases. */
static int
add_recipient(const struct rewrite *rw, struct address *addr, const char *text,
    struct envelope *env, struct result *res)
{
	struct expansion x = { .rw = rw, .env = env, .asked = addr->spec };
	char name[ADDRESS_MAX];
	int rc;

	if (take_address(addr, res) == -1)
		return -1;
	if (!identity_is_local(rw->id, addr->spec))
		return add_final(&x, addr->spec, res);
	memcpy(name, addr->spec, addr->local_len);
	name[addr->local_len] = '\0';
	rc = push_item(&x, name, NONE, res);
	if (rc == 0 && text[addr->spec_start] == '\\')
		rc = add_user(&x, name, res);
	else
		for (size_t i = 0; rc == 0 && i < x.count; i++)
			rc = expand_item(&x, i, res);
	clear_items(&x);
	return rc;
}

int
rewrite_recipients(const struct rewrite *rw, const char *list, size_t n,
    struct envelope *env, struct result *res)
{
	struct address_list at;
	struct address addr;
	enum address_next next;

	address_list(&at, list, n);
	while ((next = address_next(&at, &addr, res)) == ADDRESS_FOUND)
		if (add_recipient(rw, &addr, list, env, res) == -1)
			return -1;
	return next == ADDRESS_END ? 0 : -1;
}

int
rewrite_collect(
    const char *list, size_t n, struct envelope *env, struct result *res)
{
	char spec[ADDRESS_MAX + 1];
	struct address_list at;
	struct address addr;
	enum address_next next;

	address_list(&at, list, n);
	while ((next = address_next(&at, &addr, res)) == ADDRESS_FOUND) {
		if (take_address(&addr, res) == -1)
			return -1;
		/* it means: no alias */
		snprintf(spec, sizeof spec, "%s%s",
		    list[addr.spec_start] == '\\' ? "\\" : "", addr.spec);
		if (envelope_add(env, spec, NULL, res) == -1)
			return -1;
	}
	return next == ADDRESS_END ? 0 : -1;
}

/*
 * PHP and others hand over "-f 'o quoted@example.com'", where a local part
 * with blanks lacks its quotes: gives it them.  Anything but atoms and blanks
 * before the last "@" is no address in any reading.
 */
static int
parse_unquoted(struct address *addr, const char *given, struct result *res)
{
	const char *at = strrchr(given, '@');
	char quoted[ADDRESS_MAX];
	struct result ignored;
	int n;

	if (at == NULL)
		return -1;
	for (const char *p = given; p < at; p++)
		if (!ascii_is_alnum(*p) &&
		    strchr(" !#$%&'*+-/=?^_`{|}~.", *p) == NULL)
			return -1;
	n = snprintf(
	    quoted, sizeof quoted, "\"%.*s\"%s", (int)(at - given), given, at);
	if (n < 0 || (size_t)n >= sizeof quoted ||
	    address_one(addr, quoted, (size_t)n, &ignored) == -1)
		return -1;
	result_ok(res);
	return 0;
}

static int
parse_sender(struct address *addr, const char *given, struct result *res)
{
	if (ascii_has_control(given))
		return result_fail(res, RESULT_ADDRESS,
		    "the sender %s holds a control character", given);
	if ((address_one(addr, given, strlen(given), res) == -1 &&
		parse_unquoted(addr, given, res) == -1) ||
	    idn_put_ascii(addr, res) == -1)
		return result_context(res, "sender %s", given);
	return 0;
}

static void
put_spec(struct buf *out, const struct identity *id, const char *spec)
{
	buf_reset(out);
	buf_puts(out, spec);
	if (address_domain(spec) == NULL)
		buf_printf(out, "@%s", id->domain.data);
}

/* Whether the policy makes the account of the sender `spec`. */
static bool
is_account(const struct rewrite *rw, const char *spec)
{
	long policy = rw->conf->sender.rewrite;

	if (rw->id->account.len == 0)
		return false;
	return policy == CONF_REWRITE_ALWAYS ||
	    (policy == CONF_REWRITE_LOCAL && *spec != '\0' &&
		identity_is_local(rw->id, spec));
}

int
rewrite_sender(const struct rewrite *rw, const char *given,
    struct envelope *env, struct buf *asked, const struct sender_rule **rule,
    struct result *res)
{
	const char *spec = rw->id->login.data;
	struct address addr;

	*rule = NULL;
	if (given != NULL) {
		if (parse_sender(&addr, given, res) == -1)
			return -1;
		spec = addr.spec;
	}
	put_spec(asked, rw->id, *spec == '\0' ? rw->id->login.data : spec);
	if (buf_failed(asked))
		return result_fail(
		    res, RESULT_ADDRESS, "sender %s: address too long", spec);
	*rule = sender_map_find(rw->senders, rw->id, spec);
	if (*rule != NULL)
		return envelope_set_sender(env, (*rule)->address, res);
	if (is_account(rw, spec) && !sender_map_gives(rw->senders, spec))
		return envelope_set_sender(env, rw->id->account.data, res);
	return envelope_set_sender(env, *spec == '\0' ? "" : asked->data, res);
}
