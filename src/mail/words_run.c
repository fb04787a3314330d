#include "config.h"

#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/lines.h"
#include "mail/words_run.h"

#define LINE_MAX_WORDS 76 /* bytes of a line with encoded words */
#define ENCODED_MIN 8 /* bytes of an encoded word without any text */
#define GAP_MAX 24 /* more white space is encoded too */

bool
run_has_8bit(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_is_8bit(p[i]))
			return true;
	return false;
}

/* Whether the word begins and ends as an encoded word does, or several that
 * lack the blanks between. */
static bool
is_encoded(const char *p, size_t n)
{
	const char *mark;

	if (n < ENCODED_MIN || memcmp(p, "=?", 2) != 0 ||
	    memcmp(p + n - 2, "?=", 2) != 0)
		return false;
	mark = memchr(p + 2, '?', n - 2);
	return mark > p + 2 && p + n - mark >= 5 && mark[2] == '?' &&
	    (ascii_lower(mark[1]) == 'q' || ascii_lower(mark[1]) == 'b');
}

static enum run_word
classify(const struct run *run, const char *p, size_t n)
{
	if (n > run->longest || run_has_8bit(p, n))
		return RUN_RAW;
	return is_encoded(p, n) ? RUN_ENCODED : RUN_PLAIN;
}

/* Appends to the run what the `n` bytes at `p` mean. */
static void
join(struct run *run, const char *p, size_t n)
{
	static const char *const dropped[] = {
		[ENCODE_TEXT] = "\r\n",
		[ENCODE_PHRASE] = "\r\n\"\\",
		[ENCODE_COMMENT] = "\r\n\\",
	};

	for (size_t i = 0; i < n; i++) {
		bool drop = p[i] != '\0' &&
		    strchr(dropped[run->place], p[i]) != NULL;

		if (drop && p[i] == '\\' && i + 1 < n)
			buf_putc(&run->text, p[++i]);
		else if (!drop)
			buf_putc(&run->text, p[i]);
	}
}

/* Begins a run; white space that would be lost, or that fills the line, goes
 * into it. */
static void
open_run(struct run *run, const char *gap, size_t gap_len)
{
	buf_reset(&run->text);
	run->gap = gap;
	run->gap_len = gap_len;
	if (run->last != RUN_ENCODED && gap_len <= GAP_MAX)
		return;
	if (run->last == RUN_ENCODED)
		join(run, gap, gap_len);
	else if (run->last == RUN_PLAIN)
		join(run, gap + 1, gap_len - 1);
	run->gap = " ";
	run->gap_len = 1;
}

/* Appends the encoded words of the run. */
static void
flush(struct run *run)
{
	struct buf *out = run->out;
	bool folded = memchr(run->gap, '\n', run->gap_len) != NULL;

	if (run->gap_len == 0 && run->place == ENCODE_PHRASE) {
		run->gap = " ";
		run->gap_len = 1;
	}
	if (!folded && run->gap_len > 0 &&
	    !encode_has_room(
		run->place, run->charset, encode_column(out) + run->gap_len))
		buf_puts(out, "\r\n");
	buf_add(out, run->gap, run->gap_len);
	encode_words(
	    out, run->place, run->charset, run->text.data, run->text.len);
	out->failed = out->failed || buf_failed(&run->text);
	run->has_words = true;
}

void
run_init(struct run *run, struct buf *out, const char *charset)
{
	*run = (struct run){ .out = out,
		.charset = charset,
		.place = ENCODE_TEXT,
		.longest = SIZE_MAX };
	buf_init(&run->text, out->max);
}

void
run_free(struct run *run)
{
	buf_free(&run->text);
}

void
run_word(
    struct run *run, const char *gap, size_t gap_len, const char *p, size_t n)
{
	enum run_word word = classify(run, p, n);

	if (word == RUN_RAW) {
		if (run->last == RUN_RAW)
			join(run, gap, gap_len);
		else
			open_run(run, gap, gap_len);
		join(run, p, n);
	} else {
		if (run->last == RUN_RAW && word == RUN_ENCODED) {
			join(run, gap, gap_len);
			gap = " ";
			gap_len = 1;
		}
		run_end(run);
		run_gap(run, gap, gap_len, n);
		buf_add(run->out, p, n);
	}
	run->last = word;
}

void
run_end(struct run *run)
{
	if (run->last == RUN_RAW)
		flush(run);
	run->last = RUN_NONE;
}

void
run_gap(struct run *run, const char *gap, size_t gap_len, size_t need)
{
	bool folded = memchr(gap, '\n', gap_len) != NULL;

	if (run->has_words && !folded && gap_len > 0 &&
	    encode_column(run->out) + gap_len + need > LINE_MAX_WORDS) {
		buf_puts(run->out, "\r\n");
		folded = true;
	}
	buf_add(run->out, gap, gap_len);
	if (folded)
		run->has_words = false;
}

void
run_break(struct run *run, size_t need)
{
	if (!run->has_words || encode_column(run->out) + need <= LINE_MAX_WORDS)
		return;
	buf_puts(run->out, LINES_FOLD);
	run->has_words = false;
}

void
run_text(struct run *run, const char *p, size_t n)
{
	size_t i = 0, gap, word;

	for (;;) {
		for (gap = i; i < n && ascii_is_space(p[i]);)
			i++;
		if (i == n)
			break;
		for (word = i; i < n && !ascii_is_space(p[i]);)
			i++;
		run_word(run, p + gap, word - gap, p + word, i - word);
	}
	run_end(run);
	buf_add(run->out, p + gap, n - gap);
}
