/*
 * hostname: which texts are names of hosts, and which of them lie in a domain.
 *
 * Pure; asks nobody.
 */
#ifndef BASE_HOSTNAME_H
#define BASE_HOSTNAME_H

#include <stdbool.h>

#define HOSTNAME_MAX 253 /* RFC 1035: 255 on the wire */

/* Letters, digits, hyphens and (as container tools have it) underscores, dots
 * between the labels; the last label is not a number, since resolvers take
 * such a name for an odd form of an IPv4 address. */
bool hostname_is_valid(const char *name);

/* Whether `name` is the domain itself, or lies in it; in any case. */
bool hostname_is_within(const char *name, const char *domain);

#endif
