/*
 * compose: the message as it goes out: its header made anew by what the
 * configuration wants (mail/message.h), and its body from where it lies.
 */
#ifndef DELIVERY_COMPOSE_H
#define DELIVERY_COMPOSE_H

#include "base/buf.h"
#include "base/result.h"
#include "config/conf.h"
#include "delivery/identity.h"
#include "delivery/sender_map.h"
#include "mail/date.h"
#include "mail/envelope.h"
#include "mail/header.h"
#include "mail/message.h"
#include "mail/source.h"

#define COMPOSE_ID_MAX 400 /* bytes of a Message-ID */

/* Where it was handed in. */
struct compose_origin {
	const char *queue_id;
	uid_t uid;
};

/* What it takes to make its text readable. */
struct compose_text {
	const struct charset_choices *charsets;
	const struct body_facts *body;
};

/* How much of a message is made. */
enum compose_scope {
	COMPOSE_ALL, /* what goes out */
	COMPOSE_ADDRESSES, /* of what was made before, who it is from */
	/* whoever takes it over composes it again: addresses, text and trace
	 * stay as they are */
	COMPOSE_DRAFT
};

/* What is known beside the header. */
struct compose_rules {
	const struct conf *conf;
	const struct identity *id;
	const struct sender_map *senders;
	const char *sender; /* of the envelope; "" the null sender */
	/* the sender before the policy, qualified; NULL: no From is made */
	const char *asked;
	const char *name; /* display name of a From that is made, or "" */
	const struct sender_rule *rule; /* that the sender follows, or NULL */
	bool add_missing; /* false with -G */
	enum compose_scope scope;
	/* both where all is made, and otherwise neither */
	const struct compose_origin *origin;
	const struct compose_text *text;
};

struct composed {
	struct buf head; /* header and blank line */
	char date[DATE_MAX]; /* of now */
	/* the Message-ID it has, "<" and ">" too; or "" */
	char id[COMPOSE_ID_MAX];
	/* the body lies here, from `skip` on */
	struct source rest;
	uint64_t skip;
	/* for the envelope */
	bool is_8bit, is_long, is_utf8, require_tls;
};

void compose_init(struct composed *c);

/* Reads the header of a message that was made before, with the one parser.
 * Kinds of header_push, and those of reading it. */
int compose_read_header(struct header *h, const struct source *message,
    struct result *res) __attribute__((warn_unused_result));

/* Makes date and Message-ID, and the header of `h`; whose body is what
 * follows the first `skip` octets of `rest`, borrowed.  Kinds LOOP, DATA. */
int compose(struct composed *c, const struct compose_rules *rules,
    const struct header *h, const struct source *rest, uint64_t skip,
    struct result *res) __attribute__((warn_unused_result));

/* Date and Message-ID alone, for a mail that has no other maker. */
void compose_stamp(struct composed *c, const struct identity *id);

/* Tells the envelope what its mail wants of the way. */
void compose_note(const struct composed *c, struct envelope *env);

/* Where to read it all from; borrows `c`. */
struct source compose_source(struct composed *c);

void compose_clear(struct composed *c);

#endif
