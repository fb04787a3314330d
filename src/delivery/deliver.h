/*
 * deliver: one message to the smarthost, a result for each recipient.
 *
 * Takes the hosts in their order until one can be talked to, which has half of
 * the time that is left, unless it is the last; a refusal of the message or of
 * the login is never taken to another.
 */
#ifndef DELIVERY_DELIVER_H
#define DELIVERY_DELIVER_H

#include "base/result.h"
#include "config/conf.h"
#include "config/secret.h"
#include "delivery/identity.h"
#include "mail/envelope.h"
#include "net/dial.h"
#include "smtp/session.h"

#define DELIVER_HOST_MAX 256

struct delivery {
	const struct conf *conf;
	const struct secret *secret;
	const struct identity *id;
	const struct tls *tls; /* deliver_trust; NULL with tls = off */
	struct session_watch watch;
	int cancel; /* descriptor that ends it all, or -1 */
	/* out: what was tried last */
	char host[DELIVER_HOST_MAX]; /* as configured */
	char relay[DELIVER_HOST_MAX + 96]; /* "host[address]:port" */
	struct dial peer; /* of the connection; its socket is the session's */
};

/*
 * Makes the TLS context that `conf` asks for; *tls is NULL with tls = off, and
 * the caller's to tls_free.  Kind CONFIG: the trust store cannot be read.
 */
int deliver_trust(struct tls **tls, const struct conf *conf, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Tries all PENDING recipients of `env`; every one of them is settled when
 * it returns, whatever happened.  Takes wait_timeout at the most until the
 * smarthost has asked for the message.
 */
void deliver(
    struct delivery *d, struct envelope *env, const struct source *body);

#endif
