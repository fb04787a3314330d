#include "config.h"

#include "mail/idn.h"

int
idn_to_ascii(const char *spec, char *out, size_t size, struct result *res)
{
	(void)out;
	(void)size;
	return result_fail(
	    res, RESULT_UTF8_ADDRESS, "%s: built without libidn2", spec);
}
