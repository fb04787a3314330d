/*
 * world: a smarthost, some mails and the machine between them, for its tests.
 */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "smtp/client_machine.h"

#define SIZE 100 /* octets of the message */
#define PIPE "250-hi|250-PIPELINING|250 AUTH PLAIN LOGIN"
#define CHUNKS "250-hi|250-PIPELINING|250-CHUNKING|250 AUTH PLAIN LOGIN"
#define MAILS_MAX 12
#define COUNT(table) (sizeof table / sizeof *table)

/* A smarthost as it behaves by default; NULL members have their usual value.
 * In multi-line replies lines end in "|". */
struct host {
	const char *name;
	const char *ehlo, *helo, *auth, *mail, *rcpt, *data, *dot;
	enum smtp_tls tls;
	enum smtp_protocol protocol;
	bool authenticate;
	enum sasl_want want;
	const char *password;
	size_t recipients, max;
	const char *greeting;
	size_t mails; /* 0: one */
	bool later; /* at a dot it is not known yet what comes next */
	uint64_t size; /* of the message; 0: SIZE */
	enum smtp_ask ask;
	enum result_kind judged; /* what replies with "JUDGED" in them are
				  * taken for; OK: nobody knows */
};

/* A host, and what goes over the wire, and what comes of it. */
struct dialogue {
	struct host host;
	const char *replies; /* that differ: "STATE:n reply" by LF */
	const char *sent; /* as in struct world */
	/* one letter a recipient ('+' delivered, '~' deferred, '-' failed),
	 * mail by mail */
	const char *states;
	enum result_kind kind; /* of the last mail's first recipient */
	const char *text; /* in its result, or NULL */
};

struct world {
	const struct host *host;
	struct smtp_plan plan;
	struct envelope envs[MAILS_MAX];
	size_t mails, given;
	size_t handed_out; /* those that were given before the end */
	struct smtp_client *c;
	struct reply reply;
	/* flights as shown: "|" for CRLF, LF after each; "(body)" where the
	 * message goes, "(part)" for a first piece of it */
	struct buf sent;
	bool mute;
	/* the mail of each command whose reply is to come, as a ring, and of
	 * the last */
	size_t asked[2048], nasked, nreplied, asking;
	size_t body_of; /* the mail whose body was last */
	/* by mail: its dot may be out; 2xx came to it */
	bool dotted[MAILS_MAX], acknowledged[MAILS_MAX];
	size_t yes[MAILS_MAX]; /* LMTP: how often */
	bool logged_in;
	int last_code;
	bool visited[SMTP_STATE_COUNT][SMTP_ANSWER_COUNT];
};

void world_make(struct world *w, const struct host *host);
void world_clear(struct world *w);

/* Tells the machine a reply ("|" between its lines), or that there is none.
 * To the end of a reply from MAIL on it adds "#" and the number of the mail
 * that was asked about. */
void world_tell_reply(struct world *w, const char *text);
void world_tell_broke(struct world *w, enum result_kind kind);

/* What this host says by default to what is awaited. */
const char *world_usual(const struct world *w);

/* The output cannot be written, though some of it may have been. */
void world_unwritten(struct world *w);

/* One step in the ordinary way; false at the end. */
bool world_step(struct world *w);

/* All steps to the end; those until `state` is awaited. */
void world_finish(struct world *w);
void world_reach(struct world *w, enum smtp_state state);

/* Holds a dialogue, and asserts that it goes as it should. */
void world_play(const struct dialogue *d);

/* Every recipient has its end, and a truthful one, by an answer to its mail. */
void world_check_settled(const struct world *w);

#endif
