#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "mail/delivery_report.h"
#include "mail/encode.h"
#include "mail/header.h"
#include "mail/lines.h"

#define LISTED_MAX 1000 /* recipients told of one by one */
#define LISTED_OCTETS (256 * 1024) /* of their names and reasons */
#define HEADER_PART_MAX (64 * 1024) /* octets of the original header */
#define ADVICE_MAX (64 * 1024)
#define FIELD_MAX 4096 /* bytes of a field before it is escaped */
#define LINE_MAX 78 /* columns, where it can be had */
#define SHOWN_MAX 1100 /* bytes of a name in the words for people */
#define ID_MAX 250 /* bytes of a Message-ID that is referred to */

/* What is to be told, and who is asked about it. */
struct job {
	const struct delivery_report *r;
	const struct envelope *env;
	bool (*is_reported)(size_t rcpt, const void *arg);
	void (*advise)(
	    const struct result *res, struct buf *out, const void *arg);
	const void *arg;
	size_t count; /* recipients that did not get it */
	size_t listed; /* the first of them, told of one by one */
	size_t first; /* index of the first one */
};

/* The first recipient to be told of from `i` on; env->count: none. */
static size_t
find_failed(const struct job *job, size_t i)
{
	while (i < job->env->count &&
	    (job->env->rcpts[i].state != RCPT_FAILED ||
		!job->is_reported(i, job->arg)))
		i++;
	return i;
}

/* What settled the recipient; NULL when nothing is known of it. */
static const struct result *
result_of(const struct job *job, size_t i)
{
	size_t result = job->env->rcpts[i].result;

	return result < job->env->nresults ? &job->env->results[result] : NULL;
}

/* Octets that say everything about a recipient. */
static size_t
octets_of(const struct job *job, size_t i)
{
	const struct rcpt *rcpt = &job->env->rcpts[i];
	const struct result *res = result_of(job, i);

	return strlen(rcpt->address) +
	    (rcpt->asked != NULL ? strlen(rcpt->asked) : 0) +
	    (res != NULL ? strlen(res->text) : 0);
}

/* Counts the recipients, and those of them that there is room for. */
static void
count_failed(struct job *job)
{
	size_t i, octets = 0;

	job->first = find_failed(job, 0);
	for (i = job->first; i < job->env->count; i = find_failed(job, i + 1)) {
		octets += octets_of(job, i);
		if (job->count++ < LISTED_MAX && octets <= LISTED_OCTETS)
			job->listed = job->count;
	}
}

/* Columns of `c` in a field: what is not visible ASCII is escaped. */
static size_t
width_of(char c)
{
	return ascii_is_visible(c) ? 1 : 4;
}

/* Whether the blank at `p` stands between two words, alone: then a line may
 * end there. */
static bool
is_gap(const char *text, const char *p)
{
	return *p == ' ' && p > text && p[-1] != ' ' && p[1] != ' ' &&
	    p[1] != '\0';
}

/* Appends the bytes from `p` to `end`, escaped; breaks the line only where no
 * line may be longer.  Returns the column. */
static size_t
put_word(struct buf *out, const char *p, const char *end, size_t column)
{
	for (; p < end; p++) {
		if (column + width_of(*p) > LINES_MAX) {
			buf_puts(out, LINES_FOLD);
			column = 1;
		}
		if (ascii_is_visible(*p))
			buf_putc(out, *p);
		else
			buf_printf(out, "\\x%02x", (unsigned char)*p);
		column += width_of(*p);
	}
	return column;
}

/*
 * Appends a field: `name`, with its colon and what else is not to be escaped,
 * and the text printf makes, folded between words.  Nothing in the text can
 * end the field.
 */
static void __attribute__((format(printf, 3, 4)))
put_field(struct buf *out, const char *name, const char *fmt, ...)
{
	size_t column = strlen(name), width;
	char text[FIELD_MAX] = "";
	const char *p, *end;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_puts(out, name);
	for (p = text; *p != '\0'; p = *end == '\0' ? end : end + 1) {
		width = 0;
		for (end = p; *end != '\0' && !is_gap(text, end); end++)
			width += width_of(*end);
		buf_puts(out, column + 1 + width > LINE_MAX ? "\r\n " : " ");
		column = column + 1 + width > LINE_MAX ? 1 : column + 1;
		column = put_word(out, p, end, column);
	}
	buf_puts(out, "\r\n");
}

/* Whether the text can go as it is: ASCII, lines that are no boundary and not
 * too long, and nothing else. */
static bool
is_plain(const char *p, size_t n)
{
	size_t column = 0;

	for (size_t i = 0; i < n; i++) {
		bool ends = p[i] == '\r' && i + 1 < n && p[i + 1] == '\n';

		if (p[i] == '\n')
			column = 0;
		else if (!ends &&
		    (ascii_is_8bit(p[i]) || ++column > LINES_MAX ||
			(ascii_is_control(p[i]) && p[i] != '\t') ||
			(p[i] == '-' && column == 1)))
			return false;
	}
	return true;
}

/* Appends lines that end in LF or CRLF, which now end in CRLF. */
static void
put_lines(struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			buf_putc(out, '\r');
		buf_putc(out, p[i]);
	}
}

/* Appends a body part, from its boundary on. */
static void
put_part(struct buf *out, const char *boundary, const char *type, const char *p,
    size_t n)
{
	struct encode_qp qp = { 0 };

	buf_printf(out, "--%s\r\nContent-Type: %s\r\n", boundary, type);
	if (is_plain(p, n)) {
		buf_puts(out, "\r\n");
		put_lines(out, p, n);
	} else {
		buf_puts(
		    out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
		encode_qp(&qp, out, p, n);
		encode_qp_end(&qp, out);
	}
	buf_puts(out, "\r\n");
}

/* Octets of the original header that the report has: whole lines. */
static size_t
header_length(const struct delivery_report *r)
{
	size_t n = r->header_len;

	if (n > HEADER_PART_MAX)
		n = HEADER_PART_MAX;
	while (n > 0 && r->header[n - 1] != '\n')
		n--;
	return n;
}

/* Whether the `n` bytes at `p` are a Message-ID that can be referred to. */
static bool
is_id(const char *p, size_t n)
{
	if (n < 3 || n > ID_MAX || p[0] != '<' || p[n - 1] != '>')
		return false;
	for (size_t i = 1; i < n - 1; i++)
		if (!ascii_is_visible(p[i]) || p[i] == '<' || p[i] == '>')
			return false;
	return true;
}

/* Puts the Message-ID of `h` into `id`, or nothing. */
static void
take_id(const struct header *h, char id[ID_MAX + 1])
{
	const struct field *f = header_find(h, HEADER_MESSAGE_ID);
	const char *p;
	size_t n;

	if (f == NULL)
		return;
	p = field_body(h, f, &n);
	while (n > 0 && ascii_is_space(*p))
		p++, n--;
	while (n > 0 && ascii_is_space(p[n - 1]))
		n--;
	if (is_id(p, n)) {
		memcpy(id, p, n);
		id[n] = '\0';
	}
}

/* The Message-ID of the original; "" when it has none that is sound. */
static void
find_id(const struct delivery_report *r, char id[ID_MAX + 1])
{
	enum header_push how;
	struct result res;
	struct header h;
	struct buf held;
	size_t used;

	id[0] = '\0';
	header_init(&h);
	buf_init(&held, HEADER_SCAN_MAX);
	how = header_push(&h, r->header, header_length(r), &used, &held, &res);
	if (how == HEADER_MORE)
		how = header_finish(&h, &held, &res);
	if (how != HEADER_FAILED)
		take_id(&h, id);
	buf_free(&held);
	header_clear(&h);
}

static bool
is_ascii(const char *s)
{
	while (*s != '\0' && !ascii_is_8bit(*s))
		s++;
	return *s == '\0';
}

static void
put_header(const struct job *job, struct buf *out)
{
	const struct delivery_report *r = job->r;
	char original[ID_MAX + 1];

	find_id(r, original);
	put_field(out, "Date:", "%s", r->date);
	put_field(out, "From:", "Mail Delivery System <%s>", r->from);
	/* an address that is not ASCII has no form here but the envelope's */
	if (is_ascii(r->to))
		put_field(out, "To:", "<%s>", r->to);
	else
		put_field(out, "To:", "undisclosed-recipients:;");
	if (job->count == 1)
		put_field(out, "Subject:", "Mail not delivered to <%s>",
		    job->env->rcpts[job->first].address);
	else
		put_field(out,
		    "Subject:", "Mail not delivered to %zu recipients",
		    job->count);
	put_field(out, "Message-ID:", "%s", r->id);
	if (original[0] != '\0') {
		put_field(out, "In-Reply-To:", "%s", original);
		put_field(out, "References:", "%s", original);
	}
	put_field(out, "Auto-Submitted:", "auto-replied");
	put_field(out, "MIME-Version:", "1.0");
	put_field(out, "Content-Type:",
	    "multipart/report; report-type=delivery-status; boundary=\"%s\"",
	    r->boundary);
	buf_puts(out, "\r\n");
}

/* Appends a name or a reason as people may see it. */
static void
put_shown(struct buf *text, const char *s)
{
	char shown[SHOWN_MAX];

	buf_puts(text, text_escape(shown, sizeof shown, s, strlen(s)));
}

/* Appends the recipients that are listed, the reason after those that share
 * it, and to `advice` what to do about each. */
static void
put_failures(const struct job *job, struct buf *text, struct buf *advice)
{
	const struct rcpt *rcpts = job->env->rcpts;
	const struct result *res;
	size_t i = job->first, next;

	for (size_t n = 1; n <= job->listed; n++, i = next) {
		next = find_failed(job, i + 1);
		buf_puts(text, "  ");
		put_shown(text, rcpts[i].address);
		if (rcpts[i].asked != NULL) {
			buf_puts(text, " (for ");
			put_shown(text, rcpts[i].asked);
			buf_puts(text, ")");
		}
		buf_puts(text, "\n");
		if (n < job->listed && rcpts[next].result == rcpts[i].result)
			continue;
		if ((res = result_of(job, i)) != NULL) {
			buf_puts(text, "      ");
			put_shown(text, res->text);
			buf_puts(text, "\n");
			job->advise(res, advice, job->arg);
		}
		buf_puts(text, "\n");
	}
	if (job->count > job->listed)
		buf_printf(text,
		    "and to %zu more recipients, whom the log names.\n\n",
		    job->count - job->listed);
}

/* Appends what to do about it. */
static void
put_advice(struct buf *text, const struct buf *advice)
{
	const char *p = advice->data;
	size_t n;

	if (advice->len == 0)
		return;
	buf_puts(text, "What to do about it:\n\n");
	while (*p != '\0') {
		n = strcspn(p, "\n");
		if (n > 0)
			buf_puts(text, "  ");
		buf_add(text, p, n);
		buf_puts(text, "\n");
		p += n + (p[n] == '\n');
	}
	buf_puts(text, "\n");
}

/* Appends where the mail is now. */
static void
put_whereabouts(const struct delivery_report *r, struct buf *text)
{
	if (r->kept) {
		buf_puts(text,
		    "The mail was kept.  To send it after all, once the cause "
		    "is gone, run this on\n");
		put_shown(text, r->reporting_mta);
		buf_puts(text, ":\n\n  outpost queue release ");
		put_shown(text, r->queue_id);
		buf_puts(text, "\n\n");
	}
	buf_puts(text, "Its header is attached.\n");
}

/* Appends the part for people. */
static int
put_words(const struct job *job, struct buf *out, struct result *res)
{
	struct buf text, advice;
	int rc = 0;

	buf_init(&text, DELIVERY_REPORT_MAX);
	buf_init(&advice, ADVICE_MAX);
	buf_puts(&text, "This is the mail system of ");
	put_shown(&text, job->r->reporting_mta);
	buf_puts(&text, ".\n\nYour mail of ");
	put_shown(&text, job->r->arrived);
	buf_puts(&text, "\nwas not delivered to:\n\n");
	put_failures(job, &text, &advice);
	put_advice(&text, &advice);
	put_whereabouts(job->r, &text);
	if (buf_failed(&text))
		rc = result_fail(
		    res, RESULT_SYSTEM, "no memory for the delivery report");
	else
		put_part(out, job->r->boundary, "text/plain; charset=utf-8",
		    text.data, text.len);
	buf_free(&advice);
	buf_free(&text);
	return rc;
}

/* Passes one to three digits; NULL: there are none. */
static const char *
skip_number(const char *p)
{
	size_t n = 0;

	while (n < 3 && ascii_is_digit(p[n]))
		n++;
	return n > 0 ? p + n : NULL;
}

/* The status of a failure: that of `res` where it is one (RFC 3463). */
static const char *
status_of(const struct result *res)
{
	static const char unknown[] = "5.0.0";
	const char *p;

	if (res == NULL || (res->status[0] != '4' && res->status[0] != '5'))
		return unknown;
	p = res->status + 1;
	for (size_t i = 0; i < 2; i++)
		if (*p != '.' || (p = skip_number(p + 1)) == NULL)
			return unknown;
	return *p == '\0' ? res->status : unknown;
}

/* How many bytes of "host[address]:port" are the host; it may stand in
 * brackets itself. */
static int
host_length(const char *relay)
{
	const char *end = strchr(relay + 1, '[');

	if (end == NULL)
		end = strrchr(relay, ':');
	return (int)(end == NULL ? strlen(relay) : (size_t)(end - relay));
}

/* A path is a socket of this machine. */
static void
put_relay(struct buf *out, const char *relay)
{
	if (*relay == '/')
		put_field(out, "Remote-MTA: x-unix;", "%s", relay);
	else if (*relay != '\0')
		put_field(
		    out, "Remote-MTA: dns;", "%.*s", host_length(relay), relay);
}

/* The smarthost's own words: what follows who said it. */
static const char *
words_of(const struct result *res)
{
	char code[16];
	const char *p;

	snprintf(code, sizeof code, ": %03d", res->reply);
	p = strstr(res->text, code);
	return p == NULL ? res->text : p + 2;
}

/* Code point of the character of `len` bytes at `p`. */
static unsigned long
code_of(const char *p, size_t len)
{
	unsigned long code = (unsigned char)*p;

	if (len > 1)
		code &= 0x7fUL >> len;
	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	return code;
}

/* Appends a field with the address as a report in ASCII has it: one that is
 * not in the form of RFC 6533 section 3, utf-8-addr-xtext. */
static void
put_address(struct buf *out, const char *name, const char *address)
{
	size_t n = strlen(address), len;
	char field[64];
	struct buf text;

	buf_init(&text, FIELD_MAX - 1);
	for (size_t i = 0; i < n; i += len) {
		len = text_utf8_length(address + i, n - i);
		if (len == 0)
			len = 1;
		if (ascii_is_visible(address[i]) &&
		    strchr("+=\\", address[i]) == NULL)
			buf_putc(&text, address[i]);
		else
			buf_printf(
			    &text, "\\x{%02lX}", code_of(address + i, len));
	}
	snprintf(field, sizeof field, "%s: %s;", name,
	    is_ascii(address) ? "rfc822" : "utf-8");
	put_field(out, field, "%s", is_ascii(address) ? address : text.data);
	buf_free(&text);
}

/* Appends the fields about one recipient (RFC 3464, section 2.3). */
static void
put_recipient(const struct job *job, size_t i, struct buf *out)
{
	const struct rcpt *rcpt = &job->env->rcpts[i];
	const struct result *res = result_of(job, i);

	buf_puts(out, "\r\n");
	if (rcpt->asked != NULL)
		put_address(out, "Original-Recipient", rcpt->asked);
	put_address(out, "Final-Recipient", rcpt->address);
	put_field(out, "Action:", "failed");
	put_field(out, "Status:", "%s", status_of(res));
	if (res == NULL)
		return;
	if (res->reply == 0) {
		put_field(out, "Diagnostic-Code: X-Outpost;", "%s", res->text);
		return;
	}
	put_relay(out, job->r->relay);
	put_field(out, "Diagnostic-Code: smtp;", "%s", words_of(res));
}

/* Appends the part for programs. */
static void
put_fields(const struct job *job, struct buf *out)
{
	const struct delivery_report *r = job->r;
	const char *envid = job->env->dsn.envid;
	size_t i = job->first;

	buf_printf(out, "--%s\r\nContent-Type: message/delivery-status\r\n\r\n",
	    r->boundary);
	if (envid != NULL && *envid != '\0')
		put_field(out, "Original-Envelope-Id:", "%s", envid);
	put_field(out, "Reporting-MTA: dns;", "%s", r->reporting_mta);
	put_field(out, "Arrival-Date:", "%s", r->arrived);
	put_field(out, "X-Outpost-Queue-ID:", "%s", r->queue_id);
	for (size_t n = 0; n < job->listed; n++) {
		put_recipient(job, i, out);
		i = find_failed(job, i + 1);
	}
	buf_puts(out, "\r\n");
}

int
delivery_report_write(const struct delivery_report *r,
    const struct envelope *env,
    bool (*is_reported)(size_t rcpt, const void *arg),
    void (*advise)(const struct result *res, struct buf *out, const void *arg),
    const void *arg, struct buf *out, uint64_t *header_size, struct result *res)
{
	struct job job = { .r = r,
		.env = env,
		.is_reported = is_reported,
		.advise = advise,
		.arg = arg };
	size_t start = out->len;

	count_failed(&job);
	put_header(&job, out);
	*header_size = out->len - start;
	if (put_words(&job, out, res) == -1)
		return -1;
	put_fields(&job, out);
	put_part(out, r->boundary, "text/rfc822-headers", r->header,
	    header_length(r));
	buf_printf(out, "--%s--\r\n", r->boundary);
	if (buf_failed(out))
		return result_fail(
		    res, RESULT_DATA, "the delivery report is too large");
	return 0;
}
