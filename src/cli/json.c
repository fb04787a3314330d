#include "config.h"

#include <string.h>

#include "base/text.h"
#include "cli/json.h"
#include "mail/address.h"

#define SHOWN_MAX (4 * ADDRESS_MAX + 1) /* bytes of an escaped string */

/* After text_escape, which leaves valid UTF-8 without controls, two characters
 * are special. */
void
json_string(FILE *out, const char *s)
{
	char shown[SHOWN_MAX];

	if (s == NULL) {
		fputs("null", out);
		return;
	}
	text_escape(shown, sizeof shown, s, strlen(s));
	fputc('"', out);
	for (const char *p = shown; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		fputc(*p, out);
	}
	fputc('"', out);
}

void
json_member(FILE *out, const char *name, const char *value)
{
	fprintf(out, ",\"%s\":", name);
	json_string(out, value);
}
