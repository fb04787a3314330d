#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "mail/address.h"
#include "mail/address_scan.h"
#include "mail/idn.h"
#include "mail/words_parts.h"

/* What of a list is being written: all of it but the addr-specs. */
struct outside {
	struct run *run;
	const char *p;
	size_t done; /* where what was not written yet begins */
	size_t word; /* the phrase's word that is being read; == done: none */
	size_t word_end;
	size_t gap; /* where the white space before it begins */
};

static bool
is_list(const char *p, size_t n)
{
	struct address_list list;
	struct address addr;
	struct result ignored;
	enum address_next next;

	address_list(&list, p, n);
	while ((next = address_next(&list, &addr, &ignored)) == ADDRESS_FOUND)
		continue;
	return next == ADDRESS_END;
}

/* Length of the comment that `p` begins with. */
static size_t
comment_length(const char *p, size_t n)
{
	size_t depth = 0, i = 0;

	do {
		if (p[i] == '(')
			depth++;
		else if (p[i] == ')')
			depth--;
		else if (p[i] == '\\')
			i++;
		i++;
	} while (depth > 0 && i < n);
	return i < n ? i : n;
}

/* Appends a comment, whose parts between parentheses are text. */
static void
put_comment(struct run *run, const char *p, size_t n)
{
	size_t done = 0;

	if (!run_has_8bit(p, n)) {
		buf_add(run->out, p, n);
		return;
	}
	run->place = ENCODE_COMMENT;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\\') {
			i++;
		} else if (p[i] == '(' || p[i] == ')') {
			run_text(run, p + done, i - done);
			buf_putc(run->out, p[i]);
			done = i + 1;
		}
	}
	run->place = ENCODE_PHRASE;
}

/* Appends the comments before `to`, and leaves the white space after them. */
static void
put_comments(struct outside *o, size_t to)
{
	size_t gap = o->done, i = gap;

	while (i < to) {
		size_t len = 1;

		if (o->p[i] == '(') {
			len = comment_length(o->p + i, to - i);
			run_gap(o->run, o->p + gap, i - gap, len);
			put_comment(o->run, o->p + i, len);
			gap = i + len;
		}
		i += len;
	}
	o->done = gap;
}

/* Between a comma and what follows it at once, `need` bytes, a line may end. */
static void
break_at_comma(struct outside *o, size_t to, size_t need)
{
	if (to == o->done && to > 0 && o->p[to - 1] == ',')
		run_break(o->run, need);
}

/* The word that was read is whole. */
static void
end_word(struct outside *o)
{
	size_t n = o->word_end - o->word;

	if (o->word_end <= o->gap)
		return;
	if (o->run->last != RUN_RAW && !run_has_8bit(o->p + o->word, n))
		break_at_comma(o, o->word, n);
	run_word(o->run, o->p + o->gap, o->word - o->gap, o->p + o->word, n);
	o->gap = o->done = o->word_end;
}

/* Ends the run; `need` bytes that follow at once do not touch its words. */
static void
end_run(struct outside *o, size_t need)
{
	bool open = o->run->last == RUN_RAW;

	run_end(o->run);
	if (open && need > 0 && !ascii_is_space(o->p[o->done]))
		run_gap(o->run, " ", 1, need);
}

/* Appends the white space before `to`, where no word follows but `need`
 * bytes. */
static void
end_phrase(struct outside *o, size_t to, size_t need)
{
	end_run(o, need);
	break_at_comma(o, to, need);
	if (need > 0)
		run_gap(o->run, o->p + o->done, to - o->done, need);
	else
		buf_add(o->run->out, o->p + o->done, to - o->done);
}

/* Takes the token `t`, before an addr-spec of `tail` bytes; words that touch
 * are one. */
static void
take(struct outside *o, const struct token *t, size_t tail)
{
	bool ends = t->kind == TOKEN_END || t->kind == TOKEN_BAD ||
	    (t->special != '\0' && strchr(",;:<>", t->special) != NULL);

	if (t->spaced || ends)
		end_word(o);
	if (t->comment_end > 0) {
		end_run(o, 1);
		put_comments(o, t->start);
	}
	if (!ends) {
		if (o->word_end <= o->done) {
			o->gap = o->done;
			o->word = t->start;
		}
		o->word_end = t->end;
		return;
	}
	end_phrase(o, t->start,
	    t->special == '<' || t->kind == TOKEN_END ? tail
						      : t->end - t->start);
	buf_add(o->run->out, o->p + t->start, t->end - t->start);
	o->done = o->gap = o->word_end = t->end;
}

/* Appends [from, to) of a list: names, comments, what separates mailboxes. */
static void
put_outside(struct run *run, const char *p, size_t from, size_t to, size_t tail)
{
	struct outside o = {
		.run = run, .p = p, .done = from, .gap = from, .word_end = from
	};
	struct scan s = { p, to, from };
	struct token t;

	do {
		scan_next(&s, &t);
		take(&o, &t, tail);
	} while (t.kind != TOKEN_END && t.kind != TOKEN_BAD);
	buf_add(run->out, p + o.done, to - o.done);
}

/* Appends the addr-spec in ASCII, if that can be; returns where the list goes
 * on.  A route or comment in it that is not ASCII goes. */
static size_t
put_spec(struct run *run, const char *p, size_t n, struct address *addr,
    enum words_left *left)
{
	size_t start = addr->angle ? addr->angle_start : addr->spec_start;
	struct scan s = { p, n, addr->spec_end };
	struct token t = { .start = addr->spec_end };
	struct result ignored;

	if (addr->angle)
		scan_next(&s, &t);
	if (!run_has_8bit(p + start, t.start - start)) {
		buf_add(run->out, p + start, addr->spec_end - start);
		return addr->spec_end;
	}
	(void)!idn_put_ascii(addr, &ignored);
	buf_puts(run->out, addr->spec);
	if (addr->is_8bit)
		*left = WORDS_LEFT_ADDRESS;
	return t.start;
}

enum words_left
words_addresses(struct run *run, const char *p, size_t n)
{
	enum words_left left = WORDS_LEFT_NONE;
	struct address_list list;
	struct address addr;
	struct result ignored;
	size_t done = 0;

	if (!is_list(p, n)) {
		run_text(run, p, n);
		return left;
	}
	run->place = ENCODE_PHRASE;
	address_list(&list, p, n);
	while (address_next(&list, &addr, &ignored) == ADDRESS_FOUND) {
		put_outside(run, p, done,
		    addr.angle ? addr.angle_start : addr.spec_start,
		    strlen(addr.spec) + sizeof "<>," - 1);
		done = put_spec(run, p, n, &addr, &left);
	}
	put_outside(run, p, done, n, 0);
	return left;
}
