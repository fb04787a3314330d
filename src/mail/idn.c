#include "config.h"

#include <stdio.h>
#include <string.h>
#ifdef HAVE_LIBIDN2
#include <dlfcn.h>
#include <idn2.h>
#endif

#include "base/ascii.h"
#include "mail/idn.h"

#define IDN_LIBRARY "libidn2.so.0"
#define DOMAIN_MAX 253 /* RFC 1035: 255 on the wire */

static bool
is_ascii(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_is_8bit(p[i]))
			return false;
	return true;
}

#ifdef HAVE_LIBIDN2
/*
 * Whether `s` can be a domain on the wire.  UTS 46 makes "@" and others of
 * their wide forms, and libidn2's own rule against them
 * (IDN2_USE_STD3_ASCII_RULES) drops them silently in some versions: another
 * domain.
 */
static bool
is_domain(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > DOMAIN_MAX || *s == '.' || strstr(s, "..") != NULL)
		return false;
	for (; *s != '\0'; s++)
		if (!ascii_is_alnum(*s) && *s != '-' && *s != '.')
			return false;
	return true;
}

/*
 * The library is loaded for the first domain that needs it: with the tables
 * that it brings along, it costs more than all else that hardly any mail needs.
 */
struct library {
	int (*to_ascii)(const char *, char **, int);
	const char *(*strerror)(int);
	void (*free)(void *);
};

static bool
load(struct library *lib)
{
	void *handle = dlopen(IDN_LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (handle == NULL)
		return false;
	*(void **)&lib->to_ascii = dlsym(handle, "idn2_to_ascii_8z");
	*(void **)&lib->strerror = dlsym(handle, "idn2_strerror");
	*(void **)&lib->free = dlsym(handle, "idn2_free");
	return lib->to_ascii != NULL && lib->strerror != NULL &&
	    lib->free != NULL;
}

/* Puts `domain` as A-labels into `out`; its final dot is left off. */
static int
convert(const char *domain, char out[DOMAIN_MAX + 1], struct result *res)
{
	static const int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
	struct library lib;
	char *name = NULL;
	size_t n;
	int rc;

	if (!load(&lib))
		return result_fail(res, RESULT_UTF8_ADDRESS,
		    "the domain %s is not ASCII, and %s cannot be loaded",
		    domain, IDN_LIBRARY);
	rc = lib.to_ascii(domain, &name, flags);
	if (rc == IDN2_MALLOC)
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	if (rc != IDN2_OK)
		return result_fail(res, RESULT_UTF8_ADDRESS,
		    "the domain %s cannot be: %s", domain, lib.strerror(rc));
	n = strlen(name);
	if (n > 0 && name[n - 1] == '.')
		name[n - 1] = '\0';
	if (is_domain(name))
		rc = snprintf(out, DOMAIN_MAX + 1, "%s", name);
	else
		rc = result_fail(res, RESULT_UTF8_ADDRESS,
		    "the domain %s cannot be: it is no host name", domain);
	lib.free(name);
	return rc == -1 ? -1 : 0;
}
#else
static int
convert(const char *domain, char out[DOMAIN_MAX + 1], struct result *res)
{
	(void)out;
	return result_fail(res, RESULT_UTF8_ADDRESS,
	    "the domain %s is not ASCII, and outpost was built without "
	    "libidn2",
	    domain);
}
#endif

int
idn_to_ascii(const char *spec, char *out, size_t size, struct result *res)
{
	const char *domain = address_domain(spec);
	char labels[DOMAIN_MAX + 1];
	int n;

	if (domain == NULL || is_ascii(domain, strlen(domain)))
		n = snprintf(out, size, "%s", spec);
	else if (convert(domain, labels, res) == -1)
		return -1;
	else
		n = snprintf(
		    out, size, "%.*s%s", (int)(domain - spec), spec, labels);
	if (n < 0 || (size_t)n >= size)
		return result_fail(
		    res, RESULT_ADDRESS, "%s: address too long", spec);
	return 0;
}

int
idn_put_ascii(struct address *addr, struct result *res)
{
	char spec[ADDRESS_MAX];

	if (!addr->is_8bit || !is_ascii(addr->spec, addr->local_len))
		return 0;
	if (idn_to_ascii(addr->spec, spec, sizeof spec, res) == -1)
		return -1;
	memcpy(addr->spec, spec, sizeof spec);
	addr->is_8bit = false;
	return 0;
}
