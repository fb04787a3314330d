#include "config.h"

#include <bsd/stdlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/process.h"
#include "cli/intake.h"
#include "cli/report.h"
#include "cli/setup.h"
#include "cli/submit.h"
#include "cli/watch.h"
#include "delivery/deliver.h"
#include "delivery/rewrite.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/message.h"

#define MESSAGE_ID_MAX 400

/* One submission, from argv and stdin to an envelope and a message. */
struct submission {
	const struct options *o;
	struct setup setup;
	struct intake intake;
	struct envelope env;
	struct buf asked; /* sender before the policy */
	struct buf head; /* the header as it goes out, and blank line */
	char date[DATE_MAX];
	char id[MESSAGE_ID_MAX];
	struct report report;
	struct delivery delivery;
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int
add_operands(struct submission *s, const struct rewrite *rw, struct result *res)
{
	for (size_t i = 0; i < s->o->count; i++) {
		const char *operand = s->o->recipients[i];

		if (ascii_has_control(operand))
			return result_fail(res, RESULT_ADDRESS,
			    "the "
			    "recipient %s holds a control character",
			    operand);
		if (rewrite_recipients(
			rw, operand, strlen(operand), &s->env, res) == -1)
			return result_context(res, "recipient %s", operand);
	}
	return 0;
}

/* -t: To, Cc and Bcc; in a resent message only their Resent- forms. */
static int
add_header_recipients(
    struct submission *s, const struct rewrite *rw, struct result *res)
{
	static const enum header_name plain[] = { HEADER_TO, HEADER_CC,
		HEADER_BCC },
				      resent[] = { HEADER_RESENT_TO,
					      HEADER_RESENT_CC,
					      HEADER_RESENT_BCC };
	const struct header *h = &s->intake.header;
	const enum header_name *want = header_is_resent(h) ? resent : plain;

	for (size_t i = 0; i < h->count; i++) {
		const struct field *f = &h->fields[i];
		const char *body;
		size_t n;

		if (f->name != want[0] && f->name != want[1] &&
		    f->name != want[2])
			continue;
		body = field_body(h, f, &n);
		if (rewrite_recipients(rw, body, n, &s->env, res) == -1)
			return result_context(
			    res, "%s", header_name_text(f->name));
	}
	return 0;
}

static int
set_dsn(struct submission *s, struct result *res)
{
	const struct options *o = s->o;
	struct dsn *dsn = &s->env.dsn;

	if ((o->notify[0] != '\0' &&
		(dsn->notify = strdup(o->notify)) == NULL) ||
	    (o->ret[0] != '\0' && (dsn->ret = strdup(o->ret)) == NULL) ||
	    (o->envid != NULL && (dsn->envid = strdup(o->envid)) == NULL))
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return 0;
}

static int
make_envelope(struct submission *s, struct result *res)
{
	struct rewrite rw = { &s->setup.conf, &s->setup.identity,
		&s->setup.aliases };

	if (rewrite_sender(&rw, s->o->sender, &s->env, &s->asked, res) == -1 ||
	    set_dsn(s, res) == -1)
		return -1;
	if (s->o->from_header && add_header_recipients(s, &rw, res) == -1)
		return -1;
	if (add_operands(s, &rw, res) == -1)
		return -1;
	if (s->env.count == 0)
		return result_fail(res, RESULT_USAGE,
		    "no recipients: the "
		    "message has no address in To, Cc or Bcc");
	s->env.is_8bit = s->intake.has_8bit;
	return 0;
}

static void
make_date_and_id(struct submission *s)
{
	const struct identity *id = &s->setup.identity;
	const char *domain = address_domain(id->account.data);
	unsigned char random[10];
	char hex[2 * sizeof random + 1];
	time_t t = time(NULL);
	struct tm tm = { 0 };

	(void)localtime_r(&t, &tm);
	date_format(s->date, &tm, tm.tm_gmtoff);
	arc4random_buf(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(hex + 2 * i, 3, "%02x", random[i]);
	snprintf(s->id, sizeof s->id, "<%llx.%s@%s>", (unsigned long long)t,
	    hex, domain != NULL ? domain : id->domain.data);
}

/* The log speaks of the message's own Message-ID, where it has one. */
static void
note_message_id(struct submission *s)
{
	const struct header *h = &s->intake.header;
	const struct field *f = header_find(h, HEADER_MESSAGE_ID);
	size_t n, used = 0;
	const char *body;

	if (f == NULL)
		return;
	body = field_body(h, f, &n);
	for (size_t i = 0; i < n && used < sizeof s->id - 1; i++)
		if (!ascii_is_space(body[i]))
			s->id[used++] = body[i];
	s->id[used] = '\0';
}

static bool
is_local(const char *spec, const void *arg)
{
	return identity_is_local(arg, spec);
}

/* The display name of a generated From: -F, NAME, [sender] name, and GECOS
 * where the sender was not given. */
static const char *
full_name(const struct submission *s)
{
	const char *name = getenv("NAME");

	if (s->o->name != NULL)
		return s->o->name;
	if (name != NULL && *name != '\0')
		return name;
	if (s->setup.conf.sender.name[0] != '\0')
		return s->setup.conf.sender.name;
	return s->o->sender == NULL ? s->setup.identity.name.data : "";
}

static int
make_message(struct submission *s, struct result *res)
{
	static const enum message_from policies[] = {
		[CONF_REWRITE_ALWAYS] = MESSAGE_FROM_ACCOUNT,
		[CONF_REWRITE_LOCAL] = MESSAGE_FROM_LOCAL,
		[CONF_REWRITE_NEVER] = MESSAGE_FROM_KEEP,
	};
	const struct identity *id = &s->setup.identity;
	struct message_rules rules = {
		.date = s->date,
		.id = s->id,
		.from = s->env.sender[0] != '\0' ? s->env.sender
						 : s->asked.data,
		.name = full_name(s),
		.domain = id->domain.data,
		.policy = policies[s->setup.conf.sender.rewrite],
		.account = id->account.len > 0 ? id->account.data : NULL,
		.account_name = s->setup.conf.sender.name,
		.is_local = is_local,
		.arg = id,
		.add_missing = !s->o->gateway,
	};

	make_date_and_id(s);
	if (message_header(&s->intake.header, &rules, &s->head, res) == -1)
		return -1;
	buf_puts(&s->head, "\r\n");
	if (buf_failed(&s->head))
		return result_fail(res, RESULT_DATA, "header too large");
	return 0;
}

/* source: the header, then the draft. */
static int
read_message(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	const struct submission *s = arg;
	size_t k = 0;

	*got = 0;
	if (off < s->head.len) {
		k = s->head.len - (size_t)off;
		if (k > n)
			k = n;
		memcpy(p, s->head.data + off, k);
	}
	if (k < n &&
	    draft_read(&s->intake.body, off + k - s->head.len, p + k, n - k,
		got, res) == -1)
		return -1;
	*got += k;
	return 0;
}

static int
send_message(struct submission *s, struct result *res)
{
	struct source body = { read_message, s,
		s->head.len + s->intake.body.size, s->head.len };
	struct watch watch;

	s->delivery = (struct delivery){ .conf = &s->setup.conf,
		.secret = &s->setup.secret,
		.id = &s->setup.identity,
		.tls = s->setup.tls };
	if (s->o->verbose)
		s->delivery.watch = watch_begin(&watch);
	if (process_catch_signals(&s->delivery.cancel, res) == -1)
		return -1;
	deliver(&s->delivery, &s->env, &body);
	close(s->delivery.cancel);
	return 0;
}

static int
run(struct submission *s, struct result *res)
{
	if (setup_load(&s->setup, res) == -1)
		return -1;
	report_warning(&s->report, &s->setup.complaint,
	    s->setup.has_log ? REPORT_LOG : REPORT_STDERR);
	if (intake_read(&s->intake, STDIN_FILENO, res) == -1 ||
	    make_envelope(s, res) == -1 || make_message(s, res) == -1)
		return -1;
	note_message_id(s);
	return send_message(s, res);
}

/* Where a large body waits.  A TMPDIR that was inherited from another user, or
 * has gone since, must cost nobody a mail. */
static const char *
temporary_directory(void)
{
	const char *dir = getenv("TMPDIR");

	if (dir == NULL || *dir != '/' || access(dir, W_OK | X_OK) == -1)
		return "/tmp";
	return dir;
}

int
submit(const struct options *o, const char *program)
{
	struct submission s = { .o = o };
	double began = now();
	struct result res;
	int status;

	s.report = (struct report){
		.program = program, .options = o, .message_id = s.id
	};
	setup_init(&s.setup);
	intake_init(&s.intake,
	    o->ignore_dots ? LINES_DOT_IS_TEXT : LINES_DOT_ENDS,
	    temporary_directory());
	envelope_init(&s.env);
	buf_init(&s.asked, ADDRESS_MAX);
	buf_init(&s.head, 2 * HEADER_MAX);
	if (run(&s, &res) == -1) {
		status = report_failure(&s.report, &res);
	} else {
		s.report.relay = s.delivery.relay;
		s.report.seconds = now() - began;
		status = report_delivery(&s.report, &s.env);
	}
	buf_free(&s.head);
	buf_free(&s.asked);
	envelope_clear(&s.env);
	intake_clear(&s.intake);
	setup_clear(&s.setup);
	return status;
}
