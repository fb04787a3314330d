#include "config.h"

#include <string.h>

#include "delivery/readdress.h"
#include "mail/address.h"

/* Header and sender by the rules of the other account; all else stays. */
static int
make(struct readdress *r, const struct rewrite *rw, struct envelope *env,
    const struct source *message, struct result *res)
{
	const char *given = *env->sender == '\0' ? "<>" : env->sender;
	struct compose_rules rules = { .conf = rw->conf,
		.id = rw->id,
		.senders = rw->senders,
		.name = rw->conf->sender.name,
		.scope = COMPOSE_ADDRESSES };
	struct buf asked;
	int rc;

	buf_init(&asked, ADDRESS_MAX);
	rc = rewrite_sender(rw, given, &r->other, &asked, &rules.rule, res);
	if (rc == 0)
		rc = compose_read_header(&r->header, message, res);
	if (rc == 0) {
		rules.sender = r->other.sender;
		rules.asked = asked.data;
		rc = compose(&r->composed, &rules, &r->header, message,
		    message->header, res);
	}
	buf_free(&asked);
	return rc;
}

void
readdress_swap(struct readdress *r, struct envelope *env)
{
	char *sender = env->sender;

	if (!r->is_on)
		return;
	env->sender = r->other.sender;
	r->other.sender = sender;
}

static void
clear(struct readdress *r)
{
	envelope_clear(&r->other);
	header_clear(&r->header);
	compose_clear(&r->composed);
	*r = (struct readdress){ .is_on = false };
}

const struct source *
readdress_mail(struct readdress *r, const struct rewrite *rw,
    struct envelope *env, const struct source *message)
{
	struct result res;

	*r = (struct readdress){ .is_on = true };
	envelope_init(&r->other);
	header_init(&r->header);
	compose_init(&r->composed);
	if (make(r, rw, env, message, &res) == -1) {
		envelope_settle_all(env, RCPT_PENDING, RCPT_DEFERRED, &res);
		clear(r);
		return message;
	}
	readdress_swap(r, env);
	r->source = compose_source(&r->composed);
	return &r->source;
}

void
readdress_undo(struct readdress *r, struct envelope *env)
{
	if (!r->is_on)
		return;
	readdress_swap(r, env);
	clear(r);
}
