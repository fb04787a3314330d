#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/file.h"
#include "delivery/judge.h"

static const struct provider_rules *
rules_of(struct judge *j)
{
	const char *path = provider_path();
	struct result res;

	if (!j->read && provider_load(&j->rules, path, &res) == -1 &&
	    !file_is_missing(path))
		log_line(LOG_WARN, "what is known of providers is not used: %s",
		    res.text);
	j->read = true;
	return &j->rules;
}

static enum result_kind
judge(void *arg, const char *stage, const char *reply)
{
	const struct provider_rule *rule = provider_find(
	    rules_of(arg), stage, reply);

	return rule == NULL ? RESULT_OK : rule->kind;
}

struct smtp_judge
judge_by(struct judge *j)
{
	return (struct smtp_judge){ j == NULL ? NULL : judge, j };
}

/* Where the smarthost's own words begin in the text of a result, which says
 * before them who refused what; or NULL. */
static const char *
find_reply(const struct result *res)
{
	char mark[16];
	const char *at;

	snprintf(mark, sizeof mark, ": %03d", res->reply);
	at = strstr(res->text, mark);
	return at == NULL ? NULL : at + 2;
}

const struct provider_rule *
judge_rule(struct judge *j, const struct result *res)
{
	const char *reply = NULL;

	if (j != NULL && res->reply != 0)
		reply = find_reply(res);
	if (reply == NULL)
		return NULL;
	return provider_find(rules_of(j), res->stage, reply);
}

long
judge_wait(struct judge *j, const struct result *res)
{
	const struct provider_rule *rule = judge_rule(j, res);

	return rule != NULL && rule->kind == res->kind
	    ? rule->wait
	    : provider_usual_wait(res->kind);
}

void
judge_clear(struct judge *j)
{
	provider_clear(&j->rules);
	j->read = false;
}
