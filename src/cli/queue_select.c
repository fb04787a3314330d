#include "config.h"

#include "base/ascii.h"
#include "cli/queue_select.h"

/* Whether `s`, which may be NULL, holds `text`. */
static bool
holds(const char *s, const char *text)
{
	for (; s != NULL && *s != '\0'; s++)
		if (ascii_begins(s, text))
			return true;
	return false;
}

static bool
has_recipient(const struct envelope *env, const char *text)
{
	for (size_t i = 0; i < env->count; i++)
		if (holds(env->rcpts[i].address, text) ||
		    holds(env->rcpts[i].asked, text))
			return true;
	return false;
}

static bool
fits(const struct entry *e, const struct options_select *select)
{
	switch (select->letter) {
	case 'I':
		return holds(e->id, select->text);
	case 'R':
		return has_recipient(&e->env, select->text);
	default: /* S */
		return holds(e->env.sender, select->text) ||
		    holds(e->return_to, select->text);
	}
}

bool
queue_select(const struct entry *e, const void *options)
{
	const struct options *o = options;

	for (size_t i = 0; i < o->nselects; i++)
		if (fits(e, &o->selects[i]) == o->selects[i].negated)
			return false;
	return true;
}
