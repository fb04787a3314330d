#include "config.h"

#include "base/ascii.h"
#include "mail/address.h"
#include "mail/address_scan.h"
#include "mail/encode.h"

/* A longer name goes out as encoded words, since those can be folded anywhere
 * without a change to the name. */
#define NAME_PLAIN_MAX 200

enum form { FORM_ATOMS, FORM_QUOTED, FORM_ENCODED };

/* Whether nothing of the name is lost when the byte at `i` stands bare:
 * atext, or a single blank, which for a reader is any white space. */
static bool
is_bare(const char *name, size_t i)
{
	return scan_is_atext(name[i]) ||
	    (name[i] == ' ' && i > 0 && name[i - 1] != ' ');
}

static enum form
choose_form(const char *name, size_t n)
{
	enum form form = FORM_ATOMS;

	if (n > NAME_PLAIN_MAX)
		return FORM_ENCODED;
	for (size_t i = 0; i < n; i++) {
		if (ascii_is_8bit(name[i]))
			return FORM_ENCODED;
		if (!is_bare(name, i))
			form = FORM_QUOTED;
	}
	return form;
}

static void
put_quoted(struct buf *out, const char *name, size_t n)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (name[i] == '"' || name[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, ascii_is_control(name[i]) ? ' ' : name[i]);
	}
	buf_putc(out, '"');
}

static void
put_encoded(struct buf *out, const char *name, size_t n,
    const struct charset_choices *charsets)
{
	struct buf text;
	const char *charset;

	buf_init(&text, out->max);
	charset = charset_to_utf8(&text, name, n, charsets);
	if (strcmp(charset, CHARSET_UNKNOWN) != 0)
		charset = CHARSET_UTF8;
	encode_words(out, ENCODE_PHRASE, charset, text.data, text.len);
	out->failed = out->failed || buf_failed(&text);
	buf_free(&text);
}

static bool
is_blank(char c)
{
	return c == ' ' || ascii_is_control(c);
}

void
address_put_name(
    struct buf *out, const char *name, const struct charset_choices *charsets)
{
	size_t n = strlen(name);

	while (n > 0 && is_blank(name[n - 1]))
		n--;
	while (n > 0 && is_blank(*name))
		name++, n--;
	if (n == 0)
		return;
	switch (choose_form(name, n)) {
	case FORM_ATOMS:
		buf_add(out, name, n);
		break;
	case FORM_QUOTED:
		put_quoted(out, name, n);
		break;
	case FORM_ENCODED:
		put_encoded(out, name, n, charsets);
		break;
	}
}
