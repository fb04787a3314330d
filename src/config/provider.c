#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "config/file.h"
#include "config/inifile.h"
#include "config/provider.h"

enum field { STAGE, MATCH, ENGLISH, CHINESE, FIELD_COUNT };

static const char *const field_names[FIELD_COUNT] = {
	[STAGE] = "stage", [MATCH] = "match", [ENGLISH] = "en", [CHINESE] = "zh"
};

struct search {
	const char *stage, *reply;
	enum language language;
	struct buf rule[FIELD_COUNT]; /* being read */
	bool found;
	struct buf *advice;
};

/* Where the `n` bytes at `part` first stand in `text`, or NULL. */
static const char *
find(const char *text, const char *part, size_t n)
{
	for (size_t len = strlen(text); len >= n; text++, len--)
		if (ascii_equal_n(text, part, n))
			return text;
	return NULL;
}

/* The same for a part that begins with a reply's code: the digits must not
 * be the end of a longer number or word. */
static const char *
find_code(const char *text, const char *part, size_t n)
{
	const char *at = find(text, part, n);

	while (at != NULL && at != text && ascii_is_alnum(at[-1]))
		at = find(at + 1, part, n);
	return at;
}

/* Whether the parts of `pattern` between the stars follow each other in
 * `text`: the first fit of each leaves the most room for the next. */
static bool
matches(const char *pattern, const char *text)
{
	size_t n = strcspn(pattern, "*");

	if (ascii_is_digit(*pattern))
		text = find_code(text, pattern, n);
	else
		text = find(text, pattern, n);
	while (text != NULL && pattern[n] != '\0') {
		text += n;
		pattern += n + 1;
		n = strcspn(pattern, "*");
		text = find(text, pattern, n);
	}
	return text != NULL;
}

/* Puts the advice of the rule that was read, if it fits, where it belongs,
 * and makes room for the next rule. */
static void
end_rule(struct search *s)
{
	const struct buf *text = &s->rule[ENGLISH];

	if (s->language == LANGUAGE_CHINESE && s->rule[CHINESE].len > 0)
		text = &s->rule[CHINESE];
	if (!s->found && s->rule[MATCH].len > 0 &&
	    (s->rule[STAGE].len == 0 ||
		ascii_equal(s->rule[STAGE].data, s->stage)) &&
	    matches(s->rule[MATCH].data, s->reply)) {
		buf_add(s->advice, text->data, text->len);
		s->found = true;
	}
	for (size_t i = 0; i < FIELD_COUNT; i++)
		buf_reset(&s->rule[i]);
}

/* Takes what inifile_parse() finds; keys of later versions are passed by. */
static int
take_entry(void *arg, const struct inifile_entry *e, struct result *res)
{
	struct search *s = arg;

	(void)res;
	if (e->name == NULL)
		end_rule(s);
	for (size_t i = 0; i < FIELD_COUNT && e->name != NULL; i++)
		if (strcmp(e->name, field_names[i]) == 0) {
			buf_reset(&s->rule[i]);
			buf_puts(&s->rule[i], e->value);
		}
	return 0;
}

const char *
provider_path(void)
{
	const char *path = getenv("OUTPOST_PROVIDERS");

	return path != NULL && *path != '\0' ? path
					     : PKGDATADIR "/providers.ini";
}

void
provider_advise(const char *path, const char *stage, const char *reply,
    enum language language, struct buf *advice)
{
	struct search s = { stage, reply, language, .advice = advice };
	struct result ignored;
	struct buf text;
	struct stat st;

	buf_reset(advice);
	buf_init(&text, PROVIDER_FILE_MAX);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		buf_init(&s.rule[i], INIFILE_LINE_MAX);
	if (file_read(&text, path, &st, &ignored) == 0 &&
	    inifile_parse(
		path, text.data, text.len, take_entry, &s, &ignored) == 0)
		end_rule(&s);
	else
		buf_reset(advice);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		buf_free(&s.rule[i]);
	buf_free(&text);
}
