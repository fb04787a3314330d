/*
 * session: drives the machine (client.h) over a stream (net/stream.h).
 *
 * Reads replies with a time limit each, masks secrets in them before anyone
 * sees them, sends the message in large pieces straight from where it lies,
 * watches for a reply in mid-message, and shows the dialogue to a watcher.
 */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include <stdint.h>

#include "base/result.h"
#include "config/secret.h"
#include "mail/envelope.h"
#include "mail/source.h"
#include "net/deadline.h"
#include "net/stream.h"
#include "net/tls.h"
#include "smtp/client.h"

/* Who watches; any member may be NULL. */
struct session_watch {
	/* one line, without its end; `who` is 'C' or 'S', or '*' for remarks
	 * of ours such as the TLS version */
	void (*line)(void *arg, char who, const char *text);
	/* octets of the message written so far */
	void (*progress)(void *arg, uint64_t done, uint64_t size);
	/* what the server has shown, whether it was accepted or not */
	void (*certificate)(void *arg, const struct tls_certificate *cert);
	/* something is behind us: what was waited for in `state` was answered;
	 * or, `reply` being NULL, the connection is there (IDLE), or TLS is up
	 * (STARTTLS) */
	void (*passed)(void *arg, enum smtp_state state,
	    const struct reply *reply, const struct smtp_client *client);
	void *arg;
};

struct session_rules {
	struct smtp_plan plan;
	const struct tls *tls; /* NULL: NONE; UP comes before the greeting */
	const char *tls_name; /* whom the certificate must be for */
	const struct secret *secret; /* for masking */
	struct session_watch watch;
	long timeout; /* ms for each reply and each block */
};

struct session;

/*
 * Takes the connected socket `fd` (which is closed even on failure), makes
 * TLS, greets, logs in, until `until` at the longest.  Kinds: those of net/,
 * and SMARTHOST, PROTOCOL, NOT_SMTP, NO_STARTTLS, NO_AUTH, AUTH_METHOD, AUTH,
 * DEFERRED; HANDED_OVER by the alarm, and then the socket is left as by
 * session_leave.
 */
int session_open(struct session **s, int fd, const struct session_rules *rules,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* How the session is logged in. */
enum sasl_grade session_grade(const struct session *s);

/* One mail of many. */
struct session_mail {
	struct envelope *env; /* its PENDING recipients are tried */
	const struct source *message;
	enum smtp_ask ask; /* 0: it is sent */
};

/* What is to be sent after what was handed out already. */
enum session_next {
	SESSION_MAIL, /* *mail is set; it stays valid until it is settled */
	SESSION_LATER, /* not to be said yet: ask again when all is settled;
			* said then, it ends the call, not the session */
	SESSION_DONE /* nothing more */
};

/* Where the mails of a session come from, and where their results go. */
struct session_feed {
	/* `caps` is what the smarthost offers: the mail that is given fits it.
	 * Asked before the first mail, again before the end of the message of
	 * each one that is known to be in its last transaction (so that the
	 * next one can go with it, where PIPELINING is offered; DONE there
	 * sends QUIT with it), and when all are settled.  Not after DONE. */
	enum session_next (*next)(void *arg, const struct caps *caps,
	    const struct session_mail **mail);
	/* Every recipient of `mail` is settled; called in the order in which
	 * they were handed out, before anything else is sent or waited for. */
	void (*settled)(void *arg, const struct session_mail *mail);
	/* A message has gone out, and its answer is not awaited yet: the time
	 * for work that is not urgent.  NULL: there is none. */
	void (*idle)(void *arg);
	void *arg;
};

/*
 * Sends the mails of `feed`, each to all its PENDING recipients, in as many
 * transactions as it takes; every one that was handed out is settled when it
 * returns, whatever happened.  `until` is for everything until the first
 * message is first asked for, or given unasked with its MAIL (client.h); after
 * that only the rules' `timeout` counts, since breaking off then leaves it half
 * delivered.  Its `cancel` ends all of it, but not while the end of a message
 * is written and answered: that would risk a second copy.  Its `alarm` rings, where one is set, once it passes in any
 * wait.  -1: the connection has failed (`res` says why); the settled results
 * stand all the same.
 */
int session_send(struct session *s, const struct session_feed *feed,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

/* Another process (a fork of this one) goes on with the connection: this one
 * writes nothing to it any more, not even when it closes it. */
void session_leave(struct session *s);

/* QUIT, where it was not said, and not waited for; closes and releases.
 * Accepts NULL. */
void session_close(struct session *s);

#endif
