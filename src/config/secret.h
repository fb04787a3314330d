/*
 * secret: the account's password, and keeping it out of sight.
 *
 * It comes from the one of `password`, `password_file` and `password_command`
 * that is set; else, where there is a `user`, from the service's credentials
 * (systemd.exec(5)), or from ~/.netrc, which only goes with a configuration
 * of the caller's own.  A file is a regular one of at most 64 KiB, owned by
 * root or the caller, that others can neither read nor write and the group
 * not write; checked on the opened file.  Of a file and of what a command
 * prints the first line is the password, without the LF or CRLF at its end;
 * of ~/.netrc see netrc.h.  secret_mask() removes it, in every form it may take, from any text
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
#define SECRET_COMMAND_TIME 10000 /* ms until a command is killed */
/* Its name; that of an account with a name has "." and that behind it. */
#define SECRET_CREDENTIAL "outpost.password"
#define SECRET_FORMS 10

/* Where there may be a password that no key names; NULL or absolute paths. */
struct secret_places {
	const char *credentials; /* CREDENTIALS_DIRECTORY */
	const char *home; /* HOME */
};

struct secret {
	struct buf password;
	struct buf forms[SECRET_FORMS]; /* texts that give it away */
	size_t nforms;
};

/* Makes `s` empty: no password, nothing to mask. */
void secret_init(struct secret *s);

/*
 * Loads the password of `conf`, unless a command is to be asked for it; moves
 * it out of conf.smarthost.password.  With auth off, or where nobody is to
 * log in, `s` stays empty.  Kinds CONFIG: there is none, or the file is
 * missing, unreadable, empty, too long, holds NUL, or has the wrong type,
 * owner or mode (the text names the chmod or chown to run); DENIED: it is not
 * for the caller to read.
 */
int secret_load(struct secret *s, struct conf *conf,
    const struct secret_places *places, struct result *res)
    __attribute__((warn_unused_result));

/* Takes the first line of the file `path`.  Kinds CONFIG, DENIED, as
 * above. */
int secret_read(struct secret *s, const char *path, struct result *res)
    __attribute__((warn_unused_result));

/*
 * Has `password_command` say the password; does nothing where there is none.
 * Kind COMMAND, with what the command wrote on standard error, its own output
 * masked: it failed, printed nothing of use, or took too long; SYSTEM,
 * INTERRUPTED.
 */
int secret_ask(struct secret *s, const struct conf *conf, struct result *res)
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
