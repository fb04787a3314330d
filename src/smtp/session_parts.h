/*
 * session_parts: the inside of a session, for session*.c.
 */
#ifndef SMTP_SESSION_PARTS_H
#define SMTP_SESSION_PARTS_H

#include "mail/lines.h"
#include "smtp/session.h"

/* for what goes with a piece of the message in one write: before it, and
 * behind it */
#define SESSION_ROOM (16 * 1024)
#define SESSION_GIVEN 2 /* mails under way at the most */

struct session {
	struct stream *stream;
	struct session_rules rules;
	struct smtp_client *client;
	struct reply reply;
	const struct session_feed *feed; /* of the call in progress, or NULL */
	/* handed out and not reported as settled, in order */
	const struct session_mail *given[SESSION_GIVEN];
	size_t ngiven;
	struct deadline until; /* of the call in progress */
	char nonce[SASL_NONCE_SIZE];
	bool begun; /* the message was asked for */
	bool failed; /* writing did */
	bool left; /* another process goes on with the connection */
	size_t in_pos, in_len; /* bytes of `in` not taken yet */
	char in[4096];
	char raw[SMTP_PIECE];
	char wire[SESSION_ROOM + DOTS_OUT_MAX(SMTP_PIECE) + SESSION_ROOM];
};

/* `ms` from now, with the alarm of the call in progress. */
struct deadline session_in(const struct session *s, long ms, int cancel);

/* Until when the next step may take. */
struct deadline session_limit(const struct session *s);

/* One line for the watcher; the lines of the output between two places. */
void session_show(const struct session *s, char who, const char *p, size_t n);
void session_show_output(const struct session *s, size_t from, size_t to);

/* Tells the watcher what is behind us. */
void session_passed(
    const struct session *s, enum smtp_state state, const struct reply *reply);

/* Whether reading a reply would not wait for its beginning. */
bool session_has_input(const struct session *s);

/* Reads one reply, in a time that a drip feed does not make longer, and tells
 * the machine, or why there is none. */
void session_read_reply(struct session *s);

/* Writes; when that fails the machine has been told, and -1 returned. */
int session_write(struct session *s, const char *p, size_t n,
    struct deadline until) __attribute__((warn_unused_result));

/* Writes the machine's output, unless something was said out of turn. */
void session_send_output(struct session *s);

/* session.c: asks for the next mail, and passes on what is to be done.  False:
 * nothing, yet. */
bool session_ask_next(struct session *s);

/* session_body.c: writes the message, with what goes before it and behind. */
void session_write_message(struct session *s);

#endif
