#include "config.h"

#include "delivery/fit.h"
#include "mail/recode.h"

/* Looks for the blank line in the next `n` octets: lines are clean, so the
 * first CR LF CR LF is it. */
static void
find_header(struct fit *f, const char *p, size_t n)
{
	static const char end[] = "\r\n\r\n";

	for (size_t i = 0; i < n && f->source.header == 0; i++) {
		if (p[i] == end[f->ends])
			f->ends++;
		else
			f->ends = p[i] == '\r';
		if (end[f->ends] == '\0')
			f->source.header = f->draft.size + i + 1;
	}
}

/* recode_sink */
static int
write_draft(void *arg, const char *p, size_t n, struct result *res)
{
	struct fit *f = arg;

	find_header(f, p, n);
	return draft_add(&f->draft, p, n, res);
}

/* source */
static int
read_draft(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	const struct fit *f = arg;

	return draft_read(&f->draft, off, p, n, got, res);
}

static int
make(struct fit *f, const struct source *message, enum recode_want want,
    struct result *res)
{
	const struct recode_sink sink = { write_draft, f };

	*f = (struct fit){ .ends = 0 };
	draft_init(&f->draft, draft_directory());
	if (recode(message, want, &sink, res) == -1 ||
	    draft_finish(&f->draft, res) == -1) {
		draft_clear(&f->draft);
		return -1;
	}
	f->source.read = read_draft;
	f->source.arg = f;
	f->source.size = f->draft.size;
	return 0;
}

const struct source *
fit_mail(struct fit *f, struct envelope *env, const struct source *message,
    const struct caps *caps)
{
	bool narrow = env->is_8bit && (caps->flags & CAPS_8BITMIME) == 0;
	struct result res;

	if (!narrow && !env->is_long)
		return message;
	if (make(f, message, narrow ? RECODE_7BIT : RECODE_SHORT, &res) == 0)
		return &f->source;
	envelope_settle_all(env, RCPT_PENDING,
	    result_is_temporary(res.kind) ? RCPT_DEFERRED : RCPT_FAILED, &res);
	return message;
}

void
fit_clear(struct fit *f)
{
	if (f->source.read != NULL)
		draft_clear(&f->draft);
	*f = (struct fit){ .ends = 0 };
}
