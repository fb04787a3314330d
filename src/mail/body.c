#include "config.h"

#include <bsd/string.h>
#include <string.h>

#include "mail/body.h"

int
body_scan_begin(struct body_scan *s, const struct charset_choices *choices,
    struct result *res)
{
	*s = (struct body_scan){ .column = 0 };
	return charset_scan_new(&s->charset, choices, res);
}

static void
note_column(struct body_scan *s)
{
	/* the CR is counted, since its LF may come with the next piece */
	if (s->column > s->longest)
		s->longest = s->column;
}

void
body_scan_push(struct body_scan *s, const char *p, size_t n)
{
	const char *end = p + n, *lf;

	charset_scan_push(s->charset, p, n);
	while ((lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		s->column += (size_t)(lf - p);
		note_column(s);
		s->column = 0;
		p = lf + 1;
	}
	s->column += (size_t)(end - p);
	note_column(s);
}

void
body_scan_end(struct body_scan *s, struct body_facts *facts)
{
	if (facts != NULL) {
		strlcpy(facts->charset, charset_scan_name(s->charset),
		    sizeof facts->charset);
		facts->longest = s->longest > 0 ? s->longest - 1 : 0;
	}
	charset_scan_free(s->charset);
	s->charset = NULL;
}

static int
look(struct body_scan *s, const struct source *message, uint64_t off,
    struct result *res)
{
	char piece[16384];
	size_t got;

	for (; off < message->size; off += got) {
		if (message->read(message->arg, off, piece, sizeof piece, &got,
			res) == -1)
			return -1;
		if (got == 0)
			return result_fail(
			    res, RESULT_STORAGE, "the message ends early");
		body_scan_push(s, piece, got);
	}
	return 0;
}

int
body_look(struct body_facts *facts, const struct source *message, uint64_t skip,
    const struct charset_choices *choices, struct result *res)
{
	struct body_scan s;
	int rc;

	if (body_scan_begin(&s, choices, res) == -1)
		return -1;
	rc = look(&s, message, skip, res);
	body_scan_end(&s, facts);
	return rc;
}

bool
body_is_8bit(const struct body_facts *facts)
{
	return strcmp(facts->charset, CHARSET_ASCII) != 0;
}
