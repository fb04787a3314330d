#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "mail/words_parts.h"

#define LINE_BEST 76 /* bytes of a line that is made here */
#define NAME_MAX_BYTES 40 /* of a parameter that is understood */
#define CHARACTER_MAX 4
#define ESCAPED 3 /* bytes of "%C3" */

/* One parameter; offsets into the body. */
struct parameter {
	size_t start, end; /* between the semicolons */
	size_t name, name_end;
	size_t value, value_end; /* quotes included */
};

/* Those of which senders often give both forms: then the extended one says it,
 * and two of them would be an error. */
static const char *const doubled[] = { "filename", "name" };
#define DOUBLED (sizeof doubled / sizeof *doubled)

static bool
is_token(char c)
{
	return ascii_is_visible(c) && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* attribute-char of RFC 2231 section 7. */
static bool
is_plain(char c)
{
	return is_token(c) && strchr("*'%", c) == NULL;
}

/* Where the part of `p` that begins at `i` ends: at a semicolon outside of
 * quotes. */
static size_t
find_end(const char *p, size_t n, size_t i)
{
	bool quoted = false;

	for (; i < n && (quoted || p[i] != ';'); i++) {
		if (p[i] == '"')
			quoted = !quoted;
		else if (quoted && p[i] == '\\' && i + 1 < n)
			i++;
	}
	return i;
}

static size_t
skip_space(const char *p, size_t i, size_t end)
{
	while (i < end && ascii_is_space(p[i]))
		i++;
	return i;
}

/* Reads the parameter that begins at `start`.  Whether it is one. */
static bool
read_parameter(struct parameter *par, const char *p, size_t n, size_t start)
{
	size_t i = skip_space(p, start, n);

	*par = (struct parameter){ .start = start, .name = i };
	par->end = find_end(p, n, start);
	while (i < par->end && is_token(p[i]))
		i++;
	par->name_end = i;
	i = skip_space(p, i, par->end);
	if (i == par->end || p[i] != '=' || !is_plain(p[par->name]) ||
	    par->name_end - par->name > NAME_MAX_BYTES)
		return false;
	par->value = skip_space(p, i + 1, par->end);
	par->value_end = par->end;
	while (par->value_end > par->value &&
	    ascii_is_space(p[par->value_end - 1]))
		par->value_end--;
	return true;
}

/* Which of the doubled ones `par` is, or DOUBLED; in its extended form when
 * "*" follows the name. */
static size_t
find_doubled(const char *p, const struct parameter *par, bool *extended)
{
	size_t n = par->name_end - par->name, i;
	const char *star = memchr(p + par->name, '*', n);

	*extended = star != NULL;
	if (star != NULL)
		n = (size_t)(star - (p + par->name));
	for (i = 0; i < DOUBLED; i++)
		if (strlen(doubled[i]) == n &&
		    ascii_equal_n(p + par->name, doubled[i], n))
			break;
	return i;
}

/* Says of each of the doubled ones whether it is there in extended form. */
static void
find_extended(const char *p, size_t n, bool found[DOUBLED])
{
	struct parameter par;
	bool extended;

	for (size_t i = find_end(p, n, 0); i < n; i = par.end) {
		size_t which;

		if (!read_parameter(&par, p, n, i + 1))
			continue;
		which = find_doubled(p, &par, &extended);
		if (which < DOUBLED && extended)
			found[which] = true;
	}
}

/* Puts what the value means into `value`. */
static void
read_value(struct buf *value, const char *p, const struct parameter *par)
{
	bool quoted = par->value < par->value_end && p[par->value] == '"';

	for (size_t i = par->value; i < par->value_end; i++) {
		if (p[i] == '\r' || p[i] == '\n' || (quoted && p[i] == '"'))
			continue;
		if (quoted && p[i] == '\\' && i + 1 < par->value_end)
			i++;
		buf_putc(value, p[i]);
	}
}

/* How many bytes the `n` bytes at `p` take, escaped. */
static size_t
escaped_length(const char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += is_plain(p[i]) ? 1 : ESCAPED;
	return len;
}

static void
put_escaped(struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_plain(p[i]))
			buf_putc(out, p[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)p[i]);
	}
}

/* Appends as many characters as fit into `room`, but one at least; returns
 * how many bytes of `p` that was. */
static size_t
put_some(struct buf *out, const char *p, size_t n, size_t room)
{
	size_t used = 0, len = 0;

	while (used < n) {
		size_t one = text_utf8_length(p + used, n - used);

		if (one == 0)
			one = 1;
		len += escaped_length(p + used, one);
		if (len > room && used > 0)
			break;
		used += one;
	}
	put_escaped(out, p, used);
	return used;
}

/* Appends "name*0*=...; name*1*=..." of a value, each on a line. */
static void
put_continued(
    struct run *run, const char *name, size_t name_len, const struct buf *value)
{
	size_t done = 0;

	for (size_t i = 0; done < value->len && !buf_failed(run->out); i++) {
		size_t column;

		buf_printf(run->out, "%s\r\n %.*s*%zu*=", i > 0 ? ";" : "",
		    (int)name_len, name, i);
		if (i == 0)
			buf_printf(run->out, "%s''", run->charset);
		column = encode_column(run->out) + 1;
		done += put_some(run->out, value->data + done,
		    value->len - done,
		    column < LINE_BEST ? LINE_BEST - column : 0);
	}
}

/* Appends a parameter whose value is not ASCII. */
static void
put_extended(struct run *run, const char *p, const struct parameter *par)
{
	size_t name_len = par->name_end - par->name, len;
	const char *name = p + par->name;
	struct buf value;

	buf_init(&value, run->out->max);
	read_value(&value, p, par);
	len = name_len + strlen(run->charset) + sizeof " *='';" - 1 +
	    escaped_length(value.data, value.len);
	if (len > LINE_BEST) {
		put_continued(run, name, name_len, &value);
	} else {
		buf_printf(run->out, "%s %.*s*=%s''",
		    encode_column(run->out) + len > LINE_BEST ? "\r\n" : "",
		    (int)name_len, name, run->charset);
		put_escaped(run->out, value.data, value.len);
	}
	run->has_words = true;
	run->out->failed = run->out->failed || buf_failed(&value);
	buf_free(&value);
}

/*
 * Appends a parameter whose name says that it is extended or continued, but
 * whose value is raw: "name*" and "name*1*" as they are but for what is not
 * ASCII, "name*1" made like those.
 */
static void
put_raw_extended(struct run *run, const char *p, const struct parameter *par)
{
	bool extended = p[par->name_end - 1] == '*';
	bool first = par->name_end - par->name > 2 &&
	    memcmp(p + par->name_end - 2, "*0", 2) == 0;
	struct buf value;

	buf_init(&value, run->out->max);
	read_value(&value, p, par);
	buf_printf(run->out, "\r\n %.*s%s=%s%s",
	    (int)(par->name_end - par->name), p + par->name,
	    extended ? "" : "*", first ? run->charset : "", first ? "''" : "");
	for (size_t i = 0; i < value.len; i++) {
		if (is_plain(value.data[i]) ||
		    (extended && is_token(value.data[i])))
			buf_putc(run->out, value.data[i]);
		else
			put_escaped(run->out, value.data + i, 1);
	}
	run->has_words = true;
	run->out->failed = run->out->failed || buf_failed(&value);
	buf_free(&value);
}

/* Appends [from, to), ASCII, on a line of its own where it is long. */
static void
put_ascii(struct run *run, const char *p, size_t from, size_t to)
{
	size_t gap = skip_space(p, from, to);

	if (gap == to)
		gap = from;
	else if (gap > from)
		run_gap(run, p + from, gap - from, to - gap);
	else if (encode_column(run->out) + (to - gap) > LINE_BEST)
		run_gap(run, " ", 1, to - gap);
	buf_add(run->out, p + gap, to - gap);
}

void
words_parameters(struct run *run, const char *p, size_t n)
{
	bool found[DOUBLED] = { false };
	struct parameter par;
	size_t end = find_end(p, n, 0), which;

	run_text(run, p, end);
	find_extended(p, n, found);
	for (; end < n; end = par.end) {
		bool known = read_parameter(&par, p, n, end + 1);
		bool extended = false;

		if (!run_has_8bit(p + par.start, par.end - par.start)) {
			buf_putc(run->out, ';');
			put_ascii(run, p, par.start, par.end);
			continue;
		}
		which = known ? find_doubled(p, &par, &extended) : DOUBLED;
		if (which < DOUBLED && !extended && found[which])
			continue;
		buf_putc(run->out, ';');
		if (!known)
			run_text(run, p + par.start, par.end - par.start);
		else if (extended)
			put_raw_extended(run, p, &par);
		else
			put_extended(run, p, &par);
	}
}
