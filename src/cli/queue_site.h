/*
 * queue_site: the spool, for those who look at it or change it by hand.
 *
 * Root, who becomes SETUP_USER first, and the owner of the spool may do all.
 * Others find their own mails by own.h, where the spool lets them in at all.
 * Without a configuration that the caller can read, the spool is where it is by
 * default.
 */
#ifndef CLI_QUEUE_SITE_H
#define CLI_QUEUE_SITE_H

#include <stdbool.h>

#include "cli/setup.h"
#include "spool/spool.h"

struct queue_site {
	struct setup setup;
	struct spool spool;
	bool sees_all; /* else the caller's own mails, and own/ has them */
};

/* Makes `s` empty, so that queue_site_clear is safe. */
void queue_site_init(struct queue_site *s);

/*
 * Opens what there is of the spool to be looked at, `needed` at least; where
 * there is none, no folder is open.  `config` as for setup_conf.  Kinds
 * NOPERM, STORAGE, CONFIG, SYSTEM.
 */
int queue_site_look(struct queue_site *s, const char *config,
    enum spool_folder needed, struct result *res)
    __attribute__((warn_unused_result));

/* spool_look, but e->uid of a mail in drop/ is who left it there. */
enum spool_take queue_site_entry(const struct queue_site *s,
    enum spool_folder folder, const char *id, struct entry *e, bool *busy,
    struct result *res) __attribute__((warn_unused_result));

/* Whether `e`, which was found so, is for the caller to see. */
bool queue_site_shows(const struct queue_site *s, const struct entry *e);

/* Finds the spool and opens nothing; *exists says whether it is there.  Kind
 * NOPERM: it is another user's to change. */
int queue_site_find(struct queue_site *s, const char *config, bool *exists,
    struct result *res) __attribute__((warn_unused_result));

/* Opens log and spool, to change what is there.  Kinds of queue_site_find and
 * spool_open; MODE: no queue is kept. */
int queue_site_open(struct queue_site *s, const char *config,
    struct result *res) __attribute__((warn_unused_result));

void queue_site_clear(struct queue_site *s);

#endif
