/*
 * token: what is kept of a login, and its form as JSON.  Pure.
 */
#ifndef OAUTH_TOKEN_H
#define OAUTH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"
#include "config/secret.h"
#include "oauth/answer.h"

#define TOKEN_FILE_MAX (64 * 1024)
#define TOKEN_TEXT_MAX SECRET_MAX /* bytes of each of the texts */
#define TOKEN_SPARE 60 /* s: who gets a token has time to use it */

struct token {
	struct buf user; /* of the smarthost */
	struct buf provider, tenant, client_id, client_secret;
	struct buf token_url, scope; /* to renew it */
	struct buf granted; /* scope, as the server said it; or empty */
	struct buf access, refresh;
	int64_t expires; /* of `access`, seconds since 1970; 0: not known */
};

void token_init(struct token *t);
void token_clear(struct token *t);

/* Appends the JSON, with a LF.  Kind CONFIG: a text that is no UTF-8;
 * SYSTEM. */
int token_write(const struct token *t, struct buf *out, struct result *res)
    __attribute__((warn_unused_result));

/* Fills `t`, which is empty, from the text of the file `path`.  Kind CONFIG:
 * it is none of ours. */
int token_read(struct token *t, const struct buf *text, const char *path,
    struct result *res) __attribute__((warn_unused_result));

/* Whether the access token is of use at `now` and for a while after. */
bool token_is_fresh(const struct token *t, int64_t now);

/* Takes over what was granted at `now`; the refresh token stays, where there
 * is no other.  Kind SYSTEM. */
int token_take(struct token *t, const struct answer_grant *g, int64_t now,
    struct result *res) __attribute__((warn_unused_result));

#endif
