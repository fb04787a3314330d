#include "config.h"

#include "base/ascii.h"
#include "mail/header_names.h"

static const struct {
	const char *text;
	size_t len;
	enum header_kind kind;
} names[HEADER_NAME_COUNT] = {
#define HEADER_ROW(id, text, kind) \
	[HEADER_##id] = { text, sizeof(text) - 1, HEADER_##kind },
	HEADER_NAMES(HEADER_ROW)
#undef HEADER_ROW
};

enum header_name
header_name_find(const char *p, size_t n)
{
	for (size_t i = HEADER_OTHER + 1; i < HEADER_NAME_COUNT; i++)
		if (names[i].len == n && ascii_equal_n(p, names[i].text, n))
			return (enum header_name)i;
	return HEADER_OTHER;
}

const char *
header_name_text(enum header_name name)
{
	return names[name].text;
}

enum header_kind
header_name_kind(enum header_name name)
{
	return names[name].kind;
}
