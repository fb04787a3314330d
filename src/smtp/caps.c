#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "smtp/caps.h"

#define LIMIT_DIGITS 6 /* of a value of LIMITS, at the most */

static const struct {
	const char *word;
	enum caps_flag flag;
} keywords[] = {
#define KEYWORD(word, bit) { #word, CAPS_##word },
	CAPS_KEYWORDS(KEYWORD)
#undef KEYWORD
};

static const struct {
	const char *word;
	enum caps_mechanism mechanism;
} mechanisms[] = {
#define MECHANISM(id, bit, name) { name, CAPS_AUTH_##id },
	CAPS_MECHANISMS(MECHANISM)
#undef MECHANISM
};

#define COUNT(table) (sizeof table / sizeof *table)

/* Cuts the next word, ended by a blank or `also`, off the *n bytes at *p. */
static size_t
next_word(const char **p, size_t *n, char also, const char **word)
{
	size_t len = 0;

	while (*n > 0 && (ascii_is_blank(**p) || **p == also)) {
		(*p)++;
		(*n)--;
	}
	*word = *p;
	while (len < *n && !ascii_is_blank((*p)[len]) && (*p)[len] != also)
		len++;
	*p += len;
	*n -= len;
	return len;
}

static bool
is_word(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && ascii_equal_n(p, word, n);
}

/* RFC 1870 section 4; 0 where no limit can be made of it. */
static uint64_t
parse_size(const char *p, size_t n)
{
	uint64_t size = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t digit = (uint64_t)(p[i] - '0');

		if (!ascii_is_digit(p[i]) || size > (UINT64_MAX - digit) / 10)
			return 0;
		size = size * 10 + digit;
	}
	return size;
}

static void
parse_mechanisms(struct caps *caps, const char *p, size_t n)
{
	const char *word;
	size_t len;

	while ((len = next_word(&p, &n, ' ', &word)) > 0)
		for (size_t i = 0; i < COUNT(mechanisms); i++)
			if (is_word(word, len, mechanisms[i].word))
				caps->mechanisms |= mechanisms[i].mechanism;
}

/* RFC 9422 section 3: one to six digits, the first of them no 0; else 0. */
static uint64_t
parse_limit(const char *p, size_t n)
{
	return n >= 1 && n <= LIMIT_DIGITS && *p != '0' ? parse_size(p, n) : 0;
}

/* Those that are not known, or malformed, are passed by. */
static void
parse_limits(struct caps *caps, const char *p, size_t n)
{
	const char *word, *value;
	uint64_t limit;
	size_t len, name;

	while ((len = next_word(&p, &n, ' ', &word)) > 0) {
		value = memchr(word, '=', len);
		if (value == NULL)
			continue;
		name = (size_t)(value++ - word);
		limit = parse_limit(value, len - name - 1);
		if (limit > 0 && is_word(word, name, "MAILMAX"))
			caps->mail_max = limit;
		else if (limit > 0 && is_word(word, name, "RCPTMAX"))
			caps->rcpt_max = limit;
	}
}

static void
parse_line(struct caps *caps, const char *p, size_t n)
{
	unsigned flag = 0;
	const char *word;
	size_t len;

	len = next_word(&p, &n, '=', &word);
	for (size_t i = 0; i < COUNT(keywords); i++)
		if (is_word(word, len, keywords[i].word))
			flag = keywords[i].flag;
	caps->flags |= flag;
	/* the first word may have ended in the "=" of "AUTH=LOGIN" */
	if (n > 0 && *p == '=') {
		p++;
		n--;
	}
	if (flag == CAPS_AUTH)
		parse_mechanisms(caps, p, n);
	if (flag == CAPS_SIZE) {
		len = next_word(&p, &n, ' ', &word);
		caps->size = parse_size(word, len);
	}
	if (flag == CAPS_LIMITS)
		parse_limits(caps, p, n);
}

void
caps_parse(struct caps *caps, const struct reply *r)
{
	const char *p;
	size_t n;

	*caps = (struct caps){ 0 };
	for (size_t i = 1; i < r->lines; i++) {
		p = reply_line(r, i, &n);
		parse_line(caps, p, n);
	}
}

const char *
caps_mechanism_name(enum caps_mechanism mechanism)
{
	for (size_t i = 0; i < COUNT(mechanisms); i++)
		if (mechanisms[i].mechanism == mechanism)
			return mechanisms[i].word;
	return "";
}
