#include "config.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "cli/check_parts.h"
#include "delivery/advice.h"
#include "net/deadline.h"

#define ADVICE_MAX (16 * 1024) /* bytes */

static const struct {
	const char *name, *title[2]; /* by enum language */
} stages[] = {
#define STAGE(id, name, en, zh) { name, { en, zh } },
	CHECK_STAGES(STAGE)
#undef STAGE
},
  verdicts[] = {
#define VERDICT(id, name, en, zh) { name, { en, zh } },
	CHECK_VERDICTS(VERDICT)
#undef VERDICT
  };

const char *
check_stage_name(enum check_stage stage)
{
	return stages[stage].name;
}

const char *
check_stage_title(enum check_stage stage, enum language language)
{
	return stages[stage].title[language];
}

const char *
check_verdict_name(enum check_verdict verdict)
{
	return verdicts[verdict].name;
}

const char *
check_verdict_title(enum check_verdict verdict, enum language language)
{
	return verdicts[verdict].title[language];
}

const char *
check_user(char dst[CHECK_NAME_MAX], uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw != NULL)
		snprintf(dst, CHECK_NAME_MAX, "%s", pw->pw_name);
	else
		snprintf(dst, CHECK_NAME_MAX, "%lu", (unsigned long)uid);
	return dst;
}

const char *
check_group(char dst[CHECK_NAME_MAX], gid_t gid)
{
	const struct group *gr = getgrgid(gid);

	if (gr != NULL)
		snprintf(dst, CHECK_NAME_MAX, "%s", gr->gr_name);
	else
		snprintf(dst, CHECK_NAME_MAX, "%lu", (unsigned long)gid);
	return dst;
}

int64_t
check_clock(void)
{
	return deadline_in(0, -1).at;
}

void
check_begin(struct check *c, enum check_stage stage)
{
	c->stage = stage;
	c->verdict = CHECK_OK;
	buf_reset(&c->text);
	buf_reset(&c->advice);
	result_ok(&c->why);
}

void
check_end_at(struct check *c, int64_t at)
{
	const bool failed = c->verdict == CHECK_FAILED;
	const struct check_result r = { .stage = c->stage,
		.host = c->host,
		.account = c->account,
		.verdict = c->verdict,
		.ms = at > c->now ? (long)(at - c->now) : 0,
		.text = c->text.data,
		.advice = c->advice.data,
		.why = failed ? &c->why : NULL };

	c->now = at;
	if (failed && c->status == EX_OK)
		c->status = result_exit_status(c->why.kind);
	c->rules->done(c->rules->arg, &r);
}

void
check_end(struct check *c)
{
	check_end_at(c, check_clock());
}

/* Puts a line. */
static void
put(struct check *c, struct buf *lines, enum check_word word, va_list texts)
{
	if (lines->len > 0)
		buf_putc(lines, '\n');
	check_words_put(lines, word, c->rules->language, texts);
}

void
check_note(struct check *c, enum check_word word, ...)
{
	va_list texts;

	va_start(texts, word);
	put(c, &c->text, word, texts);
	va_end(texts);
}

void
check_skip(struct check *c, enum check_word word, ...)
{
	va_list texts;

	va_start(texts, word);
	put(c, &c->text, word, texts);
	va_end(texts);
	if (c->verdict == CHECK_OK)
		c->verdict = CHECK_SKIPPED;
}

void
check_warn(struct check *c, enum check_word word, ...)
{
	va_list texts;

	va_start(texts, word);
	put(c, &c->text, word, texts);
	va_end(texts);
	if (c->verdict != CHECK_FAILED)
		c->verdict = CHECK_WARNING;
}

void
check_wrong(struct check *c, enum check_word word, ...)
{
	size_t begin = c->text.len;
	va_list texts;

	va_start(texts, word);
	put(c, &c->text, word, texts);
	va_end(texts);
	if (c->verdict != CHECK_FAILED)
		(void)result_fail(&c->why, RESULT_CONFIG, "%s",
		    c->text.data + begin + (begin > 0));
	c->verdict = CHECK_FAILED;
}

void
check_advise(struct check *c, enum check_word word, ...)
{
	va_list texts;

	va_start(texts, word);
	put(c, &c->advice, word, texts);
	va_end(texts);
}

/* Puts a line that is made already, if it is one. */
static void
put_line(struct buf *lines, const char *p, size_t n)
{
	if (lines->len > 0 && n > 0)
		buf_putc(lines, '\n');
	buf_add(lines, p, n);
}

void
check_fail_bare(struct check *c, const struct result *res)
{
	put_line(&c->text, res->text, strlen(res->text));
	if (c->verdict != CHECK_FAILED)
		c->why = *res;
	c->verdict = CHECK_FAILED;
}

void
check_fail(struct check *c, const struct result *res)
{
	struct buf advice;

	check_fail_bare(c, res);
	buf_init(&advice, ADVICE_MAX);
	advice_add(&advice, &c->setup.judge, res, c->rules->language);
	put_line(&c->advice, advice.data,
	    advice.len > 0 ? advice.len - 1 : 0); /* without its LF */
	buf_free(&advice);
}
