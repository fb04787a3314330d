/*
 * deliver: a connection to an account's smarthost, and mails over it.
 *
 * Takes the hosts in their order until one can be talked to, which has half of
 * the time that is left, unless it is the last; a refusal of the message or of
 * the login is never taken to another.  Knows nothing of the spool.
 */
#ifndef DELIVERY_DELIVER_H
#define DELIVERY_DELIVER_H

#include "base/result.h"
#include "config/conf.h"
#include "config/host.h"
#include "config/secret.h"
#include "delivery/hosts.h"
#include "delivery/identity.h"
#include "delivery/judge.h"
#include "mail/envelope.h"
#include "net/dial.h"
#include "smtp/session.h"

struct delivery {
	const struct conf *conf;
	const struct secret *secret;
	const struct identity *id;
	const struct tls *tls; /* deliver_trust; NULL with tls = off */
	struct judge *judge; /* of refusals, or NULL */
	struct session_watch watch;
	enum sasl_grade least; /* of a log-in whose kind is not configured */
	int cancel; /* descriptor that ends it all, or -1 */
	/* out: what was tried last */
	struct hosts_place place;
	char relay[HOST_MAX + 97]; /* "host[address]:port", path, srv:... */
	struct dial peer; /* of the connection; its socket is the session's */
	struct session *session; /* NULL: none */
};

/*
 * Makes the TLS context that `conf` asks for; *tls is NULL with tls = off, and
 * the caller's to tls_free.  Kind CONFIG: the trust store cannot be read.
 */
int deliver_trust(struct tls **tls, const struct conf *conf, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Connects to the first host that can be talked to, and logs in, until `until`
 * at the longest.  d->session is then open.  Kinds as session_open's and
 * dial's, CONFIG.
 */
int deliver_open(struct delivery *d, struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* Whether a connection that ended so may be tried elsewhere: the relay is at
 * fault, not the message or the account. */
bool deliver_is_relay_fault(const struct result *res);

/* session_send over the open connection. */
int deliver_send(struct delivery *d, const struct session_feed *feed,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* Ends the connection, if there is one. */
void deliver_close(struct delivery *d);

#endif
