/*
 * rewrite: from addresses as given to the envelope as it goes out.
 *
 * Local recipients go through the aliases, then to [recipients] local, else
 * get the domain; the sender follows [sender] map, else [sender] rewrite.  Not here: header
 * fields (mail/message.h), and which bytes are an address (mail/address.h).
 */
#ifndef DELIVERY_REWRITE_H
#define DELIVERY_REWRITE_H

#include "base/result.h"
#include "config/aliases.h"
#include "config/conf.h"
#include "delivery/identity.h"
#include "delivery/sender_map.h"
#include "mail/envelope.h"

#define REWRITE_NAMES_MAX 10000 /* that one recipient's aliases lead to */

struct rewrite {
	const struct conf *conf;
	const struct identity *id;
	const struct aliases *aliases;
	const struct sender_map *senders;
};

/*
 * Adds the recipients of the address list in the `n` bytes at `list`, each
 * once.  What an alias cannot give (a file, a pipe, an include, a loop, a
 * bad address) becomes a FAILED recipient of its own, kind ALIAS.  Kind
 * ADDRESS, UTF8_ADDRESS: the list itself holds what is no address, or a
 * control character, or "<>"; then nothing may be sent to anyone.
 */
int rewrite_recipients(const struct rewrite *rw, const char *list, size_t n,
    struct envelope *env, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Adds the recipients of the list as they are written, for somebody else to
 * rewrite: without aliases and domain.  Kinds as above.
 */
int rewrite_collect(const char *list, size_t n, struct envelope *env,
    struct result *res) __attribute__((warn_unused_result));

/*
 * Sets the envelope's sender: from `given` (-f; NULL: the caller's login),
 * and the map, or the policy.  `asked` gets the sender before these,
 * qualified, for a From that is to be generated; it is the login's when
 * `given` is null.  *rule gets what the map says of it, or NULL.  Kinds
 * ADDRESS, UTF8_ADDRESS.
 */
int rewrite_sender(const struct rewrite *rw, const char *given,
    struct envelope *env, struct buf *asked, const struct sender_rule **rule,
    struct result *res) __attribute__((warn_unused_result));

#endif
