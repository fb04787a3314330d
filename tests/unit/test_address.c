#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mail/address.h"

#define BAD "!" /* in a wanted list: refused from here on */

/* Reads the list from memory of exactly its size and writes what it gives to
 * `dst`: the specs, separated by a bar. */
static void
read_list(const char *text, size_t n, char *dst, size_t size)
{
	struct address_list list;
	struct address addr;
	struct result res;
	enum address_next next;
	char *copy = malloc(n + 1);

	assert_non_null(copy);
	memcpy(copy + 1, text, n);
	dst[0] = '\0';
	address_list(&list, copy + 1, n);
	while ((next = address_next(&list, &addr, &res)) == ADDRESS_FOUND) {
		if (dst[0] != '\0')
			strlcat(dst, "|", size);
		strlcat(dst, addr.spec[0] == '\0' ? "<>" : addr.spec, size);
		assert_true(addr.start <= addr.spec_start);
		assert_true(addr.spec_start <= addr.spec_end);
		assert_true(addr.spec_end <= addr.end);
		assert_true(addr.end <= n);
		assert_true(addr.local_len <= strlen(addr.spec));
		assert_int_equal(
		    addr.has_domain, addr.spec[addr.local_len] == '@');
	}
	if (next == ADDRESS_BAD) {
		assert_int_equal(res.kind, RESULT_ADDRESS);
		assert_true(res.text[0] != '\0');
		strlcat(dst, BAD, size);
	}
	free(copy);
}

struct row {
	const char *in, *want;
};

static const struct row rows[] = {
	/* plain ones */
	{ "a@x", "a@x" },
	{ "  a@x  ", "a@x" },
	{ "bob", "bob" },
	{ "\\bob", "bob" },
	{ "\\bob@x", "bob@x" },
	{ "a.b@x.y.z", "a.b@x.y.z" },
	{ "root@localhost", "root@localhost" },
	{ "-fraw@x", "-fraw@x" },
	{ "-x@a.example", "-x@a.example" },
	{ "+1-2=3_4/5@x", "+1-2=3_4/5@x" },
	{ "!#$%&'*+-/=?^_`{|}~@x", "!#$%&'*+-/=?^_`{|}~@x" },
	{ "", "" },
	{ " \t ", "" },
	{ "(only a comment)", "" },

	/* lists */
	{ "a@x,b@y", "a@x|b@y" },
	{ "a@x, b@y", "a@x|b@y" },
	{ "a@x,, b@y,", "a@x|b@y" },
	{ ",,,", "" },
	{ "a@x; b@y", "a@x|b@y" },
	{ "a@x;b@y;", "a@x|b@y" },
	{ "a@x b@y", "a@x|b@y" },
	{ "a@x\tb@y c@z", "a@x|b@y|c@z" },
	{ "a@x (A) b@y (B), c@z", "a@x|b@y|c@z" },
	{ "a@x b@y, c@z d@u", "a@x|b@y|c@z|d@u" },
	{ "a@x bob", "a@x!" },
	{ "a@x b@y bob", "a@x|b@y!" },
	{ "bob a@x", BAD },
	{ "Joe User a@x", BAD },
	{ "Full Name", BAD },
	{ "Doe, John <u@x>", "Doe|u@x" },
	{ "-F, -fraw@example.com, ann@example.com, Full Name",
	    "-F|-fraw@example.com|ann@example.com!" },
	{ "o quoted@example.com", BAD },

	/* folds */
	{ "a@x,\r\n b@y,\r\n\tc@z", "a@x|b@y|c@z" },
	{ "a\r\n @\r\n x", "a@x" },
	{ "Joe\r\n User\r\n <a@x>", "a@x" },
	{ "a@x\nb@y", BAD },
	{ "a@x\r\nb@y", BAD },
	{ "a@x\r\n", BAD },
	{ "a@x\n b@y", BAD },
	{ "a@x\rb@y", BAD },
	{ "a@x>\r\nRCPT TO:<e@x", BAD },

	/* names */
	{ "Joe Q <a@x>", "a@x" },
	{ "\"Q, J\" <a@x>", "a@x" },
	{ "\"a \\\" b\" <a@x>", "a@x" },
	{ "J. R. \"Bob\" Dobbs <a@x>", "a@x" },
	{ "=?utf-8?Q?J=C3=B6?= <a@x>", "a@x" },
	{ "=?utf-8?B?SsO2?=\r\n =?utf-8?B?SsO2?= <a@x>", "a@x" },
	{ "J\303\266rg M\303\274ller <a@x>", "a@x" },
	{ "J\366rg <a@x>", "a@x" },
	{ "O'Neil & Sons <a@x>", "a@x" },
	{ "Foo [bar] <x@y>", "x@y" },
	{ "[bar] <x@y>", "x@y" },
	{ "Foo] ) <x@y>", "x@y" },
	{ "Foo [bar <x@y>", BAD },
	{ "joe@x <a@x>", "a@x" },
	{ "a@x b@y <c@z>", BAD },
	{ "Doe\\, J <a@x>", "a@x" },
	{ "DOMAIN\\joe <a@x>", "a@x" },
	{ "Re: Foo <x@y>", "x@y" },
	{ "Foo: Bar: Baz <x@y>", BAD },
	{ "Joe <a@x>, Ann <b@y>", "a@x|b@y" },
	{ "Joe<a@x>", "a@x" },
	{ "<a@x>", "a@x" },
	{ "< a@x >", "a@x" },
	{ "<bob>", "bob" },
	{ "<>", "<>" },
	{ "Joe <>", "<>" },
	{ "<> , a@x", "<>|a@x" },
	{ "a < b@x", BAD },
	{ "a > b <c@x>", BAD },

	/* comments */
	{ "a@x (J, Q)", "a@x" },
	{ "(c,c) k@b (x, y), m@d(n)", "k@b|m@d" },
	{ "\"Doe, J\" <j@a>, (c,c) k@b (x, y), m@d(n)", "j@a|k@b|m@d" },
	{ "k (x) @ (y) b", "k@b" },
	{ "k(x)@(y)b(z)", "k@b" },
	{ "(a (b (c) d) e) k@b", "k@b" },
	{ "(a \\) \\( b) k@b", "k@b" },
	{ "<l(b)@c>", "l@c" },
	{ "(<a@b>) k@c", "k@c" },
	{ "a(x).(y)b@c", "a.b@c" },
	{ "root (Cron Daemon)", "root" },
	{ "a(x)b@c", BAD },
	{ "(a", BAD },
	{ "a@x (b", BAD },
	{ "a@x )", BAD },
	{ "(a\\", BAD },

	/* groups */
	{ "g: a, b;, c", "a|b|c" },
	{ "g: a, b; c", "a|b|c" },
	{ "g:;", "" },
	{ "undisclosed-recipients:;", "" },
	{ "undisclosed-recipients: ;", "" },
	{ "undisclosed-recipients:;, c@x", "c@x" },
	{ "A Group: Ed <e@x>, joe@y, J <j@z>;", "e@x|joe@y|j@z" },
	{ "\"a: b\": c@x;", "c@x" },
	{ "g (c:c) : a@x (;) ;", "a@x" },
	{ "g: a@x, b@y", "a@x|b@y" },
	{ "g: a@x b@y;", "a@x|b@y" },
	{ "g: h: a;;", BAD },
	{ ": a", BAD },
	{ ":include:f", BAD },
	{ "a@x: b", BAD },
	{ "@x,@y:u@z", BAD },

	/* routes */
	{ "<@x,@y:u@z>", "u@z" },
	{ "Joe <@x:u@z>", "u@z" },
	{ "<@x,,@y : u@z>", "u@z" },
	{ "<@[192.0.2.1]:u@z>", "u@z" },
	{ "<@x:>", BAD },
	{ "<@x,@y>", BAD },
	{ "<@x", BAD },

	/* local parts */
	{ "\"john doe\"@x.org", "\"john doe\"@x.org" },
	{ "\"john\"@x", "john@x" },
	{ "\"a.b\"@x", "a.b@x" },
	{ "\"a\".b@x", "a.b@x" },
	{ "\"a b\".c@x", "\"a b.c\"@x" },
	{ "\"a\\b\"@x", "ab@x" },
	{ "\"a\\\"b\\\\\"@x", "\"a\\\"b\\\\\"@x" },
	{ "\"a@b\"@x", "\"a@b\"@x" },
	{ "\"a@b\"", "\"a@b\"" },
	{ "\"a, b\"@x", "\"a, b\"@x" },
	{ "\"\"@x", "\"\"@x" },
	{ "a..b@x", "\"a..b\"@x" },
	{ "c.@x", "\"c.\"@x" },
	{ ".c@x", "\".c\"@x" },
	{ "a . b @ c . d", "a.b@c.d" },
	{ "<a . b@c>", "a.b@c" },
	{ "|/bin/true", "|/bin/true" },
	{ "/tmp/f", "/tmp/f" },
	{ "\"|/bin/true\"", "|/bin/true" },
	{ "\"|/bin/sh -c x\"", "\"|/bin/sh -c x\"" },
	{ "\"a\"b@x", BAD },
	{ "a\"b\"@x", BAD },
	{ "a@x\"b\"@y", BAD },
	{ "\"a\tb\"@x", BAD },
	{ "\"a\r\n b\"@x", BAD },
	{ "\"a<b\"@x", BAD },
	{ "\"a\001\"@x", BAD },
	{ "a\\b@x", BAD },
	{ "\\\\a@x", BAD },
	{ "\\", BAD },
	{ "\"a", BAD },
	{ "\"a\\\"", BAD },
	{ ".", BAD },
	{ ".@x", BAD },
	{ "<a b@x>", BAD },
	{ "<a b>", BAD },

	/* domains */
	{ "a@x.", "a@x" },
	{ "<a@x.>", "a@x" },
	{ "a@x. , b@y.", "a@x|b@y" },
	{ "u@[192.0.2.1]", "u@[192.0.2.1]" },
	{ "u@[IPv6:2001:db8::1]", "u@[IPv6:2001:db8::1]" },
	{ "<u@ [192.0.2.1] >", "u@[192.0.2.1]" },
	{ "u@[]", BAD },
	{ "u@[a b]", BAD },
	{ "u@[a\\]b]", BAD },
	{ "u@[a@b]", BAD },
	{ "u@[a>b]", BAD },
	{ "u@[1.2", BAD },
	{ "u@[1.2].", BAD },
	{ "u@x[1.2]", BAD },
	{ "[foo]", BAD },
	{ "a@x..", BAD },
	{ "a@x..y", BAD },
	{ "a@.x", BAD },
	{ "a@.", BAD },
	{ "a@x\\y", BAD },
	{ "a@\"x\"", BAD },
	{ "a@x. b@y", BAD },

	/* nonsense */
	{ "a@@b", BAD },
	{ "a@b@c", BAD },
	{ "a@", BAD },
	{ "@a", BAD },
	{ "@", BAD },
	{ "<a@a", BAD },
	{ "<", BAD },
	{ "a@b>", BAD },
	{ ">", BAD },
	{ "<<a@b>>", BAD },
	{ "<a@b>>", BAD },
	{ "<a@b> SIZE=1", BAD },
	{ "<a@b> c@d", BAD },
	{ "<a@b> <c@d>", BAD },
	{ "<a@b>.", BAD },
	{ "<a@b> (c) (d)", "a@b" },
	{ "<a@b,c@d>", BAD },
	{ "<a@b;>", BAD },
	{ "a\001b@x", BAD },
	{ "a@x\177", BAD },
	{ "\033 <a@x>", BAD },
	{ "good@x, a@@b", "good@x!" },

	/* beyond ASCII */
	{ "j\303\266rg@x", "j\303\266rg@x" },
	{ "a@b\303\274cher.example", "a@b\303\274cher.example" },
	{ "\"j\303\266 r\"@x", "\"j\303\266 r\"@x" },
	{ "\344\270\255 <u@\344\270\255.cn>", "u@\344\270\255.cn" },
	{ "j\366rg@x", BAD },
	{ "a@\303", BAD },
};

static void
lists(void **state)
{
	char got[4096];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		read_list(rows[i].in, strlen(rows[i].in), got, sizeof got);
		if (strcmp(got, rows[i].want) != 0)
			print_error("%s\n", rows[i].in);
		assert_string_equal(got, rows[i].want);
	}
}

/* Cut off anywhere, a list is read without harm; and what was a whole list
 * stays one when another member follows. */
static void
cut_and_joined(void **state)
{
	char got[4096], want[4096], joined[4096];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = strlen(rows[i].in);

		for (size_t cut = 0; cut < n; cut++)
			read_list(rows[i].in, cut, got, sizeof got);
		if (strchr(rows[i].want, '!') != NULL)
			continue;
		snprintf(joined, sizeof joined, "%s;,z@z", rows[i].in);
		snprintf(want, sizeof want, "%s%sz@z", rows[i].want,
		    rows[i].want[0] == '\0' ? "" : "|");
		read_list(joined, strlen(joined), got, sizeof got);
		assert_string_equal(got, want);
	}
}

/* What the parser gives, it takes again, and gives it unchanged. */
static void
spec_is_stable(void **state)
{
	struct address addr, again;
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct address_list list;

		address_list(&list, rows[i].in, strlen(rows[i].in));
		while (address_next(&list, &addr, &res) == ADDRESS_FOUND) {
			assert_int_equal(address_one(&again, addr.spec,
					     strlen(addr.spec), &res),
			    0);
			assert_string_equal(again.spec, addr.spec);
			assert_int_equal(again.local_len, addr.local_len);
			assert_int_equal(again.is_8bit, addr.is_8bit);
		}
	}
}

static void
nul_is_refused(void **state)
{
	static const char *const in[] = { "a@x\0b", "\0", "a\0b@x", "\"a\0\"@x",
		"(\0) a@x", "<a@x\0>", "[\0] <a@x>" };
	static const size_t len[] = { 5, 1, 5, 6, 7, 6, 10 };
	char got[256];

	(void)state;
	for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
		read_list(in[i], len[i], got, sizeof got);
		assert_string_equal(got, BAD);
	}
}

/* {text, mailbox, spec, name}: the places, as the bytes that stand there. */
static const struct {
	const char *in, *whole, *spec, *name;
} places[] = {
	{ " root (Cron Daemon)", "root (Cron Daemon)", "root", "" },
	{ " Alice <alice@h> ", "Alice <alice@h>", "alice@h", "Alice" },
	{ "\"A, B\" C <@r:a@h> (x)", "\"A, B\" C <@r:a@h> (x)", "a@h",
	    "\"A, B\" C" },
	{ "(c) a (d) @ (e) b. (f) , z", "(c) a (d) @ (e) b. (f)",
	    "a (d) @ (e) b.", "" },
	{ "(c) A (d) < a@b > (e)", "(c) A (d) < a@b > (e)", "a@b", "A" },
	{ "\\bob", "\\bob", "\\bob", "" },
	{ "g: a@x;", "a@x", "a@x", "" },
	{ "a@x (1) b@y (2)", "a@x (1)", "a@x", "" },
	{ "Joe <>", "Joe <>", "", "Joe" },
	{ "Foo [bar] <x@y>", "Foo [bar] <x@y>", "x@y", "Foo [bar]" },
	{ "\r\n Joe\r\n <a@x>", "Joe\r\n <a@x>", "a@x", "Joe" },
};

static void
assert_range(const char *text, size_t from, size_t to, const char *want)
{
	assert_true(from <= to);
	assert_int_equal(to - from, strlen(want));
	assert_memory_equal(text + from, want, to - from);
}

static void
offsets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *in = places[i].in;
		struct address_list list;
		struct address a;
		struct result res;

		address_list(&list, in, strlen(in));
		assert_int_equal(address_next(&list, &a, &res), ADDRESS_FOUND);
		assert_range(in, a.start, a.end, places[i].whole);
		assert_range(in, a.spec_start, a.spec_end, places[i].spec);
		assert_range(in, a.name_start, a.name_end, places[i].name);
		assert_int_equal(a.angle, strchr(places[i].whole, '<') != NULL);
		if (a.angle)
			assert_int_equal(in[a.angle_start - 1], '<');
	}
}

static void
flags(void **state)
{
	struct address_list list;
	struct address a;
	struct result res;
	const char *text = "g: j\303\266@x;, <bob>";

	(void)state;
	address_list(&list, text, strlen(text));
	assert_int_equal(address_next(&list, &a, &res), ADDRESS_FOUND);
	assert_true(a.in_group && a.is_8bit && a.has_domain && !a.angle);
	assert_int_equal(a.local_len, 3);
	assert_int_equal(address_next(&list, &a, &res), ADDRESS_FOUND);
	assert_false(a.in_group || a.is_8bit || a.has_domain || !a.angle);
	assert_int_equal(address_next(&list, &a, &res), ADDRESS_END);
	assert_int_equal(address_next(&list, &a, &res), ADDRESS_END);
}

/* {argument, spec}; NULL: refused. */
static const struct row ones[] = {
	{ "a@b", "a@b" },
	{ "<a@b>", "a@b" },
	{ " <a@b> (x) ", "a@b" },
	{ "Name <a@b>", "a@b" },
	{ "a", "a" },
	{ "", "" },
	{ "  ", "" },
	{ "<>", "" },
	{ "a@b,", NULL },
	{ "a@b, c@d", NULL },
	{ "a@b c@d", NULL },
	{ ",a@b", NULL },
	{ "g: a@b;", NULL },
	{ "g:;", NULL },
	{ ",", NULL },
	{ "(x)", NULL },
	{ "o quoted@example.com", NULL },
	{ "a@@b", NULL },
	{ "a@b\n", NULL },
	{ "\n", NULL },
};

static void
one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ones / sizeof *ones; i++) {
		struct address a;
		struct result res;
		int rc = address_one(&a, ones[i].in, strlen(ones[i].in), &res);

		assert_int_equal(rc, ones[i].want == NULL ? -1 : 0);
		if (rc == 0)
			assert_string_equal(a.spec, ones[i].want);
		else
			assert_int_equal(res.kind, RESULT_ADDRESS);
	}
}

static void
lengths(void **state)
{
	char text[4096], got[4096];

	(void)state;
	for (size_t n = 1000; n < 1050; n++) {
		memset(text, 'a', n);
		memcpy(text + 500, "@", 1);
		read_list(text, n, got, sizeof got);
		assert_int_equal(strcmp(got, BAD) != 0, n < ADDRESS_MAX);
		/* with the two bytes that quotes take */
		memset(text, 'a', n);
		memcpy(text, "\" ", 2);
		memcpy(text + n - 3, "\"@x", 3);
		read_list(text, n, got, sizeof got);
		assert_int_equal(strcmp(got, BAD) != 0, n < ADDRESS_MAX);
		/* and with backslashes, which make it longer */
		memset(text, '"', n);
		for (size_t i = 1; i < n - 3; i += 2)
			text[i] = '\\';
		memcpy(text + n - 3, n % 2 == 0 ? "\"@x" : "a\"@", 3);
		read_list(text, n, got, sizeof got);
		assert_int_equal(
		    strcmp(got, BAD) != 0, n < ADDRESS_MAX && n % 2 == 0);
	}
	memset(text, 'a', 2000);
	memcpy(text + 60, "@", 1);
	read_list(text, 2000, got, sizeof got);
	assert_string_equal(got, BAD);
	/* what comments and white space add does not count */
	snprintf(text, sizeof text, "a (%01800d) @ (%01800d) b", 0, 0);
	read_list(text, strlen(text), got, sizeof got);
	assert_string_equal(got, "a@b");
}

static void
depth(void **state)
{
	char text[4 * ADDRESS_COMMENT_DEPTH], got[256];

	(void)state;
	for (int n = ADDRESS_COMMENT_DEPTH - 1; n <= ADDRESS_COMMENT_DEPTH + 1;
	     n++) {
		memset(text, '(', (size_t)n);
		memset(text + n, ')', (size_t)n);
		strlcpy(text + 2 * n, "a@x", sizeof text - 2 * (size_t)n);
		read_list(text, strlen(text), got, sizeof got);
		assert_string_equal(
		    got, n <= ADDRESS_COMMENT_DEPTH ? "a@x" : BAD);
	}
}

/* How many addresses `times` copies of `piece` give; -1: refused. */
static long
count(const char *piece, size_t times)
{
	size_t n = strlen(piece);
	char *text = malloc(n * times + 1);
	struct address_list list;
	struct address addr;
	struct result res;
	enum address_next next;
	long found = 0;

	assert_non_null(text);
	for (size_t i = 0; i < times; i++)
		memcpy(text + i * n, piece, n);
	address_list(&list, text, n * times);
	while ((next = address_next(&list, &addr, &res)) == ADDRESS_FOUND)
		found++;
	free(text);
	return next == ADDRESS_END ? found : -1;
}

/* A parser that is not linear would not come back from these. */
static void
a_million(void **state)
{
	static const struct {
		const char *piece;
		long want;
	} many[] = {
		{ "a@b.example,", 300000 },
		{ "a@b.example ", 300000 },
		{ "J. D. <a@b> (c), ", 300000 },
		{ "g: a@b;", 300000 },
		{ ",", 0 },
		{ "g:;", 0 },
		{ "(c)", 0 },
		{ "(", -1 },
		{ "\"", -1 },
		{ "[", -1 },
		{ "<", -1 },
		{ "a ", -1 },
		{ ".", -1 },
		{ "@", -1 },
		{ ":", -1 },
		{ "\\", -1 },
		{ "<@a,", -1 },
		{ "a@b <", -1 },
	};
	clock_t begin = clock();

	(void)state;
	for (size_t i = 0; i < sizeof many / sizeof *many; i++)
		assert_int_equal(count(many[i].piece, 300000), many[i].want);
	assert_true((clock() - begin) / CLOCKS_PER_SEC < 60);
}

static void
equal(void **state)
{
	static const struct {
		const char *a, *b;
		int want;
	} pairs[] = {
		{ "a@x", "a@x", 1 },
		{ "a@x", "a@X", 1 },
		{ "A@x", "a@x", 0 },
		{ "a@x", "a@y", 0 },
		{ "a@x", "a", 0 },
		{ "a", "a", 1 },
		{ "", "", 1 },
		{ "", "a", 0 },
		{ "\"a@X\"", "\"a@x\"", 0 },
		{ "\"a@b\"@X", "\"a@b\"@x", 1 },
		{ "\"a\\\"@B\"@X", "\"a\\\"@b\"@x", 0 },
		{ "\"a", "\"a", 1 },
		{ "\"a\\", "\"a\\", 1 },
		{ "u@[IPv6:AB::1]", "u@[ipv6:ab::1]", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		assert_int_equal(
		    address_equal(pairs[i].a, pairs[i].b), pairs[i].want);
		assert_int_equal(
		    address_equal(pairs[i].b, pairs[i].a), pairs[i].want);
	}
}

static void
domain(void **state)
{
	static const struct {
		const char *spec, *want;
	} specs[] = {
		{ "a@x.example", "x.example" },
		{ "a", NULL },
		{ "", NULL },
		{ "\"a@b\"", NULL },
		{ "\"a@b\"@x", "x" },
		{ "\"a\\\"@b\"@x", "x" },
		{ "\"a\\\\\"@x", "x" },
		{ "u@[192.0.2.1]", "[192.0.2.1]" },
		{ "\"a@b", NULL },
	};
	const char *got;

	(void)state;
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		got = address_domain(specs[i].spec);
		if (specs[i].want == NULL)
			assert_null(got);
		else
			assert_string_equal(got, specs[i].want);
	}
}

static const struct row names[] = {
	{ "", "" },
	{ " \t\r\n", "" },
	{ "Joe", "Joe" },
	{ " Joe Public ", "Joe Public" },
	{ "Joe  Public", "\"Joe  Public\"" },
	{ "O'Neil", "O'Neil" },
	{ "Public, Joe", "\"Public, Joe\"" },
	{ "Joe Q. Public", "\"Joe Q. Public\"" },
	{ "Doe, John (Jr.)", "\"Doe, John (Jr.)\"" },
	{ "Bob \"The\" Bob (x)", "\"Bob \\\"The\\\" Bob (x)\"" },
	{ "Joe \"Q\" P\\x", "\"Joe \\\"Q\\\" P\\\\x\"" },
	{ "Joe (Q", "\"Joe (Q\"" },
	{ "a\nX-Evil: 1", "\"a X-Evil: 1\"" },
	{ "x\r\nBcc: e@x", "\"x  Bcc: e@x\"" },
	{ "a\tb", "\"a b\"" },
	{ "J\303\266e", "=?UTF-8?Q?J=C3=B6e?=" },
	{ "J\303\266\r\nBcc: e@x", "=?UTF-8?B?SsO2ICBCY2M6IGVAeA==?=" },
	{ "J\366e", "=?unknown-8bit?B?SvZl?=" },
	{ "=?utf-8?Q?J=C3=B6e?=", "=?utf-8?Q?J=C3=B6e?=" },
};

static void
put_name(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		buf_reset(&out);
		address_put_name(&out, names[i].in, NULL);
		assert_string_equal(out.data, names[i].want);
	}
	buf_free(&out);
}

/* A name of any length gives lines that are short, and one mailbox. */
static void
long_names(void **state)
{
	static const char *const pieces[] = { "a", "\"", "\\", "\303\251",
		"\377", "Joe ", "\n" };
	struct buf out;
	char name[5001], got[256];

	(void)state;
	buf_init(&out, 100000);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		size_t n = strlen(pieces[i]);

		for (size_t k = 0; k + n < sizeof name; k += n) {
			memcpy(name + k, pieces[i], n);
			name[k + n] = '\0';
			if (k > 400 && k < 4900)
				continue;
			buf_reset(&out);
			buf_puts(&out, "From: ");
			address_put_name(&out, name, NULL);
			buf_puts(&out, " <a@x>");
			assert_false(buf_failed(&out));
			read_list(out.data + 6, out.len - 6, got, sizeof got);
			assert_string_equal(got, "a@x");
			for (const char *p = out.data; p != NULL;
			     p = strchr(p + 1, '\n'))
				assert_true(strcspn(p, "\r") <= 450);
		}
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(cut_and_joined),
		cmocka_unit_test(spec_is_stable),
		cmocka_unit_test(nul_is_refused),
		cmocka_unit_test(offsets),
		cmocka_unit_test(flags),
		cmocka_unit_test(one),
		cmocka_unit_test(lengths),
		cmocka_unit_test(depth),
		cmocka_unit_test(a_million),
		cmocka_unit_test(domain),
		cmocka_unit_test(equal),
		cmocka_unit_test(put_name),
		cmocka_unit_test(long_names),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
