#include "config.h"

#include <bsd/string.h>
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/text.h"
#include "cli/providers.h"
#include "config/host.h"

#define WIDTH 79 /* some terminals begin a line after the 80th column */
#define LAST_MIN 15 /* columns of domains, whatever the others take */
#define CELL_MAX 1024 /* bytes */
#define SHOWN_MAX 8192 /* bytes */

enum column { NAME, SERVER, TLS, USER, COLUMN_COUNT };

struct row {
	char cells[COLUMN_COUNT][CELL_MAX];
	const char *domains;
};

static const struct row header = { { "NAME", "SERVER", "TLS", "USER" },
	"DOMAINS" };

static void
put(char cell[CELL_MAX], const char *text)
{
	text_escape(cell, CELL_MAX, text, strlen(text));
}

/* The first server and its port; "-" where only the customer knows it. */
static void
put_server(char cell[CELL_MAX], const struct preset *preset)
{
	const char *list = preset_value(preset, "smarthost", "host");
	char text[HOST_MAX + 32];
	struct host host;

	if (!host_next(&list, 0, &host))
		strlcpy(text, "-", sizeof text);
	else if (host.port != 0)
		snprintf(text, sizeof text, "%s:%ld", host.name, host.port);
	else
		snprintf(text, sizeof text, "%s:%.24s", host.name,
		    preset_value(preset, "smarthost", "port"));
	put(cell, text);
}

static void
make_row(struct row *row, const struct preset *preset, enum language language)
{
	put(row->cells[NAME], preset->name);
	put_server(row->cells[SERVER], preset);
	put(row->cells[TLS], preset_value(preset, "smarthost", "tls"));
	put(row->cells[USER], preset_text(preset, PRESET_USER, language));
	row->domains = preset->domains;
}

static void
widen(size_t widths[COLUMN_COUNT], const struct row *row)
{
	size_t n;

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		n = columns_of(row->cells[i], strlen(row->cells[i]));
		if (n > widths[i])
			widths[i] = n;
	}
}

static void
trim(struct buf *line)
{
	while (line->len > 0 && line->data[line->len - 1] == ' ')
		line->data[--line->len] = '\0';
}

static void
add_row(struct buf *out, const struct row *row, const size_t *widths)
{
	char domains[CELL_MAX];
	size_t n, width = 0;
	struct buf first;

	buf_init(&first, COLUMN_COUNT * 2 * CELL_MAX);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		n = columns_of(row->cells[i], strlen(row->cells[i]));
		buf_printf(&first, "%s%*s", row->cells[i],
		    (int)(widths[i] - n + 1), "");
		width += widths[i] + 1;
	}
	put(domains, row->domains);
	if (*domains == '\0')
		trim(&first);
	columns_wrap(out, first.data, domains,
	    width + LAST_MIN > WIDTH ? width + LAST_MIN : WIDTH);
	buf_free(&first);
}

void
providers_table(
    const struct presets *presets, enum language language, struct buf *out)
{
	size_t widths[COLUMN_COUNT] = { 0 };
	struct row row;

	widen(widths, &header);
	for (size_t i = 0; i < presets->count; i++) {
		make_row(&row, &presets->all[i], language);
		widen(widths, &row);
	}
	add_row(out, &header, widths);
	for (size_t i = 0; i < presets->count; i++) {
		make_row(&row, &presets->all[i], language);
		add_row(out, &row, widths);
	}
}

/* A line, or more, unless there is nothing to say. */
static void
add_text(struct buf *out, const char *label, const char *text)
{
	char first[32], shown[SHOWN_MAX];

	if (*text == '\0')
		return;
	snprintf(first, sizeof first, "%-10s", label);
	columns_wrap(out, first,
	    text_escape(shown, sizeof shown, text, strlen(text)), WIDTH);
}

/* What it gives, as it would stand in the configuration. */
static void
add_values(struct buf *out, const struct preset *preset)
{
	const struct preset_value *value;
	const char *section = "";
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < preset->count; i++) {
		value = &preset->values[i];
		if (strcmp(section, value->key->section) != 0)
			buf_printf(out, "\n[%s]\n", value->key->section);
		section = value->key->section;
		text_escape(
		    shown, sizeof shown, value->text, strlen(value->text));
		buf_printf(out, "%s = %s\n", value->key->name, shown);
	}
}

void
providers_one(
    const struct preset *preset, enum language language, struct buf *out)
{
	add_text(out, "provider", preset->name);
	add_text(out, "title", preset->title);
	add_text(out, "domains", preset->domains);
	add_text(out, "host", preset_text(preset, PRESET_HOST, language));
	add_text(out, "user", preset_text(preset, PRESET_USER, language));
	add_text(out, "password", preset_text(preset, PRESET_CODE, language));
	add_values(out, preset);
}
