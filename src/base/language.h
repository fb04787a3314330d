/*
 * language: which of the languages that advice is written in to use.  Pure.
 */
#ifndef BASE_LANGUAGE_H
#define BASE_LANGUAGE_H

enum language { LANGUAGE_ENGLISH, LANGUAGE_CHINESE, LANGUAGE_COUNT };

/* The language of the locale named by LC_ALL, LC_MESSAGES and LANG, any of
 * which may be NULL or empty, in that order of precedence. */
enum language language_of(
    const char *lc_all, const char *lc_messages, const char *lang);

#endif
