/*
 * judge: what a refusal means, by what is known of the providers' replies
 * (config/provider.h) where that overrules its first digit.
 *
 * The rules are those of providers.ini, or of what OUTPOST_PROVIDERS names in
 * its place; they are read when the first refusal comes, and once.  When they are
 * missing there are none; when they are broken that is logged, too.
 */
#ifndef DELIVERY_JUDGE_H
#define DELIVERY_JUDGE_H

#include <stdbool.h>

#include "base/result.h"
#include "config/provider.h"
#include "smtp/plan.h"

/* All zero: nothing was read yet.  NULL in place of one: nothing is known. */
struct judge {
	struct provider_rules rules;
	bool read;
};

/* For the smtp_plan of a connection; borrows `j`. */
struct smtp_judge judge_by(struct judge *j);

/* The rule that fits a result, which may have been kept; or NULL. */
const struct provider_rule *judge_rule(
    struct judge *j, const struct result *res);

/* The seconds to wait that a result of this kind asks for, 0 for one that asks
 * for none. */
long judge_wait(struct judge *j, const struct result *res);

void judge_clear(struct judge *j);

#endif
