/*
 * renew: a token that is valid, from what is kept, or else from the server.
 *
 * It is made for `password_command`, which does not wait for ever: all of it
 * ends before that would kill it, for a token that was renewed but not kept
 * may be the last.
 */
#ifndef OAUTH_RENEW_H
#define OAUTH_RENEW_H

#include "base/buf.h"
#include "base/result.h"
#include "oauth/store.h"

#define RENEW_TIME (SECRET_COMMAND_TIME - 2000) /* ms */

/*
 * Appends the access token of `user` to `out`.  Of many at a time one renews
 * it, and the others wait for what it gets.  Kinds of store.h and grant.h.
 * When it was renewed and could not be kept, that is no failure, but the
 * complaint, otherwise of kind OK, says so.
 */
int renew_run(struct store *s, const char *user, struct buf *out,
    struct result *complaint, struct result *res)
    __attribute__((warn_unused_result));

#endif
