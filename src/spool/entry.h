/*
 * entry: one mail in the spool, as a file.  doc/SPOOL.md is the format, byte
 * by byte; nobody else knows it.
 *
 * Two places for what changes (the older one is written, so a torn write
 * costs only itself), typed records, the message, an end mark with the SHA-256
 * of all that does not change.  A recipient's state is one byte, overwritten
 * in place: nothing that changes needs a new block.  A reader believes nothing.
 *
 * Knows nothing of folders, names and locks (spool.h).  The struct owns all.
 */
#ifndef SPOOL_ENTRY_H
#define SPOOL_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"
#include "mail/envelope.h"
#include "mail/source.h"

#define ENTRY_VERSION 1
#define ENTRY_ID_MAX 32 /* bytes, the NUL included */
#define ENTRY_RESULTS_MAX 4 /* results kept; further ones share the last */
#define ENTRY_MESSAGE_ID_MAX 998 /* bytes of a message id */
#define ENTRY_SIZE_MAX (INT64_C(1) << 40) /* octets of a message */

enum entry_origin {
	ENTRY_MAIL, /* envelope and header as they go out */
	ENTRY_REPORT, /* the same; a delivery report of ours */
	ENTRY_DROP /* from the drop folder: before aliases and policy */
};

struct entry_schedule { /* times are seconds since 1970 */
	int64_t next; /* when it is due */
	int64_t last; /* when it was last tried; 0: never */
	uint32_t attempts; /* that were really made */
	bool held; /* by the administrator */
};

struct entry {
	char id[ENTRY_ID_MAX];
	int fd; /* -1: none */
	/* said once */
	enum entry_origin origin;
	int64_t created; /* seconds since 1970 */
	uint32_t uid; /* who submitted it */
	char *return_to; /* where a report goes: the sender before the policy;
			  * "" nowhere.  DROP: -f, or NULL */
	char *message_id; /* for the log; "" when there is none */
	/* sender, recipients with their states and results (an index that
	 * is not below nresults: none), DSN ("" is as NULL), and its switches; DROP:
	 * the sender is "", and recipients are as they were written */
	struct envelope env;
	/* changes */
	struct entry_schedule schedule;
	/* entry's own */
	uint64_t size, header; /* of the message: as struct source */
	uint64_t message_at; /* in the file */
	uint64_t *states_at; /* in the file, of each recipient */
	unsigned char *states; /* as they are there */
	uint64_t serial; /* of the place that was written last */
	char *bytes; /* all of the file, when it is small; else NULL */
	int copied; /* the file that this is a copy of (drop.h), or -1 */
};

enum entry_depth {
	ENTRY_ENVELOPE, /* all but the message */
	ENTRY_WHOLE /* and the checksum of everything is right */
};
void entry_init(struct entry *e); /* empty, with no descriptor */

/*
 * Writes `e` and the message to `fd`, a new empty file, which becomes e->fd
 * (also when it fails; `e` has none before).  Recipients that are not
 * DELIVERED or FAILED are written as DEFERRED.  Not made durable here.  Kinds:
 * STORAGE (the system's words; a `message` that cannot be read keeps its own),
 * SYSTEM, BUG: a string holds a control character, or is too long, or
 * return_to is missing.
 */
int entry_write(struct entry *e, int fd, const struct source *message,
    struct result *res) __attribute__((warn_unused_result));

/*
 * Reads `fd`, which becomes e->fd (also when it fails).  Recipients that are
 * neither DELIVERED nor FAILED become PENDING, with their last result.
 * Kinds: CORRUPT (the text says where and what), NEWER (a version unknown
 * here), STORAGE (it could not be read), SYSTEM.
 */
int entry_read(struct entry *e, int fd, enum entry_depth depth,
    struct result *res) __attribute__((warn_unused_result));

/* What ENTRY_WHOLE checks and ENTRY_ENVELOPE does not.  Kinds as above. */
int entry_verify(struct entry *e, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Writes what changed: schedule, results, then states.  Recipients as in
 * entry_write.  Not made durable here (entry_sync).  Kind STORAGE.
 */
int entry_save(struct entry *e, struct result *res)
    __attribute__((warn_unused_result));

/* The states alone, without their results: of one to be removed. */
int entry_save_states(struct entry *e, struct result *res)
    __attribute__((warn_unused_result));

/* Makes it durable: fdatasync(2).  STORAGE: another call would prove nothing. */
int entry_sync(const struct entry *e, struct result *res)
    __attribute__((warn_unused_result));

/* Where to read its message from; borrows `e`.  Reading fails with STORAGE
 * when the file is shorter than it says. */
struct source entry_message(struct entry *e);

/* Closes and releases. */
void entry_clear(struct entry *e);

#endif
