#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/text.h"
#include "cli/request.h"
#include "delivery/rewrite.h"
#include "mail/address.h"
#include "spool/names.h"

void
request_init(
    struct request *r, const struct options *o, const struct setup *setup)
{
	*r = (struct request){ .options = o, .setup = setup };
	entry_init(&r->entry);
	compose_init(&r->message);
	buf_init(&r->asked, ADDRESS_MAX);
}

int
request_read(struct request *r, struct result *res)
{
	return request_read_from(r, STDIN_FILENO, res);
}

int
request_read_from(struct request *r, int fd, struct result *res)
{
	intake_init(&r->intake,
	    r->options->ignore_dots ? LINES_DOT_IS_TEXT : LINES_DOT_ENDS,
	    draft_directory());
	return intake_read(&r->intake, fd, &r->setup->charsets, res);
}

static int
add_list(struct request *r, enum request_rewrite rewrite, const char *list,
    size_t n, struct result *res)
{
	const struct rewrite rw = setup_rewrite(r->setup);

	if (rewrite == REQUEST_LATER)
		return rewrite_collect(list, n, &r->entry.env, res);
	return rewrite_recipients(&rw, list, n, &r->entry.env, res);
}

static int
add_operands(
    struct request *r, enum request_rewrite rewrite, struct result *res)
{
	for (size_t i = 0; i < r->options->count; i++) {
		const char *operand = r->options->recipients[i];

		if (ascii_has_control(operand))
			return result_fail(res, RESULT_ADDRESS,
			    "the recipient %s holds a control character",
			    operand);
		if (add_list(r, rewrite, operand, strlen(operand), res) == -1)
			return result_context(res, "recipient %s", operand);
	}
	return 0;
}

/* The recipients in a field; in UTF-8, for in other sets an "@" may be half a
 * character. */
static int
add_field(struct request *r, enum request_rewrite rewrite,
    const struct field *f, struct result *res)
{
	struct buf text;
	size_t n;
	const char *body = field_body(&r->intake.header, f, &n);
	int rc;

	buf_init(&text, 2 * HEADER_MAX);
	(void)charset_to_utf8(&text, body, n, &r->setup->charsets);
	if (buf_failed(&text))
		rc = result_fail(res, RESULT_SYSTEM, "out of memory");
	else
		rc = add_list(r, rewrite, text.data, text.len, res);
	buf_free(&text);
	if (rc == -1)
		return result_context(res, "%s", header_name_text(f->name));
	return 0;
}

/* -t: To, Cc and Bcc; in a resent message only their Resent- forms. */
static int
add_header_recipients(
    struct request *r, enum request_rewrite rewrite, struct result *res)
{
	static const enum header_name plain[] = { HEADER_TO, HEADER_CC,
		HEADER_BCC },
				      resent[] = { HEADER_RESENT_TO,
					      HEADER_RESENT_CC,
					      HEADER_RESENT_BCC };
	const struct header *h = &r->intake.header;
	const enum header_name *want = header_is_resent(h) ? resent : plain;

	for (size_t i = 0; i < h->count; i++) {
		const struct field *f = &h->fields[i];

		if ((f->name == want[0] || f->name == want[1] ||
			f->name == want[2]) &&
		    add_field(r, rewrite, f, res) == -1)
			return -1;
	}
	return 0;
}

static int
make_envelope(
    struct request *r, enum request_rewrite rewrite, struct result *res)
{
	const struct rewrite rw = setup_rewrite(r->setup);
	const struct options *o = r->options;
	struct envelope *env = &r->entry.env;

	if (rewrite_sender(&rw, o->sender, env, &r->asked, &r->rule, res) ==
		-1 ||
	    envelope_set_dsn(env, o->notify, o->ret, o->envid, res) == -1)
		return -1;
	if (o->from_header && add_header_recipients(r, rewrite, res) == -1)
		return -1;
	if (add_operands(r, rewrite, res) == -1)
		return -1;
	if (env->count == 0)
		return result_fail(res, RESULT_USAGE,
		    "no recipients: the message has no address in To, Cc or "
		    "Bcc");
	return 0;
}

/* Who the caller is, for the account that is used. */
static const struct identity *
identity_of(const struct request *r)
{
	return setup_rewrite(r->setup).id;
}

/* The name that the caller gave, or NULL. */
static const char *
given_name(const struct request *r)
{
	const char *name = getenv("NAME");

	if (r->options->name != NULL)
		return r->options->name;
	return name != NULL && *name != '\0' ? name : NULL;
}

/* The display name of a generated From: -F, NAME, [sender] name, and GECOS
 * where the sender was not given. */
static const char *
full_name(const struct request *r)
{
	const struct conf *conf = setup_rewrite(r->setup).conf;

	if (given_name(r) != NULL)
		return given_name(r);
	if (conf->sender.name[0] != '\0')
		return conf->sender.name;
	return r->options->sender == NULL ? identity_of(r)->name.data : "";
}

/* source: the draft. */
static int
read_body(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	return draft_read(arg, off, p, n, got, res);
}

/* Who empties the drop folder knows better what the addresses are to be, and
 * what becomes of text and trace: From is left out, but for the name that was
 * given. */
static int
make_message(
    struct request *r, enum request_rewrite rewrite, struct result *res)
{
	bool is_draft = rewrite == REQUEST_LATER;
	const char *asked = is_draft && r->options->sender == NULL
	    ? identity_of(r)->login.data
	    : r->asked.data;
	const struct source body = { read_body, &r->intake.body,
		r->intake.body.size, 0 };
	const struct compose_origin origin = { r->entry.id, r->setup->uid };
	const struct compose_text text = { &r->setup->charsets,
		&r->intake.facts };
	const struct rewrite rw = setup_rewrite(r->setup);
	const struct compose_rules rules = { .conf = rw.conf,
		.id = rw.id,
		.senders = &r->setup->senders,
		.sender = is_draft ? "" : r->entry.env.sender,
		.asked = is_draft && given_name(r) == NULL ? NULL : asked,
		.name = full_name(r),
		.rule = r->rule,
		.add_missing = !r->options->gateway,
		.scope = is_draft ? COMPOSE_DRAFT : COMPOSE_ALL,
		.origin = is_draft ? NULL : &origin,
		.text = is_draft ? NULL : &text };

	return compose(&r->message, &rules, &r->intake.header, &body, 0, res);
}

/* Where a report goes: to the sender who was asked for; DROP: to the one that
 * was given. */
static const char *
return_to(const struct request *r, enum request_rewrite rewrite)
{
	struct address given;
	struct result ignored;
	const char *text = r->options->sender;

	if (text == NULL)
		return rewrite == REQUEST_LATER ? NULL : r->asked.data;
	if (address_one(&given, text, strlen(text), &ignored) == 0 &&
	    given.spec[0] == '\0')
		return "";
	return r->asked.data;
}

static int
note_facts(struct request *r, enum request_rewrite rewrite, struct result *res)
{
	const char *to = return_to(r, rewrite);
	struct entry *e = &r->entry;

	e->origin = rewrite == REQUEST_LATER ? ENTRY_DROP : ENTRY_MAIL;
	e->schedule.next = e->created;
	e->uid = (uint32_t)r->setup->uid;
	compose_note(&r->message, &e->env);
	if (rewrite == REQUEST_LATER &&
	    envelope_set_sender(&e->env, "", res) == -1)
		return -1;
	e->return_to = to == NULL ? NULL : strdup(to);
	e->message_id = strdup(r->message.id);
	if ((to != NULL && e->return_to == NULL) || e->message_id == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return 0;
}

/* Nothing is sent of it, to anybody: the envelope becomes the operands as they
 * are, refused for `why`. */
static int
refuse(struct request *r, const struct result *why, struct result *res)
{
	struct envelope *env = &r->entry.env;
	char shown[ADDRESS_MAX];

	envelope_clear(env);
	if (envelope_set_sender(env, "", res) == -1)
		return -1;
	for (size_t i = 0; i < r->options->count; i++) {
		const char *operand = r->options->recipients[i];

		text_escape(shown, sizeof shown, operand, strlen(operand));
		if (envelope_add(env, shown, NULL, res) == -1)
			return -1;
	}
	envelope_settle_all(env, RCPT_PENDING, RCPT_FAILED, why);
	if (r->asked.len == 0)
		buf_printf(&r->asked, "%s@%s", identity_of(r)->login.data,
		    identity_of(r)->domain.data);
	return 0;
}

int
request_make(
    struct request *r, enum request_rewrite rewrite, struct result *res)
{
	struct result second;
	int rc;

	r->entry.created = time(NULL);
	names_make_id(r->entry.id, r->entry.created);
	rc = make_envelope(r, rewrite, res);
	if (rc == 0)
		rc = make_message(r, rewrite, res);
	else if (refuse(r, res, &second) == 0)
		r->unfit = make_message(r, rewrite, &second) == -1;
	if (rc == -1 && r->message.head.len == 0)
		r->unfit = true;
	if (note_facts(r, rewrite, &second) == 0)
		return rc;
	r->unfit = true;
	*res = second;
	return -1;
}

void
request_clear(struct request *r)
{
	buf_free(&r->asked);
	compose_clear(&r->message);
	entry_clear(&r->entry);
	intake_clear(&r->intake);
}
