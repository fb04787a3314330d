#include "config.h"

#include <string.h>

#include "delivery/advice.h"

#define ADVICE_MAX 16384 /* bytes of one */

/* Whether the lines of `all` have this one, which ends in LF, among them. */
static bool
has_line(const struct buf *all, const char *line)
{
	const char *p = all->data;

	while ((p = strstr(p, line)) != NULL) {
		if (p == all->data || p[-1] == '\n')
			return true;
		p++;
	}
	return false;
}

/* The rule's, in this language or at least in English, or the kind's. */
static const char *
find_advice(
    struct judge *judge, const struct result *res, enum language language)
{
	const struct provider_rule *rule = judge_rule(judge, res);

	if (rule != NULL && rule->advice[language] != NULL)
		return rule->advice[language];
	if (rule != NULL && rule->advice[LANGUAGE_ENGLISH] != NULL)
		return rule->advice[LANGUAGE_ENGLISH];
	return result_advice(res->kind, language);
}

void
advice_add(struct buf *all, struct judge *judge, const struct result *res,
    enum language language)
{
	struct buf one;

	buf_init(&one, ADVICE_MAX);
	buf_puts(&one, find_advice(judge, res, language));
	buf_putc(&one, '\n');
	if (one.len > 1 && !has_line(all, one.data))
		buf_add(all, one.data, one.len);
	buf_free(&one);
}
