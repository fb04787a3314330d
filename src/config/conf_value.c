#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/duration.h"
#include "base/text.h"
#include "config/conf.h"
#include "config/conf_internal.h"
#include "config/inifile.h"

/* What stands for a secret. */
#define SECRET_SHOWN "********"

/* Where comments on values begin, and the most room that one takes. */
#define SOURCE_COLUMN 40
#define SOURCE_MAX 512

/* Where the value of `key` is. */
static void *
value_of(struct conf *conf, const struct conf_key *key)
{
	return (char *)conf + key->offset;
}

char **
conf_string(struct conf *conf, const struct conf_key *key)
{
	return value_of(conf, key);
}

/* Which of `choices` ("a|b|c") `text` is, or -1. */
static long
find_choice(const char *choices, const char *text)
{
	size_t n, len = strlen(text);

	for (long i = 0;; i++) {
		n = strcspn(choices, "|");
		if (n == len && memcmp(choices, text, n) == 0)
			return i;
		if (choices[n] == '\0')
			return -1;
		choices += n + 1;
	}
}

/* Appends choice number `i`. */
static void
add_choice(struct buf *out, const char *choices, long i)
{
	while (i-- > 0)
		choices += strcspn(choices, "|") + 1;
	buf_add(out, choices, strcspn(choices, "|"));
}

/* A number of at most `max`, or -1. */
static long
read_number(const char *text, long max)
{
	long value = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (!ascii_is_digit(*text) ||
		    value > (max - (*text - '0')) / 10)
			return -1;
		value = value * 10 + (*text - '0');
	}
	return value;
}

/* "a, b or c" */
static void
add_choices(struct buf *out, const char *choices)
{
	const char *p = choices;
	size_t n;

	for (;;) {
		n = strcspn(p, "|");
		if (p != choices)
			buf_puts(out, p[n] == '\0' ? " or " : ", ");
		buf_add(out, p, n);
		if (p[n] == '\0')
			break;
		p += n + 1;
	}
}

static void
add_bounds(struct buf *out, const struct conf_key *key)
{
	duration_add(out, key->min);
	buf_puts(out, " to ");
	duration_add(out, key->max);
}

/* Says what the value of `key` must be. */
static int
fail_value(
    const struct conf *conf, const struct conf_key *key, struct result *res)
{
	struct buf text;
	int status;

	buf_init(&text, 256);
	buf_puts(&text, "must be ");
	if (key->type == CONF_NUMBER) {
		buf_printf(
		    &text, "a number from %ld to %ld", key->min, key->max);
	} else if (key->type == CONF_TIME) {
		buf_puts(&text, "a time like 10s, 5m or 500ms, from ");
		add_bounds(&text, key);
	} else if (key->type == CONF_TIMES) {
		buf_printf(&text,
		    "1 to %d times like 30s, 5m or 2h, with blanks between "
		    "them, each from ",
		    CONF_TIMES_MAX);
		add_bounds(&text, key);
	} else {
		add_choices(&text, key->choices);
	}
	status = conf_fail(conf, key->section, key->name, res, text.data);
	buf_free(&text);
	return status;
}

static int
set_number(struct conf *conf, const struct conf_key *key, const char *text,
    struct result *res)
{
	long value;

	if (key->type == CONF_NUMBER)
		value = read_number(text, key->max);
	else if (key->type == CONF_TIME)
		value = duration_parse(text, DURATION_SECOND, key->max);
	else
		value = find_choice(key->choices, text);
	if (value < key->min)
		return fail_value(conf, key, res);
	*(long *)value_of(conf, key) = value;
	return 0;
}

/* Takes the next time off *text; false at its end. */
static bool
next_time(const char **text, const char **time)
{
	*text += strspn(*text, " \t");
	*time = *text;
	*text += strcspn(*text, " \t");
	return *text != *time;
}

static int
set_times(struct conf *conf, const struct conf_key *key, const char *text,
    struct result *res)
{
	struct conf_times times = { .count = 0 };
	const char *time, *end;
	long ms;

	while (next_time(&text, &time)) {
		end = duration_read(time, DURATION_SECOND, key->max, &ms);
		if (end != text || ms < key->min ||
		    times.count == CONF_TIMES_MAX)
			return fail_value(conf, key, res);
		times.ms[times.count++] = ms;
	}
	if (times.count == 0)
		return fail_value(conf, key, res);
	memcpy(value_of(conf, key), &times, sizeof times);
	return 0;
}

static int
set_string(struct conf *conf, const struct conf_key *key, const char *text,
    struct result *res)
{
	char **value = conf_string(conf, key);

	for (const char *p = text; *p != '\0'; p++)
		if (ascii_is_control(*p) && key->type != CONF_SECRET)
			return conf_fail(conf, key->section, key->name, res,
			    "holds a tab or another control character");
	if (key->type == CONF_PATH && *text != '\0' && *text != '/')
		return conf_fail(conf, key->section, key->name, res,
		    "must be an absolute path (~ and the like stand for "
		    "nothing here)");
	free(*value);
	if ((*value = strdup(text)) == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return 0;
}

bool
conf_type_is_string(enum conf_type type)
{
	return type == CONF_STRING || type == CONF_SECRET ||
	    type == CONF_PATH || type == CONF_URL;
}

int
conf_value_set(struct conf *conf, const struct conf_key *key, const char *text,
    struct result *res)
{
	if (conf_type_is_string(key->type))
		return set_string(conf, key, text, res);
	if (key->type == CONF_TIMES)
		return set_times(conf, key, text, res);
	return set_number(conf, key, text, res);
}

/* Whether `text` would be read as something else without quotes. */
static bool
needs_quotes(const char *text)
{
	size_t n = strlen(text);

	if (n == 0)
		return false;
	if (ascii_is_blank(text[0]) || ascii_is_blank(text[n - 1]) ||
	    text[0] == '"')
		return true;
	/* A blank goes before the first character, too. */
	for (size_t i = 0; i < n; i++)
		if ((text[i] == ';' || text[i] == '#') &&
		    (i == 0 || ascii_is_blank(text[i - 1])))
			return true;
	return false;
}

void
conf_quote(struct buf *out, const char *text)
{
	if (!needs_quotes(text)) {
		buf_puts(out, text);
		return;
	}
	buf_putc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

/* Who logs in there, and how, is nobody's business. */
static void
add_url(struct buf *out, const char *text)
{
	const char *at = strrchr(text, '@'), *begin = strstr(text, "://");

	if (at == NULL) {
		conf_quote(out, text);
		return;
	}
	if (begin != NULL && begin < at)
		buf_add(out, text, (size_t)(begin - text) + 3);
	buf_puts(out, SECRET_SHOWN);
	buf_puts(out, at);
}

static void
add_times(struct buf *out, const struct conf_times *times)
{
	for (size_t i = 0; i < times->count; i++) {
		buf_puts(out, i == 0 ? "" : " ");
		duration_add(out, times->ms[i]);
	}
}

static void
add_value(struct buf *out, const struct conf *conf, const struct conf_key *key)
{
	const char *at = (const char *)conf + key->offset;
	char *text = NULL;
	long number = 0;

	if (conf_type_is_string(key->type))
		memcpy(&text, at, sizeof text);
	else
		memcpy(&number, at, sizeof number);
	switch (key->type) {
	case CONF_SECRET:
		/* NULL: it was set, and secret_load() took it. */
		if (text == NULL || *text != '\0')
			buf_puts(out, SECRET_SHOWN);
		break;
	case CONF_STRING:
	case CONF_PATH:
		conf_quote(out, text);
		break;
	case CONF_URL:
		add_url(out, text);
		break;
	case CONF_ENUM:
	case CONF_BOOL:
		add_choice(out, key->choices, number);
		break;
	case CONF_NUMBER:
		buf_printf(out, "%ld", number);
		break;
	case CONF_TIME:
		duration_add(out, number);
		break;
	case CONF_TIMES:
		add_times(out, (const struct conf_times *)(const void *)at);
		break;
	}
}

/* Appends a comment on where the value is from to the line that begins at
 * `begin`, unless that would make it too long to be read. */
static void
add_source(struct buf *out, size_t begin, const struct conf *conf,
    const struct conf_key *key)
{
	unsigned line = conf->lines[key - conf_keys];
	const char *slash = strrchr(conf->path, '/');
	const char *file = slash != NULL ? slash + 1 : conf->path;
	char shown[SOURCE_MAX / 2];

	if (out->len - begin > INIFILE_LINE_MAX - SOURCE_MAX)
		return;
	do
		buf_putc(out, ' ');
	while (!buf_failed(out) && out->len - begin < SOURCE_COLUMN);
	if (line == CONF_BY_PRESET)
		buf_printf(out, "; provider %s", conf->smarthost.provider);
	else if (line > 0)
		buf_printf(out, "; %s:%u",
		    text_escape(shown, sizeof shown, file, strlen(file)), line);
	else
		buf_puts(out, "; default");
}

/* Which keys are written. */
enum part {
	PART_ALL,
	PART_SHARED, /* by all accounts */
	PART_OWN /* of an account with a name */
};

static void
dump_part(const struct conf *conf, enum part part, struct buf *out)
{
	static const bool skips_own[] = { false, true, false },
			  skips_shared[] = { false, false, true };
	const char *section = "", *gap = out->len > 0 ? "\n" : "";
	const char *name = part == PART_OWN ? conf->account : "";
	size_t begin;

	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *key = &conf_keys[i];

		if (conf_key_is_of_account(key) ? skips_own[part]
						: skips_shared[part])
			continue;
		if (strcmp(section, key->section) != 0) {
			buf_printf(out, "%s[%s%s%s]\n", gap, key->section,
			    *name != '\0' ? " " : "", name);
			gap = "\n";
		}
		section = key->section;
		begin = out->len;
		buf_printf(out, "%s = ", key->name);
		add_value(out, conf, key);
		add_source(out, begin, conf, key);
		buf_putc(out, '\n');
	}
}

void
conf_dump(const struct conf *conf, struct buf *out)
{
	bool is_named = *conf->account != '\0';

	dump_part(conf, is_named ? PART_SHARED : PART_ALL, out);
	for (const struct conf *c = is_named ? conf : conf->next; c != NULL;
	     c = c->next)
		dump_part(c, PART_OWN, out);
}
