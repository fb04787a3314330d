#include "config.h"

#include <bsd/stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "delivery/advice.h"
#include "delivery/bounce.h"
#include "delivery/compose.h"
#include "delivery/journal.h"
#include "mail/address.h"
#include "mail/delivery_report.h"

#define HEADER_SHOWN (64 * 1024) /* octets of the original's header */

/* The report while it is made. */
struct making {
	const struct bounce *b;
	const struct entry *original;
	struct judge *judge;
	struct entry entry; /* the report's own */
	struct composed stamp; /* its date and Message-ID */
	struct buf from, header, text;
	uint64_t header_size; /* of the report */
};

/* RFC 3461 section 4.1: with NOTIFY, only those who asked for failures. */
static bool
wants_failures(const struct envelope *env)
{
	return env->dsn.notify == NULL || *env->dsn.notify == '\0' ||
	    strstr(env->dsn.notify, "FAILURE") != NULL;
}

static bool
is_reported(size_t i, const void *arg)
{
	const struct making *m = arg;
	const struct rcpt *rcpt = &m->original->env.rcpts[i];

	return rcpt->state == RCPT_FAILED && !rcpt->earlier;
}

static bool
has_reported(const struct making *m)
{
	for (size_t i = 0; i < m->original->env.count; i++)
		if (is_reported(i, m))
			return true;
	return false;
}

static void
advise(const struct result *res, struct buf *out, const void *arg)
{
	const struct making *m = arg;

	advice_add(out, m->judge, res, LANGUAGE_ENGLISH);
	advice_add(out, m->judge, res, LANGUAGE_CHINESE);
}

/* Why there is nobody to tell; NULL when there is somebody. */
static const char *
nobody(const struct entry *e)
{
	if (e->origin == ENTRY_REPORT)
		return "a report is not reported on";
	if (e->return_to == NULL || *e->return_to == '\0')
		return "it has no sender";
	if (!wants_failures(&e->env))
		return "the sender wants no report";
	return NULL;
}

/* The aliases lead from the sender to nobody. */
static int
fail_unaddressed(const struct making *m, struct result *res)
{
	const struct envelope *env = &m->entry.env;
	const struct result *why = env->count > 0
	    ? envelope_result(env, &env->rcpts[0])
	    : NULL;

	return result_fail(res, RESULT_ALIAS, "nobody is told: <%s> is %s",
	    m->original->return_to, why != NULL ? why->text : "nobody");
}

static int
address_report(struct making *m, struct result *res)
{
	const struct rewrite *rw = m->b->rewrite;
	const struct envelope *env = &m->entry.env;
	const char *to = m->original->return_to;
	const struct sender_rule *ignored;
	struct buf asked;
	int rc;

	buf_init(&asked, ADDRESS_MAX);
	rc = rewrite_sender(rw, "<>", &m->entry.env, &asked, &ignored, res);
	buf_free(&asked);
	if (rc == -1 ||
	    rewrite_recipients(rw, to, strlen(to), &m->entry.env, res) == -1)
		return -1;
	if (envelope_count(env, RCPT_PENDING) == 0)
		return fail_unaddressed(m, res);
	if (*env->sender != '\0')
		buf_puts(&m->from, env->sender);
	else
		buf_printf(&m->from, "MAILER-DAEMON@%s", rw->id->domain.data);
	return 0;
}

static int
read_header(struct making *m, const struct source *message, struct result *res)
{
	uint64_t want = message->header < HEADER_SHOWN ? message->header
						       : HEADER_SHOWN;
	char piece[4096];
	size_t got;

	for (uint64_t off = 0; off < want; off += got) {
		size_t n = want - off < sizeof piece ? (size_t)(want - off)
						     : sizeof piece;

		if (message->read(message->arg, off, piece, n, &got, res) == -1)
			return -1;
		if (got == 0)
			return result_fail(
			    res, RESULT_STORAGE, "the mail was cut off");
		buf_add(&m->header, piece, got);
	}
	/* whole lines, and not the blank one at the end */
	while (m->header.len > 0 && m->header.data[m->header.len - 1] != '\n')
		m->header.data[--m->header.len] = '\0';
	if (m->header.len >= 4 &&
	    strcmp(m->header.data + m->header.len - 4, "\r\n\r\n") == 0)
		m->header.data[m->header.len -= 2] = '\0';
	return 0;
}

static int
write_report(struct making *m, const char *relay, struct result *res)
{
	const struct entry *e = m->original;
	char boundary[48], arrived[DATE_MAX];
	time_t then = (time_t)e->created;
	struct tm tm = { 0 };
	struct delivery_report r = { .from = m->from.data,
		.to = m->entry.env.rcpts[0].address,
		.date = m->stamp.date,
		.id = m->stamp.id,
		.boundary = boundary,
		.reporting_mta = m->b->rewrite->id->host.data,
		.queue_id = e->id,
		.arrived = arrived,
		.relay = relay,
		.header = m->header.data,
		.header_len = m->header.len,
		.kept = true };

	/* as unlikely in the original as its Message-ID is to be used twice */
	snprintf(boundary, sizeof boundary, "=_%08x%08x%08x", arc4random(),
	    arc4random(), arc4random());
	(void)localtime_r(&then, &tm);
	date_format(arrived, &tm, tm.tm_gmtoff);
	return delivery_report_write(&r, &e->env, is_reported, advise, m,
	    &m->text, &m->header_size, res);
}

/* source: the report in memory. */
static int
read_text(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	const struct buf *text = arg;

	(void)res;
	*got = 0;
	if (off >= text->len)
		return 0;
	*got = n < text->len - off ? n : text->len - (size_t)off;
	memcpy(p, text->data + off, *got);
	return 0;
}

static int
keep_report(struct making *m, struct result *res)
{
	const struct source source = { read_text, &m->text, m->text.len,
		m->header_size };
	struct entry *e = &m->entry;

	e->origin = ENTRY_REPORT;
	e->created = time(NULL);
	e->uid = (uint32_t)getuid();
	e->schedule.next = e->created;
	e->return_to = strdup("");
	e->message_id = strdup(m->stamp.id);
	if (e->return_to == NULL || e->message_id == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return spool_keep(m->b->spool, SPOOL_QUEUE, e, &source, res);
}

static int
make(struct making *m, const struct source *message, const char *relay,
    struct result *res)
{
	compose_stamp(&m->stamp, m->b->rewrite->id);
	if (address_report(m, res) == -1 ||
	    read_header(m, message, res) == -1 ||
	    write_report(m, relay, res) == -1)
		return -1;
	return keep_report(m, res);
}

static void
tell(const struct making *m, const char *relay)
{
	const struct entry *e = m->original;
	const struct journal j = { .id = e->id,
		.uid = e->uid,
		.message_id = e->message_id,
		.relay = relay,
		.exit = -1 };

	journal_event(&j, LOG_EVENT, &e->env, "reported", "report=%s to=<%s>",
	    m->entry.id, e->return_to);
}

enum bounce_made
bounce_make(const struct bounce *b, const struct entry *e,
    const struct source *message, const char *relay, struct result *res)
{
	const struct journal j = { .id = e->id,
		.uid = e->uid,
		.message_id = e->message_id,
		.relay = relay,
		.exit = -1 };
	struct judge judge = { .read = false };
	struct making m = { .b = b, .original = e, .judge = &judge };
	const char *why = nobody(e);
	int rc;

	if (!has_reported(&m))
		return BOUNCE_NONE;
	if (why != NULL) {
		journal_event(&j, LOG_FAILURE, &e->env, "unreported",
		    "nobody is told: %s", why);
		return BOUNCE_NONE;
	}
	entry_init(&m.entry);
	compose_init(&m.stamp);
	buf_init(&m.from, 2 * ADDRESS_MAX);
	buf_init(&m.header, HEADER_SHOWN);
	buf_init(&m.text, DELIVERY_REPORT_MAX);
	rc = make(&m, message, relay, res);
	if (rc == 0)
		tell(&m, relay);
	buf_free(&m.text);
	buf_free(&m.header);
	buf_free(&m.from);
	compose_clear(&m.stamp);
	judge_clear(&judge);
	entry_clear(&m.entry);
	return rc == 0 ? BOUNCE_MADE : BOUNCE_FAILED;
}
