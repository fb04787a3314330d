#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "base/ascii.h"
#include "base/proxy.h"

#define SCHEME "socks5://"
#define PORT_MAX 65535

/* The value of a hexadecimal digit, or -1. */
static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, ascii_lower(c));

	return at == NULL ? -1 : (int)(at - digits);
}

/* Copies the `n` bytes at `p`, each %XX as the byte it stands for. */
static int
decode(char dst[PROXY_TEXT_MAX], const char *p, size_t n)
{
	const char *end = p + n;
	int high, low;
	size_t len = 0;

	for (; p < end; p++) {
		if (len == PROXY_TEXT_MAX - 1)
			return -1;
		dst[len] = *p;
		if (*p == '%') {
			high = end - p > 2 ? digit(p[1]) : -1;
			low = high != -1 ? digit(p[2]) : -1;
			if (low == -1)
				return -1;
			dst[len] = (char)(high << 4 | low);
			p += 2;
		}
		if (dst[len++] == '\0')
			return -1;
	}
	dst[len] = '\0';
	return 0;
}

/* Takes "user[:password]" of `n` bytes. */
static int
take_login(struct proxy *p, const char *text, size_t n)
{
	const char *colon = memchr(text, ':', n);
	size_t user = colon != NULL ? (size_t)(colon - text) : n;

	if (user == 0 || decode(p->user, text, user) == -1)
		return -1;
	return colon == NULL ? 0 : decode(p->password, colon + 1, n - user - 1);
}

static int
take_port(struct proxy *p, const char *text)
{
	for (p->port = 0; ascii_is_digit(*text); text++) {
		p->port = p->port * 10 + (*text - '0');
		if (p->port > PORT_MAX)
			return -1;
	}
	return *text == '\0' && p->port > 0 ? 0 : -1;
}

/* Takes "host:port", where brackets stand around colons. */
static int
take_place(struct proxy *p, const char *text)
{
	bool bracketed = *text == '[';
	size_t n;

	if (bracketed)
		text++;
	n = strcspn(text, bracketed ? "]" : ":");
	if (n == 0 || n >= sizeof p->host)
		return -1;
	memcpy(p->host, text, n);
	p->host[n] = '\0';
	text += n;
	if (bracketed && *text++ != ']')
		return -1;
	return *text == ':' ? take_port(p, text + 1) : -1;
}

int
proxy_parse(struct proxy *p, const char *text)
{
	const char *at;

	memset(p, 0, sizeof *p);
	if (!ascii_begins(text, SCHEME))
		return -1;
	text += strlen(SCHEME);
	at = strrchr(text, '@');
	if (at != NULL && take_login(p, text, (size_t)(at - text)) == -1)
		return -1;
	return take_place(p, at != NULL ? at + 1 : text);
}
