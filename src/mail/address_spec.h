/*
 * address_spec: one addr-spec, put into its shortest correct form
 * (RFC 5322 section 3.4.1, obsolete forms of section 4.4).
 *
 * Internal to address.  Pure.
 */
#ifndef MAIL_ADDRESS_SPEC_H
#define MAIL_ADDRESS_SPEC_H

#include "mail/address.h"
#include "mail/address_scan.h"

/*
 * Reads the addr-spec whose first token is `t`; afterwards `t` is the token
 * that follows it.  Fills spec, spec_start, spec_end, local_len, has_domain
 * and is_8bit of `addr`.  Returns NULL, or what is wrong.
 */
const char *spec_read(struct scan *s, struct token *t, struct address *addr);

#endif
