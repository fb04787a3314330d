/*
 * netrc: finds a password in the text of a ~/.netrc file.
 *
 * Of the words that ftp(1) knows, `machine`, `default`, `login` and
 * `password` count; `account` and its value are skipped, and so is a macro
 * (`macdef`) up to the next empty line.  As curl has it, a word may stand in
 * double quotes, with \n, \r, \t and a backslash before anything else for
 * just that, and a # where a keyword is due begins a comment.  Pure.
 */
#ifndef CONFIG_NETRC_H
#define CONFIG_NETRC_H

#include "base/buf.h"
#include "base/result.h"

#define NETRC_FILE_MAX (64 * 1024)
#define NETRC_WORD_MAX 4096 /* bytes */

/* Whose password is looked for. */
struct netrc_account {
	const char *hosts; /* any of these (host.h), whatever the port */
	const char *user;
};

/*
 * Puts the password of the first entry that is for one of the hosts (or
 * `default`) and for exactly this user in `password`; leaves it empty when
 * there is none.  `path` is for messages, which show nothing of the text.
 * Kinds CONFIG: an unclosed quote, a NUL byte, or a word that is too long;
 * SYSTEM.
 */
int netrc_find(const struct buf *text, const char *path,
    const struct netrc_account *account, struct buf *password,
    struct result *res) __attribute__((warn_unused_result));

#endif
