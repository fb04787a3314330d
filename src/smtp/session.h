/*
 * session: drives the machine (client.h) over a stream (net/stream.h).
 *
 * Reads replies with a time limit each, masks secrets in them before anyone
 * sees them, sends the message in large pieces straight from where it lies,
 * watches for a reply in mid-message, and shows the dialogue to a watcher.
 */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include <stdint.h>

#include "base/result.h"
#include "config/secret.h"
#include "mail/envelope.h"
#include "mail/source.h"
#include "net/deadline.h"
#include "net/stream.h"
#include "net/tls.h"
#include "smtp/client.h"

/* Who watches the dialogue; any member may be NULL. */
struct session_watch {
	/* one line, without its end; `who` is 'C' or 'S', or '*' for remarks
	 * of ours such as the TLS version */
	void (*line)(void *arg, char who, const char *text);
	/* octets of the message written so far */
	void (*progress)(void *arg, uint64_t done, uint64_t size);
	void *arg;
};

struct session_rules {
	struct smtp_plan plan;
	const struct tls *tls; /* NULL when plan.tls is NONE; UP: the
				 * handshake comes before the greeting */
	const struct secret *secret; /* for masking */
	struct session_watch watch;
	long timeout; /* ms for each reply and each block */
};

struct session;

/*
 * Takes the connected socket `fd` (which is closed even on failure), makes
 * TLS, greets, logs in, until `until` at the longest.  Kinds: those of net/,
 * and SMARTHOST, PROTOCOL, NO_STARTTLS, NO_AUTH, AUTH, DEFERRED.
 */
int session_open(struct session **s, int fd, const struct session_rules *rules,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Sends the session's one message to all PENDING recipients of `env`, in as
 * many transactions as it takes; every one of them is settled when it returns.
 * `until` is for everything until the message is first asked for; after that
 * only the rules' `timeout` counts, since breaking off then leaves it half
 * delivered.  Its `cancel` ends all of it, but not while the final dot is
 * written and answered: that would risk a second copy.  -1: the connection has
 * failed (`res` says why); the settled results stand all the same.
 */
int session_send(struct session *s, struct envelope *env,
    const struct source *body, struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* QUIT, where it was not said, and not waited for; closes and releases.
 * Accepts NULL. */
void session_close(struct session *s);

#endif
