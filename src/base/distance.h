/*
 * distance: how unlike two words are, to guess what was meant.  Pure.
 */
#ifndef BASE_DISTANCE_H
#define BASE_DISTANCE_H

#include <stddef.h>

/* How many letters to change, add or leave out make `a` of `b`, whatever
 * their case (Levenshtein's distance); for words that are very long, some
 * large number. */
size_t distance(const char *a, const char *b);

#endif
