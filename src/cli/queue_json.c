#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cli/queue_print.h"
#include "mail/address.h"

#define SHOWN_MAX (4 * ADDRESS_MAX + 1) /* bytes of an escaped string */

/* After text_escape, which leaves valid UTF-8 without controls, two characters
 * are special. */
static void
put_string(FILE *out, const char *s)
{
	char shown[SHOWN_MAX];

	if (s == NULL) {
		fputs("null", out);
		return;
	}
	text_escape(shown, sizeof shown, s, strlen(s));
	fputc('"', out);
	for (const char *p = shown; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		fputc(*p, out);
	}
	fputc('"', out);
}

static void
put_member(FILE *out, const char *name, const char *value)
{
	fprintf(out, ",\"%s\":", name);
	put_string(out, value);
}

static void
put_recipient(FILE *out, const struct entry *e, const struct rcpt *rcpt)
{
	const struct result *why = queue_rcpt_result(e, rcpt);

	fputs("{\"address\":", out);
	put_string(out, rcpt->address);
	put_member(out, "asked", rcpt->asked);
	put_member(out, "state", queue_rcpt_state(rcpt->state));
	put_member(out, "status", why == NULL ? NULL : why->status);
	if (why == NULL)
		fputs(",\"reply\":null", out);
	else
		fprintf(out, ",\"reply\":%d", why->reply);
	put_member(out, "reason", why == NULL ? NULL : why->text);
	fputc('}', out);
}

static const char *
folder_name(enum spool_folder folder)
{
	switch (folder) {
	case SPOOL_FAILED:
		return "failed";
	case SPOOL_DROP:
		return "drop";
	case SPOOL_QUEUE:
	case SPOOL_CORRUPT:
	case SPOOL_STATE:
	case SPOOL_OWN:
	case SPOOL_FOLDER_COUNT:
		break;
	}
	return "queue";
}

void
queue_print_json(FILE *out, const struct queue_mail *m)
{
	const struct entry *e = m->entry;
	const struct entry_schedule *schedule = &e->schedule;

	fputs("{\"id\":", out);
	put_string(out, e->id);
	put_member(out, "queue", folder_name(m->folder));
	put_member(out, "state", queue_mail_state(m));
	fprintf(out,
	    ",\"arrival\":%" PRId64 ",\"size\":%" PRIu64 ",\"uid\":%" PRIu32,
	    e->created, e->size, e->uid);
	put_member(out, "sender", queue_mail_sender(m));
	put_member(out, "return_to", e->return_to);
	put_member(out, "message_id", e->message_id);
	fprintf(out,
	    ",\"attempts\":%" PRIu32 ",\"last\":%" PRId64 ",\"next\":%" PRId64
	    ",\"recipients\":[",
	    schedule->attempts, schedule->last, schedule->next);
	for (size_t i = 0; i < e->env.count; i++) {
		if (i > 0)
			fputc(',', out);
		put_recipient(out, e, &e->env.rcpts[i]);
	}
	fputs("]}\n", out);
}
