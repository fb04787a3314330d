/*
 * grant: asks for tokens: RFC 8628 (by a device that somebody lets in), and
 * RFC 6749, section 6 (by the refresh token of an earlier grant).
 *
 * What is sent as a secret is masked in all that the server says.
 */
#ifndef OAUTH_GRANT_H
#define OAUTH_GRANT_H

#include "base/result.h"
#include "net/deadline.h"
#include "oauth/answer.h"
#include "oauth/token.h"

/* Asks `device_url` for a device to be let in, by client and scope of `t`.
 * Kinds of http_post() and answer_device(). */
int grant_device(struct answer_device *d, const char *device_url,
    const struct token *t, struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* Asks whether it was let in.  Kinds of http_post() and answer_grant(). */
int grant_poll(struct answer_grant *g, enum answer_verdict *verdict,
    const struct answer_device *d, const struct token *t, struct deadline until,
    struct result *res) __attribute__((warn_unused_result));

/* Asks for another access token.  Kinds of http_post() and answer_grant(). */
int grant_refresh(struct answer_grant *g, const struct token *t,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

#endif
