#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mail/lines.h"

#define ROOM 8192

struct outcome {
	char out[ROOM];
	size_t len;
	bool ended;
};

/* The rules of lines.h, a byte at a time and without hurry. */
static void
model(enum lines_dot dot, const char *in, size_t n, struct outcome *r)
{
	char text[ROOM];
	size_t len = 0, i = 0, from, to, end;

	memset(r, 0, sizeof *r);
	for (size_t k = 0; k < n; k++)
		if (in[k] != '\0')
			text[len++] = in[k];
	for (from = 0; from < len; from = end + 1) {
		for (end = from; end < len && text[end] != '\n';)
			end++;
		for (to = end; to > from && text[to - 1] == '\r';)
			to--;
		r->ended = dot == LINES_DOT_ENDS && to - from == 1 &&
		    text[from] == '.';
		if (r->ended)
			return;
		for (i = from; i < to; i++)
			r->out[r->len++] = text[i] == '\r' ? ' ' : text[i];
		r->out[r->len++] = '\r';
		r->out[r->len++] = '\n';
	}
}

/* Feeds `in` in the pieces that the bits of `cuts` make. */
static void
feed(enum lines_dot dot, const char *in, size_t n, unsigned cuts,
    struct outcome *r)
{
	struct lines l;
	size_t from = 0, got;
	char *out = malloc(LINES_OUT_MAX(n));

	memset(r, 0, sizeof *r);
	lines_init(&l, dot);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && (cuts >> ((i - 1) % 32) & 1) == 0)
			continue;
		got = lines_push(&l, in + from, i - from, out);
		assert_true(got <= LINES_OUT_MAX(i - from));
		memcpy(r->out + r->len, out, got);
		r->len += got;
		from = i;
	}
	r->len += lines_end(&l, r->out + r->len);
	r->ended = l.ended;
	free(out);
}

static void
assert_same(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->out, b->out, b->len);
	assert_int_equal(a->ended, b->ended);
}

#define S(text) text, sizeof text - 1

static const struct {
	const char *name;
	enum lines_dot dot;
	const char *in;
	size_t n;
	const char *want;
	bool ended;
} cases[] = {
	{ "nothing", LINES_DOT_ENDS, S(""), "", false },
	{ "LF", LINES_DOT_ENDS, S("a\nb\n"), "a\r\nb\r\n", false },
	{ "CRLF", LINES_DOT_ENDS, S("a\r\nb\r\n"), "a\r\nb\r\n", false },
	{ "mixed", LINES_DOT_ENDS, S("a\r\nb\nc"), "a\r\nb\r\nc\r\n", false },
	{ "CR CR LF", LINES_DOT_ENDS, S("a\r\r\r\nb\n"), "a\r\nb\r\n", false },
	{ "empty lines", LINES_DOT_ENDS, S("\n\r\n\r\r\n"), "\r\n\r\n\r\n",
	    false },
	{ "bare CR", LINES_DOT_ENDS, S("a\rb\n"), "a b\r\n", false },
	{ "two bare CRs", LINES_DOT_ENDS, S("a\r\rb\n"), "a  b\r\n", false },
	{ "CR first", LINES_DOT_ENDS, S("\ra\n"), " a\r\n", false },
	{ "CR last", LINES_DOT_ENDS, S("a\r"), "a\r\n", false },
	{ "only CR", LINES_DOT_ENDS, S("\r"), "\r\n", false },
	{ "NUL", LINES_DOT_ENDS, S("a\0b\n\0"), "ab\r\n", false },
	{ "only NUL", LINES_DOT_ENDS, S("\0"), "", false },
	{ "CR NUL LF", LINES_DOT_ENDS, S("a\r\0\nb\n"), "a\r\nb\r\n", false },
	{ "LF NUL . LF", LINES_DOT_ENDS, S("a\n\0.\nb"), "a\r\n", true },
	{ "LF . NUL LF", LINES_DOT_ENDS, S("a\n.\0\nb"), "a\r\n", true },
	{ "as text", LINES_DOT_IS_TEXT, S("a\n\0.\nb"), "a\r\n.\r\nb\r\n",
	    false },
	{ "dot", LINES_DOT_ENDS, S("a\n.\nb\n"), "a\r\n", true },
	{ "dot as text", LINES_DOT_IS_TEXT, S("a\n.\nb\n"), "a\r\n.\r\nb\r\n",
	    false },
	{ "dot CRLF", LINES_DOT_ENDS, S("a\r\n.\r\nb\r\n"), "a\r\n", true },
	{ "dot CR CR LF", LINES_DOT_ENDS, S("a\n.\r\r\nb\n"), "a\r\n", true },
	{ "dot at the end", LINES_DOT_ENDS, S("a\n."), "a\r\n", true },
	{ "dot CR at the end", LINES_DOT_ENDS, S("a\n.\r"), "a\r\n", true },
	{ "text dot at the end", LINES_DOT_IS_TEXT, S("a\n."), "a\r\n.\r\n",
	    false },
	{ "dot first", LINES_DOT_ENDS, S(".\nSubject: s\n"), "", true },
	{ "dot CR text", LINES_DOT_ENDS, S(".\rb\n"), ". b\r\n", false },
	{ "dot blank", LINES_DOT_ENDS, S(". \na\n"), ". \r\na\r\n", false },
	{ "two dots", LINES_DOT_ENDS, S("..\n..a\n.a\n"), "..\r\n..a\r\n.a\r\n",
	    false },
	{ "bare CR dot", LINES_DOT_ENDS, S("a\r.\rb\n"), "a . b\r\n", false },
	{ "LF CR dot", LINES_DOT_ENDS, S("a\n\r.\nb\n"), "a\r\n .\r\nb\r\n",
	    false },
	{ "dot in a line", LINES_DOT_ENDS, S("a.\nb\n"), "a.\r\nb\r\n", false },
};

static void
test_cases(void **state)
{
	struct outcome want, got;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memset(&want, 0, sizeof want);
		want.len = strlen(cases[i].want);
		memcpy(want.out, cases[i].want, want.len);
		want.ended = cases[i].ended;
		feed(cases[i].dot, cases[i].in, cases[i].n, 0, &got);
		assert_same(&got, &want);
		model(cases[i].dot, cases[i].in, cases[i].n, &got);
		assert_same(&got, &want);
		for (unsigned cut = 0;
		     cut < 1U << cases[i].n && cases[i].n < 16; cut++) {
			feed(cases[i].dot, cases[i].in, cases[i].n, cut, &got);
			assert_same(&got, &want);
		}
	}
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void
test_random(void **state)
{
	static const char alphabet[] = "a.\r\n\0\x80 ";
	struct outcome want, got;
	uint32_t seed = 1;
	char in[24];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		enum lines_dot dot = round % 2 ? LINES_DOT_ENDS
					       : LINES_DOT_IS_TEXT;
		size_t n = next_random(&seed) % sizeof in;

		for (size_t i = 0; i < n; i++)
			in[i] = alphabet[next_random(&seed) % 7];
		model(dot, in, n, &want);
		feed(dot, in, n, 0, &got);
		assert_same(&got, &want);
		feed(dot, in, n, UINT32_MAX, &got);
		assert_same(&got, &want);
		for (unsigned i = 0; i < n; i++) {
			feed(dot, in, n, 1U << i, &got);
			assert_same(&got, &want);
		}
		feed(dot, in, n, next_random(&seed), &got);
		assert_same(&got, &want);
	}
}

/* Long lines, so that the fast ways are taken too. */
static void
test_random_long(void **state)
{
	static const char rare[] = ".\r\n\0\x80\n.\n\r";
	struct outcome want, got;
	uint32_t seed = 7;
	char in[3000];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		uint32_t often = 2 + next_random(&seed) % 100;
		size_t n = next_random(&seed) % sizeof in;

		for (size_t i = 0; i < n; i++)
			in[i] = next_random(&seed) % often == 0
			    ? rare[next_random(&seed) % 9]
			    : 'x';
		model(LINES_DOT_IS_TEXT, in, n, &want);
		feed(LINES_DOT_IS_TEXT, in, n, 0, &got);
		assert_same(&got, &want);
		feed(LINES_DOT_IS_TEXT, in, n, next_random(&seed) & 0x10101,
		    &got);
		assert_same(&got, &want);
	}
}

/* A run of CRs that never ends must not be held for ever. */
static void
test_many_crs(void **state)
{
	static const size_t counts[] = { LINES_CRS_MAX - 1, LINES_CRS_MAX,
		LINES_CRS_MAX + 1, LINES_CRS_MAX + 40 };
	struct outcome whole, bytes;
	char in[LINES_CRS_MAX + 64];

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		size_t n = counts[i] + 2;
		size_t extra = counts[i] < LINES_CRS_MAX
		    ? 0
		    : counts[i] - LINES_CRS_MAX;

		memset(in, '\r', sizeof in);
		in[0] = '.';
		in[n - 1] = '\n';
		feed(LINES_DOT_ENDS, in, n, 0, &whole);
		feed(LINES_DOT_ENDS, in, n, UINT32_MAX, &bytes);
		assert_same(&whole, &bytes);
		assert_int_equal(whole.ended, extra == 0);
		assert_int_equal(whole.len, extra == 0 ? 0 : extra + 3);
		in[n - 1] = 'x';
		feed(LINES_DOT_ENDS, in, n, 0, &whole);
		feed(LINES_DOT_ENDS, in, n, UINT32_MAX, &bytes);
		assert_same(&whole, &bytes);
		assert_int_equal(whole.len, n + 2);
		assert_null(memchr(whole.out, '\r', whole.len - 2));
	}
}

/* What comes after the dot is swallowed, and counts for nothing. */
static void
test_swallowed(void **state)
{
	struct lines l;
	char out[LINES_OUT_MAX(16)];

	(void)state;
	lines_init(&l, LINES_DOT_ENDS);
	assert_int_equal(lines_push(&l, "a\n.\n\x80zz", 7, out), 3);
	assert_true(l.ended);
	assert_int_equal(lines_push(&l, "b\n\x80", 3, out), 0);
	assert_int_equal(lines_end(&l, out), 0);
}

/* Folds `in`, fed in pieces of `piece` bytes. */
static size_t
fold(const char *in, size_t n, size_t piece, char *out)
{
	struct folds f = { 0 };
	size_t len = 0, take, pass;

	for (size_t i = 0; i < n; i += take) {
		take = n - i < piece ? n - i : piece;
		for (size_t done = 0; done < take; done += pass) {
			pass = folds_next(&f, in + i + done, take - done);
			memcpy(out + len, in + i + done, pass);
			len += pass;
			if (pass == take - done)
				break;
			memcpy(out + len, LINES_FOLD, 3);
			len += 3;
		}
	}
	return len;
}

static void
assert_folded(const char *in, size_t n, const char *want, size_t m)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 64, 500, 995, 996, 997,
		998, 999, 1000, 1001, 4096, ROOM };
	char out[2 * ROOM];

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		assert_int_equal(fold(in, n, pieces[i], out), m);
		assert_memory_equal(out, want, m);
	}
}

static void
test_folds_lengths(void **state)
{
	char in[ROOM], want[ROOM];

	(void)state;
	for (size_t n = 990; n < 3000; n += n < 1005 ? 1 : 97) {
		size_t m = 0, column = 0;

		memset(in, 'a', n);
		memcpy(in + n, "\r\nb\r\n", 5);
		for (size_t i = 0; i < n; i++, column++) {
			if (column == LINES_MAX) {
				memcpy(want + m, LINES_FOLD, 3);
				m += 3;
				column = 1;
			}
			want[m++] = 'a';
		}
		memcpy(want + m, "\r\nb\r\n", 5);
		assert_folded(in, n + 5, want, m + 5);
	}
}

static const struct {
	const char *name;
	size_t before; /* letters in front */
	const char *text;
	size_t fold; /* where in the text, or 99 */
} characters[] = {
	{ "two fit", 996, "\xc3\xa9", 99 },
	{ "two do not", 997, "\xc3\xa9", 0 },
	{ "three fit", 995, "\xe4\xb8\xad", 99 },
	{ "three do not", 996, "\xe4\xb8\xad", 0 },
	{ "three do not by two", 997, "\xe4\xb8\xad", 0 },
	{ "four fit", 994, "\xf0\x9f\x98\x80", 99 },
	{ "four do not", 995, "\xf0\x9f\x98\x80", 0 },
	{ "four do not by three", 997, "\xf0\x9f\x98\x80", 0 },
	{ "after one that fits", 995, "\xe4\xb8\xad\xe4\xb8\xad", 3 },
	{ "not UTF-8", 996, "\xa0\xa0\xa0", 2 },
	{ "never in UTF-8", 996, "\xc0\xff\xff", 2 },
	{ "ASCII", 998, "x", 0 },
};

static void
test_folds_characters(void **state)
{
	char in[ROOM], want[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
		size_t before = characters[i].before;
		size_t n = strlen(characters[i].text);
		size_t at = characters[i].fold, m = before;

		memset(in, 'a', before);
		memset(want, 'a', before);
		memcpy(in + before, characters[i].text, n);
		memcpy(in + before + n, "\r\n", 2);
		for (size_t k = 0; k < n; k++) {
			if (k == at) {
				memcpy(want + m, LINES_FOLD, 3);
				m += 3;
			}
			want[m++] = characters[i].text[k];
		}
		memcpy(want + m, "\r\n", 2);
		assert_folded(in, before + n + 2, want, m + 2);
	}
}

static void
test_dots(void **state)
{
	static const struct {
		const char *in, *want;
	} dots[] = {
		{ "", "" },
		{ ".", ".." },
		{ ".\r\n", "..\r\n" },
		{ "..\r\n", "...\r\n" },
		{ "a.\r\n.b\r\n.\r\n", "a.\r\n..b\r\n..\r\n" },
		{ "a...b\r\n\r\n.", "a...b\r\n\r\n.." },
		{ "a\r\n", "a\r\n" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof dots / sizeof dots[0]; i++) {
		size_t n = strlen(dots[i].in), m = strlen(dots[i].want);

		for (size_t cut = 0; cut <= n; cut++) {
			struct dots d = { 0 };
			size_t len = dots_push(&d, dots[i].in, cut, out);

			len += dots_push(
			    &d, dots[i].in + cut, n - cut, out + len);
			assert_int_equal(len, m);
			assert_memory_equal(out, dots[i].want, m);
		}
	}
}

/* A dot that begins a line at every offset of a long run. */
static void
test_dots_everywhere(void **state)
{
	char in[2200], out[DOTS_OUT_MAX(2200)];

	(void)state;
	for (size_t at = 2; at < sizeof in; at++) {
		struct dots d = { 0 };

		memset(in, 'a', sizeof in);
		memcpy(in + at - 2, "\r\n", 2);
		in[at] = '.';
		assert_int_equal(
		    dots_push(&d, in, sizeof in, out), sizeof in + 1);
		assert_memory_equal(out, in, at + 1);
		assert_memory_equal(out + at + 1, in + at, sizeof in - at);
	}
}

/* Everything that smuggling tries, in the middle of a mail: one end only. */
static void
test_smuggling(void **state)
{
	static const char *const ends[] = { "\n", "\r", "\r\n", "\n\r",
		"\r\r\n", "\r\n\r" };
	struct outcome r;
	char in[64], wire[256];
	size_t n, len;

	(void)state;
	for (size_t i = 0; i < 36; i++) {
		struct dots d = { 0 };

		strlcpy(in, "a", sizeof in);
		strlcat(in, ends[i / 6], sizeof in);
		strlcat(in, ".", sizeof in);
		strlcat(in, ends[i % 6], sizeof in);
		strlcat(in, "MAIL FROM:<x@y>\n", sizeof in);
		n = strlen(in);
		feed(LINES_DOT_IS_TEXT, in, n, 0, &r);
		len = dots_push(&d, r.out, r.len, wire);
		assert_null(memmem(wire, len, "\r\n.\r", 4));
		for (size_t k = 0; k < len; k++) {
			if (wire[k] == '\r')
				assert_int_equal(wire[k + 1], '\n');
			if (wire[k] == '\n')
				assert_int_equal(wire[k - 1], '\r');
		}
	}
}

/* Fed whole, and in two pieces at each place. */
static void
test_check(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		bool clean;
	} checks[] = {
		{ S(""), true },
		{ S("\r\n"), true },
		{ S("a\r\n.\r\n\r\nb\r\n"), true },
		{ S("a"), false },
		{ S("a\r"), false },
		{ S("\n"), false },
		{ S("a\n.\r\n"), false },
		{ S("a\r\n.\n"), false },
		{ S("a\r\n\n"), false },
		{ S("a\r.\r\n"), false },
		{ S("a\r\r\n"), false },
		{ S("a\r\n\r"), false },
		{ S("a\0b\r\n"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		for (size_t at = 0; at <= checks[i].n; at++) {
			struct lines_check c = { 0 };
			const char *in = checks[i].in;
			bool clean = lines_check_push(&c, in, at) &&
			    lines_check_push(&c, in + at, checks[i].n - at) &&
			    lines_check_end(&c);

			if (clean != checks[i].clean)
				fail_msg("check %zu cut at %zu", i, at);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_long),
		cmocka_unit_test(test_many_crs),
		cmocka_unit_test(test_swallowed),
		cmocka_unit_test(test_folds_lengths),
		cmocka_unit_test(test_folds_characters),
		cmocka_unit_test(test_dots),
		cmocka_unit_test(test_dots_everywhere),
		cmocka_unit_test(test_smuggling),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
