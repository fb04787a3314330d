/*
 * login: how an account was logged in to before.
 *
 * Who stands between us and the smarthost, or has taken it over, may strike out
 * the mechanisms that would not tell him the password.  So the best grade
 * (smtp/sasl.h) that was ever seen of an account is kept, in a small file in
 * state/, and no worse one is taken.  A changed configuration or password ends
 * that, as it ends pauses.  What is lost, or damaged, counts as nothing.
 */
#ifndef SPOOL_LOGIN_H
#define SPOOL_LOGIN_H

#include "spool/state.h"

/* The grade that was noted for the key; 0: none. */
unsigned login_load(const struct spool *s, const struct state_key *key);

/* Notes it.  Kind STORAGE: it could not be written. */
int login_note(const struct spool *s, const struct state_key *key,
    unsigned grade, struct result *res) __attribute__((warn_unused_result));

#endif
