/*
 * answer: what the servers of OAuth 2.0 say, made of their JSON.  Pure.
 *
 * Whatever comes is taken apart with limits; a token is visible ASCII and of
 * the length of a password at most, so that it can be one.  What a server says
 * is shown in messages, but nothing of what was sent to it as a secret.
 */
#ifndef OAUTH_ANSWER_H
#define OAUTH_ANSWER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"
#include "config/secret.h"

#define ANSWER_WORDS_MAX 512 /* bytes of each text that is not secret */
#define ANSWER_INTERVAL 5 /* s, where none is given: RFC 8628, section 3.2 */
#define ANSWER_TIME_MAX (366 * 86400L) /* s; all times are cut to it */

struct answer {
	const char *server; /* its name */
	long status; /* of HTTP */
	const struct buf *body;
	const struct secret *hidden; /* what was sent to it, noted */
	size_t nhidden;
};

/* A request for a device to be let in. */
struct answer_device {
	struct buf code; /* secret */
	struct buf user_code, url; /* to be shown */
	long interval, lifetime; /* s */
};

struct answer_grant {
	struct buf access, refresh; /* refresh: may be empty */
	struct buf scope; /* empty: the one that was asked for */
	long lifetime; /* s of the access token; 0: not said */
};

enum answer_verdict { ANSWER_GRANTED, ANSWER_PENDING, ANSWER_SLOW_DOWN };

void answer_device_init(struct answer_device *d);
void answer_device_clear(struct answer_device *d);
void answer_grant_init(struct answer_grant *g);
void answer_grant_clear(struct answer_grant *g);

/*
 * RFC 8628, section 3.2.  Kinds CONFIG, NOPERM, DEFERRED, with the server's
 * words (see below); PROTOCOL: it is no such answer.
 */
int answer_device(struct answer_device *d, const struct answer *a,
    struct result *res) __attribute__((warn_unused_result));

/*
 * RFC 6749, sections 5.1 and 5.2, and RFC 8628, section 3.5.  0: `g` is
 * filled, unless *verdict says that there is nothing yet.  Kinds NOPERM: who
 * the token was of, or was to be of, must log in (again); DEFERRED: not now;
 * CONFIG: any other refusal; PROTOCOL.
 */
int answer_grant(struct answer_grant *g, enum answer_verdict *verdict,
    const struct answer *a, struct result *res)
    __attribute__((warn_unused_result));

#endif
