#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "base/ascii.h"
#include "config/host.h"
#include "config/netrc.h"

#define ANY_PORT 1 /* it is not looked at */

enum word { WORD_TAKEN, WORD_NONE, WORD_BAD };

struct scan {
	const char *p; /* what is left */
	const char *path;
	unsigned line;
	struct buf word;
};

/* The entry that is read. */
struct entry {
	bool host_fits, user_fits;
	struct buf password;
};

struct search {
	struct scan scan;
	const struct netrc_account *account;
	struct entry entry;
	struct buf *found;
};

static enum word
fail_word(struct scan *s, const char *what, struct result *res)
{
	(void)result_fail(
	    res, RESULT_CONFIG, "%s:%u: %s", s->path, s->line, what);
	return WORD_BAD;
}

static void
skip_space(struct scan *s)
{
	for (; ascii_is_space(*s->p); s->p++)
		if (*s->p == '\n')
			s->line++;
}

static void
skip_line(struct scan *s)
{
	s->p += strcspn(s->p, "\n");
}

static char
unescape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

/* Takes what stands between quotes on one line. */
static enum word
take_quoted(struct scan *s, struct result *res)
{
	for (s->p++; *s->p != '"'; s->p++) {
		if (*s->p == '\\') {
			s->p++;
			if (*s->p != '\0' && *s->p != '\n')
				buf_putc(&s->word, unescape(*s->p));
		} else {
			buf_putc(&s->word, *s->p);
		}
		if (*s->p == '\0' || *s->p == '\n')
			return fail_word(s, "a quote that is not closed", res);
	}
	s->p++;
	return WORD_TAKEN;
}

static enum word
take_word(struct scan *s, struct result *res)
{
	enum word how = WORD_TAKEN;

	buf_reset(&s->word);
	skip_space(s);
	if (*s->p == '\0')
		return WORD_NONE;
	if (*s->p == '"')
		how = take_quoted(s, res);
	else
		for (; *s->p != '\0' && !ascii_is_space(*s->p); s->p++)
			buf_putc(&s->word, *s->p);
	if (how == WORD_TAKEN && buf_failed(&s->word))
		return fail_word(s, "a word is too long", res);
	return how;
}

/* Takes the next keyword, past comments. */
static enum word
take_keyword(struct scan *s, struct result *res)
{
	for (skip_space(s); *s->p == '#'; skip_space(s))
		skip_line(s);
	return take_word(s, res);
}

/* Skips the lines of a macro, up to one that is empty. */
static void
skip_macro(struct scan *s)
{
	bool is_empty = false;

	skip_line(s);
	while (*s->p == '\n' && !is_empty) {
		s->p++;
		s->line++;
		is_empty = strcspn(s->p, "\r\n") == 0;
		skip_line(s);
	}
}

/* A domain that is looked up is called by its name alone. */
static bool
is_listed(const char *list, const char *name)
{
	struct host host;

	while (host_next(&list, ANY_PORT, &host))
		if (ascii_equal(host.name, name))
			return true;
	return false;
}

/* The entry is over: its password is the one, if there is none yet. */
static void
end_entry(struct search *s)
{
	struct entry *e = &s->entry;

	if (e->host_fits && e->user_fits && s->found->len == 0)
		buf_add(s->found, e->password.data, e->password.len);
	buf_reset(&e->password);
	e->host_fits = e->user_fits = false;
}

static void
take_machine(struct search *s, const char *value)
{
	end_entry(s);
	s->entry.host_fits = is_listed(s->account->hosts, value);
}

static void
take_default(struct search *s, const char *value)
{
	(void)value;
	end_entry(s);
	s->entry.host_fits = true;
}

static void
take_login(struct search *s, const char *value)
{
	s->entry.user_fits = strcmp(value, s->account->user) == 0;
}

static void
take_password(struct search *s, const char *value)
{
	buf_reset(&s->entry.password);
	buf_puts(&s->entry.password, value);
}

static void
take_account(struct search *s, const char *value)
{
	(void)s;
	(void)value;
}

static void
take_macro(struct search *s, const char *value)
{
	(void)value;
	skip_macro(&s->scan);
}

static const struct keyword {
	const char *name;
	void (*take)(struct search *, const char *value);
	enum word value; /* WORD_NONE: it has none */
} keywords[] = {
	{ "machine", take_machine, WORD_TAKEN },
	{ "default", take_default, WORD_NONE },
	{ "login", take_login, WORD_TAKEN },
	{ "password", take_password, WORD_TAKEN },
	{ "account", take_account, WORD_TAKEN },
	{ "macdef", take_macro, WORD_TAKEN },
};

/* The row of the word; NULL for one that means nothing. */
static const struct keyword *
find_keyword(const struct buf *word)
{
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (strcmp(keywords[i].name, word->data) == 0)
			return &keywords[i];
	return NULL;
}

static int
search(struct search *s, struct result *res)
{
	const struct keyword *keyword;
	enum word how;

	while ((how = take_keyword(&s->scan, res)) == WORD_TAKEN) {
		if ((keyword = find_keyword(&s->scan.word)) == NULL)
			continue;
		if (keyword->value == WORD_TAKEN &&
		    (how = take_word(&s->scan, res)) != WORD_TAKEN)
			break;
		keyword->take(s, s->scan.word.data);
	}
	end_entry(s);
	return how == WORD_BAD ? -1 : 0;
}

int
netrc_find(const struct buf *text, const char *path,
    const struct netrc_account *account, struct buf *password,
    struct result *res)
{
	struct search s = {
		.scan = { .p = text->data, .path = path, .line = 1 },
		.account = account,
		.found = password
	};
	int status;

	if (memchr(text->data, '\0', text->len) != NULL)
		return result_fail(res, RESULT_CONFIG, "%s: a NUL byte", path);
	buf_init(&s.scan.word, NETRC_WORD_MAX);
	buf_init(&s.entry.password, NETRC_WORD_MAX);
	status = search(&s, res);
	if (status == 0 && buf_failed(password))
		status = result_fail(res, RESULT_SYSTEM, "out of memory");
	buf_free(&s.scan.word);
	buf_free(&s.entry.password);
	return status;
}
