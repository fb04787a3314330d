#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mail/header.h"
#include "mail/recode.h"

#define OUT_MAX (32 * 1024 * 1024)
#define A10 "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define A900 A100 A100 A100 A100 A100 A100 A100 A100 A100
#define A990 A900 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define A1000 A990 A10
#define A75 A10 A10 A10 A10 A10 A10 A10 "aaaaa"
#define A70 A10 A10 A10 A10 A10 A10 A10
#define Y10 "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
#define Y1 Y10 "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\r\n"
#define Y17 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1 Y1
#define U "\303\251"
#define MIXED \
	"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; " \
	"boundary=b\r\n\r\n"
#define SIGNED \
	"MIME-Version: 1.0\r\nContent-Type: multipart/signed; " \
	"boundary=b\r\n\r\n"
#define MIME_1 "MIME-Version: 1.0\r\n"
#define CTE "Content-Transfer-Encoding: "
#define QP CTE "quoted-printable\r\n"
#define BASE64 CTE "base64\r\n"

/* A message in memory, read in pieces of at most `piece` bytes. */
struct memory {
	const char *p;
	size_t n, piece;
};

static int
read_memory(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	const struct memory *m = arg;

	(void)res;
	*got = m->n - off < n ? m->n - (size_t)off : n;
	if (*got > m->piece)
		*got = m->piece;
	memcpy(p, m->p + off, *got);
	return 0;
}

static int
write_memory(void *arg, const char *p, size_t n, struct result *res)
{
	(void)res;
	assert_true(n > 0);
	buf_add(arg, p, n);
	return 0;
}

static int
run(const char *p, size_t n, size_t piece, enum recode_want want,
    struct buf *out, struct result *res)
{
	struct memory m = { .p = p, .n = n, .piece = piece };
	struct source source = { .read = read_memory, .arg = &m, .size = n };
	struct recode_sink sink = { .write = write_memory, .arg = out };

	buf_reset(out);
	return recode(&source, want, &sink, res);
}

static const size_t pieces[] = { SIZE_MAX, 1, 2, 3, 7 };
#define PIECES (sizeof pieces / sizeof *pieces)

/* What comes out is `want`, whatever the pieces; and comes out again. */
static void
check(const char *in, enum recode_want how, const char *want)
{
	struct buf out;
	struct result res;

	buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < PIECES; i++) {
		if (run(in, strlen(in), pieces[i], how, &out, &res) == -1)
			fail_msg("%s: %s", in, res.text);
		assert_string_equal(out.data, want);
		assert_int_equal(
		    run(want, strlen(want), pieces[i], how, &out, &res), 0);
		assert_string_equal(out.data, want);
	}
	buf_free(&out);
}

static void
check_failure(const char *in, enum recode_want how, const char *text)
{
	struct buf out;
	struct result res;

	buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < PIECES; i++) {
		assert_int_equal(
		    run(in, strlen(in), pieces[i], how, &out, &res), -1);
		assert_int_equal(res.kind, RESULT_CONVERSION);
		if (strstr(res.text, text) == NULL)
			fail_msg("\"%s\" lacks \"%s\"", res.text, text);
		assert_int_equal(out.len, 0);
	}
	buf_free(&out);
}

/* What passes to the byte. */
static const char *const same[] = {
	"",
	"Subject: x\r\n\r\nbody\r\n",
	"Subject: x\r\n",
	"\r\n",
	"\r\nbody\r\n",
	"no header\r\nbody\r\n",
	" folded\r\nbody\r\n",
	"A:\r\n \r\n b\r\n\r\n" A990 "aaaaaaaa\r\n",
	CTE "x-uuencode\r\n\r\nbegin\r\n",
	MIXED "pre\r\n--b\r\n\r\n--b\r\nA: b\r\n--b\r\n--b  \t\r\n\r\nx\r\n"
	      "--b--\r\nepilogue\r\n--b\r\nno part\r\n",
	MIXED "--b\r\n\r\nno final boundary\r\n",
	MIXED,
	SIGNED "--b\r\n" CTE "8bit\r\n\r\n7-bit\r\n--b--\r\n",
	"Content-Type: multipart/mixed\r\n\r\nno boundary\r\n",
	"Content-Type: message/partial\r\n\r\nfits\r\n",
	"Content-Type: message/rfc822\r\n\r\nFrom x Mon Jan 1\r\nA: b\r\n\r\n",
	"Content-Type: message/rfc822\r\n",
	"Content-Type: message/rfc822\r\n\r\n",
};

static void
passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		check(same[i], RECODE_SHORT, same[i]);
		check(same[i], RECODE_7BIT, same[i]);
	}
}

static const struct {
	const char *in, *want;
} rows_7bit[] = {
	/* no MIME field at all */
	{ "Subject: x\r\n\r\ncaf" U " and more text\r\n--b \r\n",
	    "Subject: x\r\n" MIME_1
	    "Content-Type: text/plain; charset=unknown-8bit\r\n" QP
	    "\r\ncaf=C3=A9 and more text\r\n=2D-b=20\r\n" },
	{ "Subject: x\r\n\r\n" A1000 "\r\n",
	    "Subject: x\r\n" MIME_1
	    "Content-Type: text/plain; charset=us-ascii\r\n" QP "\r\n" A75
	    "=\r\n" A75 "=\r\n" A75 "=\r\n" A75 "=\r\n" A75 "=\r\n" A75
	    "=\r\n" A75 "=\r\n" A75 "=\r\n" A75 "=\r\n" A75 "=\r\n" A75
	    "=\r\n" A75 "=\r\n" A75 "=\r\naaaaaaaaaaaaaaaaaaaaaaaaa\r\n" },
	/* not even a header, or no blank line after it */
	{ "caf" U " and more text\r\n",
	    MIME_1 "Content-Type: text/plain; charset=unknown-8bit\r\n" QP
		   "\r\ncaf=C3=A9 and more text\r\n" },
	{ "Subject: x\r\ncaf" U ": and more text\r\n",
	    "Subject: x\r\n" MIME_1
	    "Content-Type: text/plain; charset=unknown-8bit\r\n" QP
	    "\r\ncaf=C3=A9: and more text\r\n" },
	{ MIXED "--b\r\ncaf" U ": and more text\r\n--b--\r\n",
	    MIXED "--b\r\n" QP "\r\ncaf=C3=A9: and more text\r\n--b--\r\n" },
	/* replaced in place, or added */
	{ CTE " 8bit (x)\r\nContent-Type: text/html\r\nA: b\r\n\r\n"
	      "caf" U " and more text\r\n",
	    QP "Content-Type: text/html\r\nA: b\r\n" MIME_1
	       "\r\ncaf=C3=A9 and more text\r\n" },
	{ MIME_1 "content-transfer-encoding:8bit\r\nA: b\r\n" CTE
		 "base64\r\n\r\ncaf" U " and more text\r\n",
	    MIME_1 QP "A: b\r\n\r\ncaf=C3=A9 and more text\r\n" },
	{ MIME_1 "\r\ncaf" U " and more text\r\n",
	    MIME_1 QP "\r\ncaf=C3=A9 and more text\r\n" },
	/* base64 where that is shorter, or the type is no text */
	{ MIME_1 "Content-Type: text/plain\r\n\r\n" U U U U "\r\n",
	    MIME_1 "Content-Type: text/plain\r\n" BASE64
		   "\r\nw6nDqcOpw6kNCg==\r\n" },
	{ MIME_1 "Content-Type: image/x\r\n\r\n\377 and more text\r\n",
	    MIME_1 "Content-Type: image/x\r\n" BASE64
		   "\r\n/yBhbmQgbW9yZSB0ZXh0DQo=\r\n" },
	{ MIME_1 "Content-Type: message/delivery-status\r\n\r\n" U U "\r\n",
	    MIME_1 "Content-Type: message/delivery-status\r\n" QP
		   "\r\n=C3=A9=C3=A9\r\n" },
	/* the line end before a boundary is not the part's */
	{ MIXED "--b\r\nContent-Type: a/b\r\n\r\n\377\r\n--b\r\n"
		"Content-Type: a/b\r\n\r\n\377\r\n\r\n--b--\r\n",
	    MIXED "--b\r\nContent-Type: a/b\r\n" BASE64 "\r\n/w==\r\n--b\r\n"
		  "Content-Type: a/b\r\n" BASE64 "\r\n/w0K\r\n--b--\r\n" },
	{ MIXED "--b\r\nContent-Type: a/b\r\n\r\n\377\r\n",
	    MIXED "--b\r\nContent-Type: a/b\r\n" BASE64 "\r\n/w==\r\n" },
	/* what is said to be 8-bit, and is not */
	{ MIME_1 CTE "8bit\r\n\r\nx\r\n", MIME_1 CTE "7bit\r\n\r\nx\r\n" },
	{ MIME_1 CTE "BINARY\r\nContent-Type: multipart/mixed; boundary=b\r\n"
		     "\r\n--b\r\n" CTE "8bit\r\n\r\nx\r\n--b--\r\n",
	    MIME_1 CTE "7bit\r\nContent-Type: multipart/mixed; boundary=b\r\n"
		       "\r\n--b\r\n" CTE "7bit\r\n\r\nx\r\n--b--\r\n" },
	/* around parts */
	{ MIXED "pr" U "\r\n--b\xff\r\n--b\r\n\r\nx\r\n--b--\r\n\377\r\n",
	    MIXED "pr??\r\n?-b?\r\n--b\r\n\r\nx\r\n--b--\r\n?\r\n" },
	/* attached messages */
	{ MIXED "--b\r\nContent-Type: message/rfc822\r\n" CTE
		"8bit\r\n\r\nSubject: x\r\n\r\ncaf" U
		" and more text\r\n--b--\r\n",
	    MIXED "--b\r\nContent-Type: message/rfc822\r\n" CTE
		  "7bit\r\n\r\nSubject: x\r\n" MIME_1
		  "Content-Type: text/plain; charset=unknown-8bit\r\n" QP
		  "\r\ncaf=C3=A9 and more text\r\n--b--\r\n" },
	{ "Content-Type: message/rfc822\r\n\r\nContent-Type: "
	  "multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n" CTE
	  "8bit\r\n\r\ncaf" U " and more text\r\n--b--\r\n",
	    "Content-Type: message/rfc822\r\n\r\nContent-Type: "
	    "multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n" QP
		MIME_1 "\r\ncaf=C3=A9 and more text\r\n--b--\r\n" },
	/* MIME-Version of the message whose part is encoded */
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ncaf" U
	  " and more text\r\n--b--\r\n",
	    "Content-Type: multipart/mixed; boundary=b\r\n" MIME_1
	    "\r\n--b\r\n" QP "\r\ncaf=C3=A9 and more text\r\n--b--\r\n" },
	/* already encoded */
	{ MIME_1 QP "\r\na=C3" U "=\r\nb=\377=3\377==\r\n",
	    MIME_1 QP "\r\na=C3=C3=A9=\r\nb=3D=FF=3=FF==\r\n" },
	{ MIME_1 BASE64 "\r\nAA\377A\302\240A!\r\n--\r\n=\r\n",
	    MIME_1 BASE64 "\r\nAAAA\r\n\r\n=\r\n" },
	/* boundaries that are none, and those of others */
	{ MIXED "--b\r\n\r\n--bb\r\n--b-\r\n--b--x\r\n -b\r\n--\r\n-\r\ncaf" U
		" and more text\r\n--b--\t\r\n",
	    MIXED "--b\r\n" QP
		  "\r\n=2D-bb\r\n=2D-b-\r\n=2D-b--x\r\n -b\r\n=2D-\r\n=2D\r\n"
		  "caf=C3=A9 and more text\r\n--b--\t\r\n" },
	{ MIXED "--b\r\nContent-Type: multipart/x; boundary=bb\r\n\r\n--bb\r\n"
		"A: b\r\n\r\n\r\n--b\r\n\r\n--bb\r\ncaf" U
		" and more text\r\n--b--\r\n",
	    MIXED "--b\r\nContent-Type: multipart/x; boundary=bb\r\n\r\n--bb\r"
		  "\nA: b\r\n\r\n\r\n--b\r\n" QP
		  "\r\n=2D-bb\r\ncaf=C3=A9 and more text\r\n--b--\r\n" },
	/* the header of a part */
	{ MIXED "--b\r\nContent-Type: a/b\r\n--b\r\n" BASE64
		"\r\n\r\n--b--\r\n",
	    MIXED "--b\r\nContent-Type: a/b\r\n--b\r\n" BASE64
		  "\r\n\r\n--b--\r\n" },
	{ MIXED "--b\r\nContent-Type: a/b; name=" U "\r\n\r\n\r\n--b--\r\n",
	    MIXED "--b\r\nContent-Type: a/b; name*=UTF-8''%C3%A9"
		  "\r\n\r\n\r\n--b--\r\n" },
	{ "Content-Type: message/rfc822\r\n\r\n"
	  "From x" U " Mon Jan 1\r\nSubject: " U "\r\n\r\n",
	    "Content-Type: message/rfc822\r\n\r\n"
	    "Subject: =?UTF-8?B?w6k=?=\r\n\r\n" },
	{ "Content-Type: message/rfc822\r\n"
	  "From x" U " Mon Jan 1\r\nSubject: x\r\n\r\n",
	    "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n" },
};

static void
seven_bit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows_7bit / sizeof *rows_7bit; i++)
		check(rows_7bit[i].in, RECODE_7BIT, rows_7bit[i].want);
}

static const struct {
	const char *in, *want;
} rows_short[] = {
	{ MIME_1 CTE "8bit\r\n\r\n" U "\r\n",
	    MIME_1 CTE "8bit\r\n\r\n" U "\r\n" },
	{ MIME_1 CTE "binary\r\nContent-Type: a/b\r\n\r\n" A1000 "\r\n",
	    MIME_1 BASE64 "Content-Type: a/b\r\n\r\n" Y17 Y10 "YQ0K\r\n" },
	{ MIME_1 BASE64 "\r\n" A990 A10 "\r\n",
	    MIME_1 BASE64 "\r\n" A990 "aaaaaaaa\r\naa\r\n" },
	{ MIME_1 QP "\r\n" A990 "-=41--" A100 "\r\n",
	    MIME_1 QP "\r\n" A990 "-=\r\n=41--" A100 "\r\n" },
	{ MIME_1 QP "\r\n" A990 "a--" A100 "\r\n",
	    MIME_1 QP "\r\n" A990 "a=\r\n=2D-" A100 "\r\n" },
	{ MIXED A990 U U U U "aaaa\r\n--b\r\n\r\nx\r\n--b--\r\n",
	    MIXED A990 U U U U "\r\n aaaa\r\n--b\r\n\r\nx\r\n--b--\r\n" },
	{ MIXED "--b\r\nX: " A900 " " A100 "\r\n\r\nx\r\n--b--\r\n",
	    MIXED "--b\r\nX: " A900 "\r\n " A100 "\r\n\r\nx\r\n--b--\r\n" },
};

static void
short_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows_short / sizeof *rows_short; i++)
		if (rows_short[i].want != NULL)
			check(
			    rows_short[i].in, RECODE_SHORT, rows_short[i].want);
}

/* What must not, or cannot, be changed. */
static void
failures(void **state)
{
	static const struct {
		const char *in, *text;
	} rows[] = {
		{ SIGNED "--b\r\n\r\n" U "\r\n--b--\r\n",
		    "is signed (multipart/signed) and holds 8-bit text" },
		{ SIGNED "--b\r\n\r\n" U "\r\n--b--\r\n",
		    "sign it again with quoted-printable parts" },
		{ SIGNED "--b\r\n\r\n" A1000 "\r\n--b--\r\n",
		    "is signed (multipart/signed) and holds lines over" },
		{ MIXED "--b\r\nContent-Type: multipart/encrypted; boundary=c"
			"\r\n\r\n--c\r\n\r\n" U "\r\n--c--\r\n--b--\r\n",
		    "is encrypted (multipart/encrypted)" },
		{ "Content-Type: multipart/mixed\r\n\r\n" U "\r\n",
		    "no valid boundary" },
		{ "Content-Type: multipart/mixed; boundary=" U "\r\n\r\n" U
		  "\r\n",
		    "no valid boundary" },
		{ "Content-Type: message/partial\r\n\r\n" U "\r\n",
		    "message/partial" },
		{ MIME_1 CTE " x-uuencode\r\n\r\n" U "\r\n", "\"x-uuencode\"" },
		{ MIXED "--b\r\nDKIM-Signature: " A1000 "\r\n\r\n--b--\r\n",
		    "field DKIM-Signature in the header of a part has a word" },
		{ MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\n"
			"To: " U "@example.com\r\n\r\n--b--\r\n",
		    "field To in the header of a part has an address" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_failure(rows[i].in, RECODE_7BIT, rows[i].text);
}

/* A boundary that would be broken by a fold is no boundary any more. */
static void
field_that_cannot_be_folded(void **state)
{
	(void)state;
	check_failure("Content-Type: multipart/mixed; x=" A900 A10 A10 A10 A10
		      ";boundary=" A10 A10 A10 A10 A10 "\r\n\r\nx\r\n",
	    RECODE_SHORT, "the field Content-Type");
}

static void
repeat(struct buf *b, size_t times, const char *text)
{
	for (size_t i = 0; i < times; i++)
		buf_puts(b, text);
}

/* What is beyond the bounds passes as long as it fits. */
static void
check_bound(const struct buf *start, const char *end, const char *text)
{
	struct buf in, out;
	struct result res;

	buf_init(&in, OUT_MAX);
	buf_init(&out, OUT_MAX);
	buf_add(&in, start->data, start->len);
	buf_puts(&in, "fits\r\n");
	buf_puts(&in, end);
	assert_int_equal(
	    run(in.data, in.len, in.len, RECODE_7BIT, &out, &res), 0);
	assert_string_equal(out.data, in.data);
	buf_reset(&in);
	buf_add(&in, start->data, start->len);
	buf_puts(&in, "does n" U "t\r\n");
	buf_puts(&in, end);
	assert_int_equal(
	    run(in.data, in.len, in.len, RECODE_7BIT, &out, &res), -1);
	assert_int_equal(res.kind, RESULT_CONVERSION);
	assert_non_null(strstr(res.text, text));
	buf_free(&in);
	buf_free(&out);
}

static void
bounds(void **state)
{
	struct buf in;

	(void)state;
	buf_init(&in, OUT_MAX);
	buf_puts(&in, MIXED);
	repeat(&in, 20000, "--b\r\n\r\nx\r\n");
	buf_puts(&in, "--b\r\n\r\n");
	check_bound(&in, "--b--\r\n", "too many parts");
	buf_reset(&in);
	repeat(&in, 20000, "Content-Type: message/rfc822\r\n\r\n");
	check_bound(&in, "", "too deep");
	buf_reset(&in);
	for (int i = 0; i < 1000; i++)
		buf_printf(&in,
		    "Content-Type: multipart/x; boundary=b%d\r\n\r\n--b%d\r\n",
		    i, i);
	check_bound(&in, "", "too deep");
	buf_free(&in);
}

/* What is at the bounds is recoded. */
static void
within_bounds(void **state)
{
	struct buf in, out;
	struct result res;

	(void)state;
	buf_init(&in, OUT_MAX);
	buf_init(&out, OUT_MAX);
	buf_puts(&in, MIXED);
	repeat(&in, RECODE_PARTS_MAX - 1, "--b\r\n\r\n" U " and more\r\n");
	assert_int_equal(
	    run(in.data, in.len, in.len, RECODE_7BIT, &out, &res), 0);
	buf_reset(&in);
	repeat(&in, RECODE_DEPTH_MAX, "Content-Type: message/rfc822\r\n\r\n");
	buf_puts(&in, "\r\n" U " and more\r\n");
	assert_int_equal(
	    run(in.data, in.len, in.len, RECODE_7BIT, &out, &res), 0);
	assert_non_null(strstr(out.data, "\r\n\r\n=C3=A9 and more\r\n"));
	buf_free(&in);
	buf_free(&out);
}

static void
field_too_large(void **state)
{
	struct buf in, out;
	struct result res;

	(void)state;
	buf_init(&in, OUT_MAX);
	buf_init(&out, OUT_MAX);
	buf_puts(&in, MIXED "--b\r\nA: b\r\n");
	repeat(&in, HEADER_MAX / 1002 + 1, " " A1000 "\r\n");
	assert_int_equal(
	    run(in.data, in.len, in.len, RECODE_SHORT, &out, &res), -1);
	assert_int_equal(res.kind, RESULT_CONVERSION);
	buf_free(&in);
	buf_free(&out);
}

/* A text without an end, of which nothing is kept. */
static int
read_letters(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	const char *letters = arg;

	(void)off;
	(void)res;
	memset(p, letters[0], n);
	*got = n;
	return 0;
}

static int
count_bytes(void *arg, const char *p, size_t n, struct result *res)
{
	size_t *sum = arg;

	(void)p;
	(void)res;
	assert_true(n < 1024 * 1024);
	*sum += n;
	return 0;
}

/* However long a line is, what comes out does so in small pieces. */
static void
large(void **state)
{
	size_t sum = 0;
	char letters[] = "x";
	struct source source = {
		.read = read_letters, .arg = letters, .size = 50 * 1024 * 1024
	};
	struct recode_sink sink = { .write = count_bytes, .arg = &sum };
	struct result res;

	(void)state;
	assert_int_equal(recode(&source, RECODE_7BIT, &sink, &res), 0);
	assert_true(sum > source.size);
	letters[0] = '-';
	assert_int_equal(recode(&source, RECODE_7BIT, &sink, &res), 0);
}

static int
read_nothing(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	(void)arg;
	(void)off;
	(void)p;
	(void)n;
	(void)res;
	*got = 0;
	return 0;
}

static int
read_failing(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	(void)arg;
	(void)off;
	(void)p;
	(void)n;
	(void)got;
	return result_fail(res, RESULT_SYSTEM, "cannot read");
}

static int
write_failing(void *arg, const char *p, size_t n, struct result *res)
{
	(void)arg;
	(void)p;
	(void)n;
	return result_fail(res, RESULT_STORAGE, "cannot write");
}

static void
other_failures(void **state)
{
	struct memory m = { .p = "x\r\n", .n = 3, .piece = 3 };
	struct source source = { .read = read_nothing, .arg = &m, .size = 3 };
	struct recode_sink sink = { .write = write_failing };
	struct result res;

	(void)state;
	assert_int_equal(recode(&source, RECODE_7BIT, &sink, &res), -1);
	assert_int_equal(res.kind, RESULT_STORAGE);
	assert_string_equal(res.text, "message ends early");
	source.read = read_failing;
	assert_int_equal(recode(&source, RECODE_7BIT, &sink, &res), -1);
	assert_string_equal(res.text, "cannot read");
	source.read = read_memory;
	assert_int_equal(recode(&source, RECODE_7BIT, &sink, &res), -1);
	assert_string_equal(res.text, "cannot write");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes),
		cmocka_unit_test(seven_bit),
		cmocka_unit_test(short_lines),
		cmocka_unit_test(failures),
		cmocka_unit_test(field_that_cannot_be_folded),
		cmocka_unit_test(bounds),
		cmocka_unit_test(within_bounds),
		cmocka_unit_test(field_too_large),
		cmocka_unit_test(large),
		cmocka_unit_test(other_failures),
	};

	return cmocka_run_group_tests_name("recode", tests, NULL, NULL);
}
