/*
 * pickup: from the drop folder to the queue.
 *
 * Mail in drop/ was made valid by whoever sent it, without the configuration.
 * Here it gets what only the configuration knows: aliases, the sender's
 * policy, the header that goes with them.  Who sent it is the file's owner.
 */
#ifndef DELIVERY_PICKUP_H
#define DELIVERY_PICKUP_H

#include "delivery/bounce.h"
#include "delivery/route.h"
#include "mail/charset.h"

#define PICKUP_SIZE_MAX (UINT64_C(1) << 30) /* octets of a mail */

/*
 * Moves all mail of drop/ into queue/, or into failed/ when nobody can get it
 * (an address that is none), which is reported to the sender; and everything
 * strange out of the way, to corrupt/.  8-bit text that is not UTF-8 may be in
 * one of the `charsets`.  The sender chooses among the accounts of `routes`, each of which
 * has the tables of `b`.  Each is logged; one that cannot be
 * taken stops no other.  Kind
 * STORAGE: the folder could not be read, or there is no room for more.
 */
int pickup_all(const struct bounce *b, const struct routes *routes,
    const struct charset_choices *charsets, struct result *res)
    __attribute__((warn_unused_result));

#endif
