#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/queue_print.h"
#include "cli/queue_show.h"
#include "cli/queue_site.h"
#include "cli/say.h"

#define PIECE 16384 /* bytes of the message read at a time */
#define LINE_MAX_SHOWN 2048 /* longer lines are shown in pieces */
#define VALUE_MAX 4200 /* bytes of an escaped value */

static void
put_text(FILE *out, const char *name, const char *value)
{
	char shown[VALUE_MAX];

	fprintf(out, "%-12s%s\n", name,
	    text_escape(shown, sizeof shown, value, strlen(value)));
}

static void
put_time(FILE *out, const char *name, int64_t t)
{
	char when[QUEUE_TIME_MAX];

	fprintf(out, "%-12s%s\n", name, t == 0 ? "-" : queue_time(when, t));
}

static void
put_recipient(FILE *out, const struct entry *e, const struct rcpt *rcpt)
{
	const struct result *why = queue_rcpt_result(e, rcpt);
	char shown[VALUE_MAX];

	put_text(out, "Recipient:", rcpt->address);
	if (rcpt->asked != NULL)
		fprintf(out, "%-12sfor %s\n", "",
		    text_escape(
			shown, sizeof shown, rcpt->asked, strlen(rcpt->asked)));
	fprintf(out, "%-12s%s", "", queue_rcpt_state(rcpt->state));
	if (why != NULL)
		fprintf(out, ": %s",
		    text_escape(
			shown, sizeof shown, why->text, strlen(why->text)));
	fputc('\n', out);
}

static void
put_facts(FILE *out, const struct queue_mail *m)
{
	const struct entry *e = m->entry;
	const char *sender = queue_mail_sender(m);

	put_text(out, "Id:", e->id);
	put_text(out, "State:", queue_mail_state(m));
	put_time(out, "Arrival:", e->created);
	fprintf(out, "%-12s%" PRIu32 "\n", "User:", e->uid);
	fprintf(out, "%-12s%" PRIu64 "\n", "Size:", e->size);
	put_text(
	    out, "Message-ID:", e->message_id == NULL ? "" : e->message_id);
	if (sender != NULL)
		put_text(out, "Sender:", *sender == '\0' ? "<>" : sender);
	if (e->return_to != NULL)
		put_text(out, "Reports to:",
		    *e->return_to == '\0' ? "nobody" : e->return_to);
	fprintf(out, "%-12s%" PRIu32 "\n", "Attempts:", e->schedule.attempts);
	put_time(out, "Last try:", e->schedule.last);
	if (m->folder == SPOOL_QUEUE && !e->schedule.held)
		put_time(out, "Next try:", e->schedule.next);
	for (size_t i = 0; i < e->env.count; i++)
		put_recipient(out, e, &e->env.rcpts[i]);
	fputc('\n', out);
}

/* Writes a line, or part of one. */
static void
put_bytes(FILE *out, const struct buf *line, enum queue_show_bytes bytes)
{
	char shown[4 * LINE_MAX_SHOWN + 1];
	const char *p = line->data, *end = p + line->len, *tab;

	if (bytes == QUEUE_SHOW_RAW) {
		fwrite(p, 1, line->len, out);
		return;
	}
	while ((tab = memchr(p, '\t', (size_t)(end - p))) != NULL) {
		fputs(text_escape(shown, sizeof shown, p, (size_t)(tab - p)),
		    out);
		fputc('\t', out);
		p = tab + 1;
	}
	fputs(text_escape(shown, sizeof shown, p, (size_t)(end - p)), out);
}

/* Lines of the message end in CRLF, and CR is nowhere else. */
static void
put_octet(FILE *out, struct buf *line, char c, enum queue_show_bytes bytes)
{
	if (c == '\r')
		return;
	if (c != '\n')
		buf_putc(line, c);
	if (c == '\n' || line->len == LINE_MAX_SHOWN) {
		put_bytes(out, line, bytes);
		buf_reset(line);
	}
	if (c == '\n')
		fputc('\n', out);
}

static int
put_message(FILE *out, const struct source *message,
    enum queue_show_bytes bytes, struct result *res)
{
	char piece[PIECE];
	struct buf line;
	size_t got = 1;
	int rc = 0;

	buf_init(&line, LINE_MAX_SHOWN);
	for (uint64_t off = 0; got > 0 && rc == 0; off += got) {
		got = 0;
		rc = message->read(
		    message->arg, off, piece, sizeof piece, &got, res);
		for (size_t i = 0; rc == 0 && i < got; i++)
			put_octet(out, &line, piece[i], bytes);
	}
	put_bytes(out, &line, bytes);
	buf_free(&line);
	return rc;
}

/* Finds the mail, wherever it is.  -1: the result says why not. */
static int
find(struct queue_site *site, const char *id, struct queue_mail *m,
    struct entry *e, struct result *res)
{
	static const enum spool_folder folders[] = { SPOOL_QUEUE, SPOOL_FAILED,
		SPOOL_DROP };
	enum spool_take how = SPOOL_GONE;

	for (size_t i = 0;
	     how == SPOOL_GONE && i < sizeof folders / sizeof *folders; i++) {
		m->folder = folders[i];
		if (site->spool.fds[m->folder] != -1)
			how = queue_site_entry(
			    site, m->folder, id, e, &m->busy, res);
	}
	if (how == SPOOL_GONE)
		return result_fail(res, RESULT_MODE, "there is no mail %s", id);
	if (how == SPOOL_TAKEN && queue_site_shows(site, e))
		return 0;
	if (how == SPOOL_BAD && site->sees_all)
		return -1;
	return result_fail(res, RESULT_NOPERM,
	    "%s is another user's mail: root can show it", id);
}

static int
show(struct queue_site *site, const char *id, enum queue_show_bytes bytes,
    FILE *out, struct result *res)
{
	struct queue_mail m = { .now = time(NULL) };
	struct source message;
	struct entry e;
	int rc;

	entry_init(&e);
	m.entry = &e;
	rc = find(site, id, &m, &e, res);
	if (rc == 0) {
		put_facts(out, &m);
		message = entry_message(&e);
		rc = put_message(out, &message, bytes, res);
	}
	entry_clear(&e);
	return rc;
}

int
queue_show(const char *program, const char *config, const char *id,
    enum queue_show_bytes bytes, FILE *out)
{
	struct queue_site site;
	struct result res;
	int status = EX_OK;

	queue_site_init(&site);
	if (queue_site_look(&site, config, SPOOL_QUEUE, &res) == -1 ||
	    show(&site, id, bytes, out, &res) == -1) {
		say("%s: %s\n", program, res.text);
		status = result_exit_status(res.kind);
	}
	queue_site_clear(&site);
	return status;
}
