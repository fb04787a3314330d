#include "config.h"

#include "base/ascii.h"
#include "base/language.h"

enum language
language_of(const char *lc_all, const char *lc_messages, const char *lang)
{
	const char *locale = lang;

	if (lc_messages != NULL && *lc_messages != '\0')
		locale = lc_messages;
	if (lc_all != NULL && *lc_all != '\0')
		locale = lc_all;
	if (locale != NULL && ascii_begins(locale, "zh") &&
	    !ascii_is_alnum(locale[2]))
		return LANGUAGE_CHINESE;
	return LANGUAGE_ENGLISH;
}
