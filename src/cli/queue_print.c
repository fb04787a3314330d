#include "config.h"

#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/queue_print.h"
#include "mail/address.h"

#define SHOWN_MAX (4 * ADDRESS_MAX + 1) /* bytes of an escaped address */
#define REASON_MAX (4 * RESULT_TEXT_MAX + 256)
#define REASON_COLUMN 76 /* where a short reason ends */
#define RECIPIENT_COLUMN 41

const char *
queue_mail_state(const struct queue_mail *m)
{
	if (m->folder == SPOOL_DROP)
		return "drop";
	if (m->folder == SPOOL_FAILED)
		return "failed";
	if (m->busy)
		return "active";
	return m->entry->schedule.held ? "held" : "waiting";
}

const char *
queue_mail_sender(const struct queue_mail *m)
{
	return m->folder == SPOOL_DROP ? m->entry->return_to
				       : m->entry->env.sender;
}

const char *
queue_rcpt_state(enum rcpt_state state)
{
	switch (state) {
	case RCPT_DELIVERED:
		return "delivered";
	case RCPT_FAILED:
		return "failed";
	case RCPT_PENDING:
	case RCPT_SENT:
	case RCPT_ACCEPTED:
	case RCPT_DEFERRED:
		break;
	}
	return "waiting";
}

const struct result *
queue_rcpt_result(const struct entry *e, const struct rcpt *rcpt)
{
	return rcpt->result < e->env.nresults ? &e->env.results[rcpt->result]
					      : NULL;
}

char *
queue_time(char dst[QUEUE_TIME_MAX], int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL ||
	    strftime(dst, QUEUE_TIME_MAX, "%a %b %e %H:%M:%S", &tm) == 0)
		snprintf(dst, QUEUE_TIME_MAX, "?");
	return dst;
}

void
queue_print_header(FILE *out)
{
	fputs("-Queue ID-  --Size-- ----Arrival Time---- "
	      "-Sender/Recipient-------\n",
	    out);
}

/* Who is shown as the sender, escaped. */
static const char *
show_sender(char dst[SHOWN_MAX], const struct queue_mail *m)
{
	const char *sender = queue_mail_sender(m);
	const struct passwd *pw;

	if (sender == NULL)
		sender = (pw = getpwuid(m->entry->uid)) != NULL ? pw->pw_name
								: "?";
	if (*sender == '\0')
		return "MAILER-DAEMON";
	return text_escape(dst, SHOWN_MAX, sender, strlen(sender));
}

static char
flag_of(const struct queue_mail *m)
{
	if (m->busy)
		return '*';
	return m->entry->schedule.held ? '!' : ' ';
}

/* When it was tried and will be. */
static void
add_times(struct buf *text, const struct queue_mail *m)
{
	const struct entry_schedule *schedule = &m->entry->schedule;
	const unsigned long attempts = schedule->attempts;
	char when[QUEUE_TIME_MAX];

	if (text->len > 0)
		buf_puts(text, "; ");
	if (m->folder == SPOOL_DROP)
		buf_puts(text, "to be taken into the queue");
	else if (m->folder == SPOOL_FAILED)
		buf_printf(
		    text, "last try at %s", queue_time(when, schedule->last));
	else if (m->busy)
		buf_puts(text, "being tried now");
	else if (schedule->held)
		buf_puts(text, "held");
	else if (schedule->next <= m->now)
		buf_puts(text, attempts == 0 ? "not tried yet" : "due now");
	else
		buf_printf(
		    text, "next try at %s", queue_time(when, schedule->next));
	if (attempts > 0)
		buf_printf(text, ", %lu attempt%s", attempts,
		    attempts == 1 ? "" : "s");
}

static void
print_reason(FILE *out, const struct queue_mail *m, const struct result *why)
{
	char shown[REASON_MAX];
	struct buf text;
	int indent;

	buf_init(&text, REASON_MAX);
	if (why != NULL)
		buf_puts(&text, why->text);
	if (m->folder != SPOOL_FAILED || m->entry->schedule.attempts > 0)
		add_times(&text, m);
	text_escape(shown, sizeof shown, text.data, text.len);
	indent = REASON_COLUMN - (int)strlen(shown);
	if (*shown != '\0')
		fprintf(out, "%*s(%s)\n", indent > 0 ? indent : 0, "", shown);
	buf_free(&text);
}

static bool
is_listed(const struct queue_mail *m, const struct rcpt *rcpt)
{
	if (m->folder == SPOOL_FAILED)
		return rcpt->state == RCPT_FAILED;
	return rcpt->state != RCPT_DELIVERED && rcpt->state != RCPT_FAILED;
}

static void
print_recipients(FILE *out, const struct queue_mail *m)
{
	const struct entry *e = m->entry;
	const struct result *why, *last = NULL;
	char shown[SHOWN_MAX];
	bool is_first = true;

	for (size_t i = 0; i < e->env.count; i++) {
		const struct rcpt *rcpt = &e->env.rcpts[i];

		if (!is_listed(m, rcpt))
			continue;
		why = queue_rcpt_result(e, rcpt);
		if (is_first || why != last)
			print_reason(out, m, why);
		is_first = false;
		last = why;
		fprintf(out, "%*s%s\n", RECIPIENT_COLUMN, "",
		    text_escape(shown, sizeof shown, rcpt->address,
			strlen(rcpt->address)));
	}
}

void
queue_print_mail(FILE *out, const struct queue_mail *m)
{
	const struct entry *e = m->entry;
	char when[QUEUE_TIME_MAX], shown[SHOWN_MAX];

	fprintf(out, "%s%c %7" PRIu64 " %-20s %s\n", e->id, flag_of(m), e->size,
	    queue_time(when, e->created), show_sender(shown, m));
	print_recipients(out, m);
	fputc('\n', out);
}

void
queue_print_total(FILE *out, size_t count, uint64_t bytes)
{
	/* the first for those who know sendmail's mailq, the last line for
	 * those who know Postfix's */
	fprintf(out, "                Total requests: %zu\n", count);
	fprintf(out, "-- %" PRIu64 " Kbytes in %zu Request%s.\n", bytes / 1024,
	    count, count == 1 ? "" : "s");
}
