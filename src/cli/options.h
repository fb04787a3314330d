/*
 * options: the sendmail command line, from one table.
 *
 * Every letter that sendmail programs have ever taken has a row: accepted,
 * ignored with its reason, or refused.  Letters may be bundled, values
 * attached or detached; the first operand or "--" ends the options.  Nothing
 * is opened, read or printed here.  Pure; borrows argv.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"

/* What is to be done; the last -b wins over the program's name. */
enum options_mode {
	OPTIONS_DELIVER, /* -bm, -ba, sendmail */
	OPTIONS_LIST_QUEUE, /* -bp, mailq */
	OPTIONS_ALIASES, /* -bi, -I, newaliases */
	OPTIONS_SMTP, /* -bs */
	OPTIONS_VERIFY, /* -bv */
	OPTIONS_CHECK, /* -bC */
	OPTIONS_RUN_QUEUE, /* -q, runq */
	OPTIONS_NOTHING, /* -bh, -bH, hoststat, purgestat: exit 0 */
	OPTIONS_VERSION, /* -bV, --version */
	OPTIONS_HELP /* --help */
};

/* -oe: what becomes of errors. */
enum options_errors {
	OPTIONS_ERRORS_PRINT, /* -oep, and the default */
	OPTIONS_ERRORS_QUIET, /* -oeq */
	OPTIONS_ERRORS_MAIL, /* -oem */
	OPTIONS_ERRORS_WRITE, /* -oew: PRINT on a terminal, else MAIL */
	OPTIONS_ERRORS_ZERO /* -oee */
};

/* -od: what the caller waits for. */
enum options_delivery {
	OPTIONS_DELIVERY_CONFIGURED, /* what outpost.ini says */
	OPTIONS_DELIVERY_WAIT, /* -odi, -odf, -v */
	OPTIONS_DELIVERY_BACKGROUND, /* -odb */
	OPTIONS_DELIVERY_QUEUE /* -odq, -odd */
};

/* -q: which mail a run of the queue tries. */
enum options_urgency {
	OPTIONS_URGENCY_NOW, /* -q: all, but after a refused login none */
	OPTIONS_URGENCY_FORCE, /* -qf: all */
	OPTIONS_URGENCY_DUE /* -q30m: what is due */
};

/* -qI, -qR, -qS: of the mails of a run, those that hold a text. */
struct options_select {
	char letter; /* where: I the id, R a recipient, S the sender */
	bool negated; /* those that do not */
	const char *text;
};

#define OPTIONS_SELECTS_MAX 8

struct options {
	enum options_mode mode;
	bool from_header; /* -t */
	bool ignore_dots; /* -i, -oi */
	bool verbose; /* -v, -ov */
	bool gateway; /* -G */
	enum options_errors errors;
	enum options_delivery delivery;
	enum options_urgency urgency; /* of a run of the queue */
	long interval; /* of them, in ms; 0: once */
	struct options_select selects[OPTIONS_SELECTS_MAX]; /* all must fit */
	size_t nselects;
	const char *sender; /* -f, -r; NULL: not given */
	const char *name; /* -F; NULL: not given */
	const char *tag; /* -L, or NULL */
	const char *envid; /* -V, or NULL */
	char notify[32]; /* -N, in capitals, or "" */
	char ret[8]; /* -R: "FULL", "HDRS", or "" */
	char *const *recipients; /* operands */
	size_t count;
	struct buf warnings; /* lines about values that were ignored */
};

/*
 * Reads the command line.  argc may be 0.  Kind USAGE, with one line that
 * says which option and why: unknown or refused letters and modes, a value
 * that is missing or holds control characters, contradictions, an empty
 * operand, no recipient and no -t.  Addresses are checked by whoever parses
 * them.  `o` is to be cleared whatever the result.
 */
int options_parse(struct options *o, int argc, char *const *argv,
    struct result *res) __attribute__((warn_unused_result));

/* Appends what --help prints, made from the table. */
void options_help(struct buf *out);

/* The base name of argv[0]; "sendmail" when there is none, or when it is not
 * fit to be shown. */
const char *options_program(int argc, char *const *argv);

void options_clear(struct options *o);

#endif
