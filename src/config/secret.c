#include "config.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "config/file.h"
#include "config/secret.h"

#define FORM_MIN 4
/* The longest form is %XX for each byte of the password, or the PLAIN
 * response, whose user is as long as a line of the configuration at most. */
#define FORM_MAX (4 * SECRET_MAX)

void
secret_init(struct secret *s)
{
	buf_init(&s->password, SECRET_MAX);
	for (size_t i = 0; i < SECRET_FORMS; i++)
		buf_init(&s->forms[i], FORM_MAX);
	s->nforms = 0;
}

static int
take_password(struct secret *s, const char *p, size_t n, const char *from,
    struct result *res)
{
	if (n > SECRET_MAX)
		return result_fail(res, RESULT_CONFIG,
		    "%s: the password is longer than %d bytes", from,
		    SECRET_MAX);
	buf_add(&s->password, p, n);
	if (buf_failed(&s->password))
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return 0;
}

/* Takes the first line of the file's contents. */
static int
take_line(struct secret *s, const char *path, const struct buf *text,
    struct result *res)
{
	size_t n = strcspn(text->data, "\n");

	if (memchr(text->data, '\0', text->len) != NULL)
		return result_fail(res, RESULT_CONFIG, "%s: a NUL byte", path);
	if (n > 0 && text->data[n - 1] == '\r')
		n--;
	if (n == 0)
		return result_fail(res, RESULT_CONFIG,
		    "%s: the first line, which is the password, is empty",
		    path);
	return take_password(s, text->data, n, path, res);
}

static int
load_file(struct secret *s, const struct conf *conf, struct result *res)
{
	const char *path = conf->smarthost.password_file;
	struct buf text;
	struct stat st;
	int status;

	buf_init(&text, SECRET_FILE_MAX);
	status = file_read(&text, path, &st, res);
	if (status == 0)
		status = file_check_secret(path, &st, res);
	if (status == 0)
		status = take_line(s, path, &text, res);
	buf_free(&text);
	return status == -1 ? result_context(res, "password_file") : 0;
}

int
secret_load(struct secret *s, struct conf *conf, struct result *res)
{
	char *password = conf->smarthost.password;
	int status;

	secret_init(s);
	if (conf->smarthost.auth == CONF_AUTH_OFF)
		return 0;
	if (*conf->smarthost.password_file != '\0')
		return load_file(s, conf, res);
	if (password == NULL || *password == '\0')
		return 0;
	status = take_password(s, password, strlen(password), conf->path, res);
	if (status == 0) {
		freezero(password, strlen(password));
		conf->smarthost.password = NULL;
	}
	return status;
}

/* Counts the form that was just written, unless it is too short. */
static void
keep_form(struct secret *s)
{
	struct buf *form = &s->forms[s->nforms];

	if (form->len >= FORM_MIN && !buf_failed(form))
		s->nforms++;
	else
		buf_free(form);
}

/*
 * The base64 of anything with the password in it, which begins `shift` bytes
 * after a group of three: only the characters all of whose six bits are the
 * password's, since its neighbours are not known.
 */
static void
note_within_base64(struct secret *s, size_t shift)
{
	struct buf *form = &s->forms[s->nforms], bytes;
	size_t first = (8 * shift + 5) / 6;
	size_t end = 8 * (shift + s->password.len) / 6;

	buf_init(&bytes, SECRET_MAX + 2);
	buf_add(&bytes, "\0\0", shift);
	buf_add(&bytes, s->password.data, s->password.len);
	base64_encode(form, bytes.data, bytes.len);
	buf_free(&bytes);
	if (end < first)
		end = first;
	if (end < form->len)
		buf_splice(form, end, form->len - end, NULL, 0);
	buf_consume(form, first);
	keep_form(s);
}

/* The initial response of PLAIN (RFC 4616). */
static void
note_plain(struct secret *s, const char *user)
{
	struct buf bytes;

	buf_init(&bytes, 2 * SECRET_MAX + 2);
	buf_putc(&bytes, '\0');
	buf_puts(&bytes, user);
	buf_putc(&bytes, '\0');
	buf_add(&bytes, s->password.data, s->password.len);
	if (!buf_failed(&bytes))
		base64_encode(&s->forms[s->nforms], bytes.data, bytes.len);
	buf_free(&bytes);
	keep_form(s);
}

static void
note_hex(struct secret *s, const char *digits)
{
	struct buf *form = &s->forms[s->nforms];

	for (size_t i = 0; i < s->password.len; i++) {
		buf_putc(form, digits[(uint8_t)s->password.data[i] >> 4]);
		buf_putc(form, digits[(uint8_t)s->password.data[i] & 15]);
	}
	keep_form(s);
}

/* As in a URL (RFC 3986, section 2.1). */
static void
note_percent(struct secret *s)
{
	static const char digits[] = "0123456789ABCDEF";
	struct buf *form = &s->forms[s->nforms];
	char c;

	for (size_t i = 0; i < s->password.len; i++) {
		c = s->password.data[i];
		if (ascii_is_alnum(c) || (c != '\0' && strchr("-._~", c))) {
			buf_putc(form, c);
			continue;
		}
		buf_putc(form, '%');
		buf_putc(form, digits[(uint8_t)c >> 4]);
		buf_putc(form, digits[(uint8_t)c & 15]);
	}
	/* Else it is the password itself. */
	if (form->len > s->password.len)
		keep_form(s);
	else
		buf_free(form);
}

void
secret_note(struct secret *s, const char *user)
{
	for (size_t i = 0; i < SECRET_FORMS; i++)
		buf_free(&s->forms[i]);
	s->nforms = 0;
	if (s->password.len == 0)
		return;
	buf_add(&s->forms[0], s->password.data, s->password.len);
	keep_form(s);
	base64_encode(&s->forms[s->nforms], s->password.data, s->password.len);
	keep_form(s);
	for (size_t shift = 0; shift < 3; shift++)
		note_within_base64(s, shift);
	note_plain(s, user);
	note_hex(s, "0123456789abcdef");
	note_hex(s, "0123456789ABCDEF");
	note_percent(s);
}

/* Length of the longest form the `n` bytes at `p` begin with, or 0. */
static size_t
form_length(const struct secret *s, const char *p, size_t n)
{
	size_t longest = 0;

	for (size_t i = 0; i < s->nforms; i++)
		if (s->forms[i].len > longest && s->forms[i].len <= n &&
		    memcmp(s->forms[i].data, p, s->forms[i].len) == 0)
			longest = s->forms[i].len;
	return longest;
}

void
secret_mask(const struct secret *s, char *p, size_t n)
{
	bool begins[256] = { false };
	size_t end = 0, len;

	for (size_t i = 0; i < s->nforms; i++)
		begins[(uint8_t)s->forms[i].data[0]] = true;
	/* Forms may overlap, so a byte is overwritten only once nothing that
	 * begins at it or after it needs to be compared with it any more. */
	for (size_t i = 0; i < n && s->nforms > 0; i++) {
		if (begins[(uint8_t)p[i]]) {
			len = form_length(s, p + i, n - i);
			if (i + len > end)
				end = i + len;
		}
		if (i < end)
			p[i] = '*';
	}
}

void
secret_clear(struct secret *s)
{
	buf_free(&s->password);
	for (size_t i = 0; i < SECRET_FORMS; i++)
		buf_free(&s->forms[i]);
	s->nforms = 0;
}
