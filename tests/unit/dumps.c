#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dumps.h"

/* Appends the line without the comment, which comes last. */
static void
add_value(struct buf *out, const char *line, size_t n)
{
	const char *comment = memrchr(line, ';', n);

	assert_non_null(comment);
	while (comment > line && comment[-1] == ' ')
		comment--;
	buf_add(out, line, (size_t)(comment - line));
}

void
dump_values(const struct conf *conf, struct buf *out)
{
	const char *line;
	struct buf all;
	size_t n;

	buf_init(&all, 100000);
	conf_dump(conf, &all);
	assert_false(buf_failed(&all));
	for (line = all.data; *line != '\0'; line += n + 1) {
		n = strcspn(line, "\n");
		if (n == 0 || *line == '[')
			buf_add(out, line, n);
		else
			add_value(out, line, n);
		buf_putc(out, '\n');
	}
	buf_free(&all);
}
