/*
 * hosts: the hosts of an account in their order: where each is, how TLS begins
 * there, and whom its certificate must be for.
 *
 * A domain whose SRV records name the servers gives way to these (net/srv.h).
 * The DNS may lie, so a server outside of the domain must show a certificate
 * for the domain (RFC 6186 section 6).
 */
#ifndef DELIVERY_HOSTS_H
#define DELIVERY_HOSTS_H

#include <stdbool.h>

#include "base/result.h"
#include "config/conf.h"
#include "config/host.h"
#include "net/deadline.h"
#include "net/srv.h"
#include "smtp/plan.h"

struct hosts_place {
	struct host host; /* as configured; or NAME, of an SRV record */
	enum smtp_tls tls;
	char tls_name[HOST_MAX + 1]; /* whom its certificate must be for */
};

struct hosts {
	const struct conf *conf;
	const char *rest; /* of the list */
	char domain[HOST_MAX + 1]; /* whose records were found */
	struct srv_list *found; /* NULL: none yet; not on the stack, which may
				 * be small */
	size_t next; /* of these */
};

enum hosts_next {
	HOSTS_NONE, /* that was all */
	HOSTS_ONE,
	HOSTS_FAILED /* of a domain none is known; others may follow */
};

/* Borrows `conf`; releases all else. */
void hosts_begin(struct hosts *h, const struct conf *conf);
void hosts_end(struct hosts *h);

/* Puts the next one in `place`; where that FAILED, its host as it is
 * configured.  Looks up what takes that, until `until` at the longest.  Kinds
 * as srv_find's; SYSTEM. */
enum hosts_next hosts_next(struct hosts *h, struct hosts_place *place,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* How long the last one may take.  When there are more, half of the time that
 * is left: one that says nothing must not cost the others all of it. */
struct deadline hosts_share(const struct hosts *h, struct deadline until);

#endif
