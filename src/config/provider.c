#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/duration.h"
#include "config/file.h"
#include "config/inifile.h"
#include "config/provider.h"

#define RULES_STEP 64 /* more rules at a time */
#define CODE_LENGTH 3 /* digits of a reply's code */

static const struct {
	const char *name;
	enum result_kind kind;
	long wait; /* seconds */
} classes[] = {
	{ "retry", RESULT_DEFERRED, 0 },
	{ "connection", RESULT_RENEW, 60 },
	{ "wait", RESULT_RATE, 15L * 60 },
	{ "day", RESULT_QUOTA, 0 },
	{ "account", RESULT_AUTH, 0 },
	{ "configuration", RESULT_SETUP, 0 },
	{ "split", RESULT_CROWD, 0 },
	{ "spam", RESULT_SPAM, 10L * 60 },
	{ "fail", RESULT_REFUSED, 0 },
};

#define CLASS_COUNT (sizeof classes / sizeof *classes)

enum result_kind
provider_class(const char *name)
{
	for (size_t i = 0; i < CLASS_COUNT; i++)
		if (strcmp(classes[i].name, name) == 0)
			return classes[i].kind;
	return RESULT_OK;
}

long
provider_usual_wait(enum result_kind kind)
{
	for (size_t i = 0; i < CLASS_COUNT; i++)
		if (classes[i].kind == kind)
			return classes[i].wait;
	return 0;
}

/* Where the `n` bytes at `part` first stand in `text`, or NULL. */
static const char *
find(const char *text, const char *part, size_t n)
{
	for (size_t len = strlen(text); len >= n; text++, len--)
		if (ascii_equal_n(text, part, n))
			return text;
	return NULL;
}

/* Whether `text` begins with the pattern's first part, and the others between
 * the stars follow: the first fit of each leaves the most room for the next. */
static bool
begins(const char *text, const char *pattern)
{
	size_t n = strcspn(pattern, "*");

	if (strlen(text) < n || !ascii_equal_n(text, pattern, n))
		return false;
	while (text != NULL && pattern[n] != '\0') {
		text += n;
		pattern += n + 1;
		n = strcspn(pattern, "*");
		text = find(text, pattern, n);
	}
	return text != NULL;
}

/* Whether `text` is the code, or, where an `x` is any digit, one of the
 * codes, that `pattern` begins with. */
static bool
has_code(const char *text, const char *pattern)
{
	for (size_t i = 0; i < CODE_LENGTH; i++)
		if (!ascii_is_digit(text[i]) ||
		    (pattern[i] != text[i] && ascii_lower(pattern[i]) != 'x'))
			return false;
	return true;
}

/* How many bytes of `s` are a code and the blank behind it. */
static size_t
code_length(const char *s)
{
	size_t n = 0;

	while (ascii_is_digit(s[n]) || (n > 0 && ascii_lower(s[n]) == 'x'))
		n++;
	if (n != CODE_LENGTH || (s[n] != ' ' && s[n] != '\0'))
		return 0;
	return n + (s[n] == ' ');
}

/* How many bytes of `s` are an enhanced status code (RFC 3463) and the blank
 * behind it. */
static size_t
status_length(const char *s)
{
	size_t n = strspn(s, "0123456789.");

	if (n < sizeof "5.0.0" - 1 || s[1] != '.' || s[n] != ' ')
		return 0;
	return n + 1;
}

static bool
matches(const char *pattern, const char *reply)
{
	size_t code = code_length(pattern);
	const char *words = reply + code_length(reply);

	if (code > 0 && !has_code(reply, pattern))
		return false;
	pattern += code;
	return begins(words, pattern) ||
	    begins(words + status_length(words), pattern);
}

/* Whether `stage` is one of the words of `list`. */
static bool
is_among(const char *stage, const char *list)
{
	size_t len = strlen(stage), n;

	for (; *list != '\0'; list += n) {
		list += strspn(list, " \t");
		n = strcspn(list, " \t");
		if (n == len && n > 0 && ascii_equal_n(list, stage, n))
			return true;
	}
	return false;
}

static bool
fits_stage(const struct provider_rule *rule, const char *stage)
{
	if (rule->stages == NULL || is_among(stage, rule->stages))
		return true;
	return strcmp(stage, "BDAT") == 0 && is_among("DOT", rule->stages);
}

const struct provider_rule *
provider_find(
    const struct provider_rules *r, const char *stage, const char *reply)
{
	for (size_t i = 0; i < r->count; i++)
		if (fits_stage(&r->rules[i], stage) &&
		    matches(r->rules[i].match, reply))
			return &r->rules[i];
	return NULL;
}

static void
clear_rule(struct provider_rule *rule)
{
	free(rule->section);
	free(rule->stages);
	free(rule->match);
	for (size_t i = 0; i < 2; i++)
		free(rule->advice[i]);
}

void
provider_clear(struct provider_rules *r)
{
	for (size_t i = 0; i < r->count; i++)
		clear_rule(&r->rules[i]);
	free(r->rules);
	*r = (struct provider_rules){ .rules = NULL };
}

/* Ends the last rule, which is none without a pattern. */
static void
end_rule(struct provider_rules *r)
{
	struct provider_rule *rule;

	if (r->count == 0)
		return;
	rule = &r->rules[r->count - 1];
	if (rule->match == NULL) {
		clear_rule(rule);
		r->count--;
	} else if (rule->wait == 0) {
		rule->wait = provider_usual_wait(rule->kind);
	}
}

static int
copy(char **to, const char *value, struct result *res)
{
	free(*to);
	if ((*to = strdup(value)) == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return 0;
}

static int
begin_rule(struct provider_rules *r, const char *name, struct result *res)
{
	struct provider_rule *rules = r->rules;

	end_rule(r);
	if (r->count % RULES_STEP == 0) {
		rules = reallocarray(
		    rules, r->count + RULES_STEP, sizeof *rules);
		if (rules == NULL)
			return result_fail(res, RESULT_SYSTEM, "out of memory");
		r->rules = rules;
	}
	r->rules[r->count++] = (struct provider_rule){ .kind = RESULT_OK };
	return copy(&r->rules[r->count - 1].section, name, res);
}

/* Takes a key's value; what is no class or time is as if it were not there. */
static int
take_value(struct provider_rule *rule, const struct inifile_entry *e,
    struct result *res)
{
	long ms;

	if (strcmp(e->name, "stage") == 0)
		return copy(&rule->stages, e->value, res);
	if (strcmp(e->name, "match") == 0 && *e->value != '\0')
		return copy(&rule->match, e->value, res);
	if (strcmp(e->name, "en") == 0)
		return copy(&rule->advice[LANGUAGE_ENGLISH], e->value, res);
	if (strcmp(e->name, "zh") == 0)
		return copy(&rule->advice[LANGUAGE_CHINESE], e->value, res);
	if (strcmp(e->name, "class") == 0)
		rule->kind = provider_class(e->value);
	if (strcmp(e->name, "wait") == 0) {
		ms = duration_parse(e->value, DURATION_SECOND,
		    PROVIDER_WAIT_MAX * DURATION_SECOND);
		rule->wait = ms > 0 ? ms / DURATION_SECOND : 0;
	}
	return 0;
}

/* Takes what inifile_parse() finds; keys of later versions are passed by. */
static int
take_entry(void *arg, const struct inifile_entry *e, struct result *res)
{
	struct provider_rules *r = arg;

	if (e->name == NULL)
		return begin_rule(r, e->section, res);
	return r->count == 0 ? 0 : take_value(&r->rules[r->count - 1], e, res);
}

const char *
provider_path(void)
{
	const char *path = getenv("OUTPOST_PROVIDERS");

	return path != NULL && *path != '\0' ? path
					     : PKGDATADIR "/providers.ini";
}

int
provider_load(struct provider_rules *r, const char *path, struct result *res)
{
	struct buf text;
	struct stat st;
	int rc;

	*r = (struct provider_rules){ .rules = NULL };
	buf_init(&text, PROVIDER_FILE_MAX);
	rc = file_read(&text, path, &st, res);
	if (rc == 0)
		rc = inifile_parse(
		    path, text.data, text.len, take_entry, r, res);
	if (rc == 0)
		end_rule(r);
	else
		provider_clear(r);
	buf_free(&text);
	return rc;
}
