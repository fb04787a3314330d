#include "config.h"

#include "base/ascii.h"
#include "base/pattern.h"

/* A star that is passed need not be come back to: the first fit of what comes
 * before the next one leaves the most room for the rest. */
bool
pattern_fits(const char *pattern, size_t np, const char *s, size_t n)
{
	const char *end = pattern + np, *star = NULL;
	size_t i = 0, mark = 0;

	while (i < n) {
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			mark = i;
		} else if (pattern < end &&
		    ascii_lower(*pattern) == ascii_lower(s[i])) {
			pattern++;
			i++;
		} else if (star != NULL) {
			pattern = star;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}
