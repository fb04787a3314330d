/*
 * ascii: classes and comparisons for protocol text.  Never looks at the
 * locale, and leaves every byte above 127 alone; what is shown to people goes
 * through text.h instead.  Pure.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool
ascii_is_alpha(char c)
{
	return ascii_is_upper(c) || (c >= 'a' && c <= 'z');
}

static inline bool
ascii_is_alnum(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c);
}

/* Space or horizontal tab: WSP of RFC 5234. */
static inline bool
ascii_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Blank, CR or LF: what folding white space is made of. */
static inline bool
ascii_is_space(char c)
{
	return ascii_is_blank(c) || c == '\r' || c == '\n';
}

/* C0 controls and DEL. */
static inline bool
ascii_is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Whether the string `s` holds a control. */
static inline bool
ascii_has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if (ascii_is_control(*s))
			return true;
	return false;
}

/* 33..126: VCHAR of RFC 5234. */
static inline bool
ascii_is_visible(char c)
{
	return c > 0x20 && c < 0x7f;
}

static inline bool
ascii_is_8bit(char c)
{
	return ((unsigned char)c & 0x80) != 0;
}

static inline char
ascii_lower(char c)
{
	return ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Whether the `n` bytes at `a` and `b` are equal but for ASCII case. */
static inline bool
ascii_equal_n(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

/* Whether the strings `a` and `b` are equal but for ASCII case. */
static inline bool
ascii_equal(const char *a, const char *b)
{
	return strlen(a) == strlen(b) && ascii_equal_n(a, b, strlen(a));
}

/* Whether the string `s` begins with `prefix`, whatever the ASCII case. */
static inline bool
ascii_begins(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strlen(s) >= n && ascii_equal_n(s, prefix, n);
}

#endif
