/*
 * store: where a token is kept: a file for each account, in a directory that
 * nobody else can look into.
 *
 * Of the system's configuration it is STORE_SYSTEM, which belongs to the user
 * who runs the queue, the keeper; root becomes that user, so that both can
 * renew a token, and nothing from the network is read as root.  Of a
 * configuration of one's own it is outpost/oauth in $XDG_STATE_HOME, else in
 * ~/.local/state.  A file is replaced whole, by whoever has the lock, and
 * never changed.
 */
#ifndef OAUTH_STORE_H
#define OAUTH_STORE_H

#include "base/buf.h"
#include "base/result.h"
#include "net/deadline.h"
#include "oauth/token.h"

#define STORE_SYSTEM LOCALSTATEDIR "/lib/outpost/oauth"
#define STORE_PATH_MAX 4000

/* By what the place is found. */
struct store_site {
	const char *configuration; /* its path */
	const char *state_home, *home; /* XDG_STATE_HOME, HOME; or NULL */
	const char *keeper; /* the user whose queue it is */
};

struct store {
	struct buf directory, path; /* of the file */
	struct buf name, next; /* of it, and of what will replace it; below
				* the directory */
	const char *keeper; /* borrowed */
	int fd; /* the directory, or -1 */
	int next_fd; /* or -1 */
};

void store_init(struct store *s);

/* Finds the place for the token of `user`.  Kind CONFIG: there is none. */
int store_place(struct store *s, const struct store_site *site,
    const char *user, struct result *res) __attribute__((warn_unused_result));

/* Makes the directory, unless it is there; as root, that of the system for the
 * keeper.  Kinds STORAGE, DENIED. */
int store_make(struct store *s, struct result *res)
    __attribute__((warn_unused_result));

/* As root: becomes the keeper for good, where the directory is the keeper's.
 * Kind SYSTEM. */
int store_become(const struct store *s, struct result *res)
    __attribute__((warn_unused_result));

/* Opens the directory.  Kind CONFIG: there is none, or others can read or write
 * to it, or it is somebody else's; DENIED. */
int store_open(struct store *s, struct result *res)
    __attribute__((warn_unused_result));

/* Reads the token of `user` into `t`, which is empty.  Kind CONFIG: there is
 * none, or others can read or write to the file, or it is somebody else's or
 * damaged; DENIED. */
int store_load(struct store *s, struct token *t, const char *user,
    struct result *res) __attribute__((warn_unused_result));

/* Waits until this process alone may change what is there, until the store is
 * cleared.  Kind BUSY: it did not come to that in time. */
int store_lock(struct store *s, struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* With the lock: makes sure that something can be kept, before it is asked
 * for; then keeps it, durably.  Kind STORAGE. */
int store_prepare(struct store *s, struct result *res)
    __attribute__((warn_unused_result));
int store_save(struct store *s, const struct token *t, struct result *res)
    __attribute__((warn_unused_result));

/* With the lock: removes the file.  Kinds CONFIG: there is none; STORAGE. */
int store_remove(struct store *s, struct result *res)
    __attribute__((warn_unused_result));

void store_clear(struct store *s);

#endif
