#include "config.h"

#include <bsd/stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/ascii.h"
#include "delivery/compose.h"
#include "mail/address.h"
#include "mail/lines.h"

#define RECEIVED_MAX 512 /* bytes of that field's body */

void
compose_init(struct composed *c)
{
	*c = (struct composed){ .skip = 0 };
	buf_init(&c->head, 2 * HEADER_MAX);
}

void
compose_stamp(struct composed *c, const struct identity *id)
{
	const char *domain = address_domain(id->account.data);
	unsigned char random[10];
	char hex[2 * sizeof random + 1];
	time_t t = time(NULL);
	struct tm tm = { 0 };

	(void)localtime_r(&t, &tm);
	date_format(c->date, &tm, tm.tm_gmtoff);
	arc4random_buf(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(hex + 2 * i, 3, "%02x", random[i]);
	snprintf(c->id, sizeof c->id, "<%llx.%s@%s>", (unsigned long long)t,
	    hex, domain != NULL ? domain : id->domain.data);
}

/* The log speaks of the message's own Message-ID: the one that was made only
 * where it was put in. */
static void
note_message_id(struct composed *c, const struct header *h, bool was_added)
{
	const struct field *f = header_find(h, HEADER_MESSAGE_ID);
	size_t n = 0, used = 0;
	const char *body = "";

	if (f != NULL)
		body = field_body(h, f, &n);
	else if (was_added)
		return;
	for (size_t i = 0; i < n && used < sizeof c->id - 1; i++)
		if (ascii_is_visible(body[i]))
			c->id[used++] = body[i];
	c->id[used] = '\0';
}

static bool
is_local(const char *spec, const void *arg)
{
	const struct compose_rules *rules = arg;

	return identity_is_local(rules->id, spec);
}

/* The body of the Received field (RFC 5321 section 4.4). */
static void
write_received(const struct composed *c, const struct compose_rules *rules,
    char *p, size_t size)
{
	const struct compose_origin *o = rules->origin;
	char user[32] = "";

	if (rules->conf->message.received)
		snprintf(user, sizeof user, ", from userid %lu",
		    (unsigned long)o->uid);
	snprintf(p, size, "by %s (outpost%s)\r\n\tid %s; %s",
	    rules->conf->message.received ? rules->id->host.data : "localhost",
	    user, o->queue_id, c->date);
}

/* Whether the sender would rather have it delivered without TLS than not (RFC
 * 8689 section 3). */
static bool
waives_tls(const struct header *h)
{
	const struct field *f = header_find(h, HEADER_TLS_REQUIRED);
	const char *body;
	size_t n;

	if (f == NULL)
		return false;
	body = field_body(h, f, &n);
	while (n > 0 && ascii_is_space(*body))
		body++, n--;
	while (n > 0 && ascii_is_space(body[n - 1]))
		n--;
	return n == 2 && ascii_equal_n(body, "No", n);
}

/* Who the map makes of `spec`; what it gives is left as it is. */
static bool
find_outside(const char *spec, struct message_person *who, const void *arg)
{
	const struct compose_rules *rules = arg;
	const struct sender_rule *rule;

	rule = sender_map_find(rules->senders, rules->id, spec);
	if (rule != NULL)
		*who = (struct message_person){ rule->address, rule->name };
	else if (sender_map_gives(rules->senders, spec))
		*who = (struct message_person){ spec, "" };
	else
		return false;
	return true;
}

/* The display name of a From that is made. */
static const char *
name_of(const struct compose_rules *rules)
{
	if (rules->rule != NULL && *rules->rule->name != '\0')
		return rules->rule->name;
	return rules->name;
}

static int
make_head(struct composed *c, const struct compose_rules *rules,
    const struct header *h, struct result *res)
{
	static const enum message_from policies[] = {
		[CONF_REWRITE_ALWAYS] = MESSAGE_FROM_ACCOUNT,
		[CONF_REWRITE_LOCAL] = MESSAGE_FROM_LOCAL,
		[CONF_REWRITE_NEVER] = MESSAGE_FROM_KEEP,
	};
	const struct identity *id = rules->id;
	char received[RECEIVED_MAX];
	struct message_rules message = {
		.date = c->date,
		.id = c->id,
		.from = rules->sender[0] != '\0' ? rules->sender : rules->asked,
		.name = name_of(rules),
		.account_name = rules->conf->sender.name,
		.arg = rules,
		.add_missing = rules->add_missing,
		.text = MESSAGE_TEXT_RAW,
	};
	struct message_facts facts;

	if (rules->scope == COMPOSE_ALL) {
		message.text = MESSAGE_TEXT_READABLE;
		message.charsets = rules->text->charsets;
		message.body = rules->text->body;
		write_received(c, rules, received, sizeof received);
		message.received = received;
	}
	if (rules->scope != COMPOSE_DRAFT) {
		message.domain = id->domain.data;
		message.policy = policies[rules->conf->sender.rewrite];
		message.account = id->account.len > 0 ? id->account.data : NULL;
		message.is_local = is_local;
		message.find_outside = find_outside;
	}
	if (message_header(h, &message, &c->head, &facts, res) == -1)
		return -1;
	c->is_utf8 = facts.needs_utf8;
	return 0;
}

int
compose_read_header(
    struct header *h, const struct source *message, struct result *res)
{
	enum header_push state = HEADER_MORE;
	struct buf held;
	char piece[16384];
	size_t got, used;

	buf_init(&held, HEADER_MAX);
	for (uint64_t off = 0; off < message->header && state == HEADER_MORE;
	     off += got) {
		size_t n = message->header - off < sizeof piece
		    ? (size_t)(message->header - off)
		    : sizeof piece;

		if (message->read(message->arg, off, piece, n, &got, res) == -1)
			state = HEADER_FAILED;
		else if (got == 0)
			break;
		else
			state = header_push(h, piece, got, &used, &held, res);
	}
	if (state == HEADER_MORE)
		state = header_finish(h, &held, res);
	buf_free(&held);
	return state == HEADER_FAILED ? -1 : 0;
}

int
compose(struct composed *c, const struct compose_rules *rules,
    const struct header *h, const struct source *rest, uint64_t skip,
    struct result *res)
{
	const struct body_facts *body;
	int rc;

	c->rest = *rest;
	c->skip = skip;
	compose_stamp(c, rules->id);
	rc = make_head(c, rules, h, res);
	note_message_id(c, h, rc == 0 && rules->add_missing);
	if (rc == -1)
		return -1;
	buf_puts(&c->head, "\r\n");
	if (buf_failed(&c->head))
		return result_fail(res, RESULT_DATA, "header too large");
	c->require_tls = rules->conf->message.require_tls && !waives_tls(h);
	if (rules->scope != COMPOSE_ALL)
		return 0;
	body = rules->text->body;
	c->is_8bit = body_is_8bit(body);
	c->is_long = body->longest > LINES_MAX;
	return 0;
}

void
compose_note(const struct composed *c, struct envelope *env)
{
	env->is_8bit = c->is_8bit;
	env->is_long = c->is_long;
	env->is_utf8 = c->is_utf8;
	env->require_tls = c->require_tls;
}

/* source: the header, then the rest. */
static int
read_composed(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	const struct composed *c = arg;
	size_t k = 0;

	*got = 0;
	if (off < c->head.len) {
		k = c->head.len - (size_t)off;
		if (k > n)
			k = n;
		memcpy(p, c->head.data + off, k);
	}
	if (k < n &&
	    c->rest.read(c->rest.arg, off + k - c->head.len + c->skip, p + k,
		n - k, got, res) == -1)
		return -1;
	*got += k;
	return 0;
}

struct source
compose_source(struct composed *c)
{
	return (struct source){ read_composed, c,
		c->head.len + (c->rest.size - c->skip), c->head.len };
}

void
compose_clear(struct composed *c)
{
	buf_free(&c->head);
}
