/*
 * options_table: the rows behind the command line; private to options.
 *
 * Four families of letters: options, and the values of -b, -o and -q.  A row
 * says what a letter does or, where it is ignored or refused, why; the same
 * words go to the caller's terminal, to --help and to the manual.  Pure.
 */
#ifndef CLI_OPTIONS_TABLE_H
#define CLI_OPTIONS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"
#include "cli/options.h"

enum options_form {
	OPTIONS_FLAG, /* takes no value: letters may follow */
	OPTIONS_VALUE, /* the rest of the word, else the next word */
	OPTIONS_ATTACHED /* the rest of the word, which may be empty */
};

/* What the letters work on. */
struct options_state {
	struct options *o;
	bool mode_chosen; /* by a letter: the name no longer counts */
	char *const *argv; /* the words; argv[next] was not read yet */
	int argc, next;
};

struct options_row {
	char letter;
	enum options_form form; /* of an option; of the others, FLAG */
	/* Takes the value, "" where there is none.  NULL: ignored. */
	int (*act)(struct options_state *st, const struct options_row *row,
	    const char *value, struct result *res);
	int choice; /* enum options_mode or options_urgency, of those that
		     * set it */
	const char *label; /* as written, for people: "-B type" */
	const char *text; /* what it does; else the reason */
};

struct options_family {
	const char *title;
	const struct options_row *rows;
	size_t count;
};

extern const struct options_family options_letters; /* -x */
extern const struct options_family options_modes; /* -bx */
extern const struct options_family options_settings; /* -ox */
extern const struct options_family options_queue; /* -qx; NUL: -q, 0: any
						    * digit */

/* The row of `letter`, or NULL. */
const struct options_row *options_find(
    const struct options_family *family, char letter);

/* Whether the row stands for what is refused. */
bool options_row_is_refused(const struct options_row *row);

/* What an option with a value has of it: the `rest` of the word, else the
 * next word; NULL: neither. */
const char *options_value(struct options_state *st, const char *rest);

/*
 * Values of single options, each checked as far as it can be without knowing
 * addresses.  A bad value of a mere wish (-B, -e, -L, -N, -od, -R, -V) is
 * ignored with a line in `warnings`; kind USAGE: control characters in -V.
 */
int options_set_body(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res);
int options_set_delivery(struct options_state *st,
    const struct options_row *row, const char *value, struct result *res);
int options_set_envid(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res);
int options_set_errors(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res);
int options_set_notify(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res);
int options_set_ret(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res);
int options_set_tag(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res);

/* Runs of the queue: once, at an interval, and of selected mails.  Kind USAGE:
 * a value that is none. */
int options_run_once(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res);
int options_run_every(struct options_state *st, const struct options_row *row,
    const char *value, struct result *res);
int options_run_selected(struct options_state *st,
    const struct options_row *row, const char *value, struct result *res);

#endif
