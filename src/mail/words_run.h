/*
 * words_run: words in their order, those that hold bytes above 127 as encoded
 * words.
 *
 * Neighbours of them join one run with the white space between, which would
 * vanish between encoded words; next to an encoded word that was there
 * before, the run takes that white space in too.  Every other word passes to
 * the byte, and so does the white space before it, but for folds that keep
 * lines with encoded words short.  Internal to message_words.  Pure; the text
 * is borrowed until the run ends.
 */
#ifndef MAIL_WORDS_RUN_H
#define MAIL_WORDS_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "mail/encode.h"

enum run_word { RUN_NONE, RUN_PLAIN, RUN_ENCODED, RUN_RAW };

struct run {
	struct buf *out;
	const char *charset; /* of bytes above 127 */
	enum encode_place place;
	size_t longest; /* words over this are encoded whatever they hold */
	struct buf text; /* of the words that are joined, decoded */
	enum run_word last; /* the word before; RAW: the run is open */
	const char *gap; /* the white space before the run */
	size_t gap_len;
	bool has_words; /* encoded words were put into the current line */
};

void run_init(struct run *run, struct buf *out, const char *charset);
void run_free(struct run *run);

/* Appends the word of `n` > 0 bytes at `p`, and before it the white space of
 * `gap_len` bytes at `gap`.  In a phrase quotes are taken off what is encoded,
 * in a comment backslashes. */
void run_word(
    struct run *run, const char *gap, size_t gap_len, const char *p, size_t n);

/* Ends the run, so that the next word has none before it. */
void run_end(struct run *run);

/* Appends white space, before which no run is open, with a fold where `need`
 * bytes more would make a line with encoded words too long. */
void run_gap(struct run *run, const char *gap, size_t gap_len, size_t need);

/* Appends a fold where `need` bytes more would make a line with encoded words
 * too long, and there is no white space. */
void run_break(struct run *run, size_t need);

/* Appends the `n` bytes at `p`, words with white space around, and ends. */
void run_text(struct run *run, const char *p, size_t n);

/* Whether the `n` bytes at `p` hold one above 127. */
bool run_has_8bit(const char *p, size_t n);

#endif
