/*
 * idn: names of domains beyond ASCII (IDNA 2008, UTS 46), by libidn2 where
 * outpost was built with it.
 *
 * Pure; independent of the locale.
 */
#ifndef MAIL_IDN_H
#define MAIL_IDN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"
#include "mail/address.h"

/*
 * Writes the domain of the addr-spec `spec` as A-labels: the whole spec, NUL
 * terminated, to `out` of `size` bytes.  A spec without a domain, or whose
 * domain is ASCII, comes out as it is; the local part is never changed.  Kind
 * UTF8_ADDRESS: the domain cannot be a name, or outpost was built without
 * libidn2 (the text says which); ADDRESS: it does not fit; SYSTEM: no memory.
 */
int idn_to_ascii(const char *spec, char *out, size_t size, struct result *res)
    __attribute__((warn_unused_result));

/*
 * The same for the spec of `addr`, in place, where that makes it ASCII.  With
 * a local part beyond ASCII it needs SMTPUTF8 whatever its domain, which is
 * left as it is.
 */
int idn_put_ascii(struct address *addr, struct result *res)
    __attribute__((warn_unused_result));

#endif
