#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/process.h"
#include "cli/check_parts.h"

#define LINES_MAX (64 * 1024) /* bytes, of a stage */
#define PORT_TEXT_MAX 24
#define NAME_TEXT_MAX (CONF_ACCOUNT_NAME_MAX + 2)

static void
init(struct check *c, const struct check_rules *rules)
{
	*c = (struct check){ .rules = rules, .host = "", .account = "" };
	setup_init(&c->setup);
	spool_init(&c->spool);
	buf_init(&c->text, LINES_MAX);
	buf_init(&c->advice, LINES_MAX);
	c->now = check_clock();
}

static void
clear(struct check *c)
{
	spool_close(&c->spool);
	setup_clear(&c->setup);
	buf_free(&c->text);
	buf_free(&c->advice);
}

/* Who may not read the configuration leaves his mail in the drop folder, unless
 * it is a file that he named. */
static bool
is_for_drop(const struct check *c, const struct result *why)
{
	return why->kind == RESULT_DENIED && c->setup.uid != 0 &&
	    c->rules->config == NULL && c->rules->scope != CHECK_WAY;
}

static void
judge_password(struct check *c, const struct buf *password)
{
	if (password->len == 0 ||
	    (!ascii_is_space(password->data[0]) &&
		!ascii_is_space(password->data[password->len - 1])))
		return;
	check_warn(c, CHECK_SAYS_BLANKS, NULL);
	check_advise(c, CHECK_DO_BLANKS, NULL);
}

/* What an account is, and its secret. */
static void
load_account(struct check *c, size_t i)
{
	const struct conf *conf = c->setup.ways[i].conf;
	char name[NAME_TEXT_MAX], port[PORT_TEXT_MAX];
	struct result res;

	snprintf(name, sizeof name, "%s%s", conf->account[0] == '\0' ? "" : " ",
	    conf->account);
	snprintf(port, sizeof port, "%ld", conf->smarthost.port);
	check_note(
	    c, CHECK_SAYS_ACCOUNT, name, conf->smarthost.host, port, NULL);
	if (way_load(&c->setup.ways[i], &res) == 0) {
		judge_password(c, &c->setup.ways[i].secret.password);
		c->accounts[i].is_chosen = true;
	} else if (is_for_drop(c, &res)) {
		check_note(c, CHECK_SAYS_TEXT, res.text, NULL);
		c->is_denied = true;
	} else {
		check_fail(c, &res);
	}
}

/* The accounts that are asked for. */
static void
load_accounts(struct check *c)
{
	const char *name = c->rules->account;
	bool found = false;

	check_note(c, CHECK_SAYS_TEXT, c->setup.conf.path, NULL);
	if (c->setup.complaint.kind != RESULT_OK)
		check_warn(c, CHECK_SAYS_TEXT, c->setup.complaint.text, NULL);
	for (size_t i = 0; i < c->setup.routes.count; i++) {
		if (name != NULL &&
		    strcmp(name, c->setup.ways[i].conf->account) != 0)
			continue;
		load_account(c, i);
		found = true;
	}
	if (!found)
		check_wrong(c, CHECK_SAYS_NO_ACCOUNT, name, NULL);
}

/* Says so where mail of this user goes to the drop folder. */
static void
tell_denied(struct check *c)
{
	struct result res;

	if (setup_without(&c->setup, &res) == -1)
		check_fail(c, &res);
	else
		check_skip(
		    c, CHECK_SAYS_DENIED, c->setup.conf.queue.directory, NULL);
}

static void
load(struct check *c)
{
	struct result res;

	check_begin(c, CHECK_STAGE_CONFIGURATION);
	if (setup_conf(&c->setup, c->rules->config, &res) == 0 &&
	    setup_load(&c->setup, &res) == 0) {
		c->is_loaded = true;
		load_accounts(c);
	} else if (is_for_drop(c, &res)) {
		check_note(c, CHECK_SAYS_TEXT, res.text, NULL);
		c->is_denied = true;
	} else {
		check_fail(c, &res);
		if (res.kind == RESULT_DENIED && c->setup.uid == 0)
			check_advise(c, CHECK_DO_CONF, NULL);
	}
	if (c->is_denied)
		tell_denied(c);
	check_end(c);
}

/* What this machine has prepared. */
static void
check_machine(struct check *c)
{
	if (c->is_denied)
		check_drop(c);
	else if (c->is_loaded)
		check_permissions(c);
	check_links(c);
}

/* What TLS needs, as long as root can read it. */
static void
trust(struct check *c)
{
	for (size_t i = 0; i < c->setup.routes.count; i++)
		if (c->accounts[i].is_chosen &&
		    way_trust(&c->setup.ways[i], &c->accounts[i].trust) == 0)
			result_ok(&c->accounts[i].trust);
}

static void
look_at_queue(struct check *c)
{
	const char *dir = c->setup.conf.queue.directory;
	struct result res;

	result_ok(&res);
	if (*dir != '\0' && spool_peek(&c->spool, dir, SPOOL_STATE, &res) == 0)
		result_ok(&res);
	if (c->rules->scope != CHECK_WAY)
		check_queue(c, &res);
}

/* As whoever sends the mail of this caller. */
static void
go(struct check *c)
{
	struct result res;

	trust(c);
	if (c->setup.uid == 0 && process_become(SETUP_USER, &res) == -1) {
		check_begin(c, CHECK_STAGE_PERMISSIONS);
		check_fail(c, &res);
		check_end(c);
		return;
	}
	look_at_queue(c);
	for (size_t i = 0; i < c->setup.routes.count; i++) {
		c->setup.at = i;
		if (c->accounts[i].is_chosen && c->rules->scope != CHECK_HERE)
			check_way(c);
	}
}

int
check_run(const struct check_rules *rules)
{
	struct check c;
	int status;

	init(&c, rules);
	load(&c);
	if (rules->scope != CHECK_WAY)
		check_machine(&c);
	if (c.is_loaded && !c.is_denied)
		go(&c);
	status = c.status;
	clear(&c);
	return status;
}
