#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/queue_drive.h"
#include "cli/queue_list.h"
#include "cli/queue_select.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/sendmail.h"
#include "cli/setup.h"
#include "cli/submit.h"
#include "delivery/rewrite.h"
#include "mail/address.h"

static int
do_nothing(const struct options *o, const char *program)
{
	(void)o;
	(void)program;
	return EX_OK;
}

static int
list_queue(const struct options *o, const char *program)
{
	const struct queue_list list = { .program = program,
		.layout = QUEUE_LAYOUT_MAILQ,
		.folder = SPOOL_QUEUE };
	int status = queue_list(&list, stdout), flushed = say_flush(program);

	(void)o;
	return flushed == EX_OK ? status : flushed;
}

/* Runs that are repeated go on when the caller is gone, as those of a daemon
 * do. */
static int
run_queue(const struct options *o, const char *program)
{
	static const enum account_urgency urgencies[] = {
		[OPTIONS_URGENCY_NOW] = ACCOUNT_NOW,
		[OPTIONS_URGENCY_FORCE] = ACCOUNT_FORCE,
		[OPTIONS_URGENCY_DUE] = ACCOUNT_DUE,
	};
	const struct runner runner = { .program = program,
		.verbose = o->verbose,
		.choice = { .urgency = urgencies[o->urgency],
		    .wants = queue_select,
		    .arg = o } };

	return queue_drive(&runner, o->interval, QUEUE_DRIVE_AWAY);
}

static int
print_version(const struct options *o, const char *program)
{
	(void)o;
	puts("outpost " PACKAGE_VERSION);
	return say_flush(program);
}

static int
print_help(const struct options *o, const char *program)
{
	struct buf out;

	(void)o;
	buf_init(&out, 65536);
	options_help(&out);
	fputs(out.data, stdout);
	buf_free(&out);
	return say_flush(program);
}

static int
refuse_smtp(const struct options *o, const char *program)
{
	struct report rep = { .program = program, .options = o };
	struct result res;

	result_fail(&res, RESULT_MODE,
	    "-bs is not available in this "
	    "version: let the program call sendmail -t -i instead");
	return report_failure(&rep, &res);
}

/* All that sending would load, with any account. */
static int
load(struct setup *setup, struct result *res)
{
	if (setup_conf(setup, NULL, res) == -1 || setup_load(setup, res) == -1)
		return -1;
	for (size_t i = 0; i < setup->routes.count; i++) {
		struct way *way = &setup->ways[i];

		if (way_load(way, res) == -1 || way_ask(way, res) == -1 ||
		    way_trust(way, res) == -1)
			return -1;
	}
	return 0;
}

static int
check_configuration(const struct options *o, const char *program)
{
	struct report rep = { .program = program, .options = o };
	struct setup setup;
	struct result res;
	int status = EX_OK;

	setup_init(&setup);
	rep.conf = &setup.conf;
	if (load(&setup, &res) == -1)
		status = report_failure(&rep, &res);
	else if (setup.complaint.kind != RESULT_OK)
		status = report_failure(&rep, &setup.complaint);
	setup_clear(&setup);
	return status;
}

/* -bv of one operand: where each of its recipients would go. */
static int
verify_operand(const struct rewrite *rw, const char *operand)
{
	char shown[4 * ADDRESS_MAX + 1];
	struct envelope env;
	struct result res;
	int status = EX_OK;

	envelope_init(&env);
	if (rewrite_recipients(rw, operand, strlen(operand), &env, &res) ==
	    -1) {
		printf("%s... %s\n",
		    text_escape(shown, sizeof shown, operand, strlen(operand)),
		    res.text);
		status = result_exit_status(res.kind);
	}
	for (size_t i = 0; status == EX_OK && i < env.count; i++) {
		const struct rcpt *rcpt = &env.rcpts[i];

		text_escape(
		    shown, sizeof shown, rcpt->address, strlen(rcpt->address));
		if (rcpt->state == RCPT_FAILED) {
			printf("%s... %s\n", shown,
			    env.results[rcpt->result].text);
			status = result_exit_status(
			    env.results[rcpt->result].kind);
			continue;
		}
		printf("%s... deliverable: relay %s\n", shown,
		    rw->conf->smarthost.host);
	}
	envelope_clear(&env);
	return status;
}

static int
verify(const struct options *o, const char *program)
{
	struct report rep = { .program = program, .options = o };
	struct setup setup;
	struct rewrite rw;
	struct result res;
	int status = EX_OK, one;

	setup_init(&setup);
	rep.conf = &setup.conf;
	if (load(&setup, &res) == -1) {
		status = report_failure(&rep, &res);
	} else {
		setup_choose(&setup, o->sender);
		rw = setup_rewrite(&setup);
		for (size_t i = 0; i < o->count; i++)
			if ((one = verify_operand(&rw, o->recipients[i])) !=
				EX_OK &&
			    status == EX_OK)
				status = one;
		if (status == EX_OK)
			status = say_flush(program);
	}
	setup_clear(&setup);
	return status;
}

static int (*const modes[])(const struct options *, const char *) = {
	[OPTIONS_DELIVER] = submit,
	[OPTIONS_LIST_QUEUE] = list_queue,
	[OPTIONS_ALIASES] = do_nothing, /* the aliases file is read as it is */
	[OPTIONS_SMTP] = refuse_smtp,
	[OPTIONS_VERIFY] = verify,
	[OPTIONS_CHECK] = check_configuration,
	[OPTIONS_RUN_QUEUE] = run_queue,
	[OPTIONS_NOTHING] = do_nothing,
	[OPTIONS_VERSION] = print_version,
	[OPTIONS_HELP] = print_help,
};

int
sendmail_main(int argc, char *const *argv)
{
	const char *program = options_program(argc, argv);
	struct options o;
	struct report rep = { .program = program, .options = &o };
	struct result res;
	int status;

	if (options_parse(&o, argc, argv, &res) == -1) {
		status = report_failure(&rep, &res);
	} else {
		if (o.tag != NULL)
			log_tag(o.tag);
		if (o.warnings.len > 0)
			say("%s", o.warnings.data);
		status = modes[o.mode](&o, program);
	}
	options_clear(&o);
	return status;
}
