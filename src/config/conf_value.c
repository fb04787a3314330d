#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "config/conf.h"
#include "config/conf_internal.h"

/* What stands for a secret. */
#define SECRET_SHOWN "********"

/* Of the largest that divides a time, it is shown. */
static const struct {
	const char *name;
	long ms;
} units[] = {
	{ "d", 86400000 },
	{ "h", 3600000 },
	{ "m", 60000 },
	{ "s", 1000 },
	{ "ms", 1 },
};

char **
conf_string(struct conf *conf, const struct conf_key *key)
{
	return (char **)(void *)((char *)conf + key->offset);
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

/* Reads the digits `text` begins with; NULL when there are none or the
 * number passes `max`, else what follows them. */
static const char *
read_digits(const char *text, long max, long *value)
{
	*value = 0;
	if (!ascii_is_digit(*text))
		return NULL;
	for (; ascii_is_digit(*text); text++) {
		if (*value > (max - (*text - '0')) / 10)
			return NULL;
		*value = *value * 10 + (*text - '0');
	}
	return text;
}

/* A number of seconds, or of the unit that follows it, in ms; or -1. */
static long
read_time(const char *text, long max)
{
	long value;

	text = read_digits(text, max, &value);
	if (text == NULL)
		return -1;
	if (*text == '\0')
		text = "s";
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(text, units[i].name) == 0)
			return value > max / units[i].ms ? -1
							 : value * units[i].ms;
	return -1;
}

static long
read_number(const char *text, long max)
{
	long value;

	text = read_digits(text, max, &value);
	return text == NULL || *text != '\0' ? -1 : value;
}

static void
add_time(struct buf *out, long ms)
{
	size_t i = 0;

	while (ms % units[i].ms != 0)
		i++;
	buf_printf(out, "%ld%s", ms / units[i].ms, units[i].name);
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
		add_time(&text, key->min);
		buf_puts(&text, " to ");
		add_time(&text, key->max);
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
		value = read_time(text, key->max);
	else
		value = find_choice(key->choices, text);
	if (value < key->min)
		return fail_value(conf, key, res);
	*(long *)(void *)((char *)conf + key->offset) = value;
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
	return type == CONF_STRING || type == CONF_SECRET || type == CONF_PATH;
}

int
conf_value_set(struct conf *conf, const struct conf_key *key, const char *text,
    struct result *res)
{
	return conf_type_is_string(key->type)
	    ? set_string(conf, key, text, res)
	    : set_number(conf, key, text, res);
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

static void
add_string(struct buf *out, const char *text)
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
		add_string(out, text);
		break;
	case CONF_ENUM:
	case CONF_BOOL:
		add_choice(out, key->choices, number);
		break;
	case CONF_NUMBER:
		buf_printf(out, "%ld", number);
		break;
	case CONF_TIME:
		add_time(out, number);
		break;
	}
}

void
conf_dump(const struct conf *conf, struct buf *out)
{
	const struct conf_key *key;
	const char *section = "";

	for (size_t i = 0; i < conf_key_count; i++) {
		key = &conf_keys[i];
		if (strcmp(section, key->section) != 0)
			buf_printf(
			    out, "%s[%s]\n", i == 0 ? "" : "\n", key->section);
		section = key->section;
		buf_printf(out, "%s = ", key->name);
		add_value(out, conf, key);
		buf_putc(out, '\n');
	}
}
