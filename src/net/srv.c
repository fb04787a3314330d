#include "config.h"

#include <arpa/nameser.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/lookup.h"
#include "net/srv.h"

#define FIXED 6 /* octets of a record before its target */

static const char *const services[SRV_SERVICE_COUNT] = {
	[SRV_SUBMISSIONS] = "_submissions._tcp",
	[SRV_SUBMISSION] = "_submission._tcp",
};

/* Takes one record; what is no host is left out. */
static int
take(struct srv_list *list, const ns_msg *message, const ns_rr *rr)
{
	const unsigned char *p = ns_rr_rdata(*rr);
	struct srv_target *to = &list->at[list->n];
	char name[NS_MAXDNAME];

	if (ns_rr_rdlen(*rr) <= FIXED ||
	    ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message),
		p + FIXED, name, sizeof name) == -1)
		return -1;
	to->priority = ns_get16(p);
	to->weight = ns_get16(p + 2);
	to->port = (int)ns_get16(p + 4);
	if (name[0] == '\0' || strcmp(name, ".") == 0) {
		list->is_refused = true;
	} else if (to->port != 0 && hostname_is_valid(name)) {
		strlcpy(to->name, name, sizeof to->name);
		list->n++;
	}
	return 0;
}

int
srv_parse(struct srv_list *list, const unsigned char *answer, size_t n)
{
	ns_msg message;
	ns_rr rr;

	list->n = 0;
	list->is_refused = false;
	if (n > NS_MAXMSG || ns_initparse(answer, (int)n, &message) == -1)
		return -1;
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		if (ns_parserr(&message, ns_s_an, i, &rr) == -1)
			return -1;
		/* names that stand for others may come before */
		if (ns_rr_type(rr) != ns_t_srv || list->n == SRV_TARGETS_MAX)
			continue;
		if (take(list, &message, &rr) == -1)
			return -1;
	}
	return 0;
}

/* By priority; those without weight first, so that they have their chance,
 * too. */
static int
compare(const void *a, const void *b)
{
	const struct srv_target *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return (x->weight > 0) - (y->weight > 0);
}

/* How many from `i` on share its priority, and their weights' sum. */
static size_t
group(const struct srv_list *list, size_t i, uint32_t *sum)
{
	size_t end = i;

	*sum = 0;
	while (end < list->n && list->at[end].priority == list->at[i].priority)
		*sum += list->at[end++].weight;
	return end - i;
}

/* Moves target `from` to place `to`, which is before it. */
static void
move(struct srv_list *list, size_t to, size_t from)
{
	struct srv_target chosen = list->at[from];

	memmove(
	    &list->at[to + 1], &list->at[to], (from - to) * sizeof *list->at);
	list->at[to] = chosen;
}

void
srv_order(struct srv_list *list, srv_random *random)
{
	uint32_t sum, at, passed;
	size_t chosen;

	qsort(list->at, list->n, sizeof *list->at, compare);
	for (size_t i = 0; i < list->n; i++) {
		if (group(list, i, &sum) == 1)
			continue;
		at = random(sum + 1);
		chosen = i;
		for (passed = list->at[i].weight; passed < at;)
			passed += list->at[++chosen].weight;
		move(list, i, chosen);
	}
}

/* The question for both services. */
struct question {
	struct lookup base;
	char names[SRV_SERVICE_COUNT][NS_MAXDNAME];
	struct srv_list list;
	int error; /* 0, or one of <netdb.h>'s h_errno */
	unsigned char answer[NS_MAXMSG];
};

/* Asks for one service; without records the list is empty. */
static int
ask_service(struct question *q, struct __res_state *resolver)
{
	int n = res_nquery(resolver, q->names[q->list.service], ns_c_in,
	    ns_t_srv, q->answer, sizeof q->answer);

	q->list.n = 0;
	q->list.is_refused = false;
	if (n >= 0 && srv_parse(&q->list, q->answer, (size_t)n) == -1)
		return NO_RECOVERY;
	if (n >= 0 || resolver->res_h_errno == HOST_NOT_FOUND ||
	    resolver->res_h_errno == NO_DATA)
		return 0;
	return resolver->res_h_errno;
}

static void
ask(struct lookup *l)
{
	struct question *q = (struct question *)l;
	struct __res_state resolver = { 0 };
	bool is_refused = false;

	if (res_ninit(&resolver) == -1) {
		q->error = NO_RECOVERY;
		return;
	}
	for (int s = 0; s < SRV_SERVICE_COUNT; s++) {
		q->list.service = (enum srv_service)s;
		q->error = ask_service(q, &resolver);
		is_refused = is_refused || q->list.is_refused;
		if (q->error != 0 || q->list.n > 0)
			break;
	}
	q->list.is_refused = is_refused;
	res_nclose(&resolver);
}

/* Takes the answer to a question. */
static int
conclude(struct srv_list *list, const struct question *q, const char *domain,
    struct result *res)
{
	if (q->error != 0)
		return result_fail(res, RESULT_RESOLVE, "cannot look up %s: %s",
		    q->names[q->list.service], hstrerror(q->error));
	if (q->list.n == 0 && q->list.is_refused)
		return result_fail(res, RESULT_RESOLVE,
		    "%s offers no mail submission: its SRV records say so",
		    domain);
	if (q->list.n == 0)
		return result_fail(res, RESULT_RESOLVE,
		    "%s has no SRV records of mail submission "
		    "(%s, %s): name its server in host",
		    domain, services[SRV_SUBMISSIONS],
		    services[SRV_SUBMISSION]);
	*list = q->list;
	srv_order(list, arc4random_uniform);
	return 0;
}

int
srv_find(struct srv_list *list, const char *domain, struct deadline until,
    struct result *res)
{
	struct question *q = lookup_new(sizeof *q, ask, NULL);
	int rv;

	list->n = 0;
	if (q == NULL)
		return result_fail(res, RESULT_SYSTEM, "cannot look up %s: %s",
		    domain, strerror(errno));
	for (int s = 0; s < SRV_SERVICE_COUNT; s++)
		snprintf(q->names[s], sizeof q->names[s], "%s.%s", services[s],
		    domain);
	rv = lookup_run(&q->base, until, res);
	if (rv != -1)
		rv = conclude(list, q, domain, res);
	else if (res->kind == RESULT_TIMEOUT)
		rv = result_fail(res, RESULT_RESOLVE,
		    "cannot look up the SRV records of %s: no answer in time",
		    domain);
	lookup_release(&q->base);
	return rv;
}
