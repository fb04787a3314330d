#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "config/aliases.h"

/* Shows the table: "name@line: kind text@line, ...;" for each alias. */
static void
show(const struct aliases *a, struct buf *out)
{
	static const char kinds[] = { [ALIAS_ADDRESS] = 'A',
		[ALIAS_FILE] = 'F',
		[ALIAS_PIPE] = 'P',
		[ALIAS_INCLUDE] = 'I' };
	const struct alias_target *target;

	buf_reset(out);
	for (size_t i = 0; i < a->count; i++) {
		buf_printf(out, "%s%s@%u:", i == 0 ? "" : "; ", a->list[i].name,
		    a->list[i].line);
		for (size_t j = 0; j < a->list[i].ntargets; j++) {
			target = &a->list[i].targets[j];
			buf_printf(out, "%s %c %s@%u", j == 0 ? "" : ",",
			    kinds[target->kind], target->text, target->line);
		}
	}
}

static const struct {
	const char *name, *in, *want;
} taken[] = {
	{ "empty", "", "" },
	{ "comments", "# a: b\n\n \t\n  # c: d\n", "" },
	{ "one", "root: me@example.com\n", "root@1: A me@example.com@1" },
	{ "no newline", "root:me", "root@1: A me@1" },
	{ "CRLF", "a: b\r\n\r\nc:\td \r\n", "a@1: A b@1; c@3: A d@3" },
	{ "BOM",
	    "\xef\xbb\xbf"
	    "a: b\n",
	    "a@1: A b@1" },
	{ "sorted", "b: 1\nC: 2\na: 3\n",
	    "a@3: A 3@3; b@1: A 1@1; C@2: A 2@2" },
	{ "several", "a: b, c ,d,,e,\n", "a@1: A b@1, A c@1, A d@1, A e@1" },
	{ "continued", "a: b,\n\tc,\n d\ne: f\n",
	    "a@1: A b@1, A c@2, A d@3; e@4: A f@4" },
	{ "comma first", "a: b\n , c\n", "a@1: A b@1, A c@2" },
	{ "all continued", "a:\n b\n", "a@1: A b@2" },
	{ "colon continued", "a\n : b\n", "a@1: A b@2" },
	{ "comment between", "a: b,\n# x\n\n  # y\n c\nd: e\n",
	    "a@1: A b@1, A c@5; d@6: A e@6" },
	{ "comment behind", "a: b # x, y\n  , c\t#z\n", "a@1: A b@1, A c@2" },
	{ "comment only", "a: # x\n b\n", "a@1: A b@2" },
	{ "# within", "a: b#c@d\n", "a@1: A b#c@d@1" },
	{ "quoted name", "\"john doe\": a\n\"x:y\" : b\n\"q\\\"\": c\n",
	    "john doe@1: A a@1; q\"@3: A c@3; x:y@2: A b@2" },
	{ "spaces in name", "  # c\na b : c\n", "a b@2: A c@2" },
	{ "at in name", "a@b: c\n", "a@b@1: A c@1" },
	{ "backslash", "root: \\root, other\n",
	    "root@1: A \\root@1, "
	    "A other@1" },
	{ "escaped comma", "a: b\\,c\n", "a@1: A b\\,c@1" },
	{ "display name", "a: Joe <a@b>, \"Doe, J \\\"x\\\"\" <c@d>\n",
	    "a@1: A Joe <a@b>@1, A \"Doe, J \\\"x\\\"\" <c@d>@1" },
	{ "quoted local", "a: \"x y\"@b\n", "a@1: A \"x y\"@b@1" },
	{ "pipe", "a: |cmd, b\n", "a@1: P |cmd@1, A b@1" },
	{ "quoted pipe", "a: \"|cmd -x \\\"y, z\\\" # w\", b\n",
	    "a@1: P |cmd -x \"y, z\" # w@1, A b@1" },
	{ "pipe, quoted", "a: |\"cmd x, y\"\n", "a@1: P |cmd x, y@1" },
	{ "file", "a: /dev/null, \"/a b\"\n", "a@1: F /dev/null@1, F /a b@1" },
	{ "include", "a: :include:/x, \":Include:/y z\"\n",
	    "a@1: I :include:/x@1, I :Include:/y z@1" },
	{ "quote over lines", "a: \"x\n y\" <b@c>,\n d\n",
	    "a@1: A \"x  y\" <b@c>@1, A d@3" },
};

static void
test_taken(void **state)
{
	struct aliases a;
	struct result res;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		if (aliases_parse(
			&a, "f", taken[i].in, strlen(taken[i].in), &res) == -1)
			fail_msg("%s: %s", taken[i].name, res.text);
		show(&a, &out);
		if (strcmp(out.data, taken[i].want) != 0)
			fail_msg("%s: %s", taken[i].name, out.data);
		aliases_clear(&a);
	}
	buf_free(&out);
}

/* What is wrong is left out, with a complaint about the first; the rest
 * stays. */
static const struct {
	const char *in, *complaint, *rest;
} faulty[] = {
	{ "\nroot me\na: b\n", "f:2: expected `name: target`", "a" },
	{ "root # : me\na: b\n", "f:1: expected `name: target`", "a" },
	{ "\"root: me\n", "f:1: expected `name: target`", NULL },
	{ "a: b\n: c\n", "f:2: expected `name: target`", "a" },
	{ "\"\": c\na: b\n", "f:1: the alias has no name", "a" },
	{ "a: b\nb:\n", "f:2: the alias has no target", "a" },
	{ "b: , # c\na: b\n", "f:1: the alias has no target", "a" },
	{ "b: b,\n \"c\na: b\n", "f:2: a quote is not closed", "a" },
	{ "a: b\n\nc: d\n A: b\nB: x\na : b\n",
	    "f:6: the alias was given on an earlier line", "a" },
	{ "Root: b\nroot: c\nROOT: c\n",
	    "f:2: the alias was given on an earlier line", "root" },
	{ "# c\n a: b\nc: d\n", "f:2: expected `name: target`", "c" },
};

static void
test_faulty(void **state)
{
	struct aliases a;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
		assert_int_equal(aliases_parse(&a, "f", faulty[i].in,
				     strlen(faulty[i].in), &res),
		    0);
		assert_int_not_equal(a.left_out, 0);
		assert_int_equal(a.complaint.kind, RESULT_CONFIG);
		if (strncmp(a.complaint.text, faulty[i].complaint,
			strlen(faulty[i].complaint)) != 0)
			fail_msg(
			    "%s: %s", faulty[i].complaint, a.complaint.text);
		if (faulty[i].rest != NULL)
			assert_non_null(aliases_find(&a, faulty[i].rest));
		else
			assert_int_equal(a.count, 0);
		aliases_clear(&a);
	}
}

static void
test_refused(void **state)
{
	static const char nul[] = "a: b\0c\n";
	struct aliases a;
	struct result res;

	(void)state;
	assert_int_equal(aliases_parse(&a, "f", nul, sizeof nul - 1, &res), -1);
	assert_int_equal(res.kind, RESULT_CONFIG);
	assert_string_equal(res.text, "f: a NUL byte");
	aliases_clear(&a);
}

static void
test_find(void **state)
{
	static const char text[] = "b: 1\n\"C d\": 2\nROOT: 3\n";
	struct aliases a;
	struct result res;

	(void)state;
	assert_int_equal(aliases_parse(&a, "f", text, strlen(text), &res), 0);
	assert_int_equal(aliases_find(&a, "root")->line, 3);
	assert_int_equal(aliases_find(&a, "Root")->line, 3);
	assert_int_equal(aliases_find(&a, "c D")->line, 2);
	assert_int_equal(aliases_find(&a, "B")->line, 1);
	assert_null(aliases_find(&a, "roo"));
	assert_null(aliases_find(&a, "roots"));
	assert_null(aliases_find(&a, ""));
	aliases_clear(&a);
	assert_null(aliases_find(&a, "root"));
}

static void
test_many(void **state)
{
	struct aliases a;
	struct result res;
	struct buf text;
	char name[16];

	(void)state;
	buf_init(&text, ALIASES_FILE_MAX);
	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "n%d: t%d\n", (i * 7919) % 20000, i);
	assert_int_equal(aliases_parse(&a, "f", text.data, text.len, &res), 0);
	assert_int_equal(a.count, 20000);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof name, "N%d", i);
		assert_non_null(aliases_find(&a, name));
	}
	aliases_clear(&a);
	buf_free(&text);
}

static void
test_load(void **state)
{
	char path[] = "/tmp/outpost-aliases-XXXXXX";
	struct aliases a;
	struct result res;
	int fd;

	(void)state;
	assert_int_equal(aliases_load(&a, "", &res), 0);
	assert_int_equal(a.count, 0);
	aliases_clear(&a);
	assert_int_equal(aliases_load(&a, "/nowhere/aliases", &res), 0);
	assert_int_equal(a.count, 0);
	aliases_clear(&a);
	assert_int_equal(aliases_load(&a, "/", &res), -1);
	assert_string_equal(res.text, "/: not a regular file");
	aliases_clear(&a);
	fd = mkstemp(path);
	assert_int_equal(write(fd, "root: me\n", 9), 9);
	assert_int_equal(aliases_load(&a, path, &res), 0);
	assert_string_equal(a.path, path);
	assert_int_equal(a.count, 1);
	aliases_clear(&a);
	assert_int_equal(ftruncate(fd, ALIASES_FILE_MAX + 1), 0);
	assert_int_equal(aliases_load(&a, path, &res), -1);
	assert_non_null(strstr(res.text, "larger than"));
	aliases_clear(&a);
	close(fd);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_faulty),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
