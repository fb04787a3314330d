#include "config.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/percent.h"
#include "base/text.h"
#include "config/command.h"
#include "config/file.h"
#include "config/netrc.h"
#include "config/secret.h"

#define FORM_MIN 4
/* The longest form is %XX for each byte of the password, or the PLAIN
 * response, whose user is as long as a line of the configuration at most. */
#define FORM_MAX (4 * SECRET_MAX)

/* Bytes of what a command says that are shown; the longest form may follow,
 * so that none is cut before it is masked. */
#define WORDS_SHOWN 400
#define WORDS_MAX (WORDS_SHOWN + FORM_MAX)

/* A password and the end of its line; more is of no use. */
#define OUTPUT_MAX (SECRET_MAX + 2)

#define PATH_LIMIT 4096

void
secret_init(struct secret *s)
{
	buf_init(&s->password, SECRET_MAX);
	for (size_t i = 0; i < SECRET_FORMS; i++)
		buf_init(&s->forms[i], FORM_MAX);
	s->nforms = 0;
}

/* Where a password comes from. */
struct origin {
	enum result_kind kind; /* of what is wrong with it */
	const char *name;
};

static int
take_password(struct secret *s, const char *p, size_t n,
    const struct origin *from, struct result *res)
{
	if (n > SECRET_MAX)
		return result_fail(res, from->kind,
		    "%s: the password is longer than %d bytes", from->name,
		    SECRET_MAX);
	buf_add(&s->password, p, n);
	if (buf_failed(&s->password))
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return 0;
}

/* Takes the first line. */
static int
take_line(struct secret *s, const struct origin *from, const struct buf *text,
    struct result *res)
{
	size_t n = strcspn(text->data, "\n");

	if (memchr(text->data, '\0', text->len) != NULL)
		return result_fail(
		    res, from->kind, "%s: a NUL byte", from->name);
	if (n > 0 && text->data[n - 1] == '\r')
		n--;
	if (n == 0)
		return result_fail(res, from->kind,
		    "%s: the first line, which is the password, is empty",
		    from->name);
	return take_password(s, text->data, n, from, res);
}

/* Reads a file that must keep a secret. */
static int
read_file(struct buf *text, const char *path, struct result *res)
{
	struct stat st;

	if (file_read(text, path, &st, res) == -1)
		return -1;
	return file_check_secret(path, &st, res);
}

int
secret_read(struct secret *s, const char *path, struct result *res)
{
	const struct origin from = { RESULT_CONFIG, path };
	struct buf text;
	int status;

	if (file_is_missing(path))
		return result_fail(res, RESULT_CONFIG,
		    "%s: no such file; its first line must be the password",
		    path);
	buf_init(&text, SECRET_FILE_MAX);
	status = read_file(&text, path, res);
	if (status == 0)
		status = take_line(s, &from, &text, res);
	buf_free(&text);
	return status;
}

static int
load_netrc(struct secret *s, const char *path, const struct conf *conf,
    struct result *res)
{
	const struct netrc_account account = { conf->smarthost.host,
		conf->smarthost.user };
	struct buf text;
	int status;

	buf_init(&text, NETRC_FILE_MAX);
	status = read_file(&text, path, res);
	if (status == 0)
		status = netrc_find(&text, path, &account, &s->password, res);
	buf_free(&text);
	return status;
}

/* Puts the path of a file in `path`; whether it is there. */
static bool
find_file(struct buf *path, const char *directory, const char *name)
{
	if (directory == NULL || *directory != '/')
		return false;
	buf_reset(path);
	buf_printf(path, "%s/%s", directory, name);
	return !buf_failed(path) && !file_is_missing(path->data);
}

/* Looks where no key says that the password is.  The system's account is not
 * to be had by whatever a user keeps in his home. */
static int
look_around(struct secret *s, const struct conf *conf,
    const struct secret_places *places, struct result *res)
{
	bool is_own = strcmp(conf->path, CONF_DEFAULT_PATH) != 0;
	char name[sizeof SECRET_CREDENTIAL "." + CONF_ACCOUNT_NAME_MAX];
	struct buf path;
	int status = 0;

	snprintf(name, sizeof name, SECRET_CREDENTIAL "%s%s",
	    *conf->account != '\0' ? "." : "", conf->account);
	buf_init(&path, PATH_LIMIT);
	if (find_file(&path, places->credentials, name))
		status = secret_read(s, path.data, res);
	else if (is_own && find_file(&path, places->home, ".netrc"))
		status = load_netrc(s, path.data, conf, res);
	buf_free(&path);
	if (status == -1 || s->password.len > 0)
		return status;
	return conf_fail(conf, "smarthost", "password", res,
	    "must be set, or password_file or password_command, to log in "
	    "(auth = off: no login)");
}

/* Moves it from the configuration. */
static int
move_password(struct secret *s, struct conf *conf, struct result *res)
{
	const struct origin from = { RESULT_CONFIG, conf->path };
	char *password = conf->smarthost.password;

	if (take_password(s, password, strlen(password), &from, res) == -1)
		return -1;
	freezero(password, strlen(password));
	conf->smarthost.password = NULL;
	return 0;
}

int
secret_load(struct secret *s, struct conf *conf,
    const struct secret_places *places, struct result *res)
{
	const char *path = conf->smarthost.password_file;

	secret_init(s);
	if (conf->smarthost.auth == CONF_AUTH_OFF ||
	    conf->smarthost.auth == CONF_AUTH_EXTERNAL ||
	    conf->smarthost.password == NULL || *conf->smarthost.user == '\0')
		return 0;
	if (*conf->smarthost.password != '\0')
		return move_password(s, conf, res);
	if (*path != '\0') {
		if (secret_read(s, path, res) == -1)
			return result_context(res, "password_file");
		return 0;
	}
	if (*conf->smarthost.password_command != '\0')
		return 0;
	return look_around(s, conf, places, res);
}

/* Adds what the command said to the failure, but not what may be the
 * password, which it may have printed as well. */
static void
add_words(const struct conf *conf, const struct buf *out, struct buf *words,
    struct result *res)
{
	const struct result why = *res;
	char shown[WORDS_SHOWN + 1];
	size_t n = strcspn(out->data, "\r\n");
	struct secret s;

	secret_init(&s);
	buf_add(&s.password, out->data, n < SECRET_MAX ? n : SECRET_MAX);
	secret_note(&s, conf->smarthost.user);
	secret_mask(&s, words->data, words->len);
	secret_clear(&s);
	n = words->len < WORDS_SHOWN ? words->len : WORDS_SHOWN;
	while (n > 0 && ascii_is_space(words->data[n - 1]))
		n--;
	if (n > 0)
		(void)result_fail(res, why.kind, "%s: %s", why.text,
		    text_escape(shown, sizeof shown, words->data, n));
}

int
secret_ask(struct secret *s, const struct conf *conf, struct result *res)
{
	const struct origin from = { RESULT_COMMAND, "its output" };
	const char *line = conf->smarthost.password_command;
	struct buf out, words;
	int status;

	if (conf->smarthost.auth == CONF_AUTH_OFF || *line == '\0')
		return 0;
	buf_init(&out, OUTPUT_MAX);
	buf_init(&words, WORDS_MAX);
	status = command_run(line, SECRET_COMMAND_TIME, &out, &words, res);
	if (status == 0)
		status = take_line(s, &from, &out, res);
	if (status == -1) {
		add_words(conf, &out, &words, res);
		(void)conf_context(conf, "smarthost", "password_command", res);
	}
	buf_free(&out);
	buf_free(&words);
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

static void
note_percent(struct secret *s)
{
	struct buf *form = &s->forms[s->nforms];

	percent_encode(form, s->password.data, s->password.len);
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
