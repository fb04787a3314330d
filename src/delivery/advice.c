#include "config.h"

#include <string.h>

#include "config/provider.h"
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

void
advice_add(struct buf *all, const struct result *res, enum language language)
{
	struct buf one;

	buf_init(&one, ADVICE_MAX);
	if (res->reply != 0)
		provider_advise(
		    provider_path(), res->stage, res->text, language, &one);
	if (one.len == 0)
		buf_puts(&one, result_advice(res->kind, language));
	buf_putc(&one, '\n');
	if (one.len > 1 && !has_line(all, one.data))
		buf_add(all, one.data, one.len);
	buf_free(&one);
}
