/*
 * wizard_questions: what `outpost setup` has to know, in the order in which it
 * is asked: a table.
 *
 * An answer comes from an option, else from the person at the terminal, else
 * from what is proposed, where --yes allows it.
 */
#ifndef CLI_WIZARD_QUESTIONS_H
#define CLI_WIZARD_QUESTIONS_H

#include "base/result.h"
#include "cli/wizard_answers.h"
#include "cli/wizard_options.h"
#include "cli/wizard_terminal.h"

struct wizard_inquiry {
	const struct wizard_options *options;
	const struct wizard_terminal *terminal;
	struct wizard_answers *answers;
};

/* Asks all, until there is a good answer to each.  Kinds USAGE: an option has
 * none, or there is nobody to ask (the text names the option); CONFIG, DENIED:
 * the password's file cannot be read; INTERRUPTED; SYSTEM. */
int wizard_questions_ask(const struct wizard_inquiry *in, struct result *res)
    __attribute__((warn_unused_result));

/* Asks for the password once more.  The same kinds. */
int wizard_questions_ask_code(const struct wizard_inquiry *in,
    struct result *res) __attribute__((warn_unused_result));

/*
 * Asks for one of the `letters`, which the text of `question` names.  An empty
 * answer is the first one.  Kind INTERRUPTED.
 */
int wizard_questions_choose(const struct wizard_terminal *t,
    enum wizard_word question, const struct wizard_parts *parts,
    const char *letters, char *choice, struct result *res)
    __attribute__((warn_unused_result));

/* Asks for an address for a test mail; empty: none is wanted.  Kind
 * INTERRUPTED. */
int wizard_questions_mail(const struct wizard_inquiry *in, struct buf *to,
    struct result *res) __attribute__((warn_unused_result));

#endif
