/*
 * wizard_trial: tests what `outpost setup` was told, by the stages of
 * check.h, and shows them.
 */
#ifndef CLI_WIZARD_TRIAL_H
#define CLI_WIZARD_TRIAL_H

#include "base/language.h"
#include "base/result.h"
#include "cli/wizard_answers.h"

/* Tests the account before any file of it is there.  Puts the exit status of
 * the check into `status`.  Kind SYSTEM: it could not begin. */
int wizard_trial_account(const struct wizard_answers *a, enum language language,
    int *status, struct result *res) __attribute__((warn_unused_result));

/* Looks at what this machine has prepared, and where `to` is not NULL, sends a
 * test mail to that address, which is what the status is of.  Shows what is
 * new by that.  The same. */
int wizard_trial_machine(const char *config, const char *to,
    enum language language, int *status, struct result *res)
    __attribute__((warn_unused_result));

#endif
