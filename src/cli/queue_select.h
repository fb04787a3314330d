/*
 * queue_select: which mails -qI, -qR and -qS choose.  Pure.
 */
#ifndef CLI_QUEUE_SELECT_H
#define CLI_QUEUE_SELECT_H

#include "cli/options.h"
#include "spool/entry.h"

/* Whether `e` is what all selections of the struct options `options` ask for:
 * I, its id; R, the address of a recipient, or what the caller wrote for it; S,
 * its sender before or after the policy: hold the text, whatever the case of
 * its letters, or where negated, hold it nowhere. */
bool queue_select(const struct entry *e, const void *options);

#endif
