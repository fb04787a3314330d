/*
 * words_parts: how the body of each kind of field becomes ASCII.
 *
 * Internal to message_words.  Pure.
 */
#ifndef MAIL_WORDS_PARTS_H
#define MAIL_WORDS_PARTS_H

#include <stddef.h>

#include "mail/message_words.h"
#include "mail/words_run.h"

/* Appends a list of addresses. */
enum words_left words_addresses(struct run *run, const char *p, size_t n);

/* Appends a word and its parameters: values with bytes above 127 are extended
 * (RFC 2231), and continued where a line has no room for them. */
void words_parameters(struct run *run, const char *p, size_t n);

#endif
