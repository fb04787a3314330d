/*
 * wizard_terminal: who is spoken to by `outpost setup`, and what he answers.
 *
 * Texts go to standard output, where that is a terminal folded to its width,
 * else a line each; questions are asked only where there is a person: when
 * standard input and output are a terminal.
 */
#ifndef CLI_WIZARD_TERMINAL_H
#define CLI_WIZARD_TERMINAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/language.h"
#include "base/result.h"
#include "cli/wizard_words.h"

#define WIZARD_ANSWER_MAX 1024 /* bytes of an answer */

struct wizard_terminal {
	bool asks; /* there is a person */
	bool folds; /* who reads has a terminal */
	bool colour;
	enum language language;
};

/* What standard input and output are. */
struct wizard_terminal wizard_terminal_find(enum language language);

/* Says the text on lines of its own. */
void wizard_terminal_say(const struct wizard_terminal *t, enum wizard_word word,
    const struct wizard_parts *parts);

/* Leaves a line empty, before the next matter, where there is a person. */
void wizard_terminal_gap(const struct wizard_terminal *t);

/* Says it on one line, however long: a path that is cut cannot be copied. */
void wizard_terminal_say_line(const struct wizard_terminal *t,
    enum wizard_word word, const struct wizard_parts *parts);

/*
 * Asks, and puts the answer, without blanks at its ends, into `answer`; for
 * an empty one `proposal`, which may be NULL.  Kind INTERRUPTED: the input
 * ended.
 */
int wizard_terminal_ask(const struct wizard_terminal *t,
    enum wizard_word question, const struct wizard_parts *parts,
    const char *proposal, struct buf *answer, struct result *res)
    __attribute__((warn_unused_result));

/* The same, by the terminal itself and without an echo; the answer stays as
 * it was typed.  Kind USAGE: there is no terminal. */
int wizard_terminal_ask_secret(const struct wizard_terminal *t,
    enum wizard_word question, struct buf *answer, struct result *res)
    __attribute__((warn_unused_result));

#endif
