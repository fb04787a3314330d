/*
 * advice: what to do about a result, for people: what is known of the
 * provider's words (config/provider.h), else of the kind.
 */
#ifndef DELIVERY_ADVICE_H
#define DELIVERY_ADVICE_H

#include "base/buf.h"
#include "base/language.h"
#include "base/result.h"

/*
 * Appends to `all` what to do about `res`, a line that ends in LF, unless
 * there is nothing to say or it is there already.  Reads providers.ini, or
 * what OUTPOST_PROVIDERS names in its place.
 */
void advice_add(
    struct buf *all, const struct result *res, enum language language);

#endif
