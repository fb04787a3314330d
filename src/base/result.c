#include "config.h"

#include <bsd/string.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/result.h"
#include "base/text.h"

enum lasting { PERMANENT, TEMPORARY };

static const struct {
	const char *name;
	int exit_status;
	enum lasting lasting;
	const char *status;
	const char *advice[2]; /* by enum language */
} kinds[] = {
#define RESULT_ROW(kind, code, status, lasting, en, zh) \
	{ #kind, code, lasting, status, { en, zh } },
	RESULT_KINDS(RESULT_ROW)
#undef RESULT_ROW
};

int
result_fail(struct result *res, enum result_kind kind, const char *fmt, ...)
{
	char raw[2 * RESULT_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(raw, sizeof raw, fmt, ap) < 0)
		raw[0] = '\0';
	va_end(ap);
	res->kind = kind;
	res->reply = 0;
	res->stage[0] = '\0';
	strlcpy(res->status, kinds[kind].status, sizeof res->status);
	text_escape(res->text, sizeof res->text, raw, strlen(raw));
	return -1;
}

void
result_ok(struct result *res)
{
	res->kind = RESULT_OK;
	res->reply = 0;
	res->stage[0] = '\0';
	strlcpy(res->status, kinds[RESULT_OK].status, sizeof res->status);
	strlcpy(res->text, "done", sizeof res->text);
}

int
result_context(struct result *res, const char *fmt, ...)
{
	char raw[2 * RESULT_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(raw, RESULT_TEXT_MAX, fmt, ap) < 0)
		raw[0] = '\0';
	va_end(ap);
	strlcat(raw, ": ", sizeof raw);
	strlcat(raw, res->text, sizeof raw);
	text_escape(res->text, sizeof res->text, raw, strlen(raw));
	return -1;
}

bool
result_equal(const struct result *a, const struct result *b)
{
	return a->kind == b->kind && a->reply == b->reply &&
	    strcmp(a->status, b->status) == 0 &&
	    strcmp(a->stage, b->stage) == 0 && strcmp(a->text, b->text) == 0;
}

int
result_exit_status(enum result_kind kind)
{
	return kinds[kind].exit_status;
}

bool
result_is_temporary(enum result_kind kind)
{
	return kinds[kind].lasting == TEMPORARY;
}

const char *
result_advice(enum result_kind kind, enum language language)
{
	return kinds[kind].advice[language];
}

const char *
result_kind_name(enum result_kind kind)
{
	return kinds[kind].name;
}

enum result_kind
result_kind_find(const char *name)
{
	for (size_t i = 0; i < RESULT_KIND_COUNT; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return (enum result_kind)i;
	return RESULT_DEFERRED;
}
