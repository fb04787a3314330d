/*
 * advice: what to do about a result, for people: what is known of the
 * provider's words (judge.h), else of the kind.
 */
#ifndef DELIVERY_ADVICE_H
#define DELIVERY_ADVICE_H

#include "base/buf.h"
#include "base/language.h"
#include "base/result.h"
#include "delivery/judge.h"

/* Appends to `all` what to do about `res`, a line that ends in LF, unless
 * there is nothing to say or it is there already. */
void advice_add(struct buf *all, struct judge *judge, const struct result *res,
    enum language language);

#endif
