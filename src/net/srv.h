/*
 * srv: from a domain to its servers for mail submission, by the DNS's SRV
 * records (RFC 2782, RFC 6186, RFC 8314).
 *
 * The records are the resolver library's to read, and whatever it finds is
 * hostile.  Whether a target may be believed is for others to say.
 */
#ifndef NET_SRV_H
#define NET_SRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hostname.h"
#include "base/result.h"
#include "net/deadline.h"

#define SRV_TARGETS_MAX 32

/* In the order in which they are asked for. */
enum srv_service {
	SRV_SUBMISSIONS, /* TLS from the start */
	SRV_SUBMISSION, /* TLS by STARTTLS */
	SRV_SERVICE_COUNT
};

struct srv_target {
	char name[HOSTNAME_MAX + 1]; /* in lower case or not, no final dot */
	int port;
	unsigned priority, weight;
};

struct srv_list {
	enum srv_service service;
	struct srv_target at[SRV_TARGETS_MAX];
	size_t n;
	bool is_refused; /* there is a record that says that there is none */
};

/* A number from 0 to `bound` - 1, each as likely as the others. */
typedef uint32_t srv_random(uint32_t bound);

/* Takes the records of the answer of `n` octets, as they come, without those
 * that name no host or port.  -1: it is malformed. */
int srv_parse(struct srv_list *list, const unsigned char *answer, size_t n)
    __attribute__((warn_unused_result));

/* Orders them for one use: by priority, and where that is the same by chance,
 * each as likely to be the first as its weight is among the others'. */
void srv_order(struct srv_list *list, srv_random *random);

/*
 * Finds at least one target, in their order: those of SUBMISSIONS, and only
 * where there are none, those of SUBMISSION.  Kind RESOLVE: there are none,
 * or the DNS does not say (in time); INTERRUPTED, SYSTEM.
 */
int srv_find(struct srv_list *list, const char *domain, struct deadline until,
    struct result *res) __attribute__((warn_unused_result));

#endif
