#include "config.h"

#include <bsd/readpassphrase.h>
#include <bsd/string.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/columns.h"
#include "cli/say.h"
#include "cli/wizard_terminal.h"

#define TEXT_MAX 65536 /* bytes of one, folded */
#define COLUMNS 79 /* some terminals begin a new line after the 80th */
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

struct wizard_terminal
wizard_terminal_find(enum language language)
{
	struct wizard_terminal t = { .language = language };

	t.folds = isatty(STDOUT_FILENO) == 1;
	t.asks = t.folds && isatty(STDIN_FILENO) == 1;
	t.colour = say_has_colour(STDOUT_FILENO);
	return t;
}

void
wizard_terminal_say(const struct wizard_terminal *t, enum wizard_word word,
    const struct wizard_parts *parts)
{
	struct buf text, folded;

	buf_init(&text, TEXT_MAX);
	buf_init(&folded, TEXT_MAX);
	wizard_words_add(&text, word, parts, t->language);
	columns_wrap(&folded, "", text.data, t->folds ? COLUMNS : SIZE_MAX);
	fputs(folded.data, stdout);
	buf_free(&folded);
	buf_free(&text);
}

void
wizard_terminal_gap(const struct wizard_terminal *t)
{
	if (t->asks)
		putchar('\n');
}

void
wizard_terminal_say_line(const struct wizard_terminal *t, enum wizard_word word,
    const struct wizard_parts *parts)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	wizard_words_add(&text, word, parts, t->language);
	puts(text.data);
	buf_free(&text);
}

/* Puts the question as it is shown, ending where the answer begins. */
static void
put_prompt(const struct wizard_terminal *t, enum wizard_word question,
    const struct wizard_parts *parts, const char *proposal, struct buf *out)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	wizard_words_add(&text, question, parts, t->language);
	buf_puts(out, t->colour ? BOLD : "");
	columns_wrap(out, "", text.data, COLUMNS);
	buf_splice(out, out->len - 1, 1, NULL, 0); /* its LF */
	buf_puts(out, t->colour ? PLAIN : "");
	if (proposal != NULL)
		buf_printf(out, " [%s]", proposal);
	buf_puts(out, ": ");
	buf_free(&text);
}

/* Reads up to the end of the line; what does not fit is dropped, and leaves
 * the buffer marked. */
static int
read_line(struct buf *line, struct result *res)
{
	ssize_t n;
	char c;

	for (;;) {
		n = read(STDIN_FILENO, &c, 1);
		if (n == 1 && c == '\n')
			return 0;
		if (n == 1)
			buf_putc(line, c);
		else if (n == 0 || errno != EINTR)
			break;
	}
	return result_fail(
	    res, RESULT_INTERRUPTED, "the answers ended before all was asked");
}

/* Leaves out blanks at both ends. */
static void
trim(struct buf *text)
{
	size_t n = text->len;

	while (n > 0 && ascii_is_space(text->data[n - 1]))
		n--;
	buf_splice(text, n, text->len - n, NULL, 0);
	buf_consume(text, strspn(text->data, " \t"));
}

/* Shows the question, and reads a line. */
static int
ask_once(const char *prompt, struct buf *answer, struct result *res)
{
	fputs(prompt, stdout);
	fflush(stdout);
	buf_reset(answer);
	if (read_line(answer, res) == 0)
		return 0;
	putchar('\n');
	return -1;
}

int
wizard_terminal_ask(const struct wizard_terminal *t, enum wizard_word question,
    const struct wizard_parts *parts, const char *proposal, struct buf *answer,
    struct result *res)
{
	struct buf prompt;
	int status;

	buf_init(&prompt, TEXT_MAX);
	put_prompt(t, question, parts, proposal, &prompt);
	while ((status = ask_once(prompt.data, answer, res)) == 0 &&
	    buf_failed(answer))
		wizard_terminal_say(t, WIZARD_LONG_ANSWER, NULL);
	buf_free(&prompt);
	trim(answer);
	if (status == 0 && answer->len == 0 && proposal != NULL)
		buf_puts(answer, proposal);
	return status;
}

int
wizard_terminal_ask_secret(const struct wizard_terminal *t,
    enum wizard_word question, struct buf *answer, struct result *res)
{
	char secret[4096]; /* of a line of the terminal */
	struct buf prompt;
	int status = 0;

	buf_init(&prompt, TEXT_MAX);
	put_prompt(t, question, NULL, NULL, &prompt);
	fflush(stdout);
	buf_reset(answer);
	if (readpassphrase(prompt.data, secret, sizeof secret,
		RPP_ECHO_OFF | RPP_REQUIRE_TTY) == NULL)
		status = result_fail(res, RESULT_USAGE,
		    "no terminal to read the password from: give "
		    "--password-file");
	else
		buf_puts(answer, secret);
	explicit_bzero(secret, sizeof secret);
	buf_free(&prompt);
	return status;
}
