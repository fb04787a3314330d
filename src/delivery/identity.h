/*
 * identity: who this machine and this caller are, for mail.
 *
 * The only place that asks the system for names: login and full name by uid
 * (never USER where passwd knows the uid), host name, mail name.  Everything
 * it returns is printable and bounded.
 */
#ifndef DELIVERY_IDENTITY_H
#define DELIVERY_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/result.h"
#include "config/conf.h"
#include "mail/address.h"

struct identity {
	struct buf login; /* of the caller; from LOGNAME or USER, or
				 * "uid-N", where passwd does not know it */
	struct buf name; /* full name from GECOS, "&" replaced; or empty */
	struct buf host; /* this machine's name, as qualified as it is */
	struct buf mailname; /* of /etc/mailname; empty: none */
	struct buf domain; /* for bare names: [sender] domain, else the
				 * mail name, else the host */
	struct buf account; /* [sender] address, else user where it is an
				 * address; empty: none */
	struct buf local; /* [recipients] local; empty: none */
	struct buf ehlo; /* argument of EHLO; empty: the address literal
				 * of the connection (RFC 5321 section 4.1.4) */
};

/* `uid` is the caller's.  Kind CONFIG: [sender] address or domain, or [recipients] local, is not an
 * address or domain.  To be cleared whatever the result. */
int identity_load(struct identity *id, const struct conf *conf, uid_t uid,
    struct result *res) __attribute__((warn_unused_result));

/*
 * Whether `spec` (qualified or bare) is an address on this machine: no
 * domain, localhost, the host name as it is, its first label alone or before
 * the domain for bare names, or a mail name that is the host name's first
 * label and a domain of two labels or more.  The domain for bare names is not
 * this machine: others have addresses in it.
 */
bool identity_is_local(const struct identity *id, const char *spec);

/* Puts into `spec` the full address that `text` is, its domain in ASCII.
 * False: it is none, and `why`, which is OK else, may say more. */
bool identity_read_address(
    char spec[ADDRESS_MAX], const char *text, struct result *why);

void identity_clear(struct identity *id);

#endif
