#include "config.h"

#include "base/text.h"
#include "smtp/sasl_steps.h"

/* XOAUTH2 (as Google and Microsoft document it) and its standard form,
 * OAUTHBEARER.  An error comes in a challenge, and has to be answered before
 * the server says its no. */

#define KVSEP '\001'

void
sasl_put_name(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++)
		if (*name == ',')
			buf_puts(out, "=2C");
		else if (*name == '=')
			buf_puts(out, "=3D");
		else
			buf_putc(out, *name);
}

/* The token, and the end. */
static void
put_token(const struct sasl *s, struct buf *out)
{
	buf_puts(out, "auth=Bearer ");
	buf_add(out, s->password, s->password_len);
	buf_putc(out, KVSEP);
	buf_putc(out, KVSEP);
}

int
sasl_put_xoauth2(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	(void)in;
	(void)res;
	buf_puts(out, "user=");
	buf_puts(out, s->user);
	buf_putc(out, KVSEP);
	put_token(s, out);
	return 0;
}

/* RFC 7628 section 3.1. */
int
sasl_put_bearer(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	(void)in;
	(void)res;
	buf_puts(out, "n,a=");
	sasl_put_name(out, s->user);
	buf_putc(out, ',');
	buf_putc(out, KVSEP);
	buf_printf(out, "host=%s%c", s->host, KVSEP);
	if (s->port != 0)
		buf_printf(out, "port=%ld%c", s->port, KVSEP);
	put_token(s, out);
	return 0;
}

static void
keep_words(struct sasl *s, const struct buf *in)
{
	if (in != NULL)
		text_escape(s->words, sizeof s->words, in->data, in->len);
}

int
sasl_hear_xoauth2(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	(void)out;
	(void)res;
	keep_words(s, in);
	return 0;
}

/* RFC 7628 section 3.2.3. */
int
sasl_hear_bearer(
    struct sasl *s, const struct buf *in, struct buf *out, struct result *res)
{
	(void)res;
	keep_words(s, in);
	buf_putc(out, KVSEP);
	return 0;
}
