/*
 * The program that `outpost oauth` becomes: one of its own, since the libraries
 * that it needs would cost every sendmail some milliseconds.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/process.h"
#include "cli/say.h"
#include "cli/setup.h"
#include "oauth/login.h"
#include "oauth/options.h"
#include "oauth/renew.h"
#include "oauth/show.h"
#include "oauth/store.h"
#include "oauth/wipe.h"

#define PROGRAM "outpost"
#define OUTPUT_MAX (64 * 1024)

struct job {
	struct oauth_options options;
	const struct conf *conf;
	struct secret secret; /* of the client */
	struct store store;
	struct buf out; /* for standard output */
};

static int
print(const char *text, struct result *res)
{
	if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
		return 0;
	return result_fail(
	    res, RESULT_INPUT, "cannot write to standard output");
}

static int
login(struct job *job, struct result *res)
{
	const struct login l = { &job->options, &job->secret,
		job->conf->smarthost.user, job->conf->smarthost.host, print };

	if (login_run(&l, &job->store, res) == -1)
		return -1;
	buf_printf(
	    &job->out, "The token is kept in %s.\n", job->store.path.data);
	return 0;
}

static int
token(struct job *job, struct result *res)
{
	struct result complaint;

	if (renew_run(&job->store, job->conf->smarthost.user, &job->out,
		&complaint, res) == -1)
		return -1;
	buf_putc(&job->out, '\n');
	if (complaint.kind != RESULT_OK)
		say(PROGRAM ": the token was renewed, but is not kept: %s\n",
		    complaint.text);
	return 0;
}

static int
show(struct job *job, struct result *res)
{
	struct token t;
	int status;

	token_init(&t);
	status = store_load(&job->store, &t, job->conf->smarthost.user, res);
	if (status == 0)
		show_token(&job->out, &t, job->store.path.data, time(NULL));
	token_clear(&t);
	return status;
}

static int
forget(struct job *job, struct result *res)
{
	if (store_lock(&job->store, deadline_in(RENEW_TIME, -1), res) == -1)
		return -1;
	return store_remove(&job->store, res);
}

/* Gets ready: first all that may need to be root, then that is over. */
static int
prepare(struct job *job, struct result *res)
{
	const struct store_site site = { job->conf->path,
		getenv("XDG_STATE_HOME"), getenv("HOME"), SETUP_USER };
	const char *user = job->conf->smarthost.user;
	const char *file = job->options.client_secret_file;

	if (*user == '\0')
		return conf_fail(job->conf, "smarthost", "user", res,
		    "must be set: a token is for an account");
	if (store_place(&job->store, &site, user, res) == -1)
		return -1;
	if (file != NULL && secret_read(&job->secret, file, res) == -1)
		return -1;
	if (job->options.command == OAUTH_LOGIN &&
	    store_make(&job->store, res) == -1)
		return -1;
	if (store_become(&job->store, res) == -1)
		return -1;
	return store_open(&job->store, res);
}

static int
run_command(struct job *job, struct result *res)
{
	static int (*const commands[])(struct job *, struct result *) = {
		[OAUTH_LOGIN] = login,
		[OAUTH_TOKEN] = token,
		[OAUTH_SHOW] = show,
		[OAUTH_FORGET] = forget,
	};

	if (commands[job->options.command](job, res) == -1)
		return -1;
	return print(job->out.data, res);
}

/* Chooses the account; without a name the first. */
static int
choose(struct job *job, const struct conf *conf, struct result *res)
{
	const char *name = job->options.account;

	job->conf = conf;
	while (name != NULL && job->conf != NULL &&
	    strcmp(job->conf->account, name) != 0)
		job->conf = job->conf->next;
	if (job->conf != NULL)
		return 0;
	return result_fail(res, RESULT_USAGE,
	    "there is no [smarthost %s] in %s", name, conf->path);
}

static int
run(struct job *job, struct result *res)
{
	struct setup setup;
	int status;

	setup_init(&setup);
	store_init(&job->store);
	secret_init(&job->secret);
	buf_init(&job->out, OUTPUT_MAX);
	status = setup_conf(&setup, job->options.configuration, res);
	if (status == 0)
		status = choose(job, &setup.conf, res);
	if (status == 0)
		status = prepare(job, res);
	if (status == 0)
		status = run_command(job, res);
	buf_free(&job->out);
	store_clear(&job->store);
	secret_clear(&job->secret);
	setup_clear(&setup);
	return status;
}

int
main(int argc, char **argv)
{
	struct result res;
	struct job job;
	int status = EX_OK;

	/* no copy of a token stays behind in a buffer */
	setvbuf(stdout, NULL, _IONBF, 0);
	if (process_setup(&res) == -1 ||
	    oauth_options_parse(&job.options, argc, argv, &res) == -1 ||
	    wipe_begin(&res) == -1 || run(&job, &res) == -1) {
		say(PROGRAM ": %s\n", res.text);
		status = result_exit_status(res.kind);
	}
	wipe_end();
	return status;
}
