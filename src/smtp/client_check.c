#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "smtp/client_machine.h"

/* What a mail needs of the smarthost, before a word is said of it. */

bool
smtp_has(const struct smtp_client *c, enum caps_flag flag)
{
	return (c->caps.flags & (unsigned)flag) != 0;
}

bool
smtp_is_lmtp(const struct smtp_client *c)
{
	return c->plan->protocol == SMTP_PROTOCOL_LMTP;
}

static bool
is_ascii(const char *s)
{
	while (*s != '\0' && !ascii_is_8bit(*s))
		s++;
	return *s == '\0';
}

/* What SMTPUTF8 takes is missing: it comes with 8BITMIME (RFC 6531 section
 * 3.1).  NULL: nothing. */
static const char *
missing_for_utf8(const struct smtp_client *c)
{
	if (!smtp_has(c, CAPS_SMTPUTF8))
		return "SMTPUTF8";
	return smtp_has(c, CAPS_8BITMIME) ? NULL : "8BITMIME";
}

/* Length of the character at `s` that is not ASCII; 0: there is none that may
 * be sent, for it is no UTF-8, or a control (U+0080 to U+009F). */
static size_t
utf8_length(const char *s)
{
	size_t n = text_utf8_length(s, strlen(s));

	if (n == 2 && (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0)
		return 0;
	return n;
}

/*
 * Whether an address may be written between the angle brackets: anything that
 * could end the command or the path is refused, wherever it came from.
 */
static bool
is_safe(const char *s)
{
	bool quoted = false;
	size_t n;

	for (; *s != '\0'; s += n) {
		n = ascii_is_8bit(*s) ? utf8_length(s) : 1;
		if (n == 0 || ascii_is_control(*s) ||
		    (!quoted && strchr(" <>", *s) != NULL))
			return false;
		if (*s == '"')
			quoted = !quoted;
		if (quoted && *s == '\\' && ascii_is_visible(s[1]))
			n++;
	}
	return !quoted;
}

/* OK, UTF8_ADDRESS or BUG; then the result says why. */
static int
check_address(
    const struct smtp_client *c, const char *address, struct result *res)
{
	const char *missing = missing_for_utf8(c);

	if (!is_safe(address))
		return result_fail(
		    res, RESULT_BUG, "address must not be sent: <%s>", address);
	if (!is_ascii(address) && missing != NULL)
		return result_fail(res, RESULT_UTF8_ADDRESS,
		    "%s does not offer %s, which an address that is not ASCII "
		    "needs: <%s>",
		    c->plan->host, missing, address);
	return 0;
}

static void
check_recipients(const struct smtp_client *c, struct envelope *env)
{
	struct result res;

	for (size_t i = 0; i < env->count; i++) {
		const char *address = env->rcpts[i].address;

		if (env->rcpts[i].state != RCPT_PENDING)
			continue;
		if (*address == '\0')
			(void)result_fail(
			    &res, RESULT_BUG, "address must not be sent: <>");
		else if (check_address(c, address, &res) == 0)
			continue;
		envelope_settle(env, i, RCPT_FAILED, &res);
	}
}

static int
check_message(const struct smtp_client *c, const struct smtp_mail *mail,
    struct result *res)
{
	const char *host = c->plan->host, *missing = missing_for_utf8(c);

	if (mail->env->is_utf8 && missing != NULL)
		return result_fail(res, RESULT_UTF8_ADDRESS,
		    "%s does not offer %s, which a header that is not ASCII "
		    "needs",
		    host, missing);
	if (mail->env->require_tls && !c->tls_up)
		return result_fail(res, RESULT_REQUIRETLS,
		    "the connection to %s has no TLS", host);
	if (mail->env->require_tls && !smtp_has(c, CAPS_REQUIRETLS))
		return result_fail(res, RESULT_REQUIRETLS,
		    "%s does not offer REQUIRETLS", host);
	if (smtp_has(c, CAPS_SIZE) && c->caps.size > 0 &&
	    mail->size > c->caps.size)
		return result_fail(res, RESULT_TOO_BIG,
		    "%s takes messages of up to %" PRIu64
		    " octets, this one has %" PRIu64,
		    host, c->caps.size, mail->size);
	return 0;
}

void
smtp_check(const struct smtp_client *c, const struct smtp_mail *mail)
{
	struct envelope *env = mail->env;
	struct result res;

	if (check_address(c, env->sender, &res) == -1)
		envelope_settle_all(env, RCPT_PENDING, RCPT_FAILED, &res);
	check_recipients(c, env);
	if (check_message(c, mail, &res) == -1)
		envelope_settle_all(env, RCPT_PENDING, RCPT_FAILED, &res);
}

bool
smtp_needs_utf8(const struct smtp_work *w, size_t batch)
{
	const struct envelope *env = w->mail.env;

	if (env->is_utf8 || !is_ascii(env->sender))
		return true;
	for (size_t i = w->cursor; i < env->count && batch > 0; i++) {
		if (env->rcpts[i].state != RCPT_PENDING)
			continue;
		if (!is_ascii(env->rcpts[i].address))
			return true;
		batch--;
	}
	return false;
}
