/*
 * sender_map: who local senders are outside ([sender] map).
 *
 *	root: ops@example.com			# a local name
 *	cron-*: Cron of web1 <cron@example.com>	# "*": any characters
 *	*@*.internal: noreply@example.com	# addresses
 *
 * Lines, comments and quotes are those of the aliases file; the first rule in
 * the file that fits counts.  A pattern without "@" fits a name without
 * domain, and that name on this machine; one with "@" fits the whole address.
 * The case of letters does not matter.  Where and when addresses are looked
 * up is others' business (rewrite.h, compose.h).  The struct owns its memory.
 */
#ifndef DELIVERY_SENDER_MAP_H
#define DELIVERY_SENDER_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"
#include "config/conf.h"
#include "delivery/identity.h"

struct sender_rule {
	char *pattern;
	char *address; /* a full one, its domain in ASCII */
	char *name; /* display name as text; "": none */
	unsigned line; /* in the file */
};

struct sender_map {
	struct sender_rule *rules; /* in the order of the file */
	size_t count;
	unsigned left_out; /* rules that were wrong */
	struct result complaint; /* about the first of them: kind CONFIG,
				  * "file:line: what" */
};

/*
 * Reads the file that [sender] map names, if it does.  A rule that is not
 * `PATTERN: address` is left out and counted.  Kind CONFIG for a file that is
 * missing, cannot be read, is too large or holds a NUL byte; DENIED: the
 * caller may not read it; SYSTEM: no memory.  To be cleared whatever the
 * result.
 */
int sender_map_load(struct sender_map *map, const struct conf *conf,
    struct result *res) __attribute__((warn_unused_result));

/* The same from memory. */
int sender_map_parse(struct sender_map *map, const char *path, const char *p,
    size_t n, struct result *res) __attribute__((warn_unused_result));

/* The first rule that fits the addr-spec `spec`, with or without domain, or
 * NULL. */
const struct sender_rule *sender_map_find(
    const struct sender_map *map, const struct identity *id, const char *spec);

/* Whether `spec` is what some rule gives: then it is one of ours outside, and
 * no policy has to change it. */
bool sender_map_gives(const struct sender_map *map, const char *spec);

void sender_map_clear(struct sender_map *map);

#endif
