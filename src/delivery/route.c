#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "base/pattern.h"
#include "delivery/route.h"
#include "mail/address.h"

/* Whether one of the blank-separated patterns fits. */
static bool
any_fits(const char *patterns, const char *spec)
{
	size_t n;

	while (patterns += strspn(patterns, " "), *patterns != '\0') {
		n = strcspn(patterns, " ");
		if (pattern_fits(patterns, n, spec, strlen(spec)))
			return true;
		patterns += n;
	}
	return false;
}

size_t
route_find(const struct routes *routes, const char *spec)
{
	for (size_t i = 0; i < routes->count && *spec != '\0'; i++)
		if (ascii_equal(routes->at[i].id->account.data, spec))
			return i;
	for (size_t i = 0; i < routes->count && *spec != '\0'; i++)
		if (any_fits(routes->at[i].conf->smarthost.senders, spec))
			return i;
	return 0;
}

size_t
route_choose(
    const struct routes *routes, const struct rewrite *rw, const char *given)
{
	const struct sender_rule *rule;
	struct envelope env;
	struct result ignored;
	struct buf asked;
	size_t at = 0;

	if (routes->count == 1)
		return 0;
	envelope_init(&env);
	buf_init(&asked, ADDRESS_MAX);
	/* what is wrong with it is for whoever uses it to say */
	if (rewrite_sender(rw, given, &env, &asked, &rule, &ignored) == 0)
		at = route_find(
		    routes, rule != NULL ? rule->address : asked.data);
	buf_free(&asked);
	envelope_clear(&env);
	return at;
}

size_t
route_fallback(const struct routes *routes, size_t at)
{
	for (size_t step = 1; step < routes->count; step++) {
		size_t next = (at + step) % routes->count;

		if (routes->at[next].conf->smarthost.fallback)
			return next;
	}
	return at;
}
