#include "config.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/ascii.h"
#include "base/duration.h"

_Static_assert(
    LONG_MAX / DURATION_DAY >= 366, "a long holds the milliseconds of a year");

/* A time is shown in the first that divides it, which milliseconds always do:
 * weeks are read, not written. */
static const struct {
	const char *name;
	long ms;
} units[] = {
	{ "d", DURATION_DAY },
	{ "h", 60 * DURATION_MINUTE },
	{ "m", DURATION_MINUTE },
	{ "s", DURATION_SECOND },
	{ "ms", 1 },
	{ "w", 7 * DURATION_DAY },
};

/* The unit of `n` letters, or 0. */
static long
find_unit(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strlen(units[i].name) == n &&
		    memcmp(units[i].name, name, n) == 0)
			return units[i].ms;
	return 0;
}

/* One number and its unit; as duration_read() otherwise. */
static const char *
read_part(const char *text, long bare, long max, long *ms)
{
	long value = 0, unit;
	size_t n = 0;

	if (!ascii_is_digit(*text))
		return NULL;
	for (; ascii_is_digit(*text); text++) {
		if (value > (max - (*text - '0')) / 10)
			return NULL;
		value = value * 10 + (*text - '0');
	}
	while (ascii_is_alpha(text[n]))
		n++;
	unit = n == 0 ? bare : find_unit(text, n);
	if (unit == 0 || value > max / unit)
		return NULL;
	*ms = value * unit;
	return text + n;
}

const char *
duration_read(const char *text, long bare, long max, long *ms)
{
	long part;

	*ms = 0;
	do {
		text = read_part(text, bare, max - *ms, &part);
		if (text == NULL)
			return NULL;
		*ms += part;
	} while (ascii_is_digit(*text));
	return text;
}

long
duration_parse(const char *text, long bare, long max)
{
	long ms;

	text = duration_read(text, bare, max, &ms);
	return text == NULL || *text != '\0' ? -1 : ms;
}

void
duration_add(struct buf *out, long ms)
{
	size_t i = 0;

	while (ms % units[i].ms != 0)
		i++;
	buf_printf(out, "%ld%s", ms / units[i].ms, units[i].name);
}
