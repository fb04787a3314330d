/*
 * state: the small files in state/ of the spool.
 */
#ifndef SPOOL_STATE_H
#define SPOOL_STATE_H

#include "base/sha256.h"
#include "spool/spool.h"

#define STATE_NAME_MAX 255 /* bytes of a file's name */
#define STATE_SALT_SIZE 16

/* What makes an account what it is; all borrowed. */
struct state_key {
	const char *account; /* its name in the configuration; "" the first */
	const void *secret; /* bytes that change with it: host, port, user,
			     * password ... */
	size_t secret_len;
};

/*
 * Writes the name of the file `what` of `account` to `dst`: "what.account",
 * and no two accounts have the same.  Lower-case letters, digits and "._-"
 * stand as they are, others as %XX.  The first account, "", is "default".
 * Fails, with errno ENAMETOOLONG, when it is too long.
 */
int state_name(char dst[STATE_NAME_MAX + 1], const char *what,
    const char *account) __attribute__((warn_unused_result));

/* Opens the file `name` of state/ as open(2) does with `flags`, making it
 * where they say so with mode 0600; follows no link and does not wait.
 * Returns the descriptor, or -1 with errno set. */
int state_open(const struct spool *s, const char *name, int flags);

/*
 * Locks as flock(2) does, but waits for a few moments only: who has the lock
 * may have been stopped.  Without it things go on, too: what is half written
 * must be known by itself.
 */
enum state_lock { STATE_SHARED, STATE_EXCLUSIVE };
void state_lock(int fd, enum state_lock how);

/* Reads or writes `n` bytes at the start; reading: there may be more.  Returns
 * 0, or what errno says of it. */
int state_read(int fd, void *p, size_t n);
int state_write(int fd, const void *p, size_t n);

/* A fingerprint of the key's secret, from which nothing can be told of it. */
void state_print(const struct state_key *key,
    const uint8_t salt[STATE_SALT_SIZE], uint8_t out[SHA256_SIZE]);

/* Kind STORAGE: `name` of state/ could not be worked with, for `error`. */
int state_fail(
    const struct spool *s, const char *name, int error, struct result *res);

#endif
