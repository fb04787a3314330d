#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "mail/charset.h"

#define UTF8_MAX 4 /* bytes of a character */
#define HELD_MAX 32 /* bytes that may begin a character and be none yet */
#define PIECE_MAX 512 /* bytes decoded at a time */
#define OUT_MAX 2048 /* bytes that come out at a time */

static const iconv_t closed = (iconv_t)-1;

/* What locales call a set, but for case and punctuation, and mail does not
 * (the IANA registry's preferred MIME names). */
static const struct {
	const char *locale, *mail;
} mail_names[] = {
	{ "big5hkscs", "Big5-HKSCS" },
	{ "cp1251", "windows-1251" },
	{ "cp1255", "windows-1255" },
	{ "euccn", "GB2312" },
	{ "eucjp", "EUC-JP" },
	{ "euckr", "EUC-KR" },
	{ "koi8r", "KOI8-R" },
	{ "koi8u", "KOI8-U" },
	{ "sjis", "Shift_JIS" },
	{ "tis620", "TIS-620" },
};

/* One of the sets, and how its reading of the text goes. */
struct decoder {
	const char *name;
	iconv_t cd; /* closed: not begun, or the text is not in this set */
	char held[PIECE_MAX]; /* what is to be decoded next */
	size_t len;
};

struct charset_scan {
	bool is_8bit; /* a byte above 127 was seen */
	bool is_utf8; /* as far as it was seen */
	char cut[UTF8_MAX]; /* the character that is not whole yet */
	size_t cut_len;
	struct decoder decoders[CHARSET_CHOICES];
};

/* How many bytes of ASCII `p` begins with. */
static size_t
ascii_run(const char *p, size_t n)
{
	size_t i = 0;
	uint64_t eight;

	for (; n - i >= sizeof eight; i += sizeof eight) {
		memcpy(&eight, p + i, sizeof eight);
		if ((eight & 0x8080808080808080) != 0)
			break;
	}
	while (i < n && !ascii_is_8bit(p[i]))
		i++;
	return i;
}

/* Decodes the one byte `c` from its beginning; returns how many bytes of
 * UTF-8 that is, at most 16 and written to `out`, or 0 when it is no
 * character. */
static size_t
decode_byte(iconv_t cd, char c, char out[16])
{
	char *in = &c, *dst = out;
	size_t left = 1, room = 16;

	(void)iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &left, &dst, &room) == (size_t)-1 || left > 0 ||
	    iconv(cd, NULL, NULL, &dst, &room) == (size_t)-1)
		return 0;
	return 16 - room;
}

/* Whether ASCII stands for itself, and nothing else for ASCII: what decoding
 * brought forth would be taken for syntax. */
static bool
keeps_ascii(iconv_t cd)
{
	char out[16];

	for (int i = 0; i < 256; i++) {
		size_t n = decode_byte(cd, (char)i, out);

		if (i < 128 ? n != 1 || *out != (char)i
			    : n > 0 && !ascii_is_8bit(*out))
			return false;
	}
	return true;
}

static bool
is_utf8(iconv_t cd)
{
	char text[] = "\303\266", out[16], *in = text, *dst = out;
	size_t left = 2, room = sizeof out;

	(void)iconv(cd, NULL, NULL, NULL, NULL);
	return iconv(cd, &in, &left, &dst, &room) != (size_t)-1 && left == 0 &&
	    dst - out == 2 && memcmp(out, text, 2) == 0;
}

/* Letters and digits, and "-_.:" after the first: no suffix that asks iconv
 * to guess, and not the empty name that asks for the locale's. */
static bool
is_name(const char *name)
{
	size_t i = 0;

	while (ascii_is_alnum(name[i]) ||
	    (i > 0 && name[i] != '\0' && strchr("-_.:", name[i]) != NULL))
		i++;
	return i > 0 && name[i] == '\0' && i < CHARSET_NAME_MAX;
}

bool
charset_is_usable(const char *name)
{
	bool usable;
	iconv_t cd;

	/* what nearly every locale says need not be looked up */
	if (ascii_equal(name, CHARSET_UTF8) || !is_name(name) ||
	    (cd = iconv_open(CHARSET_UTF8, name)) == closed)
		return false;
	usable = keeps_ascii(cd) && !is_utf8(cd);
	(void)iconv_close(cd);
	return usable;
}

/* Makes the name that mail has for it of the name of a codeset. */
static void
use_mail_name(char codeset[CHARSET_NAME_MAX])
{
	static const char iso[] = "iso8859";
	char bare[CHARSET_NAME_MAX];
	size_t n = 0;

	for (const char *p = codeset; *p != '\0'; p++)
		if (ascii_is_alnum(*p))
			bare[n++] = *p;
	bare[n] = '\0';
	if (ascii_begins(bare, iso)) {
		strlcpy(codeset, "ISO-8859-", CHARSET_NAME_MAX);
		strlcat(codeset, bare + sizeof iso - 1, CHARSET_NAME_MAX);
	}
	for (size_t i = 0; i < sizeof mail_names / sizeof *mail_names; i++)
		if (ascii_equal(bare, mail_names[i].locale))
			strlcpy(codeset, mail_names[i].mail, CHARSET_NAME_MAX);
}

/* Puts the codeset of a locale's name into `codeset`; "" when it has none. */
static void
read_codeset(const char *locale, char codeset[CHARSET_NAME_MAX])
{
	const char *dot = strchr(locale, '.');
	size_t n = dot == NULL ? 0 : strcspn(dot + 1, "@");

	*codeset = '\0';
	if (n > 0 && n < CHARSET_NAME_MAX)
		strlcpy(codeset, dot + 1, n + 1);
	use_mail_name(codeset);
}

void
charset_choose(struct charset_choices *choices, const char *configured,
    const char *const locales[3])
{
	char codeset[CHARSET_NAME_MAX] = "";
	const char *wanted[CHARSET_CHOICES] = { configured, codeset };
	size_t first = 0, used = 0;

	*choices = (struct charset_choices){ .names = { "" } };
	while (first < 3 && (locales[first] == NULL || *locales[first] == '\0'))
		first++;
	if (first < 3)
		read_codeset(locales[first], codeset);
	for (size_t i = 0; i < CHARSET_CHOICES; i++)
		if (wanted[i] != NULL && charset_is_usable(wanted[i]))
			strlcpy(choices->names[used++], wanted[i],
			    CHARSET_NAME_MAX);
}

static void
decoder_close(struct decoder *d)
{
	if (d->cd != closed)
		(void)iconv_close(d->cd);
	d->cd = closed;
}

/* Decodes what is held, but for a character at its end that is not whole. */
static void
decode_held(struct decoder *d)
{
	char out[OUT_MAX], *in = d->held, *dst;
	size_t left = d->len, room, rc;

	do {
		dst = out;
		room = sizeof out;
		rc = iconv(d->cd, &in, &left, &dst, &room);
	} while (rc == (size_t)-1 && errno == E2BIG && room < sizeof out);
	if ((rc == (size_t)-1 && errno != EINVAL) || left >= HELD_MAX) {
		decoder_close(d);
		return;
	}
	memmove(d->held, in, left);
	d->len = left;
}

static void
decoder_push(struct decoder *d, const char *p, size_t n)
{
	while (n > 0 && d->cd != closed) {
		size_t skip = d->len == 0 ? ascii_run(p, n) : 0, take;

		p += skip;
		n -= skip;
		take = sizeof d->held - d->len;
		if (take > n)
			take = n;
		memcpy(d->held + d->len, p, take);
		d->len += take;
		p += take;
		n -= take;
		if (d->len > 0)
			decode_held(d);
	}
}

/* Goes on with the character that was cut off; returns how many bytes of `p`
 * it took. */
static size_t
finish_cut(struct charset_scan *scan, const char *p, size_t n)
{
	size_t before = scan->cut_len, used = 0, len;

	while (used < n && scan->cut_len < UTF8_MAX) {
		scan->cut[scan->cut_len++] = p[used++];
		len = text_utf8_length(scan->cut, scan->cut_len);
		if (len > 0) {
			scan->cut_len = 0;
			return len - before;
		}
	}
	scan->is_utf8 = scan->cut_len < UTF8_MAX;
	return used;
}

static void
push_utf8(struct charset_scan *scan, const char *p, size_t n)
{
	size_t len;

	if (scan->cut_len > 0) {
		len = finish_cut(scan, p, n);
		p += len;
		n -= len;
	}
	while (scan->is_utf8 && n > 0) {
		if ((len = ascii_run(p, n)) == 0)
			len = text_utf8_length(p, n);
		if (len == 0)
			break;
		p += len;
		n -= len;
	}
	if (n >= UTF8_MAX)
		scan->is_utf8 = false;
	if (!scan->is_utf8 || n == 0)
		return;
	memcpy(scan->cut, p, n);
	scan->cut_len = n;
}

static void
scan_init(struct charset_scan *scan, const struct charset_choices *choices)
{
	*scan = (struct charset_scan){ .is_utf8 = true };
	for (size_t i = 0; i < CHARSET_CHOICES; i++) {
		scan->decoders[i].name = choices == NULL ? ""
							 : choices->names[i];
		scan->decoders[i].cd = closed;
	}
}

static void
scan_clear(struct charset_scan *scan)
{
	for (size_t i = 0; i < CHARSET_CHOICES; i++)
		decoder_close(&scan->decoders[i]);
}

int
charset_scan_new(struct charset_scan **scan,
    const struct charset_choices *choices, struct result *res)
{
	if ((*scan = malloc(sizeof **scan)) == NULL)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	scan_init(*scan, choices);
	return 0;
}

void
charset_scan_push(struct charset_scan *scan, const char *p, size_t n)
{
	if (!scan->is_8bit) {
		size_t skip = ascii_run(p, n);

		p += skip;
		n -= skip;
		if (n == 0)
			return;
		scan->is_8bit = true;
		for (size_t i = 0; i < CHARSET_CHOICES; i++)
			if (*scan->decoders[i].name != '\0')
				scan->decoders[i].cd = iconv_open(
				    CHARSET_UTF8, scan->decoders[i].name);
	}
	if (scan->is_utf8)
		push_utf8(scan, p, n);
	for (size_t i = 0; i < CHARSET_CHOICES; i++)
		decoder_push(&scan->decoders[i], p, n);
}

const char *
charset_scan_name(const struct charset_scan *scan)
{
	if (!scan->is_8bit)
		return CHARSET_ASCII;
	if (scan->is_utf8 && scan->cut_len == 0)
		return CHARSET_UTF8;
	for (size_t i = 0; i < CHARSET_CHOICES; i++)
		if (scan->decoders[i].cd != closed &&
		    scan->decoders[i].len == 0)
			return scan->decoders[i].name;
	return CHARSET_UNKNOWN;
}

void
charset_scan_free(struct charset_scan *scan)
{
	if (scan == NULL)
		return;
	scan_clear(scan);
	free(scan);
}

/* Appends the `n` bytes at `p`, decoded.  0, or -1 when they are not all in
 * the set. */
static int
convert(struct buf *out, iconv_t cd, const char *p, size_t n)
{
	char *in, held[PIECE_MAX], text[OUT_MAX], *dst;
	size_t left, room, rc, have = 0;

	do {
		size_t take = n < sizeof held - have ? n : sizeof held - have;

		memcpy(held + have, p, take);
		p += take;
		n -= take;
		in = held;
		left = have + take;
		dst = text;
		room = sizeof text;
		rc = iconv(cd, &in, &left, &dst, &room);
		if (rc == (size_t)-1 && errno != EINVAL && errno != E2BIG)
			return -1;
		if (rc == (size_t)-1 && in == held)
			return -1;
		buf_add(out, text, sizeof text - room);
		memmove(held, in, left);
		have = left;
	} while (n > 0 || have > 0);
	dst = text;
	room = sizeof text;
	if (iconv(cd, NULL, NULL, &dst, &room) == (size_t)-1)
		return -1;
	buf_add(out, text, sizeof text - room);
	return 0;
}

const char *
charset_to_utf8(struct buf *out, const char *p, size_t n,
    const struct charset_choices *choices)
{
	struct charset_scan scan;
	const char *name;
	iconv_t cd = closed;
	int rc = 0;

	scan_init(&scan, choices);
	charset_scan_push(&scan, p, n);
	name = charset_scan_name(&scan);
	scan_clear(&scan);
	buf_reset(out);
	if (scan.is_8bit && strcmp(name, CHARSET_UTF8) != 0 &&
	    strcmp(name, CHARSET_UNKNOWN) != 0) {
		if ((cd = iconv_open(CHARSET_UTF8, name)) == closed)
			rc = -1;
		else
			rc = convert(out, cd, p, n);
	} else {
		buf_add(out, p, n);
	}
	if (cd != closed)
		(void)iconv_close(cd);
	if (rc == 0)
		return name;
	buf_reset(out);
	buf_add(out, p, n);
	return CHARSET_UNKNOWN;
}
