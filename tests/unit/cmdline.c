#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmdline.h"

void
cmdline_split(struct cmdline *c, const char *line)
{
	char *p = c->text;

	assert_true(strlcpy(c->text, line, sizeof c->text) < sizeof c->text);
	for (c->argc = 0; c->argc < CMDLINE_WORDS && p != NULL; c->argc++)
		c->argv[c->argc] = strsep(&p, "|");
	assert_null(p);
	c->argv[c->argc] = NULL;
}
