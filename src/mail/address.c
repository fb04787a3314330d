#include "config.h"

#include "base/ascii.h"
#include "mail/address.h"
#include "mail/address_scan.h"
#include "mail/address_spec.h"

/*
 * A list is read in segments: what stands up to the next "," ";" ":" "<" or
 * the end.  What ends it tells what it is (one or more bare addresses, the
 * name of a group, a display name), so each is walked twice and no more.
 */
struct segment {
	size_t first, last; /* the text of its tokens */
	size_t words; /* how many tokens */
	size_t ats; /* how many of them are "@" */
	size_t stop; /* where it ends */
	char delimiter; /* what is there; NUL: the end */
};

void
address_list(struct address_list *list, const char *text, size_t n)
{
	*list = (struct address_list){ .text = text, .len = n };
}

/* Says what is wrong with the part of the list that begins at `at`. */
static enum address_next
malformed(const struct address_list *list, size_t at, const char *why,
    struct result *res)
{
	size_t n = list->len - at;

	while (n > 0 && ascii_is_space(list->text[at]))
		at++, n--;
	(void)result_fail(res, RESULT_ADDRESS, "malformed address, %s: %.*s%s",
	    why, n > 80 ? 80 : (int)n, list->text + at, n > 80 ? "..." : "");
	return ADDRESS_BAD;
}

/* Finds the end of the segment that begins at list->pos.  NULL, or what is
 * wrong. */
static const char *
survey(const struct address_list *list, struct segment *seg)
{
	struct scan s = { list->text, list->len, list->pos };
	struct token t;

	*seg = (struct segment){ .first = list->pos, .last = list->pos };
	for (;;) {
		scan_next(&s, &t);
		if (t.kind == TOKEN_BAD)
			return t.why;
		if (t.special == '>')
			return "unexpected \">\"";
		if (t.kind == TOKEN_END ||
		    (t.special != '\0' && strchr(",;:<", t.special) != NULL))
			break;
		if (seg->words++ == 0)
			seg->first = t.start;
		seg->last = t.end;
		if (t.special == '@')
			seg->ats++;
	}
	seg->stop = t.start;
	seg->delimiter = t.special;
	return NULL;
}

/* Whether the mailbox may end before `t`. */
static bool
is_separator(const struct token *t)
{
	return t->kind == TOKEN_END || t->special == ',' || t->special == ';';
}

/* Ends the mailbox before `t`, but after the comments that follow it. */
static void
close_mailbox(struct address_list *list, struct address *addr, size_t end,
    const struct token *t)
{
	addr->end = t->comment_end > 0 ? t->comment_end : end;
	addr->in_group = list->in_group;
	list->pos = addr->end;
}

/*
 * Reads a mailbox without angle brackets; the segment ends at `stop`.  More
 * may follow after a blank, when all of them have an "@": else "Joe User
 * joe@example.org" would be mail for three.
 */
static const char *
read_bare(struct address_list *list, size_t stop, struct address *addr)
{
	struct scan s = { list->text, list->len, list->pos };
	const char *why;
	struct token t;
	bool follows = list->stop > list->pos;

	scan_next(&s, &t);
	addr->start = t.comment_end > 0 ? t.comment_start : t.start;
	if ((why = spec_read(&s, &t, addr)) != NULL)
		return why;
	if (t.kind == TOKEN_BAD)
		return t.why;
	if (!is_separator(&t) && !(token_is_word(&t) && t.spaced))
		return "text after the address";
	if (!addr->has_domain && (follows || !is_separator(&t)))
		return "words without \"@\"";
	close_mailbox(list, addr, addr->spec_end, &t);
	list->stop = is_separator(&t) ? 0 : stop;
	return NULL;
}

/* Skips the route of "<@a,@b:user@c>"; `t` is its first token, and then the
 * first one of the addr-spec. */
static const char *
skip_route(struct scan *s, struct token *t)
{
	while (t->special != ':') {
		if (t->kind == TOKEN_BAD)
			return t->why;
		if (t->kind == TOKEN_END || t->kind == TOKEN_QUOTED ||
		    (t->special != '\0' && strchr("@,.", t->special) == NULL))
			return "no local part";
		scan_next(s, t);
	}
	scan_next(s, t);
	return NULL;
}

/* Reads what stands in angle brackets; `t` is its first token, and then the
 * one after the addr-spec.  Nothing at all is the null sender. */
static const char *
read_inside(struct scan *s, struct token *t, struct address *addr)
{
	const char *why;

	addr->spec_start = addr->spec_end = t->start;
	if (t->special == '>')
		return NULL;
	if (t->special == '@' && (why = skip_route(s, t)) != NULL)
		return why;
	return spec_read(s, t, addr);
}

/* Reads from the "<" at s->pos to the ">", whose end goes to *end; `t` is
 * the token that follows. */
static const char *
read_angle(struct scan *s, struct token *t, struct address *addr, size_t *end)
{
	const char *why;

	scan_next(s, t);
	addr->angle = true;
	addr->angle_start = t->end;
	scan_next(s, t);
	if ((why = read_inside(s, t, addr)) != NULL)
		return why;
	if (t->kind == TOKEN_BAD)
		return t->why;
	if (t->kind == TOKEN_END)
		return "\"<\" without \">\"";
	if (t->special != '>')
		return "text after the address";
	*end = t->end;
	scan_next(s, t);
	return NULL;
}

/* Reads a mailbox with angle brackets; `seg` is its display name.  One "@"
 * is let pass there, since "joe@example.org <joe@example.org>" is common;
 * more would be addresses that lack their commas. */
static const char *
read_named(
    struct address_list *list, const struct segment *seg, struct address *addr)
{
	struct scan s = { list->text, list->len, seg->stop };
	struct scan lead = { list->text, list->len, list->pos };
	const char *why;
	struct token t;
	size_t end = 0;

	if (seg->ats > 1)
		return "more than one \"@\" before \"<\"";
	scan_next(&lead, &t);
	addr->start = t.comment_end > 0 ? t.comment_start : t.start;
	if (seg->words > 0) {
		addr->name_start = seg->first;
		addr->name_end = seg->last;
	}
	if ((why = read_angle(&s, &t, addr, &end)) != NULL)
		return why;
	if (t.kind == TOKEN_BAD)
		return t.why;
	if (!is_separator(&t))
		return "text after \">\"";
	close_mailbox(list, addr, end, &t);
	return NULL;
}

/* Enters the group whose name is `seg`. */
static const char *
open_group(struct address_list *list, const struct segment *seg)
{
	if (list->in_group)
		return "group inside a group";
	if (seg->words == 0 || seg->ats > 0)
		return "misplaced \":\"";
	list->in_group = true;
	list->pos = seg->stop + 1;
	return NULL;
}

/* Passes empty members and the names of groups, up to the segment of the next
 * mailbox. */
static enum address_next
seek(struct address_list *list, struct segment *seg, const char **why)
{
	for (;;) {
		if ((*why = survey(list, seg)) != NULL)
			return ADDRESS_BAD;
		if (seg->delimiter == ':') {
			if ((*why = open_group(list, seg)) != NULL)
				return ADDRESS_BAD;
			continue;
		}
		if (seg->words > 0 || seg->delimiter == '<')
			return ADDRESS_FOUND;
		if (seg->delimiter == '\0')
			return ADDRESS_END;
		if (seg->delimiter == ';')
			list->in_group = false;
		list->pos = seg->stop + 1;
	}
}

enum address_next
address_next(
    struct address_list *list, struct address *addr, struct result *res)
{
	enum address_next next = ADDRESS_FOUND;
	struct segment seg = { .stop = list->stop };
	const char *why = NULL;
	size_t at;

	if (list->stop <= list->pos)
		next = seek(list, &seg, &why);
	at = list->pos;
	*addr = (struct address){ .start = at };
	if (next == ADDRESS_FOUND)
		why = seg.delimiter == '<' ? read_named(list, &seg, addr)
					   : read_bare(list, seg.stop, addr);
	return why != NULL ? malformed(list, at, why, res) : next;
}

int
address_one(
    struct address *addr, const char *text, size_t n, struct result *res)
{
	struct address_list list;
	enum address_next next;
	size_t first = 0, last;

	while (first < n && ascii_is_blank(text[first]))
		first++;
	*addr = (struct address){ .start = first };
	if (first == n)
		return 0;
	address_list(&list, text, n);
	if ((next = address_next(&list, addr, res)) == ADDRESS_BAD)
		return -1;
	last = addr->end;
	while (last < n && ascii_is_space(text[last]))
		last++;
	if (next == ADDRESS_END || addr->in_group || addr->start != first ||
	    last < n) {
		(void)malformed(&list, 0, "one is wanted", res);
		return -1;
	}
	return 0;
}

/* The "@" before the domain of the addr-spec `s`, or its end. */
static const char *
find_domain(const char *s)
{
	if (*s == '"')
		for (s++; *s != '\0' && *s != '"'; s++)
			if (*s == '\\' && s[1] != '\0')
				s++;
	return s + strcspn(s, "@");
}

const char *
address_domain(const char *spec)
{
	const char *at = find_domain(spec);

	return *at == '@' ? at + 1 : NULL;
}

bool
address_equal(const char *a, const char *b)
{
	const char *at = find_domain(a), *bt = find_domain(b);

	return at - a == bt - b && memcmp(a, b, (size_t)(at - a)) == 0 &&
	    ascii_equal(at, bt);
}
