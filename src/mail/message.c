#include "config.h"

#include "base/ascii.h"
#include "mail/message.h"
#include "mail/message_field.h"
#include "mail/message_fold.h"
#include "mail/message_mime.h"
#include "mail/message_words.h"
#include "mail/words_run.h"

enum action {
	ACTION_KEEP,
	ACTION_DROP,
	ACTION_FILL, /* dropped when empty: it is added anew */
	ACTION_QUALIFY,
	ACTION_FROM /* FILL, and rewritten by the policy */
};

static const enum action actions[HEADER_NAME_COUNT] = {
	[HEADER_BCC] = ACTION_DROP,
	[HEADER_CC] = ACTION_QUALIFY,
	[HEADER_CONTENT_LENGTH] = ACTION_DROP,
	[HEADER_DATE] = ACTION_FILL,
	[HEADER_FROM] = ACTION_FROM,
	[HEADER_MESSAGE_ID] = ACTION_FILL,
	[HEADER_REPLY_TO] = ACTION_QUALIFY,
	[HEADER_RESENT_BCC] = ACTION_DROP,
	[HEADER_RESENT_CC] = ACTION_QUALIFY,
	[HEADER_RESENT_DATE] = ACTION_FILL,
	[HEADER_RESENT_FROM] = ACTION_FROM,
	[HEADER_RESENT_MESSAGE_ID] = ACTION_FILL,
	[HEADER_RESENT_REPLY_TO] = ACTION_QUALIFY,
	[HEADER_RESENT_SENDER] = ACTION_QUALIFY,
	[HEADER_RESENT_TO] = ACTION_QUALIFY,
	[HEADER_RETURN_PATH] = ACTION_DROP,
	[HEADER_SENDER] = ACTION_QUALIFY,
	[HEADER_TO] = ACTION_QUALIFY,
};

/* In which messages a field is added when it is missing. */
enum wanted { WANTED_ALWAYS, WANTED_RESENT };

/* What is missing is added in this order. */
static const struct {
	enum header_name name;
	enum wanted wanted;
} required[] = {
	{ HEADER_FROM, WANTED_ALWAYS },
	{ HEADER_DATE, WANTED_ALWAYS },
	{ HEADER_MESSAGE_ID, WANTED_ALWAYS },
	{ HEADER_RESENT_FROM, WANTED_RESENT },
	{ HEADER_RESENT_DATE, WANTED_RESENT },
	{ HEADER_RESENT_MESSAGE_ID, WANTED_RESENT },
};

/* A field as it came, but in UTF-8 where its charset is known: in others an
 * "@" may be half a character. */
struct clear {
	const char *p; /* all of it, with its last CRLF */
	size_t n;
	const char *body;
	size_t body_len; /* without that CRLF */
};

struct work {
	const struct header *h;
	const struct message_rules *rules;
	struct buf *out;
	struct message_facts *facts;
	struct message_mime mime;
	struct buf text; /* the field that came, in UTF-8 */
	struct buf field; /* the field being made */
	struct buf words; /* the same in ASCII */
	/* From whose addresses go into a Reply-To of ours; or NULL */
	const struct field *replied;
	int rc; /* -1: res says why */
	struct result *res;
};

/* Reads a field; the text lasts until the next is read. */
static struct clear
read_field(struct work *w, const struct field *f)
{
	const char *p = w->h->raw.data + f->start;
	size_t n = f->end - f->start, body = f->body - f->start;
	struct clear c = { .p = p, .n = n };

	c.body = field_body(w->h, f, &c.body_len);
	if (w->rules->text == MESSAGE_TEXT_RAW || !run_has_8bit(p, n))
		return c;
	(void)charset_to_utf8(&w->text, p, n, w->rules->charsets);
	if (buf_failed(&w->text)) {
		w->out->failed = true;
		return c;
	}
	c.body_len += w->text.len - n;
	return (struct clear){ w->text.data, w->text.len, w->text.data + body,
		c.body_len };
}

/* Writes a whole field that is as it should be, but for its length. */
static void
write_folded(struct work *w, const char *p, size_t n)
{
	if (w->rc == 0)
		w->rc = message_fold(w->out, p, n, w->res);
}

/* Writes a whole field. */
static void
write_field(struct work *w, const char *p, size_t n)
{
	if (w->rules->text == MESSAGE_TEXT_RAW) {
		write_folded(w, p, n);
		return;
	}
	buf_reset(&w->words);
	if (message_words(&w->words, p, n, w->rules->charsets) ==
	    WORDS_LEFT_ADDRESS)
		w->facts->needs_utf8 = true;
	if (buf_failed(&w->words))
		w->out->failed = true;
	else
		write_folded(w, w->words.data, w->words.len);
}

/* Ends the field being made, and writes it. */
static void
emit(struct work *w)
{
	buf_puts(&w->field, "\r\n");
	if (buf_failed(&w->field))
		w->out->failed = true;
	else
		write_field(w, w->field.data, w->field.len);
	buf_reset(&w->field);
}

/* Makes From or Resent-From of what the rules say. */
static void
make_from(struct work *w, enum header_name name)
{
	const struct message_rules *r = w->rules;
	bool account = r->from == NULL || field_is_account(r->from, r);
	const char *person = r->name;

	if (account && (person == NULL || *person == '\0'))
		person = r->account_name;
	buf_printf(&w->field, "%s: ", header_name_text(name));
	field_put_mailbox(&w->field, person, account ? r->account : r->from, r);
	emit(w);
}

/* Whether the policy may change a From at all. */
static bool
has_policy(const struct message_rules *r)
{
	return r->policy != MESSAGE_FROM_KEEP && r->account != NULL &&
	    *r->account != '\0';
}

/* Writes an address field with its mailboxes changed. */
static void
edit(struct work *w, const struct field *f, enum field_policy policy)
{
	struct clear c = read_field(w, f);
	struct field_survey s;

	field_survey(&s, c.body, c.body_len, policy, w->rules);
	if (policy == FIELD_REWRITE && has_policy(w->rules) &&
	    (s.malformed || s.mailboxes == 0)) {
		make_from(w, f->name);
	} else if (s.malformed || s.changed == 0) {
		write_field(w, c.p, c.n);
	} else {
		buf_add(&w->field, c.p, (size_t)(c.body - c.p));
		field_write(
		    &w->field, c.body, c.body_len, &s, policy, w->rules);
		emit(w);
	}
}

/* Finds the From whose addresses the answers are to go to still: the first,
 * when the policy changes it and there is no Reply-To. */
static const struct field *
find_replied(struct work *w)
{
	const struct field *f = header_find(w->h, HEADER_FROM);
	struct field_survey s;
	struct clear c;

	if (f == NULL || header_find(w->h, HEADER_REPLY_TO) != NULL)
		return NULL;
	c = read_field(w, f);
	field_survey(&s, c.body, c.body_len, FIELD_REWRITE, w->rules);
	return !s.malformed && s.nameless == 0 && s.replaced > 0 ? f : NULL;
}

static void
make_reply_to(struct work *w)
{
	struct clear c = read_field(w, w->replied);
	struct field_survey s;

	field_survey(&s, c.body, c.body_len, FIELD_MAP, w->rules);
	buf_puts(&w->field, "Reply-To:");
	if (c.body_len > 0 && !ascii_is_space(*c.body))
		buf_putc(&w->field, ' ');
	field_write(&w->field, c.body, c.body_len, &s, FIELD_MAP, w->rules);
	emit(w);
}

/* Writes field `f`, as its name has it. */
static void
put_field(struct work *w, const struct field *f)
{
	enum action action = actions[f->name];
	bool empty = field_is_empty(w->h, f);

	if (action == ACTION_DROP ||
	    (f->name == HEADER_REPLY_TO && empty && w->replied != NULL) ||
	    ((action == ACTION_FILL || action == ACTION_FROM) && empty &&
		w->rules->add_missing))
		return;
	if (action == ACTION_FROM && !empty)
		edit(w, f, FIELD_REWRITE);
	else if (action == ACTION_QUALIFY)
		edit(w, f, FIELD_QUALIFY);
	else if (message_mime_change(&w->mime, w->h, f, &w->field))
		emit(w);
	else
		write_field(w, w->h->raw.data + f->start, f->end - f->start);
}

/* Adds what the message must have and does not. */
static void
put_missing(struct work *w)
{
	bool resent = header_is_resent(w->h);

	for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
		enum header_name name = required[i].name;

		if ((required[i].wanted == WANTED_RESENT && !resent) ||
		    header_find(w->h, name) != NULL)
			continue;
		if (actions[name] == ACTION_FROM) {
			if (w->rules->from != NULL)
				make_from(w, name);
			continue;
		}
		buf_printf(&w->field, "%s: %s", header_name_text(name),
		    name == HEADER_DATE || name == HEADER_RESENT_DATE
			? w->rules->date
			: w->rules->id);
		emit(w);
	}
	message_mime_add(&w->mime, w->out);
}

/* Writes all of it. */
static int
write_header(struct work *w)
{
	w->replied = find_replied(w);
	message_mime_plan(
	    &w->mime, w->h, w->rules->add_missing ? w->rules->body : NULL);
	if (w->rules->received != NULL)
		buf_printf(w->out, "%s: %s\r\n",
		    header_name_text(HEADER_RECEIVED), w->rules->received);
	for (size_t i = 0; i < w->h->count; i++)
		put_field(w, &w->h->fields[i]);
	if (w->replied != NULL)
		make_reply_to(w);
	if (w->rules->add_missing)
		put_missing(w);
	if (w->rc == 0 && buf_failed(w->out))
		w->rc = result_fail(
		    w->res, RESULT_DATA, "the header is too big");
	return w->rc;
}

int
message_header(const struct header *h, const struct message_rules *rules,
    struct buf *out, struct message_facts *facts, struct result *res)
{
	struct work w = {
		.h = h, .rules = rules, .out = out, .facts = facts, .res = res
	};
	size_t hops = header_count(h, HEADER_RECEIVED);

	*facts = (struct message_facts){ .needs_utf8 = false };
	if (hops > MESSAGE_HOPS_MAX)
		return result_fail(res, RESULT_LOOP,
		    "mail loop: the message has passed %zu hosts", hops);
	buf_init(&w.text, out->max);
	buf_init(&w.field, out->max);
	buf_init(&w.words, out->max);
	if (write_header(&w) == -1)
		buf_reset(out);
	buf_free(&w.text);
	buf_free(&w.field);
	buf_free(&w.words);
	return w.rc;
}
