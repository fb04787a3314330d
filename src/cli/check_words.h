/*
 * check_words: what a check says, in English and in Chinese.
 *
 * Each "{}" stands for a text that is put in its place, in their order, in
 * every language the same.
 */
#ifndef CLI_CHECK_WORDS_H
#define CLI_CHECK_WORDS_H

#include <stdarg.h>

#include "base/buf.h"
#include "base/language.h"

enum check_word {
	CHECK_SAYS_TEXT, /* just that */
	/* configuration */
	CHECK_SAYS_ACCOUNT,
	CHECK_SAYS_NO_ACCOUNT,
	CHECK_SAYS_BLANKS,
	CHECK_DO_BLANKS,
	CHECK_SAYS_DENIED,
	CHECK_DO_CONF,
	/* permissions */
	CHECK_SAYS_MODE,
	CHECK_SAYS_UNREADABLE,
	CHECK_DO_READABLE,
	CHECK_DO_WAY,
	CHECK_SAYS_OWNER,
	CHECK_DO_OWNER,
	CHECK_DO_OWN_QUEUE,
	CHECK_SAYS_GROUP,
	CHECK_SAYS_BAD_MODE,
	CHECK_DO_MODE,
	CHECK_SAYS_NO_FOLDER,
	CHECK_DO_FOLDER,
	CHECK_SAYS_NO_SPOOL,
	CHECK_SAYS_DROP,
	CHECK_SAYS_NO_DROP,
	CHECK_SAYS_NO_USER,
	/* links */
	CHECK_SAYS_OURS,
	CHECK_SAYS_NO_LINK,
	CHECK_SAYS_FOREIGN,
	CHECK_DO_LINK,
	CHECK_DO_FOREIGN,
	/* queue */
	CHECK_SAYS_NO_QUEUE,
	CHECK_SAYS_NO_LOOK,
	CHECK_SAYS_COUNT,
	CHECK_SAYS_FAILED,
	CHECK_SAYS_RUN,
	CHECK_SAYS_NEVER,
	CHECK_DO_RUN,
	CHECK_SAYS_PAUSED,
	CHECK_DO_PAUSED,
	/* the way */
	CHECK_SAYS_FOUND,
	CHECK_SAYS_CONNECTED,
	CHECK_DO_PORT_25,
	CHECK_SAYS_CLEAR,
	CHECK_SAYS_CLEAR_AFAR,
	CHECK_DO_CLEAR,
	CHECK_SAYS_CERTIFICATE,
	CHECK_SAYS_DATES,
	CHECK_SAYS_ENDS,
	CHECK_DO_ENDS,
	CHECK_SAYS_PIN,
	CHECK_DO_CLOCK,
	CHECK_SAYS_OFFERS,
	CHECK_SAYS_NO_EHLO,
	CHECK_SAYS_AUTH,
	CHECK_SAYS_NO_AUTH,
	CHECK_SAYS_SENDER,
	CHECK_SAYS_TAKEN,
	CHECK_SAYS_SENT,
	CHECK_SAYS_NOBODY,
	CHECK_DO_TO,
	/* the test mail */
	CHECK_MAIL_SUBJECT,
	CHECK_MAIL_BODY,
	/* in the end */
	CHECK_ENDS_WELL,
	CHECK_ENDS_WITH_WARNINGS,
	CHECK_ENDS_BADLY,
	CHECK_WORD_COUNT
};

/* Puts the words, and the texts in them, which end with NULL, escaped. */
void check_words_put(struct buf *out, enum check_word word,
    enum language language, va_list texts);

/* The words alone. */
const char *check_words(enum check_word word, enum language language);

#endif
