/*
 * show: what is kept of a login, without its secrets.
 */
#ifndef OAUTH_SHOW_H
#define OAUTH_SHOW_H

#include <stdint.h>

#include "base/buf.h"
#include "oauth/token.h"

/* Appends a line for each thing worth knowing of `t`, which is kept in the
 * file `path`, at the time `now`. */
void show_token(
    struct buf *out, const struct token *t, const char *path, int64_t now);

#endif
