#include "config.h"

#include "base/ascii.h"
#include "mail/message.h"
#include "mail/message_field.h"
#include "mail/message_fold.h"

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

struct work {
	const struct header *h;
	const struct message_rules *rules;
	struct buf *out;
	struct buf field; /* the field being made */
	/* From whose addresses go into a Reply-To of ours; or NULL */
	const struct field *replied;
};

/* Ends the field being made, and writes it. */
static void
emit(struct work *w, enum fold_kind kind)
{
	size_t body = strcspn(w->field.data, ":") + 1;

	buf_puts(&w->field, "\r\n");
	if (buf_failed(&w->field))
		w->out->failed = true;
	else
		message_fold(w->out, w->field.data, w->field.len, body, kind);
	buf_reset(&w->field);
}

/* Writes a field as it is. */
static void
keep(struct work *w, const struct field *f, enum fold_kind kind)
{
	message_fold(w->out, w->h->raw.data + f->start, f->end - f->start,
	    f->body - f->start, kind);
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
	field_put_mailbox(&w->field, person, account ? r->account : r->from);
	emit(w, FOLD_ADDRESSES);
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
	struct field_survey s;
	size_t n;
	const char *body = field_body(w->h, f, &n);

	field_survey(&s, body, n, policy, w->rules);
	if (policy == FIELD_REWRITE && has_policy(w->rules) &&
	    (s.malformed || s.mailboxes == 0)) {
		make_from(w, f->name);
	} else if (s.malformed || s.changed == 0) {
		keep(w, f, FOLD_ADDRESSES);
	} else {
		buf_add(
		    &w->field, w->h->raw.data + f->start, f->body - f->start);
		field_write(&w->field, body, n, &s, policy, w->rules);
		emit(w, FOLD_ADDRESSES);
	}
}

/* Finds the From whose addresses the answers are to go to still: the first,
 * when the policy changes it and there is no Reply-To. */
static const struct field *
find_replied(const struct header *h, const struct message_rules *rules)
{
	const struct field *f = header_find(h, HEADER_FROM);
	struct field_survey s;
	const char *body;
	size_t n;

	if (f == NULL || header_find(h, HEADER_REPLY_TO) != NULL)
		return NULL;
	body = field_body(h, f, &n);
	field_survey(&s, body, n, FIELD_REWRITE, rules);
	return !s.malformed && s.nameless == 0 && s.replaced > 0 ? f : NULL;
}

static void
make_reply_to(struct work *w)
{
	struct field_survey s;
	size_t n;
	const char *body = field_body(w->h, w->replied, &n);

	field_survey(&s, body, n, FIELD_MAP, w->rules);
	buf_puts(&w->field, "Reply-To:");
	if (n > 0 && !ascii_is_space(*body))
		buf_putc(&w->field, ' ');
	field_write(&w->field, body, n, &s, FIELD_MAP, w->rules);
	emit(w, FOLD_ADDRESSES);
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
	else
		keep(w, f, FOLD_TEXT);
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
		emit(w, FOLD_TEXT);
	}
}

int
message_header(const struct header *h, const struct message_rules *rules,
    struct buf *out, struct result *res)
{
	struct work w = { .h = h, .rules = rules, .out = out };
	size_t hops = header_count(h, HEADER_RECEIVED);

	if (hops > MESSAGE_HOPS_MAX)
		return result_fail(res, RESULT_LOOP,
		    "mail loop: the message has passed %zu hosts", hops);
	buf_init(&w.field, out->max);
	w.replied = find_replied(h, rules);
	for (size_t i = 0; i < h->count; i++)
		put_field(&w, &h->fields[i]);
	if (w.replied != NULL)
		make_reply_to(&w);
	if (rules->add_missing)
		put_missing(&w);
	buf_free(&w.field);
	if (buf_failed(out))
		return result_fail(res, RESULT_DATA, "the header is too big");
	return 0;
}
