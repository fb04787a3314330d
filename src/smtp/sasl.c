#include "config.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "smtp/sasl_steps.h"

/* RFC 4954 section 4: an initial response that makes the command line pass
 * the limit of RFC 5321 section 4.5.3.1.4 is sent in a step of its own. */
#define COMMAND_MAX 512

#define STEPS_MAX \
	(sizeof((struct sasl_mechanism *)NULL)->steps / sizeof(sasl_step *))
#define PLUS (CAPS_AUTH_SCRAM_SHA_1_PLUS | CAPS_AUTH_SCRAM_SHA_256_PLUS)

#define SCRAM \
	{ \
		sasl_scram_first, sasl_scram_final, sasl_scram_check \
	}

/* In TLS the password itself is better than CRAM-MD5, which makes the server
 * keep it; in clear it is worse. */
static const struct sasl_mechanism mechanisms[] = {
	{ CAPS_AUTH_SCRAM_SHA_256_PLUS, SASL_SCRAM_SHA_256, 7, 7,
	    SASL_INITIAL | SASL_MUTUAL | SASL_BINDS, EVP_sha256, SCRAM },
	{ CAPS_AUTH_SCRAM_SHA_256, SASL_SCRAM_SHA_256, 6, 6,
	    SASL_INITIAL | SASL_MUTUAL, EVP_sha256, SCRAM },
	{ CAPS_AUTH_SCRAM_SHA_1_PLUS, SASL_SCRAM_SHA_1, 5, 5,
	    SASL_INITIAL | SASL_MUTUAL | SASL_BINDS, EVP_sha1, SCRAM },
	{ CAPS_AUTH_SCRAM_SHA_1, SASL_SCRAM_SHA_1, 4, 4,
	    SASL_INITIAL | SASL_MUTUAL, EVP_sha1, SCRAM },
	{ CAPS_AUTH_PLAIN, SASL_PLAIN, 3, 2, SASL_INITIAL, NULL,
	    { sasl_put_plain } },
	{ CAPS_AUTH_LOGIN, SASL_LOGIN, 2, 1, 0, NULL,
	    { sasl_put_user, sasl_put_password } },
	{ CAPS_AUTH_CRAM_MD5, SASL_CRAM_MD5, 1, 3, 0, NULL, { sasl_put_cram } },
	{ CAPS_AUTH_XOAUTH2, SASL_XOAUTH2, 0, 0, SASL_INITIAL, NULL,
	    { sasl_put_xoauth2, sasl_hear_xoauth2 } },
	{ CAPS_AUTH_OAUTHBEARER, SASL_OAUTHBEARER, 0, 0, SASL_INITIAL, NULL,
	    { sasl_put_bearer, sasl_hear_bearer } },
	{ CAPS_AUTH_EXTERNAL, SASL_EXTERNAL, 0, 0, SASL_INITIAL, NULL,
	    { sasl_put_user } },
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
		buf_puts(list, caps_mechanism_name(mechanisms[i].offered));
	}
	if (list->len == 0)
		buf_puts(list, "none that is known here");
}

static const char *
wanted_name(enum sasl_want want)
{
	for (size_t i = 0; i < COUNT; i++)
		if (mechanisms[i].want == want &&
		    (mechanisms[i].traits & SASL_BINDS) == 0)
			return caps_mechanism_name(mechanisms[i].offered);
	return "with a password";
}

static bool
can_bind(const struct sasl *s)
{
	return s->binding != NULL && s->binding->len > 0;
}

static unsigned
strength(const struct sasl *s, const struct sasl_mechanism *m)
{
	return s->binding != NULL ? m->in_tls : m->in_clear;
}

static bool
fits(const struct sasl *s, const struct sasl_mechanism *m, enum sasl_want want,
    unsigned offered)
{
	if (want == SASL_AUTO ? strength(s, m) == 0 : want != m->want)
		return false;
	if (offered == 0)
		return (m->traits & SASL_BINDS) == 0;
	if ((m->traits & SASL_BINDS) != 0 && !can_bind(s))
		return false;
	return (offered & m->offered) != 0;
}

/* RFC 5802 section 6: 'y' tells a server that does offer it, but not here,
 * that somebody in between has struck it out. */
static char
gs2_flag(const struct sasl *s, unsigned offered)
{
	if ((s->mechanism->traits & SASL_BINDS) != 0)
		return 'p';
	return can_bind(s) && offered != 0 && (offered & PLUS) == 0 ? 'y' : 'n';
}

static int
refuse(enum sasl_want want, unsigned offered, struct result *res)
{
	struct buf list;

	buf_init(&list, 256);
	list_offered(&list, offered);
	(void)result_fail(res, RESULT_AUTH_METHOD,
	    "AUTH %s is wanted, offered is: %s", wanted_name(want), list.data);
	buf_free(&list);
	return -1;
}

static enum sasl_grade
grade_of(const struct sasl_mechanism *m)
{
	if ((m->traits & SASL_BINDS) != 0)
		return SASL_GRADE_BOUND;
	return (m->traits & SASL_MUTUAL) != 0 ? SASL_GRADE_MUTUAL
					      : SASL_GRADE_NONE;
}

/* Who stands in between may strike out what is offered, to be told the
 * password. */
static int
refuse_downgrade(const struct sasl *s, unsigned offered, struct result *res)
{
	static const char *const before[] = {
		[SASL_GRADE_NONE] = "a password",
		[SASL_GRADE_MUTUAL] = "SCRAM",
		[SASL_GRADE_BOUND] = "SCRAM bound to the connection (-PLUS)",
	};
	struct buf list;

	buf_init(&list, 256);
	list_offered(&list, offered);
	(void)result_fail(res, RESULT_DOWNGRADE,
	    "the log-in was by %s before, offered now is: %s", before[s->least],
	    list.data);
	buf_free(&list);
	return -1;
}

int
sasl_choose(
    struct sasl *s, enum sasl_want want, unsigned offered, struct result *res)
{
	const struct sasl_mechanism *best = NULL, *m;
	enum sasl_want known = want;

	if (offered == 0 && want == SASL_AUTO)
		known = SASL_LOGIN;
	for (size_t i = 0; i < COUNT; i++) {
		m = &mechanisms[i];
		if (fits(s, m, known, offered) &&
		    (best == NULL || strength(s, m) > strength(s, best)))
			best = m;
	}
	if (best == NULL)
		return refuse(want, offered, res);
	if (want == SASL_AUTO && grade_of(best) < s->least)
		return refuse_downgrade(s, offered, res);
	s->mechanism = best;
	s->gs2 = gs2_flag(s, offered);
	s->step = 0;
	s->proven = false;
	s->words[0] = '\0';
	return 0;
}

const char *
sasl_name(const struct sasl *s)
{
	return caps_mechanism_name(s->mechanism->offered);
}

enum sasl_grade
sasl_grade(const struct sasl *s)
{
	return grade_of(s->mechanism);
}

/* Takes the next step, and appends what it says in base64. */
static int
take_step(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	struct buf message;
	int rc;

	buf_init(&message, SASL_MESSAGE_MAX);
	rc = s->mechanism->steps[s->step++](s, in, &message, res);
	if (buf_failed(&message))
		out->failed = true;
	if (rc == 0)
		base64_encode(out, message.data, message.len);
	buf_free(&message);
	return rc;
}

void
sasl_start(struct sasl *s, struct buf *out, size_t *secret)
{
	struct buf response;
	struct result ignored; /* such a step does not fail */

	buf_puts(out, sasl_name(s));
	*secret = out->len;
	s->step = 0;
	if ((s->mechanism->traits & SASL_INITIAL) == 0)
		return;
	buf_init(&response, 2 * SASL_MESSAGE_MAX);
	if (take_step(s, NULL, &response, &ignored) == -1 ||
	    buf_failed(&response))
		out->failed = true;
	if (response.len == 0)
		buf_putc(&response, '=');
	if (strlen("AUTH ") + strlen(sasl_name(s)) + 1 + response.len + 2 <=
	    COMMAND_MAX) {
		buf_putc(out, ' ');
		*secret = out->len;
		buf_add(out, response.data, response.len);
	} else {
		s->step = 0;
	}
	buf_free(&response);
}

enum sasl_turn
sasl_answer(struct sasl *s, const char *p, size_t n, struct buf *out,
    struct result *res)
{
	struct buf challenge;
	int rc;

	if (s->step >= STEPS_MAX || s->mechanism->steps[s->step] == NULL)
		return SASL_SILENT;
	while (n > 0 && ascii_is_blank(p[n - 1]))
		n--;
	buf_init(&challenge, SASL_MESSAGE_MAX);
	rc = take_step(
	    s, base64_decode(&challenge, p, n) ? &challenge : NULL, out, res);
	buf_free(&challenge);
	return rc == 0 ? SASL_ANSWERED : SASL_BROKEN;
}

bool
sasl_is_proven(const struct sasl *s)
{
	return s->proven || (s->mechanism->traits & SASL_MUTUAL) == 0;
}
