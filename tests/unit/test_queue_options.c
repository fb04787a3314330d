#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "cli/queue_options.h"
#include "config/file.h"
#include "cmdline.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* What a command line became, as one line of text. */
static void
describe(const struct queue_options *q, struct buf *out)
{
	static const char *const commands[] = { "list", "show", "run", "retry",
		"hold", "release", "remove" };

	buf_reset(out);
	buf_puts(out, commands[q->command]);
	buf_puts(out, q->json ? " json" : "");
	buf_puts(out, q->failed ? " failed" : "");
	buf_puts(out, q->all ? " all" : "");
	if (q->every_ms != 0)
		buf_printf(out, " %ldms", q->every_ms);
	for (size_t i = 0; i < q->count; i++)
		buf_printf(out, " [%s]", q->ids[i]);
	assert_false(buf_failed(out));
}

static void
test_taken(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "list", "list" },
		{ "list|a|b", "list [a] [b]" },
		{ "list|--json|--failed", "list json failed" },
		{ "list|--failed|--json|a", "list json failed [a]" },
		{ "list|--json|--json", "list json" },
		{ "list|--|a", "list [a]" },
		{ "show|a", "show [a]" },
		{ "show|--|a", "show [a]" },
		{ "run", "run" },
		{ "run|--every|30s", "run 30000ms" },
		{ "run|--every|30", "run 30000ms" },
		{ "run|--every=1h", "run 3600000ms" },
		{ "run|--every|5m|--every|1s", "run 1000ms" },
		{ "run|--every|365d", "run 31536000000ms" },
		{ "run|--", "run" },
		{ "retry|a", "retry [a]" },
		{ "retry|--all", "retry all" },
		{ "hold|a|b|c", "hold [a] [b] [c]" },
		{ "hold|--all", "hold all" },
		{ "release|a", "release [a]" },
		{ "release|--all|--all", "release all" },
		{ "remove|a", "remove [a]" },
		{ "remove|--all", "remove all" },
		{ "remove|all", "remove [all]" },
	};
	struct cmdline c;
	struct queue_options q;
	struct result res;
	struct buf got;

	(void)state;
	buf_init(&got, 512);
	for (size_t i = 0; i < COUNT(cases); i++) {
		cmdline_split(&c, cases[i].line);
		if (queue_options_parse(&q, c.argc, c.argv, &res) == -1)
			fail_msg("%s: %s", cases[i].line, res.text);
		describe(&q, &got);
		assert_string_equal(got.data, cases[i].want);
	}
	buf_free(&got);
}

#define ALL "list, show, run, retry, hold, release or remove"

static void
test_refused(void **state)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
		{ "", "queue: unknown command \"\"; there are " ALL },
		{ "lists", "queue: unknown command \"lists\"; there are " },
		{ "List", "unknown command" },
		{ "--all", "unknown command" },
		{ "a\nb", "queue: unknown command \"a b\"; there are " ALL },
		{ "list|--all", "queue list: unknown option --all" },
		{ "list|-j", "queue list: unknown option -j" },
		{ "list|-", "queue list: unknown option -" },
		{ "list|--json=1", "queue list: unknown option --json=1" },
		{ "list|--jso", "queue list: unknown option --jso" },
		{ "list|--every|1m", "queue list: unknown option --every" },
		{ "list|a|--json", "queue list: options come before ids: --j" },
		{ "list|", "queue list: \"\" is no id" },
		{ "list|a\nb", "queue list: \"a b\" is no id" },
		{ "list|\033[1m", "queue list: \"\\x1b[1m\" is no id" },
		{ "show", "queue show takes one id" },
		{ "show|a|b", "queue show takes one id" },
		{ "show|--json|a", "queue show: unknown option --json" },
		{ "show|--|-a", "queue show: options come before ids: -a" },
		{ "run|a", "queue run takes no ids" },
		{ "run|--all", "queue run: unknown option --all" },
		{ "run|--every", "--every needs a time" },
		{ "run|--every|", "\"\" is no time from 1s to 365d" },
		{ "run|--every=", "\"\" is no time" },
		{ "run|--every|0", "\"0\" is no time" },
		{ "run|--every|999ms", "\"999ms\" is no time" },
		{ "run|--every|366d", "\"366d\" is no time" },
		{ "run|--every|-1m", "\"-1m\" is no time" },
		{ "run|--every|soon\n", "\"soon \" is no time" },
		{ "retry", "queue retry takes either ids or --all" },
		{ "retry|--all|a", "queue retry takes either ids or --all" },
		{ "retry|a|--all", "options come before ids: --all" },
		{ "hold", "queue hold takes either ids or --all" },
		{ "release", "queue release takes either ids or --all" },
		{ "remove", "queue remove takes either ids or --all" },
		{ "remove|--failed", "queue remove: unknown option --failed" },
	};
	struct cmdline c;
	struct queue_options q;
	struct result res;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		cmdline_split(&c, cases[i].line);
		if (queue_options_parse(&q, c.argc, c.argv, &res) != -1)
			fail_msg("%s: was taken", cases[i].line);
		assert_int_equal(res.kind, RESULT_USAGE);
		if (strstr(res.text, cases[i].text) == NULL)
			fail_msg("%s: %s", cases[i].line, res.text);
	}
	assert_int_equal(queue_options_parse(&q, 0, c.argv, &res), -1);
	assert_string_equal(res.text, "queue: say " ALL);
}

/* Every command stands in the help, whose lines fit a terminal, and in the
 * manual. */
static void
test_texts(void **state)
{
	const char *top_srcdir = getenv("top_srcdir");
	char path[4096], item[64];
	struct buf help, manual;
	struct result res;
	struct stat st;

	(void)state;
	snprintf(path, sizeof path, "%s/man/outpost.8",
	    top_srcdir != NULL ? top_srcdir : ".");
	buf_init(&help, 4096);
	buf_init(&manual, 1000000);
	queue_options_help(&help);
	if (file_read(&manual, path, &st, &res) == -1)
		fail_msg("%s", res.text);
	for (size_t i = 0; i < queue_options_count; i++) {
		snprintf(
		    item, sizeof item, "\n  %s ", queue_options_rows[i].name);
		assert_non_null(strstr(help.data, item + (i == 0)));
		assert_non_null(strstr(help.data, queue_options_rows[i].text));
		snprintf(item, sizeof item, "\n.It Cm queue %s",
		    queue_options_rows[i].name);
		if (strstr(manual.data, item) == NULL)
			fail_msg("queue %s: not in %s",
			    queue_options_rows[i].name, path);
	}
	for (const char *p = help.data; *p != '\0'; p++) {
		size_t n = strcspn(p, "\n");

		assert_in_range(n, 40, 79);
		p += n;
	}
	buf_free(&help);
	buf_free(&manual);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
