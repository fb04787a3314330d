/*
 * pattern: texts in which "*" stands for anything, nothing too; the case of
 * ASCII letters does not matter.
 */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the `n` bytes at `s` are what the `np` bytes at `pattern` say. */
bool pattern_fits(const char *pattern, size_t np, const char *s, size_t n);

#endif
