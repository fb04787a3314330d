#include "config.h"

#include <inttypes.h>

#include "cli/json.h"
#include "cli/queue_print.h"

static void
put_recipient(FILE *out, const struct entry *e, const struct rcpt *rcpt)
{
	const struct result *why = queue_rcpt_result(e, rcpt);

	fputs("{\"address\":", out);
	json_string(out, rcpt->address);
	json_member(out, "asked", rcpt->asked);
	json_member(out, "state", queue_rcpt_state(rcpt->state));
	json_member(out, "status", why == NULL ? NULL : why->status);
	if (why == NULL)
		fputs(",\"reply\":null", out);
	else
		fprintf(out, ",\"reply\":%d", why->reply);
	json_member(out, "reason", why == NULL ? NULL : why->text);
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
	json_string(out, e->id);
	json_member(out, "queue", folder_name(m->folder));
	json_member(out, "state", queue_mail_state(m));
	fprintf(out,
	    ",\"arrival\":%" PRId64 ",\"size\":%" PRIu64 ",\"uid\":%" PRIu32,
	    e->created, e->size, e->uid);
	json_member(out, "sender", queue_mail_sender(m));
	json_member(out, "return_to", e->return_to);
	json_member(out, "message_id", e->message_id);
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
