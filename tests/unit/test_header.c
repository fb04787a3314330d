#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mail/header.h"

#define HELD_MAX (2 * HEADER_SCAN_MAX)

struct outcome {
	enum header_push how;
	struct header header;
	struct buf body;
	struct result res;
};

static void
begin(struct outcome *o)
{
	memset(o, 0, sizeof *o);
	header_init(&o->header);
	buf_init(&o->body, SIZE_MAX / 2);
	o->how = HEADER_MORE;
}

static void
end(struct outcome *o)
{
	header_clear(&o->header);
	buf_free(&o->body);
}

/* Gives one piece to the parser, and to the body what is not its own. */
static void
push(struct outcome *o, const char *p, size_t n)
{
	struct buf held;
	size_t used = 0;

	buf_init(&held, HELD_MAX);
	if (o->how == HEADER_MORE) {
		o->how = header_push(&o->header, p, n, &used, &held, &o->res);
		buf_add(&o->body, held.data, held.len);
	}
	if (o->how == HEADER_MORE)
		assert_int_equal(used, n);
	if (o->how == HEADER_ENDED)
		buf_add(&o->body, p + used, n - used);
	buf_free(&held);
}

static void
finish(struct outcome *o)
{
	struct buf held;

	buf_init(&held, HELD_MAX);
	buf_puts(&held, "left over");
	if (o->how == HEADER_MORE) {
		o->how = header_finish(&o->header, &held, &o->res);
		if (o->how == HEADER_ENDED)
			buf_add(&o->body, held.data, held.len);
	}
	buf_free(&held);
}

/* Feeds `in` in pieces of `piece` bytes, the first being `first`. */
static void
feed(struct outcome *o, const char *in, size_t n, size_t first, size_t piece)
{
	size_t take;

	begin(o);
	for (size_t i = 0; i < n; i += take) {
		take = i == 0 && first > 0 ? first : piece;
		take = take < n - i ? take : n - i;
		push(o, in + i, take);
	}
	finish(o);
}

#define S100 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define MON "Mon Jan  1 00:00:00 2024\r\n"

/* The body starts where the header does not account for the input. */
static const struct {
	const char *name, *in, *raw, *body;
	size_t count;
} cases[] = {
	{ "nothing", "", "", "", 0 },
	{ "plain", "A: b\r\n\r\nbody\r\n", "A: b\r\n", "body\r\n", 1 },
	{ "two", "A: b\r\nC: d\r\n\r\n\r\n", "A: b\r\nC: d\r\n", "\r\n", 2 },
	{ "header only", "A: b\r\n", "A: b\r\n", "", 1 },
	{ "no last newline", "A: b\r\nX-A: 1", "A: b\r\nX-A: 1\r\n", "", 2 },
	{ "half a last newline", "A: b\r\nX: 1\r", "A: b\r\nX: 1\r\n", "", 2 },
	{ "empty first line", "\r\nA: b\r\n", "", "A: b\r\n", 0 },
	{ "text", "hello world\r\nfoo: bar\r\n", "",
	    "hello world\r\nfoo: bar\r\n", 0 },
	{ "word, no newline", "hello", "", "hello\r\n", 0 },
	{ "dash, no newline", "A: b\r\n-", "A: b\r\n", "-\r\n", 1 },
	{ "leading blank", " leading\r\nA: b\r\n", "", " leading\r\nA: b\r\n",
	    0 },
	{ "leading blanks only", " \t\r\nA: b\r\n", "", " \t\r\nA: b\r\n", 0 },
	{ "text later", "A: b\r\nnot a header\r\nmore\r\n\r\nlast\r\n",
	    "A: b\r\n", "not a header\r\nmore\r\n\r\nlast\r\n", 1 },
	{ "folded", "A: b\r\n c\r\n\td\r\nE: f\r\n\r\n",
	    "A: b\r\n c\r\n\td\r\nE: f\r\n", "", 2 },
	{ "blank fold", "A: b\r\n \t \r\n c\r\n \r\nE: f\r\n\r\nx\r\n",
	    "A: b\r\n c\r\nE: f\r\n", "x\r\n", 2 },
	{ "blank fold at the end", "A: b\r\n  ", "A: b\r\n", "", 1 },
	{ "blanks before the colon", "A \t: b\r\n\r\n", "A \t: b\r\n", "", 1 },
	{ "no body", "A:\r\n:b\r\n", "A:\r\n", ":b\r\n", 1 },
	{ "empty name", ": b\r\nA: b\r\n", "", ": b\r\nA: b\r\n", 0 },
	{ "8-bit name", "A: b\r\nB\xc3\xa9: c\r\n", "A: b\r\n",
	    "B\xc3\xa9: c\r\n", 1 },
	{ "control in the name", "A: b\r\nB\x7f: c\r\n", "A: b\r\n",
	    "B\x7f: c\r\n", 1 },
	{ "odd name", "!#~>-: b\r\n\r\n", "!#~>-: b\r\n", "", 1 },
	{ "dashes", "A: b\r\n--x: c\r\n", "A: b\r\n", "--x: c\r\n", 1 },
	{ "dashes first", "--x: c\r\n", "", "--x: c\r\n", 0 },
	{ "one dash", "-x: c\r\n\r\n", "-x: c\r\n", "", 1 },
	{ "name of 100", S100 ": b\r\n\r\n", S100 ": b\r\n", "", 1 },
	{ "name of 101", S100 "c: b\r\n\r\n", "", S100 "c: b\r\n\r\n", 0 },
	{ "URL", "http://x/y\r\n\r\n", "http://x/y\r\n", "", 1 },
	{ "time", "12:30 lunch\r\n\r\n", "12:30 lunch\r\n", "", 1 },
	{ "mbox", "From alice " MON "A: b\r\n\r\nx\r\n", "A: b\r\n", "x\r\n",
	    1 },
	{ "mbox twice", "From a@b " MON ">From c  " MON "A: b\r\n\r\n",
	    "A: b\r\n", "", 1 },
	{ "mbox only", "From alice " MON, "", "", 0 },
	{ "mbox, day only", "From root@x Mon ", "", "", 0 },
	{ "mbox and text", "From alice " MON "text\r\n", "", "text\r\n", 0 },
	{ "mbox and blank", "From alice " MON " \r\n", "", " \r\n", 0 },
	{ "mbox in the header", "A: b\r\nFrom alice " MON "C: d\r\n",
	    "A: b\r\n", "From alice " MON "C: d\r\n", 1 },
	{ "mbox in the body", "A: b\r\n\r\nFrom alice " MON, "A: b\r\n",
	    "From alice " MON, 1 },
	{ "like mbox", "From here on text\r\nmore\r\n", "",
	    "From here on text\r\nmore\r\n", 0 },
	{ "like mbox, colon", "From here on: x\r\n", "", "From here on: x\r\n",
	    0 },
	{ "like mbox, longer day", "From here Monday on\r\n", "",
	    "From here Monday on\r\n", 0 },
	{ "like mbox, day ends", "From here Mon\r\n", "", "From here Mon\r\n",
	    0 },
	{ "like mbox, no word", "From \r\n", "", "From \r\n", 0 },
	{ "like mbox, one word", "From x\r\n", "", "From x\r\n", 0 },
	{ "like mbox, quoted twice", ">>From alice " MON, "",
	    ">>From alice " MON, 0 },
	{ "mbox with a colon", "From a:b " MON "A: b\r\n", "A: b\r\n", "", 1 },
	{ "From, blank, colon", "From : Mon b\r\n", "From : Mon b\r\n", "", 1 },
};

static void
assert_case(size_t i, size_t first, size_t piece)
{
	struct outcome o;

	feed(&o, cases[i].in, strlen(cases[i].in), first, piece);
	assert_int_equal(o.how, HEADER_ENDED);
	assert_string_equal(o.header.raw.data, cases[i].raw);
	assert_string_equal(o.body.data, cases[i].body);
	assert_int_equal(o.header.count, cases[i].count);
	for (size_t k = 0; k < o.header.count; k++) {
		const struct field *f = &o.header.fields[k];

		assert_int_equal(f->start, k == 0 ? 0 : f[-1].end);
		assert_int_equal(o.header.raw.data[f->body - 1], ':');
		if (k + 1 == o.header.count)
			assert_int_equal(f->end, o.header.raw.len);
	}
	end(&o);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t n = strlen(cases[i].in);

		for (size_t cut = 0; cut < n; cut++)
			assert_case(i, cut, n);
		assert_case(i, 0, 1);
		assert_case(i, 0, 2);
		assert_case(i, 0, 7);
	}
}

static const struct {
	const char *line;
	enum header_name name;
} names[] = {
	{ "To: a", HEADER_TO },
	{ "tO \t: a", HEADER_TO },
	{ "BCC: a", HEADER_BCC },
	{ "rESENT-bcc: a", HEADER_RESENT_BCC },
	{ "content-LENGTH: 8", HEADER_CONTENT_LENGTH },
	{ "content-type: text/plain", HEADER_CONTENT_TYPE },
	{ "content-types: text/plain", HEADER_OTHER },
	{ "Message-Id: <a@b>", HEADER_MESSAGE_ID },
	{ "Tp: a", HEADER_OTHER },
	{ "Too: a", HEADER_OTHER },
	{ "X-To: a", HEADER_OTHER },
};

static void
test_names(void **state)
{
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		feed(&o, names[i].line, strlen(names[i].line), 0, 1);
		assert_int_equal(o.header.count, 1);
		assert_int_equal(o.header.fields[0].name, names[i].name);
		end(&o);
	}
	assert_string_equal(header_name_text(HEADER_TO), "To");
	assert_null(header_name_text(HEADER_OTHER));
	assert_int_equal(header_name_kind(HEADER_OTHER), HEADER_TEXT);
	assert_int_equal(header_name_kind(HEADER_TO), HEADER_ADDRESSES);
	assert_int_equal(
	    header_name_kind(HEADER_CONTENT_TYPE), HEADER_PARAMETERS);
}

static void
test_fields(void **state)
{
	static const char in[] = "To:\r\nX: y\r\nTo: a,\r\n b\r\n"
				 "to:c\r\nCc: \r\n \t\r\n";
	struct outcome o;
	const struct field *f;
	const char *body;
	size_t len;

	(void)state;
	feed(&o, in, sizeof in - 1, 0, 5);
	assert_int_equal(header_count(&o.header, HEADER_TO), 2);
	assert_int_equal(header_count(&o.header, HEADER_CC), 0);
	assert_int_equal(header_count(&o.header, HEADER_BCC), 0);
	assert_null(header_find(&o.header, HEADER_CC));
	f = header_find(&o.header, HEADER_TO);
	assert_non_null(f);
	body = field_body(&o.header, f, &len);
	assert_int_equal(len, strlen(" a,\r\n b"));
	assert_memory_equal(body, " a,\r\n b", len);
	assert_false(field_is_empty(&o.header, f));
	assert_true(field_is_empty(&o.header, &o.header.fields[0]));
	field_body(&o.header, &o.header.fields[0], &len);
	assert_int_equal(len, 0);
	end(&o);
}

static void
test_resent(void **state)
{
	static const struct {
		const char *in;
		bool want;
	} resent[] = {
		{ "To: a\r\n", false },
		{ "Resent: a\r\n", false },
		{ "R:\r\n", false },
		{ "X-Resent-To: a\r\n", false },
		{ "To: a\r\nresent-to: a\r\n", true },
		{ "Resent-Comment:\r\n", true },
		{ "", false },
	};
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < sizeof resent / sizeof resent[0]; i++) {
		feed(&o, resent[i].in, strlen(resent[i].in), 0, 64);
		assert_int_equal(header_is_resent(&o.header), resent[i].want);
		end(&o);
	}
}

/* Bytes `fill` repeated, between `head` and `tail`. */
static void
make_line(
    struct buf *b, const char *head, char fill, size_t n, const char *tail)
{
	char *p = malloc(n);

	assert_non_null(p);
	memset(p, fill, n);
	buf_puts(b, head);
	buf_add(b, p, n);
	buf_puts(b, tail);
	free(p);
}

/* Long lines that are no field are body, however long they are. */
static void
test_long_lines(void **state)
{
	static const struct {
		const char *head, *tail;
		char fill;
		size_t n;
		bool is_field;
	} lines[] = {
		{ "", "", 'x', HEADER_MAX + 9999, false },
		{ "hello ", "\r\n", 'x', HEADER_MAX + 9999, false },
		{ " ", "\r\n", ' ', HEADER_MAX + 9999, false },
		{ "From ", "\r\n", 'x', HEADER_MAX + 9999, false },
		{ "From x", "Mon \r\n", ' ', HEADER_MAX + 9999, false },
		{ "name", ": b\r\n", ' ', HEADER_MAX + 9999, false },
		{ "Bcc", ": b\r\n", ' ', 1000, true },
		{ "name", ": b\r\n", ' ', HEADER_SCAN_MAX - 5, true },
		{ "name", ": b\r\n", ' ', HEADER_SCAN_MAX - 4, false },
		{ "To: ", "\r\n", 'x', HEADER_MAX - 6, true },
	};
	static const size_t pieces[] = { 1, 1000, 65536, SIZE_MAX };
	struct outcome o;
	struct buf in;

	(void)state;
	buf_init(&in, SIZE_MAX / 2);
	for (size_t i = 0; i < 4 * sizeof lines / sizeof lines[0]; i++) {
		size_t k = i / 4;

		buf_reset(&in);
		make_line(&in, lines[k].head, lines[k].fill, lines[k].n,
		    lines[k].tail);
		feed(&o, in.data, in.len, 0, pieces[i % 4]);
		assert_int_equal(o.how, HEADER_ENDED);
		assert_int_equal(o.header.count, lines[k].is_field);
		if (!lines[k].is_field) {
			assert_true(o.body.len >= in.len);
			assert_memory_equal(o.body.data, in.data, in.len);
		}
		end(&o);
	}
	buf_free(&in);
}

/* What is open for long is told in the end, and in linear time, even by the
 * byte. */
static void
test_long_open(void **state)
{
	static const size_t pieces[] = { 1, 2, 999, 65536, SIZE_MAX };
	struct outcome o;
	struct buf in;
	clock_t start = clock();

	(void)state;
	buf_init(&in, SIZE_MAX / 2);
	make_line(&in, "From ", 'x', 30000, "");
	make_line(&in, "", ' ', 30000, MON);
	for (size_t i = 0; i < 30; i++)
		make_line(&in, "Bcc", ' ', HEADER_SCAN_MAX - 10, ": b@x\r\n");
	buf_puts(&in, "\r\nbody\r\n");
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		feed(&o, in.data, in.len, 0, pieces[i]);
		assert_int_equal(o.how, HEADER_ENDED);
		assert_int_equal(header_count(&o.header, HEADER_BCC), 30);
		assert_int_equal(o.header.count, 30);
		assert_string_equal(o.body.data, "body\r\n");
		end(&o);
	}
	buf_free(&in);
	assert_true(clock() - start < 60 * CLOCKS_PER_SEC);
}

/* A body line right behind a header of the greatest size is no fault. */
static void
test_limit_of_size(void **state)
{
	static const size_t pieces[] = { 1000, 65536, SIZE_MAX };
	struct outcome o;
	struct buf in;

	(void)state;
	buf_init(&in, SIZE_MAX / 2);
	for (size_t i = 0; i < 6; i++) {
		size_t extra = i / 3;

		buf_reset(&in);
		make_line(&in, "To: ", 'x', HEADER_MAX - 6 + extra, "\r\n");
		make_line(&in, "no field", 'y', 2000, "\r\n");
		feed(&o, in.data, in.len, 0, pieces[i % 3]);
		if (extra == 0) {
			assert_int_equal(o.how, HEADER_ENDED);
			assert_int_equal(o.header.raw.len, HEADER_MAX);
			assert_int_equal(o.body.len, 2010);
		} else {
			assert_int_equal(o.how, HEADER_FAILED);
			assert_int_equal(o.res.kind, RESULT_DATA);
		}
		end(&o);
	}
	buf_free(&in);
}

static void
test_limit_of_fields(void **state)
{
	struct outcome o;
	struct buf in;

	(void)state;
	buf_init(&in, SIZE_MAX / 2);
	for (size_t i = 0; i < HEADER_FIELDS_MAX; i++)
		buf_puts(&in, "Received: from x\r\n by y\r\n");
	feed(&o, in.data, in.len, 0, 4096);
	assert_int_equal(o.how, HEADER_ENDED);
	assert_int_equal(o.header.count, HEADER_FIELDS_MAX);
	assert_int_equal(
	    header_count(&o.header, HEADER_RECEIVED), HEADER_FIELDS_MAX);
	end(&o);
	buf_puts(&in, "A: b\r\n");
	feed(&o, in.data, in.len, 0, 4096);
	assert_int_equal(o.how, HEADER_FAILED);
	assert_int_equal(o.res.kind, RESULT_DATA);
	end(&o);
	buf_free(&in);
}

/* Two megabytes of folds, whole and by the byte: time is linear. */
static void
test_large_to(void **state)
{
	struct outcome o;
	struct buf in;
	clock_t start = clock();

	(void)state;
	buf_init(&in, SIZE_MAX / 2);
	buf_puts(&in, "To: a@b.example");
	while (in.len < HEADER_MAX - 100)
		buf_puts(&in, ",\r\n somebody@example.com");
	buf_puts(&in, "\r\n");
	for (size_t piece = 1; piece < HEADER_MAX; piece *= 256) {
		feed(&o, in.data, in.len, 0, piece);
		assert_int_equal(o.how, HEADER_ENDED);
		assert_int_equal(o.header.count, 1);
		assert_int_equal(o.header.raw.len, in.len);
		end(&o);
	}
	buf_free(&in);
	assert_true(clock() - start < 60 * CLOCKS_PER_SEC);
}

static void
test_after_the_end(void **state)
{
	struct outcome o;
	struct buf held;
	size_t used;

	(void)state;
	begin(&o);
	buf_init(&held, 64);
	assert_int_equal(
	    header_push(&o.header, "A: b\r\n\r\nx", 9, &used, &held, &o.res),
	    HEADER_ENDED);
	assert_int_equal(used, 8);
	assert_int_equal(held.len, 0);
	assert_int_equal(
	    header_push(&o.header, "x", 1, &used, &held, &o.res), HEADER_ENDED);
	assert_int_equal(used, 0);
	assert_int_equal(header_finish(&o.header, &held, &o.res), HEADER_ENDED);
	assert_int_equal(held.len, 0);
	assert_int_equal(o.header.count, 1);
	buf_free(&held);
	end(&o);
}

static void
test_held_too_small(void **state)
{
	struct outcome o;
	struct buf held;
	size_t used;

	(void)state;
	begin(&o);
	buf_init(&held, 4);
	assert_int_equal(
	    header_push(&o.header, "no field\r\n", 10, &used, &held, &o.res),
	    HEADER_FAILED);
	assert_int_equal(o.res.kind, RESULT_SYSTEM);
	buf_free(&held);
	end(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_resent),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_long_open),
		cmocka_unit_test(test_limit_of_size),
		cmocka_unit_test(test_limit_of_fields),
		cmocka_unit_test(test_large_to),
		cmocka_unit_test(test_after_the_end),
		cmocka_unit_test(test_held_too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
