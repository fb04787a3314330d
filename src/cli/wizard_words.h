/*
 * wizard_words: all that `outpost setup` says, in English and in Chinese.
 *
 * {1} to {3} in a text stand for what is put there.  Pure.
 */
#ifndef CLI_WIZARD_WORDS_H
#define CLI_WIZARD_WORDS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/language.h"
#include "cli/wizard_complaints.h"
#include "cli/wizard_texts.h"

enum wizard_word {
#define WIZARD_ENUM(id, en, zh) WIZARD_##id,
	WIZARD_TEXTS(WIZARD_ENUM) WIZARD_COMPLAINTS(WIZARD_ENUM)
#undef WIZARD_ENUM
	    WIZARD_WORD_COUNT
};

#define WIZARD_FINE WIZARD_WORD_COUNT /* no word at all: nothing is wrong */

/* What goes into a text; NULL: nothing more. */
struct wizard_parts {
	const char *part[3];
};

/* Appends the text, its parts made fit to be shown. */
void wizard_words_add(struct buf *out, enum wizard_word word,
    const struct wizard_parts *parts, enum language language);

#endif
