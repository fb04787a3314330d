#include "config.h"

#include <bsd/string.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "cli/check_print.h"
#include "cli/check_words.h"
#include "cli/json.h"
#include "cli/say.h"

#define TITLE_COLUMNS 16
#define VERDICT_COLUMNS 9
#define LINE_MAX_BYTES (16 * 1024)
#define FOUND "    "
#define ADVICE "  > "

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

static const char *const colours[] = {
	[CHECK_OK] = "\033[32m",
	[CHECK_WARNING] = "\033[33m",
	[CHECK_FAILED] = "\033[1;31m",
	[CHECK_SKIPPED] = "\033[2m",
};

void
check_print_begin(struct check_print *p, FILE *out, enum check_layout layout,
    enum language language)
{
	*p = (struct check_print){ .out = out,
		.layout = layout,
		.language = language,
		.colour = say_has_colour(fileno(out)) };
	if (layout == CHECK_LAYOUT_JSON)
		fputs("{\"stages\":[", out);
}

/* Puts `text` in a field of `columns`, where it has them, in a colour. */
static void
put_field(
    struct check_print *p, const char *text, const char *colour, size_t columns)
{
	size_t used = columns_of(text, strlen(text));

	fprintf(p->out, "%s%s%s", p->colour ? colour : "", text,
	    p->colour ? PLAIN : "");
	if (used < columns)
		fprintf(p->out, "%*s", (int)(columns - used), "");
}

/* Each of the lines in `text`, wrapped, behind `first`. */
static void
put_lines(struct check_print *p, const char *first, const char *text,
    const char *colour)
{
	struct buf line, out;

	buf_init(&line, LINE_MAX_BYTES);
	buf_init(&out, 2 * LINE_MAX_BYTES);
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		buf_reset(&line);
		buf_reset(&out);
		buf_add(&line, text, n);
		columns_wrap(&out, first, line.data, CHECK_PRINT_WIDTH);
		fprintf(p->out, "%s%s%s", p->colour ? colour : "", out.data,
		    p->colour && *colour != '\0' ? PLAIN : "");
		text += n + (text[n] == '\n');
	}
	buf_free(&line);
	buf_free(&out);
}

/* A line before the first stage of an account that has a name. */
static void
head_account(struct check_print *p, const char *account)
{
	if (strcmp(p->account, account) == 0)
		return;
	strlcpy(p->account, account, sizeof p->account);
	fprintf(
	    p->out, "[smarthost%s%s]\n", *account == '\0' ? "" : " ", account);
}

static void
print_text(struct check_print *p, const struct check_result *r)
{
	if (*r->host != '\0')
		head_account(p, r->account);
	put_field(
	    p, check_stage_title(r->stage, p->language), BOLD, TITLE_COLUMNS);
	put_field(p, check_verdict_title(r->verdict, p->language),
	    colours[r->verdict], VERDICT_COLUMNS);
	fprintf(p->out, "%6ld ms\n", r->ms);
	put_lines(p, FOUND, r->text, "");
	put_lines(p, ADVICE, r->advice, BOLD);
}

/* The lines in `text` as an array. */
static void
put_array(FILE *out, const char *name, const char *text)
{
	const char *comma = "";
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	fprintf(out, ",\"%s\":[", name);
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		buf_reset(&line);
		buf_add(&line, text, n);
		fputs(comma, out);
		json_string(out, line.data);
		comma = ",";
		text += n + (text[n] == '\n');
	}
	fputc(']', out);
	buf_free(&line);
}

static void
print_json(struct check_print *p, const struct check_result *r)
{
	fputs(p->count > 0 ? ",\n{\"stage\":" : "\n{\"stage\":", p->out);
	json_string(p->out, check_stage_name(r->stage));
	json_member(p->out, "host", *r->host == '\0' ? NULL : r->host);
	json_member(p->out, "account", *r->host == '\0' ? NULL : r->account);
	json_member(p->out, "verdict", check_verdict_name(r->verdict));
	fprintf(p->out, ",\"ms\":%ld", r->ms);
	put_array(p->out, "text", r->text);
	put_array(p->out, "advice", r->advice);
	json_member(p->out, "kind",
	    r->why == NULL ? NULL : result_kind_name(r->why->kind));
	json_member(p->out, "status", r->why == NULL ? NULL : r->why->status);
	if (r->why == NULL || r->why->reply == 0)
		fputs(",\"reply\":null", p->out);
	else
		fprintf(p->out, ",\"reply\":%d", r->why->reply);
	fputc('}', p->out);
}

void
check_print_stage(void *arg, const struct check_result *r)
{
	struct check_print *p = arg;

	if (p->layout == CHECK_LAYOUT_JSON)
		print_json(p, r);
	else
		print_text(p, r);
	p->count++;
	p->verdicts[r->verdict]++;
	(void)fflush(p->out); /* whoever waits sees how far it has come */
}

void
check_print_end(struct check_print *p, int status)
{
	enum check_word word = CHECK_ENDS_WELL;

	if (p->layout == CHECK_LAYOUT_JSON) {
		fprintf(p->out, "\n],\"ok\":%s,\"exit\":%d}\n",
		    status == 0 ? "true" : "false", status);
		return;
	}
	if (p->verdicts[CHECK_FAILED] > 0)
		word = CHECK_ENDS_BADLY;
	else if (p->verdicts[CHECK_WARNING] > 0)
		word = CHECK_ENDS_WITH_WARNINGS;
	fprintf(p->out, "\n%s\n", check_words(word, p->language));
}
