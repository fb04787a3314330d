/*
 * check_parts: the inside of a check, for check*.c.
 */
#ifndef CLI_CHECK_PARTS_H
#define CLI_CHECK_PARTS_H

#include <stdint.h>

#include "base/buf.h"
#include "cli/check.h"
#include "cli/check_words.h"
#include "cli/setup.h"
#include "spool/spool.h"

struct check {
	const struct check_rules *rules;
	struct setup setup;
	bool is_loaded; /* the configuration is */
	bool is_denied; /* mail of this user goes to the drop folder */
	struct spool spool; /* to be looked at; or closed */
	struct check_account {
		bool is_chosen; /* and has its secret */
		struct result trust; /* kind OK, or why there is no TLS */
	} accounts[CONF_ACCOUNTS_MAX]; /* by setup.ways */
	int status; /* of the first failure, or 0 */
	const char *host, *account; /* of the stages to come, or "" */
	int64_t now; /* when the last stage ended: ms, monotonic */
	/* the stage under way */
	enum check_stage stage;
	enum check_verdict verdict;
	struct buf text, advice;
	struct result why;
};

/* check_stage.c: a stage begins, where the last one ended; and ends, now or at a time
 * that was noted (check_clock). */
int64_t check_clock(void);
void check_begin(struct check *c, enum check_stage stage);
void check_end(struct check *c);
void check_end_at(struct check *c, int64_t at);

/* check_stage.c: what is found in it, a line each: the texts end with NULL. */
void check_note(struct check *c, enum check_word word, ...)
    __attribute__((sentinel));
void check_skip(struct check *c, enum check_word word, ...)
    __attribute__((sentinel));
void check_warn(struct check *c, enum check_word word, ...)
    __attribute__((sentinel));
/* A failure of kind CONFIG. */
void check_wrong(struct check *c, enum check_word word, ...)
    __attribute__((sentinel));
/* What to do about it. */
void check_advise(struct check *c, enum check_word word, ...)
    __attribute__((sentinel));

/* check_stage.c: what failed, in its own words; with its advice, or without, for
 * those who know better. */
void check_fail(struct check *c, const struct result *res);
void check_fail_bare(struct check *c, const struct result *res);

/* check_files.c: who may read and write what. */
void check_permissions(struct check *c);
/* The same of a user who may not read the configuration: the drop folder. */
void check_drop(struct check *c);

/* check_links.c: which program the names of sendmail lead to; one of them. */
enum check_need { CHECK_NEEDED, CHECK_USEFUL };
void check_links(struct check *c);
void check_link(struct check *c, const char *path, enum check_need need,
    const char *program);

/* check_queue.c: whether something runs it; `why` it could not be opened, or
 * kind OK. */
void check_queue(struct check *c, const struct result *why);

/* check_way.c: from the name of the smarthost to the log-in, and on: for the
 * account that is used (setup.at). */
void check_way(struct check *c);

/* "outpost", or "54321", of a user and a group. */
#define CHECK_NAME_MAX 64
const char *check_user(char dst[CHECK_NAME_MAX], uid_t uid);
const char *check_group(char dst[CHECK_NAME_MAX], gid_t gid);

#endif
