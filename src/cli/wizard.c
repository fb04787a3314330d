#include "config.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/wizard.h"
#include "cli/wizard_files.h"
#include "cli/wizard_questions.h"
#include "cli/wizard_site.h"
#include "cli/wizard_trial.h"
#include "config/conf.h"
#include "config/file.h"
#include "config/provider.h"

#define PROGRAM "outpost"
#define CONFIG_MAX 65536
#define COMMAND_MAX 16384

struct wizard {
	const char *path; /* that was named with -c, or NULL */
	struct wizard_options options;
	struct wizard_terminal terminal;
	struct presets presets;
	struct wizard_answers answers;
	struct wizard_site site;
	struct buf config, secret; /* what the files are to hold */
	int status; /* once all is over */
};

/* How a step ended. */
enum step { STEP_DONE, STEP_OVER /* for all of it */, STEP_FAILED };

static struct wizard_inquiry
inquiry(struct wizard *w)
{
	return (
	    struct wizard_inquiry){ &w->options, &w->terminal, &w->answers };
}

static void
say_word(const struct wizard *w, enum wizard_word word, const char *first,
    const char *second)
{
	const struct wizard_parts parts = { { first, second } };

	wizard_terminal_say(&w->terminal, word, &parts);
}

static void
say_line(const struct wizard *w, enum wizard_word word, const char *first,
    const char *second)
{
	const struct wizard_parts parts = { { first, second } };

	wizard_terminal_say_line(&w->terminal, word, &parts);
}

static enum step
end(struct wizard *w, int status)
{
	w->status = status;
	return STEP_OVER;
}

static enum step
greet(struct wizard *w, struct result *res)
{
	const char *config;

	if (wizard_site_find(&w->site, w->path, res) == -1 ||
	    presets_load(&w->presets, provider_path(), res) == -1)
		return STEP_FAILED;
	config = w->site.config.data;
	if (w->terminal.asks)
		say_word(w, WIZARD_GREETING, NULL, NULL);
	if (w->site.shadowed)
		say_word(w, WIZARD_SHADOWED, CONF_DEFAULT_PATH, config);
	return STEP_DONE;
}

/* Better asked before all else than after. */
static enum step
allow(struct wizard *w, struct result *res)
{
	const char *config = w->site.config.data;
	const struct wizard_parts parts = { { config } };
	char choice;

	if (!w->terminal.asks || w->options.force || file_is_missing(config))
		return STEP_DONE;
	if (wizard_questions_choose(
		&w->terminal, WIZARD_REPLACE, &parts, "ny", &choice, res) == -1)
		return STEP_FAILED;
	if (choice == 'y')
		return STEP_DONE;
	say_word(w, WIZARD_NOT_REPLACED, NULL, NULL);
	return end(w, EX_CANTCREAT);
}

static enum step
ask_all(struct wizard *w, struct result *res)
{
	const struct wizard_inquiry in = inquiry(w);

	return wizard_questions_ask(&in, res) == 0 ? STEP_DONE : STEP_FAILED;
}

/* Appends `text` as one word of sh(1). */
static void
put_word(struct buf *out, const char *text)
{
	const char *p = text;

	while (ascii_is_alnum(*p) || (*p != '\0' && strchr("/._-+@", *p)))
		p++;
	if (*p == '\0') {
		buf_puts(out, text);
		return;
	}
	buf_putc(out, '\'');
	for (p = text; *p != '\0'; p++)
		if (*p == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *p);
	buf_putc(out, '\'');
}

/* Appends the command line that does `what` by this configuration, for those
 * who have another environment. */
static void
put_command(const struct wizard *w, const char *what, struct buf *out)
{
	const char *config = w->site.config.data;

	buf_puts(out, SBINDIR "/outpost ");
	if (strcmp(config, CONF_DEFAULT_PATH) != 0) {
		buf_puts(out, "-c ");
		put_word(out, config);
		buf_putc(out, ' ');
	}
	buf_puts(out, what);
}

static void
say_command(const struct wizard *w, enum wizard_word word, const char *what)
{
	struct buf command;

	buf_init(&command, COMMAND_MAX);
	put_command(w, what, &command);
	say_line(w, word, command.data, NULL);
	buf_free(&command);
}

static bool
has_secret(const struct wizard *w)
{
	return !wizard_answers_wants_token(&w->answers);
}

static enum step
compose(struct wizard *w, struct result *res)
{
	struct wizard_place place = { "password_file", w->site.secret.data,
		w->site.queue.data };
	struct buf command;
	bool failed;

	buf_init(&command, COMMAND_MAX);
	if (!has_secret(w)) {
		put_command(w, "oauth token", &command);
		place.key = "password_command";
		place.value = command.data;
	}
	buf_reset(&w->config);
	buf_reset(&w->secret);
	wizard_answers_write(&w->answers, &place, &w->config);
	buf_add(&w->secret, w->answers.code.data, w->answers.code.len);
	buf_putc(&w->secret, '\n');
	failed = buf_failed(&w->config) || buf_failed(&w->secret) ||
	    buf_failed(&command);
	buf_free(&command);
	if (!failed)
		return STEP_DONE;
	(void)result_fail(res, RESULT_SYSTEM, "out of memory");
	return STEP_FAILED;
}

/* The files, the secret first: a configuration is never there without it.
 * Returns how many. */
static size_t
list_files(const struct wizard *w, struct wizard_file files[2])
{
	const struct wizard_site *s = &w->site;
	size_t n = 0;

	if (has_secret(w))
		files[n++] = (struct wizard_file){ s->secret.data, &w->secret,
			s->uid, s->gid, s->secret_mode };
	files[n++] = (struct wizard_file){ s->config.data, &w->config, s->uid,
		s->gid, has_secret(w) ? s->config_mode : s->command_mode };
	return n;
}

/* Without anybody to ask: what is there already is left alone. */
static enum step
compare(struct wizard *w, struct result *res)
{
	struct wizard_file files[2];
	size_t n = list_files(w, files), same = 0;
	enum wizard_file_state state;

	if (w->terminal.asks)
		return STEP_DONE;
	for (size_t i = 0; i < n; i++) {
		if (wizard_file_look(&files[i], &state, res) == -1)
			return STEP_FAILED;
		if (state == WIZARD_FILE_SAME)
			same++;
		if (state != WIZARD_FILE_OTHER || w->options.force)
			continue;
		(void)result_fail(res, RESULT_CREATE,
		    "setup: %s is there already, and holds something else; "
		    "give --force to replace it, and keep the old one as "
		    "%s.bak",
		    files[i].path, files[i].path);
		return STEP_FAILED;
	}
	for (size_t i = 0; same == n && i < n; i++)
		say_line(w, WIZARD_UNCHANGED, files[i].path, NULL);
	return same == n ? end(w, EX_OK) : STEP_DONE;
}

/* What is to be done when the test failed: an 'a'gain, 'w'rite or 's'top. */
static int
ask_further(struct wizard *w, char *choice, struct result *res)
{
	bool again = w->options.password_file == NULL;

	*choice = 's';
	if (!w->terminal.asks)
		return 0;
	wizard_terminal_gap(&w->terminal);
	return wizard_questions_choose(&w->terminal,
	    again ? WIZARD_ASK_AGAIN : WIZARD_ASK_ANYWAY, NULL,
	    again ? "aws" : "sw", choice, res);
}

static enum step
test(struct wizard *w, struct result *res)
{
	const struct wizard_inquiry in = inquiry(w);
	char choice = 'a';
	int status;

	if (w->options.no_check || !has_secret(w))
		return STEP_DONE;
	for (;;) {
		wizard_terminal_gap(&w->terminal);
		say_word(w, WIZARD_TESTING, NULL, NULL);
		if (wizard_trial_account(
			&w->answers, w->terminal.language, &status, res) == -1)
			return STEP_FAILED;
		if (status == EX_OK)
			return STEP_DONE;
		if (ask_further(w, &choice, res) == -1)
			return STEP_FAILED;
		if (choice == 'w')
			return STEP_DONE;
		if (choice == 's')
			break;
		if (wizard_questions_ask_code(&in, res) == -1 ||
		    compose(w, res) == STEP_FAILED)
			return STEP_FAILED;
	}
	say_word(w, WIZARD_STOPPED, NULL, NULL);
	return end(w, status);
}

/* "root:outpost 0640" */
static void
put_owner(const struct wizard_file *file, struct buf *out)
{
	const struct passwd *pw = getpwuid(file->uid);
	const struct group *gr = getgrgid(file->gid);

	if (pw != NULL)
		buf_puts(out, pw->pw_name);
	else
		buf_printf(out, "%lu", (unsigned long)file->uid);
	if (gr != NULL)
		buf_printf(out, ":%s", gr->gr_name);
	else
		buf_printf(out, ":%lu", (unsigned long)file->gid);
	buf_printf(out, " %04o", (unsigned)file->mode);
}

static int
write_one(struct wizard *w, const struct wizard_file *file, struct result *res)
{
	enum wizard_file_state state;
	struct buf text;

	if (wizard_file_look(file, &state, res) == -1 ||
	    wizard_file_write(file, res) == -1)
		return -1;
	if (state == WIZARD_FILE_SAME) {
		say_line(w, WIZARD_UNCHANGED, file->path, NULL);
		return 0;
	}
	buf_init(&text, CONFIG_MAX);
	if (state == WIZARD_FILE_OTHER) {
		buf_printf(&text, "%s" WIZARD_BACKUP, file->path);
		say_line(w, WIZARD_KEPT, file->path, text.data);
		buf_reset(&text);
	}
	put_owner(file, &text);
	say_line(w, WIZARD_WRITTEN, file->path, text.data);
	buf_free(&text);
	return 0;
}

static enum step
write_files(struct wizard *w, struct result *res)
{
	struct wizard_file files[2];
	size_t n = list_files(w, files);

	if (wizard_site_make(&w->site, res) == -1)
		return STEP_FAILED;
	wizard_terminal_gap(&w->terminal);
	for (size_t i = 0; i < n; i++)
		if (write_one(w, &files[i], res) == -1)
			return STEP_FAILED;
	return STEP_DONE;
}

/* What this machine lacks is shown, but no failure of what was to be done here;
 * a test mail that was asked for is. */
static enum step
try_out(struct wizard *w, struct result *res)
{
	const struct wizard_inquiry in = inquiry(w);
	int status = 0, found = EX_OK;
	struct buf to;

	buf_init(&to, WIZARD_ANSWER_MAX);
	wizard_terminal_gap(&w->terminal);
	if (w->terminal.asks && !w->options.no_check && has_secret(w))
		status = wizard_questions_mail(&in, &to, res);
	if (status == 0)
		status = wizard_trial_machine(w->site.config.data,
		    to.len > 0 ? to.data : NULL, w->terminal.language, &found,
		    res);
	if (to.len > 0)
		w->status = found;
	buf_free(&to);
	return status == 0 ? STEP_DONE : STEP_FAILED;
}

static enum step
say_next(struct wizard *w, struct result *res)
{
	const struct wizard_site *s = &w->site;

	(void)res;
	wizard_terminal_gap(&w->terminal);
	if (!s->has_user)
		say_word(w, WIZARD_NO_USER, NULL, NULL);
	if (s->queue.len > 0) {
		say_word(w, WIZARD_OWN_QUEUE, s->queue.data, NULL);
		say_command(w, WIZARD_CRONTAB, "queue run");
	}
	if (!has_secret(w)) {
		say_word(w, WIZARD_LOGIN, NULL, NULL);
		say_command(w, WIZARD_COMMAND, "oauth login");
	}
	say_word(w, WIZARD_FINISHED, NULL, NULL);
	say_command(w, WIZARD_COMMAND, "check");
	return STEP_DONE;
}

static enum step (*const steps[])(struct wizard *, struct result *) = {
	greet,
	allow,
	ask_all,
	compose,
	compare,
	test,
	write_files,
	try_out,
	say_next,
};

static enum step
take_steps(struct wizard *w, struct result *res)
{
	enum step step = STEP_DONE;

	for (size_t i = 0;
	     step == STEP_DONE && i < sizeof steps / sizeof *steps; i++)
		step = steps[i](w, res);
	return step;
}

static void
init(struct wizard *w)
{
	*w = (struct wizard){ .status = EX_OK };
	wizard_answers_init(&w->answers, &w->presets);
	wizard_site_init(&w->site);
	buf_init(&w->config, CONFIG_MAX);
	buf_init(&w->secret, WIZARD_CODE_MAX + 1);
}

static void
clear(struct wizard *w)
{
	presets_clear(&w->presets);
	wizard_answers_clear(&w->answers);
	wizard_site_clear(&w->site);
	buf_free(&w->config);
	buf_free(&w->secret);
}

int
wizard(const char *config, int argc, char *const *argv)
{
	const struct report rep = { .program = PROGRAM };
	struct wizard w;
	struct result res;
	int flushed;

	init(&w);
	if (wizard_options_parse(&w.options, argc, argv, &res) == -1) {
		say(PROGRAM ": %s\n", res.text);
		w.status = result_exit_status(res.kind);
	} else {
		w.terminal = wizard_terminal_find(say_language(NULL));
		w.terminal.asks &= !w.options.yes;
		w.path = config;
		if (take_steps(&w, &res) == STEP_FAILED)
			w.status = report_failure(&rep, &res);
	}
	clear(&w);
	flushed = say_flush(PROGRAM);
	return w.status != EX_OK ? w.status : flushed;
}
