/*
 * line: the mails of queue/ that are to be sent, in order.
 *
 * Walks the folder by age and takes by its lock each mail that is chosen,
 * whole, and has somebody left to try; what is damaged is set aside, what
 * others work on is left to them.  Mails that have to go again come before
 * those that were not tried.  What was delivered stays here until there is time to
 * remove it.  Memory does not grow with the queue.
 */
#ifndef DELIVERY_LINE_H
#define DELIVERY_LINE_H

#include "delivery/account.h"
#include "delivery/fit.h"
#include "delivery/readdress.h"
#include "delivery/route.h"
#include "delivery/settle.h"
#include "smtp/session.h"
#include "spool/names.h"

/* Which mails. */
struct line_choice {
	enum account_urgency urgency; /* DUE: only those that are due */
	/* NULL: all; `e` is not to be changed */
	bool (*wants)(const struct entry *e, const void *arg);
	const void *arg;
	/* only those of the account number `account`; NULL: there is one */
	const struct routes *routes;
	size_t account;
};

/* A session has two mails under way at the most, which both may have to go
 * again; one is taken ahead; the others are to be removed. */
#define LINE_ITEMS 8

enum line_state {
	LINE_FREE,
	LINE_AHEAD, /* taken, and in line to be sent */
	LINE_GIVEN, /* under way */
	LINE_DONE /* to be removed, when there is time */
};

struct line_item {
	enum line_state state;
	bool first; /* on its connection */
	struct entry entry; /* locked */
	struct source message;
	struct readdress readdress;
	struct fit fit;
	struct session_mail mail;
};

struct line {
	struct settle *settle; /* borrowed */
	struct line_choice choice;
	struct line_item items[LINE_ITEMS];
	/* those ahead, in order; the first `nagain` were under way before */
	struct line_item *next[LINE_ITEMS];
	size_t count, nagain;
	struct names names;
	size_t at; /* in names */
	char last[ENTRY_ID_MAX]; /* where the walk is */
	bool walked; /* to its end */
};

void line_init(
    struct line *l, struct settle *settle, const struct line_choice *choice);

/* Whether there is another mail: it is in line then. */
bool line_look(struct line *l);

/* Takes the first out of the line, to be sent; there is one. */
struct line_item *line_step(struct line *l);

/* Puts the entry `e`, which is locked and becomes the line's, before all
 * others.  Who is settled in it was told of. */
void line_put_first(struct line *l, struct entry *e);

/* Puts a mail that was under way before those that were not, after others that
 * go again; its attempt counts for nothing. */
void line_put_again(struct line *l, struct line_item *item);

/* Lets go of a mail, whatever became of it. */
void line_release(struct line_item *item);

/* Removes those that are DONE. */
void line_put_away(struct line *l);

/* Logs what could not be made durable: it may happen again. */
void line_complain(const struct entry *e, const struct result *why);

/* The same, and lets go of all. */
void line_clear(struct line *l);

#endif
