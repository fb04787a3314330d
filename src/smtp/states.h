/*
 * states: the SMTP client's states, the classes of replies, and what is to be
 * done, by name.
 */
#ifndef SMTP_STATES_H
#define SMTP_STATES_H

/*
 * What an outstanding command waits for: identifier, its name in a result's
 * `stage` and in provider rules, its name in messages.  The EACH ones are
 * LMTP's, where the end of a message is answered for each recipient.  The VOID
 * ones are for what was pipelined behind a refusal: answers to it mean nothing.
 */
#define SMTP_STATES(X) \
	X(IDLE, "", "the last answer") \
	X(GREETING, "GREETING", "the connection") \
	X(EHLO, "EHLO", "EHLO") \
	X(HELO, "HELO", "HELO") \
	X(LHLO, "LHLO", "LHLO") \
	X(STARTTLS, "STARTTLS", "STARTTLS") \
	X(AUTH, "AUTH", "AUTH") \
	X(CANCEL, "AUTH", "AUTH") \
	X(RSET, "RSET", "RSET") \
	X(MAIL, "MAIL", "MAIL FROM") \
	X(RCPT, "RCPT", "RCPT TO") \
	X(DATA, "DATA", "DATA") \
	X(BODY, "DOT", "part of the message") \
	X(DOT, "DOT", "the message") \
	X(CHUNK, "BDAT", "part of the message") \
	X(BDAT, "BDAT", "the message") \
	X(EACH_DOT, "DOT", "the message") \
	X(EACH_BDAT, "BDAT", "the message") \
	X(VOID_RCPT, "RCPT", "RCPT TO") \
	X(VOID_DATA, "DATA", "DATA") \
	X(VOID_DOT, "DOT", "the empty message") \
	X(VOID_BDAT, "BDAT", "the message to nobody")

enum smtp_state {
#define SMTP_STATE_ENUM(id, stage, name) SMTP_##id,
	SMTP_STATES(SMTP_STATE_ENUM)
#undef SMTP_STATE_ENUM
	    SMTP_STATE_COUNT
};

/* Classes of what comes back: a reply by its first digit, one that is no
 * reply (or not one of those the command may have), or none. */
#define SMTP_ANSWERS(X) \
	X(2XX) X(3XX) X(4XX) X(5XX) X(421) X(MALFORMED) X(EOF) X(TIMEOUT)

enum smtp_answer {
#define SMTP_ANSWER_ENUM(id) SMTP_ANSWER_##id,
	SMTP_ANSWERS(SMTP_ANSWER_ENUM)
#undef SMTP_ANSWER_ENUM
	    SMTP_ANSWER_COUNT
};

/* What is to be done next. */
enum smtp_todo {
	SMTP_TODO_SEND, /* write the output, then smtp_sent */
	SMTP_TODO_READ, /* read one reply */
	SMTP_TODO_TLS, /* make the handshake, then smtp_tls_done */
	/* write the message, dot-stuffed, but for its last piece; then
	 * smtp_body_read, and write that piece and the output in one, then
	 * smtp_sent */
	SMTP_TODO_BODY,
	/* the same, but the message as it is, and the output before the first
	 * piece, in one with it: BDAT */
	SMTP_TODO_CHUNK,
	SMTP_TODO_MAIL, /* idle: give a mail, or finish */
	/* over: write the output, if there is any, do not care what comes of
	 * it, and close */
	SMTP_TODO_CLOSE
};

/* How much of a mail is said.  What is only asked for is taken back by RSET,
 * and DELIVERED is who would have it. */
enum smtp_ask {
	SMTP_ASK_NOTHING, /* it is sent */
	SMTP_ASK_SENDER, /* MAIL, for all of its recipients */
	SMTP_ASK_RECIPIENTS /* MAIL and RCPT */
};

/* "RCPT", "RCPT TO"; "" and "the last answer" for IDLE. */
const char *smtp_state_stage(enum smtp_state state);
const char *smtp_state_name(enum smtp_state state);

#endif
