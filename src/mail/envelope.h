/*
 * envelope: who a message is from and for, and what became of each
 * recipient.
 *
 * Results are kept once and shared by the recipients they concern: a refusal
 * of the whole message, or a lost connection, is one result for all.  Pure
 * but for memory, and for the random seed of a hash table that nothing but
 * time depends on.  The struct owns its strings.
 */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

#define ENVELOPE_RECIPIENTS_MAX 100000

enum rcpt_state {
	RCPT_PENDING, /* not tried yet */
	RCPT_SENT, /* in the transaction under way; only smtp/ sets it */
	RCPT_ACCEPTED, /* the smarthost took it, its mail is under way */
	RCPT_DELIVERED, /* the smarthost has the mail for it */
	RCPT_DEFERRED, /* may be tried again */
	RCPT_FAILED /* will not be tried again */
};

struct rcpt {
	char *address; /* addr-spec, as on the wire */
	/* what the caller wrote, when an alias led here; else NULL */
	char *asked;
	enum rcpt_state state;
	bool earlier; /* settled for good before this attempt */
	/* index into results of what settled it, where there is one */
	size_t result;
};

/* RFC 3461; passed on where the smarthost offers DSN. */
struct dsn {
	/* "NEVER", or a list of SUCCESS, FAILURE, DELAY; NULL: not asked */
	char *notify;
	char *ret; /* "FULL" or "HDRS", or NULL */
	char *envid; /* as given; encoded on the wire; or NULL */
};

struct envelope {
	char *sender; /* "" is the null sender */
	struct rcpt *rcpts;
	size_t count, room;
	struct result *results;
	size_t nresults, results_room;
	struct dsn dsn;
	bool is_8bit; /* the body holds bytes above 127 */
	bool is_long; /* it has lines over 998 octets, not to be sent so */
	bool is_utf8; /* the header does: it needs SMTPUTF8 (RFC 6531) */
	bool require_tls; /* on all of its way: REQUIRETLS (RFC 8689) */
	/* a set of the addresses: index into rcpts plus 1, or 0 for none, at
	 * the first free place from the address's hash on */
	uint32_t *places;
	size_t nplaces; /* a power of 2, or 0 */
	uint64_t seed;
};

void envelope_init(struct envelope *env);

/* Replaces the sender. Kind SYSTEM: no memory. */
int envelope_set_sender(struct envelope *env, const char *sender,
    struct result *res) __attribute__((warn_unused_result));

/* Copies what was asked by -N, -R and -V; NULL or "": nothing.  Kind SYSTEM. */
int envelope_set_dsn(struct envelope *env, const char *notify, const char *ret,
    const char *envid, struct result *res) __attribute__((warn_unused_result));

/*
 * Adds a recipient, unless the same mailbox (address_equal) is there.  O(n)
 * for n recipients in all.  Kind DATA: more than ENVELOPE_RECIPIENTS_MAX;
 * SYSTEM: no memory.
 */
int envelope_add(struct envelope *env, const char *address, const char *asked,
    struct result *res) __attribute__((warn_unused_result));

/* Sets the state and result of recipient `i`; a result equal to the last one
 * kept is shared.  Without memory for one more, the last one is shared.
 * `res` may be NULL for a state that has none. */
void envelope_settle(struct envelope *env, size_t i, enum rcpt_state state,
    const struct result *res);

/* Sets all recipients whose state is `from`. */
void envelope_settle_all(struct envelope *env, enum rcpt_state from,
    enum rcpt_state to, const struct result *res);

/* Notes who is settled for good, before an attempt for the others. */
void envelope_note_earlier(struct envelope *env);

/* What settled `rcpt`, or NULL. */
const struct result *envelope_result(
    const struct envelope *env, const struct rcpt *rcpt);

/* What deferred every recipient that was not settled earlier (the first such
 * result); NULL when one of them has another fate, or there is none. */
const struct result *envelope_deferred_by(const struct envelope *env);

/* Number of recipients in `state`. */
size_t envelope_count(const struct envelope *env, enum rcpt_state state);

void envelope_clear(struct envelope *env);

#endif
