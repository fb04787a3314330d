#include "config.h"

#include <bsd/string.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/caps.h"
#include "smtp/sasl.h"

/* RFC 4954 section 4: an initial response that makes the command line pass
 * the limit of RFC 5321 section 4.5.3.1.4 is sent in a step of its own. */
#define COMMAND_MAX 512
#define RESPONSE_MAX 65536

typedef void sasl_response(const struct sasl *s, struct buf *out);

struct sasl_mechanism {
	const char *name;
	enum caps_mechanism offered;
	enum sasl_want want;
	sasl_response *responses[3]; /* in their turn, NULL after the last */
	sasl_response *initial; /* goes with the command, or NULL */
};

/* Appends the base64 of `n` bytes, and leaves no copy. */
static void
put_base64(struct buf *out, const void *p, size_t n)
{
	size_t size = (n + 2) / 3 * 4 + 1;
	unsigned char *text;

	if (n > RESPONSE_MAX || (text = malloc(size)) == NULL) {
		out->failed = true;
		return;
	}
	buf_add(out, text, (size_t)EVP_EncodeBlock(text, p, (int)n));
	explicit_bzero(text, size);
	free(text);
}

static void
put_user(const struct sasl *s, struct buf *out)
{
	put_base64(out, s->user, strlen(s->user));
}

static void
put_password(const struct sasl *s, struct buf *out)
{
	put_base64(out, s->password, s->password_len);
}

/* RFC 4616: no authorisation identity, NUL, user, NUL, password. */
static void
put_plain(const struct sasl *s, struct buf *out)
{
	struct buf message;

	buf_init(&message, RESPONSE_MAX);
	buf_putc(&message, '\0');
	buf_puts(&message, s->user);
	buf_putc(&message, '\0');
	buf_add(&message, s->password, s->password_len);
	if (buf_failed(&message))
		out->failed = true;
	put_base64(out, message.data, message.len);
	buf_free(&message);
}

/* In the order of preference. */
static const struct sasl_mechanism mechanisms[] = {
	{ "PLAIN", CAPS_AUTH_PLAIN, SASL_PLAIN, { put_plain }, put_plain },
	{ "LOGIN", CAPS_AUTH_LOGIN, SASL_LOGIN, { put_user, put_password },
	    NULL },
};

#define COUNT (sizeof mechanisms / sizeof *mechanisms)

static void
list_offered(struct buf *list, unsigned offered)
{
	for (size_t i = 0; i < COUNT; i++) {
		if ((offered & mechanisms[i].offered) == 0)
			continue;
		if (list->len > 0)
			buf_putc(list, ' ');
		buf_puts(list, mechanisms[i].name);
	}
	if (list->len == 0)
		buf_puts(list, "none that is known here");
}

static const char *
wanted_name(enum sasl_want want)
{
	for (size_t i = 0; i < COUNT; i++)
		if (mechanisms[i].want == want)
			return mechanisms[i].name;
	return "PLAIN or LOGIN";
}

int
sasl_choose(
    struct sasl *s, enum sasl_want want, unsigned offered, struct result *res)
{
	enum sasl_want known = want;
	struct buf list;

	if (offered == 0 && want == SASL_AUTO)
		known = SASL_LOGIN;
	s->step = 0;
	for (size_t i = 0; i < COUNT; i++) {
		s->mechanism = &mechanisms[i];
		if (known != SASL_AUTO && known != mechanisms[i].want)
			continue;
		if (offered == 0 || (offered & mechanisms[i].offered) != 0)
			return 0;
	}
	buf_init(&list, 256);
	list_offered(&list, offered);
	(void)result_fail(res, RESULT_NO_AUTH,
	    "AUTH %s is wanted, offered is: %s", wanted_name(want), list.data);
	buf_free(&list);
	return -1;
}

const char *
sasl_name(const struct sasl *s)
{
	return s->mechanism->name;
}

void
sasl_start(struct sasl *s, struct buf *out, size_t *secret)
{
	const struct sasl_mechanism *m = s->mechanism;
	struct buf response;

	buf_puts(out, m->name);
	*secret = out->len;
	s->step = 0;
	if (m->initial == NULL)
		return;
	buf_init(&response, 2 * RESPONSE_MAX);
	m->initial(s, &response);
	if (buf_failed(&response))
		out->failed = true;
	if (strlen("AUTH ") + strlen(m->name) + 1 + response.len + 2 <=
	    COMMAND_MAX) {
		buf_putc(out, ' ');
		*secret = out->len;
		buf_add(out, response.data, response.len);
		s->step = 1;
	}
	buf_free(&response);
}

bool
sasl_answer(struct sasl *s, struct buf *out)
{
	sasl_response *next;

	if (s->step >= sizeof s->mechanism->responses / sizeof next ||
	    (next = s->mechanism->responses[s->step]) == NULL)
		return false;
	s->step++;
	next(s, out);
	return true;
}
