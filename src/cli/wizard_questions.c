#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "cli/wizard_questions.h"
#include "config/file.h"
#include "config/secret.h"

#define AT(member) offsetof(struct wizard_options, member)
#define NO_OPTION ((size_t)-1)
#define NAMES_MAX 4096
#define PATIENCE 5 /* empty answers where something must be typed */

struct question {
	size_t option; /* in wizard_options: its value, or NO_OPTION */
	const char *name; /* the option to give, for people */
	enum wizard_word ask; /* FINE: only the option counts */
	/* NULL: always */
	bool (*applies)(const struct wizard_answers *a);
	/* what is said before it; NULL: nothing */
	void (*explain)(const struct wizard_inquiry *in);
	/* what is proposed; NULL: nothing can be */
	const char *(*propose)(const struct wizard_answers *a);
	enum wizard_word (*take)(struct wizard_answers *a, const char *text);
	/* does all of it instead; NULL: nothing does */
	int (*answer)(const struct wizard_inquiry *in, struct result *res);
};

static void
say(const struct wizard_inquiry *in, enum wizard_word word, const char *first,
    const char *second)
{
	const struct wizard_parts parts = { { first, second } };

	wizard_terminal_say(in->terminal, word, &parts);
}

/* The names of all presets. */
static void
put_names(const struct presets *presets, struct buf *out)
{
	for (size_t i = 0; i < presets->count; i++)
		buf_printf(
		    out, "%s%s", i > 0 ? ", " : "", presets->all[i].name);
}

static void
say_with_names(
    const struct wizard_inquiry *in, enum wizard_word word, const char *first)
{
	struct buf names;

	buf_init(&names, NAMES_MAX);
	put_names(in->answers->presets, &names);
	say(in, word, first, names.data);
	buf_free(&names);
}

/* What the preset has to say; "" where there is none, or it has nothing. */
static const char *
text_of(const struct wizard_inquiry *in, enum preset_text which)
{
	const struct preset *preset = in->answers->preset;

	return preset != NULL
	    ? preset_text(preset, which, in->terminal->language)
	    : "";
}

static bool
is_unknown(const struct wizard_answers *a)
{
	return a->preset == NULL && *a->host.name == '\0';
}

static bool
lacks_host(const struct wizard_answers *a)
{
	return a->preset != NULL && !wizard_answers_has_host(a) &&
	    *a->host.name == '\0';
}

static bool
lacks_port(const struct wizard_answers *a)
{
	return a->preset == NULL && a->host.port == 0;
}

static bool
lacks_user(const struct wizard_answers *a)
{
	return !wizard_answers_has_user(a);
}

static void
explain_unknown(const struct wizard_inquiry *in)
{
	say_with_names(
	    in, WIZARD_UNKNOWN_DOMAIN, address_domain(in->answers->address));
}

static void
explain_host(const struct wizard_inquiry *in)
{
	const char *what = text_of(in, PRESET_HOST);

	if (*what != '\0')
		say(in, WIZARD_SERVER, what, NULL);
}

static void
explain_user(const struct wizard_inquiry *in)
{
	const char *what = text_of(in, PRESET_USER);

	if (*what != '\0')
		say(in, WIZARD_USER, what, NULL);
}

static void
explain_local(const struct wizard_inquiry *in)
{
	say(in, WIZARD_LOCAL, NULL, NULL);
}

static const char *
propose_port(const struct wizard_answers *a)
{
	(void)a;
	return WIZARD_PORT_TEXT;
}

static const char *
propose_address(const struct wizard_answers *a)
{
	return a->address;
}

static void
complain(
    const struct wizard_inquiry *in, enum wizard_word wrong, const char *text)
{
	if (wrong == WIZARD_BAD_PROVIDER)
		say_with_names(in, wrong, text);
	else
		say(in, wrong, text, NULL);
}

/* What is wrong with an option, in the words of all other errors. */
static int
fail_option(const struct wizard_inquiry *in, const char *name,
    enum wizard_word wrong, const char *text, struct result *res)
{
	struct buf why, names;
	struct wizard_parts parts = { { text } };

	buf_init(&names, NAMES_MAX);
	put_names(in->answers->presets, &names);
	parts.part[1] = names.data;
	buf_init(&why, NAMES_MAX);
	wizard_words_add(&why, wrong, &parts, LANGUAGE_ENGLISH);
	(void)result_fail(res, RESULT_USAGE, "setup: %s: %s", name, why.data);
	buf_free(&why);
	buf_free(&names);
	return -1;
}

/* Nobody is there, or wants to be asked. */
static int
take_proposal(const struct wizard_inquiry *in, const struct question *q,
    const char *proposal, struct result *res)
{
	if (proposal == NULL)
		return result_fail(res, RESULT_USAGE,
		    "setup: there is no terminal to ask on: give %s", q->name);
	if (!in->options->yes)
		return result_fail(res, RESULT_USAGE,
		    "setup: there is no terminal to ask on: give %s, or --yes "
		    "for what is proposed (%s)",
		    q->name, proposal);
	(void)q->take(in->answers, proposal);
	return 0;
}

/* Asks until the answer is good. */
static int
ask(const struct wizard_inquiry *in, const struct question *q,
    const char *proposal, struct result *res)
{
	enum wizard_word wrong = WIZARD_BAD_CHOICE;
	struct buf answer;
	int status = 0;

	buf_init(&answer, WIZARD_ANSWER_MAX);
	while (status == 0 && wrong != WIZARD_FINE) {
		status = wizard_terminal_ask(
		    in->terminal, q->ask, NULL, proposal, &answer, res);
		if (status == -1)
			break;
		wrong = q->take(in->answers, answer.data);
		if (wrong != WIZARD_FINE)
			complain(in, wrong, answer.data);
	}
	buf_free(&answer);
	return status;
}

static int
answer_text(const struct wizard_inquiry *in, const struct question *q,
    struct result *res)
{
	const char *given = NULL, *proposal;
	enum wizard_word wrong;

	if (q->option != NO_OPTION)
		memcpy(&given, (const char *)in->options + q->option,
		    sizeof given);
	if (given != NULL) {
		wrong = q->take(in->answers, given);
		return wrong == WIZARD_FINE
		    ? 0
		    : fail_option(in, q->name, wrong, given, res);
	}
	if (q->ask == WIZARD_FINE ||
	    (q->applies != NULL && !q->applies(in->answers)))
		return 0;
	proposal = q->propose != NULL ? q->propose(in->answers) : NULL;
	if (!in->terminal->asks)
		return take_proposal(in, q, proposal, res);
	wizard_terminal_gap(in->terminal);
	if (q->explain != NULL)
		q->explain(in);
	return ask(in, q, proposal, res);
}

/* Says whose account it is, and what is assumed. */
static void
say_server(const struct wizard_inquiry *in)
{
	const struct wizard_answers *a = in->answers;
	char port[16];

	if (a->preset != NULL)
		say(in, WIZARD_PROVIDER,
		    *a->preset->title != '\0' ? a->preset->title
					      : a->preset->name,
		    NULL);
	if (*a->host.name != '\0')
		say(in, WIZARD_SERVER, a->host.name, NULL);
	if (a->host.port == 0)
		return;
	(void)snprintf(port, sizeof port, "%ld", a->host.port);
	say(in,
	    wizard_answers_is_implicit(a) ? WIZARD_TLS_IMPLICIT
					  : WIZARD_TLS_STARTTLS,
	    port, NULL);
}

/* Takes what was read, and says what was made of it. */
static enum wizard_word
take_code(const struct wizard_inquiry *in, const char *text, size_t n)
{
	enum wizard_word wrong = wizard_answers_code(in->answers, text, n);

	if (wrong == WIZARD_FINE && in->answers->spaced)
		say(in, WIZARD_BLANKS_REMOVED, NULL, NULL);
	return wrong;
}

/* The first line of the file.  Who may read it is for whoever gave it. */
static int
read_code(const struct wizard_inquiry *in, struct result *res)
{
	const char *path = in->options->password_file, *end;
	enum wizard_word wrong;
	struct buf text;
	struct stat st;
	int status;

	buf_init(&text, SECRET_FILE_MAX);
	status = file_read(&text, path, &st, res);
	if (status == 0) {
		end = memchr(text.data, '\n', text.len);
		wrong = take_code(in, text.data,
		    end != NULL ? (size_t)(end - text.data) : text.len);
		if (wrong != WIZARD_FINE)
			status = fail_option(in, "--password-file", wrong,
			    WIZARD_CODE_MAX_TEXT, res);
	}
	buf_free(&text);
	return status;
}

int
wizard_questions_ask_code(const struct wizard_inquiry *in, struct result *res)
{
	enum wizard_word wrong = WIZARD_NO_CODE;
	struct buf typed;
	int status = 0;

	buf_init(&typed, SECRET_MAX);
	for (int i = 0; i < PATIENCE && wrong != WIZARD_FINE; i++) {
		status = wizard_terminal_ask_secret(
		    in->terminal, WIZARD_ASK_CODE, &typed, res);
		if (status == -1)
			break;
		wrong = take_code(in, typed.data, typed.len);
		if (wrong != WIZARD_FINE)
			say(in, wrong, WIZARD_CODE_MAX_TEXT, NULL);
	}
	buf_free(&typed);
	if (status == 0 && wrong != WIZARD_FINE)
		return result_fail(
		    res, RESULT_INTERRUPTED, "setup: no password was given");
	return status;
}

static void
explain_code(const struct wizard_inquiry *in)
{
	const char *text = text_of(in, PRESET_CODE);

	say(in, *text != '\0' ? WIZARD_CODE_KNOWN : WIZARD_CODE, text, NULL);
}

static int
answer_code(const struct wizard_inquiry *in, struct result *res)
{
	wizard_terminal_gap(in->terminal);
	say_server(in);
	if (wizard_answers_wants_token(in->answers)) {
		say(in, WIZARD_TOKENS, in->answers->preset->name, NULL);
		return 0;
	}
	if (in->options->password_file != NULL)
		return read_code(in, res);
	if (!in->terminal->asks)
		return result_fail(res, RESULT_USAGE,
		    "setup: there is no terminal to ask on: give "
		    "--password-file");
	explain_code(in);
	return wizard_questions_ask_code(in, res);
}

static const struct question questions[] = {
	{ AT(address), "--address", WIZARD_ASK_ADDRESS, NULL, NULL, NULL,
	    wizard_answers_address, NULL },
	{ AT(provider), "--provider", WIZARD_FINE, NULL, NULL, NULL,
	    wizard_answers_provider, NULL },
	{ AT(host), "--host", WIZARD_FINE, NULL, NULL, NULL,
	    wizard_answers_host, NULL },
	{ NO_OPTION, "--provider or --host", WIZARD_ASK_SERVER, is_unknown,
	    explain_unknown, NULL, wizard_answers_server, NULL },
	{ NO_OPTION, "--host", WIZARD_ASK_HOST, lacks_host, explain_host, NULL,
	    wizard_answers_host, NULL },
	{ NO_OPTION, "--host HOST:PORT", WIZARD_ASK_PORT, lacks_port, NULL,
	    propose_port, wizard_answers_port, NULL },
	{ AT(user), "--user", WIZARD_ASK_USER, lacks_user, explain_user,
	    propose_address, wizard_answers_user, NULL },
	{ .answer = answer_code },
	{ AT(local), "--local", WIZARD_ASK_LOCAL, NULL, explain_local,
	    propose_address, wizard_answers_local, NULL },
};

int
wizard_questions_ask(const struct wizard_inquiry *in, struct result *res)
{
	size_t count = sizeof questions / sizeof *questions;
	int status = 0;

	for (size_t i = 0; status == 0 && i < count; i++)
		status = questions[i].answer != NULL
		    ? questions[i].answer(in, res)
		    : answer_text(in, &questions[i], res);
	return status;
}

/* Which of `letters` begins the answer; NUL: none. */
static char
find_letter(const char *letters, const char *answer)
{
	for (const char *p = letters; *p != '\0'; p++)
		if (ascii_lower(*answer) == *p)
			return *p;
	return '\0';
}

int
wizard_questions_choose(const struct wizard_terminal *t,
    enum wizard_word question, const struct wizard_parts *parts,
    const char *letters, char *choice, struct result *res)
{
	const char proposal[] = { letters[0], '\0' };
	struct buf answer;
	int status = 0;

	*choice = '\0';
	buf_init(&answer, WIZARD_ANSWER_MAX);
	while (status == 0 && *choice == '\0') {
		status = wizard_terminal_ask(
		    t, question, parts, proposal, &answer, res);
		if (status == 0)
			*choice = find_letter(letters, answer.data);
		if (status == 0 && *choice == '\0')
			wizard_terminal_say(t, WIZARD_BAD_CHOICE, NULL);
	}
	buf_free(&answer);
	return status;
}

int
wizard_questions_mail(
    const struct wizard_inquiry *in, struct buf *to, struct result *res)
{
	char spec[ADDRESS_MAX];

	for (;;) {
		if (wizard_terminal_ask(in->terminal, WIZARD_ASK_MAIL, NULL,
			in->answers->address, to, res) == -1)
			return -1;
		if (strcmp(to->data, "-") == 0) {
			buf_reset(to);
			return 0;
		}
		if (wizard_answers_is_address(spec, to->data)) {
			buf_reset(to);
			buf_puts(to, spec);
			return 0;
		}
		say(in, WIZARD_BAD_ADDRESS, to->data, NULL);
	}
}
