#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/pattern.h"
#include "config/aliases.h"
#include "config/file.h"
#include "delivery/sender_map.h"
#include "mail/address.h"
#include "mail/idn.h"

/* Notes a rule that is left out, unless an earlier line was told of. */
static void
leave_out(struct sender_map *map, const char *path, const struct alias *alias,
    const char *what)
{
	if (map->left_out++ == 0)
		(void)result_fail(&map->complaint, RESULT_CONFIG,
		    "%s:%u: %s: %s", path, alias->line, alias->name, what);
}

/* The display name in the `n` bytes at `p`, as a person reads it: without
 * quotes, and with one blank for white space. */
static void
put_name(struct buf *out, const char *p, size_t n)
{
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"') {
			quoted = !quoted;
			continue;
		}
		if (p[i] == '\\' && i + 1 < n)
			i++;
		if (!ascii_is_space(p[i]))
			buf_putc(out, p[i]);
		else if (quoted ||
		    (out->len > 0 && out->data[out->len - 1] != ' '))
			buf_putc(out, ' ');
	}
}

/* Reads the one address of the alias; NULL, or what is wrong. */
static const char *
read_target(const struct alias *alias, struct address *addr)
{
	const char *text = alias->targets[0].text;
	struct result why;

	if (alias->ntargets > 1)
		return "one address is wanted (a name with a comma stands in "
		       "quotes)";
	if (alias->targets[0].kind != ALIAS_ADDRESS ||
	    address_one(addr, text, strlen(text), &why) == -1 ||
	    !addr->has_domain || addr->local_len == 0 ||
	    idn_put_ascii(addr, &why) == -1)
		return "what it becomes must be a full mail address, as in "
		       "someone@163.com or Name <someone@163.com>";
	return NULL;
}

/* Writes the pattern as the addresses are that it is to fit; NULL, or what is
 * wrong. */
static const char *
read_pattern(const struct alias *alias, char pattern[ADDRESS_MAX])
{
	struct result why;

	if (strchr(alias->name, '@') == NULL) {
		if (strlen(alias->name) >= ADDRESS_MAX)
			return "the pattern is too long";
		snprintf(pattern, ADDRESS_MAX, "%s", alias->name);
	} else if (idn_to_ascii(alias->name, pattern, ADDRESS_MAX, &why) ==
	    -1) {
		return "the pattern's domain cannot be one";
	}
	return NULL;
}

static int
add_rule(struct sender_map *map, const char *path, const struct alias *alias,
    struct result *res)
{
	struct sender_rule *rule = &map->rules[map->count];
	char pattern[ADDRESS_MAX];
	struct address addr;
	const char *wrong;
	struct buf name;

	if ((wrong = read_target(alias, &addr)) != NULL ||
	    (wrong = read_pattern(alias, pattern)) != NULL) {
		leave_out(map, path, alias, wrong);
		return 0;
	}
	buf_init(&name, strlen(alias->targets[0].text));
	put_name(&name, alias->targets[0].text + addr.name_start,
	    addr.name_end - addr.name_start);
	*rule = (struct sender_rule){ .pattern = strdup(pattern),
		.address = strdup(addr.spec),
		.name = strdup(name.data),
		.line = alias->line };
	map->count++;
	if (buf_failed(&name) || rule->pattern == NULL ||
	    rule->address == NULL || rule->name == NULL)
		(void)result_fail(res, RESULT_SYSTEM, "out of memory");
	else
		result_ok(res);
	buf_free(&name);
	return res->kind == RESULT_OK ? 0 : -1;
}

static int
compare_lines(const void *va, const void *vb)
{
	const struct sender_rule *a = va, *b = vb;

	return (a->line > b->line) - (a->line < b->line);
}

static int
make_rules(
    struct sender_map *map, const struct aliases *table, struct result *res)
{
	map->left_out = table->left_out;
	map->complaint = table->complaint;
	if (table->count == 0)
		return 0;
	map->rules = calloc(table->count, sizeof *map->rules);
	if (map->rules == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	for (size_t i = 0; i < table->count; i++)
		if (add_rule(map, table->path, &table->list[i], res) == -1)
			return -1;
	qsort(map->rules, map->count, sizeof *map->rules, compare_lines);
	return 0;
}

/* Makes rules of the table, if reading it came to 0, and clears it. */
static int
take_table(
    struct sender_map *map, struct aliases *table, int rc, struct result *res)
{
	*map = (struct sender_map){ 0 };
	if (rc == 0)
		rc = make_rules(map, table, res);
	aliases_clear(table);
	return rc;
}

int
sender_map_load(
    struct sender_map *map, const struct conf *conf, struct result *res)
{
	const char *path = conf->sender.map;
	struct aliases table;

	*map = (struct sender_map){ 0 };
	if (*path != '\0' && file_is_missing(path))
		return conf_fail(
		    conf, "sender", "map", res, "there is no such file");
	return take_table(map, &table, aliases_load(&table, path, res), res);
}

int
sender_map_parse(struct sender_map *map, const char *path, const char *p,
    size_t n, struct result *res)
{
	struct aliases table;

	return take_table(
	    map, &table, aliases_parse(&table, path, p, n, res), res);
}

const struct sender_rule *
sender_map_find(
    const struct sender_map *map, const struct identity *id, const char *spec)
{
	const char *domain = address_domain(spec);
	size_t local = domain == NULL ? strlen(spec)
				      : (size_t)(domain - spec - 1);
	bool is_local = identity_is_local(id, spec);
	char full[2 * ADDRESS_MAX];

	if (*spec == '\0')
		return NULL;
	snprintf(full, sizeof full, "%s%s%s", spec, domain == NULL ? "@" : "",
	    domain == NULL ? id->domain.data : "");
	for (size_t i = 0; i < map->count; i++) {
		const char *pattern = map->rules[i].pattern;
		size_t n = strlen(pattern);

		if (strchr(pattern, '@') != NULL
			? pattern_fits(pattern, n, full, strlen(full))
			: is_local && pattern_fits(pattern, n, spec, local))
			return &map->rules[i];
	}
	return NULL;
}

bool
sender_map_gives(const struct sender_map *map, const char *spec)
{
	for (size_t i = 0; i < map->count; i++)
		if (address_equal(map->rules[i].address, spec))
			return true;
	return false;
}

void
sender_map_clear(struct sender_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		free(map->rules[i].pattern);
		free(map->rules[i].address);
		free(map->rules[i].name);
	}
	free(map->rules);
	*map = (struct sender_map){ 0 };
}
