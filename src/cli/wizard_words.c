#include "config.h"

#include <string.h>

#include "base/text.h"
#include "cli/wizard_words.h"

#define PARTS (sizeof(struct wizard_parts) / sizeof(const char *))
#define PART_MAX 4096 /* bytes of one, as it is shown */

static const char *const texts[WIZARD_WORD_COUNT][LANGUAGE_COUNT] = {
#define WIZARD_ROW(id, en, zh) { en, zh },
	WIZARD_TEXTS(WIZARD_ROW) WIZARD_COMPLAINTS(WIZARD_ROW)
#undef WIZARD_ROW
};

static void
add_part(struct buf *out, const char *part)
{
	char shown[PART_MAX];

	if (part != NULL)
		buf_puts(
		    out, text_escape(shown, sizeof shown, part, strlen(part)));
}

void
wizard_words_add(struct buf *out, enum wizard_word word,
    const struct wizard_parts *parts, enum language language)
{
	const char *p = texts[word][language];
	size_t n;

	for (;;) {
		n = strcspn(p, "{");
		buf_add(out, p, n);
		p += n;
		if (*p == '\0')
			break;
		n = (size_t)(p[1] - '1');
		if (parts != NULL && n < PARTS)
			add_part(out, parts->part[n]);
		p += strlen("{1}");
	}
}
