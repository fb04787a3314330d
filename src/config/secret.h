/*
 * secret: the account's password, and keeping it out of sight.
 *
 * The password comes from `password` or the first line of `password_file`
 * (which must be a regular file of at most 64 KiB, owned by root or the
 * caller, that others can neither read nor write and the group not write;
 * checked on the opened file; a final newline, LF or CRLF, is not part of
 * it).  secret_mask() removes it, in every form it may take, from any text
 * that came from the network before anyone else sees that text.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"
#include "config/conf.h"

#define SECRET_MAX 4096 /* bytes of a password */
#define SECRET_FILE_MAX (64 * 1024)
#define SECRET_FORMS 10

struct secret {
	struct buf password;
	struct buf forms[SECRET_FORMS]; /* texts that give it away */
	size_t nforms;
};

/* Makes `s` empty: no password, nothing to mask. */
void secret_init(struct secret *s);

/*
 * Loads the password of `conf`; moves it out of conf.smarthost.password.
 * With auth off, or when neither key is set, `s` stays empty.  Kind CONFIG:
 * the file is missing, unreadable, empty, too long, holds NUL, or has the
 * wrong type, owner or mode (the text names the chmod or chown to run).
 */
int secret_load(struct secret *s, struct conf *conf, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Notes every form of the password and of the SASL responses made of it and
 * of `user`: raw, base64 (whole, at each of the three alignments, and the
 * whole PLAIN response), hexadecimal in both cases, percent-encoded.  Forms
 * shorter than 4 bytes are not noted: they would blank out ordinary words.
 * Forgets what was noted before; does nothing when there is no password.
 */
void secret_note(struct secret *s, const char *user);

/* Overwrites each noted form in the `n` bytes at `p` with '*', in place. */
void secret_mask(const struct secret *s, char *p, size_t n);

/* Wipes everything. */
void secret_clear(struct secret *s);

#endif
