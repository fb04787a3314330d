#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "mail/header.h"
#include "mail/header_line.h"

/* What a look at the beginning of a line tells. */
enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_MORE /* the rest of the line must be seen */
};

static size_t
skip_blanks(const char *p, size_t n, size_t i)
{
	while (i < n && ascii_is_blank(p[i]))
		i++;
	return i;
}

size_t
header_name_length(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && ascii_is_visible(p[i]) && p[i] != ':')
		i++;
	return i;
}

/* Whether the line begins with a field name and a colon, which is at *colon. */
static enum match
match_field(const char *p, size_t n, size_t *colon)
{
	size_t len = header_name_length(p, n), i;

	if (n > 0 && p[0] == '-' && (n == 1 || p[1] == '-'))
		return n == 1 ? MATCH_MORE : MATCH_NO;
	if (len > HEADER_NAME_MAX)
		return MATCH_NO;
	i = skip_blanks(p, n, len);
	if (i == n)
		return MATCH_MORE;
	*colon = i;
	return len > 0 && p[i] == ':' ? MATCH_YES : MATCH_NO;
}

/* Whether the bytes from `i` on begin with `word`. */
static enum match
match_word(const char *p, size_t n, size_t i, const char *word)
{
	for (; *word != '\0'; word++, i++) {
		if (i == n)
			return MATCH_MORE;
		if (p[i] != *word)
			return MATCH_NO;
	}
	return MATCH_YES;
}

/* Whether the word at `i` is a day of the week. */
static enum match
match_day(const char *p, size_t n, size_t i)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat", "Sun" };
	enum match best = MATCH_NO, match;

	for (size_t k = 0; k < sizeof days / sizeof days[0]; k++) {
		match = match_word(p, n, i, days[k]);
		if (match != MATCH_NO)
			best = match;
	}
	if (best != MATCH_YES)
		return best;
	i += strlen(days[0]);
	if (i == n)
		return MATCH_MORE;
	return ascii_is_blank(p[i]) ? MATCH_YES : MATCH_NO;
}

/* Whether the line looks like "From word date". */
static enum match
match_mbox(const char *p, size_t n)
{
	size_t i = n > 0 && p[0] == '>' ? 1 : 0;
	enum match match = match_word(p, n, i, "From ");

	if (match != MATCH_YES)
		return match;
	i = skip_blanks(p, n, i + strlen("From "));
	while (i < n && !ascii_is_space(p[i]))
		i++;
	if (i < n && !ascii_is_blank(p[i]))
		return MATCH_NO;
	return match_day(p, n, skip_blanks(p, n, i));
}

/* Whether the line is empty. */
static enum match
match_blank(const char *p, size_t n)
{
	return match_word(p, n, 0, p[0] == '\n' ? "\n" : "\r\n");
}

enum header_line
header_line(const char *p, size_t n, size_t fields, size_t *colon)
{
	enum match blank, field, mbox = MATCH_NO;

	if (ascii_is_blank(p[0]))
		return fields > 0 ? HEADER_LINE_FOLD : HEADER_LINE_BODY;
	if ((blank = match_blank(p, n)) == MATCH_YES)
		return HEADER_LINE_BLANK;
	if ((field = match_field(p, n, colon)) == MATCH_YES)
		return HEADER_LINE_FIELD;
	if (fields == 0)
		mbox = match_mbox(p, n);
	if (field == MATCH_NO && mbox == MATCH_YES)
		return HEADER_LINE_MBOX;
	if (n < HEADER_SCAN_MAX &&
	    (blank == MATCH_MORE || field == MATCH_MORE || mbox == MATCH_MORE))
		return HEADER_LINE_UNKNOWN;
	return HEADER_LINE_BODY;
}
