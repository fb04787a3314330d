#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "config/file.h"
#include "config/inifile.h"
#include "config/provider.h"
#include "oauth/endpoints.h"

#define PREFIX "oauth "
#define PLACE "%TENANT%"
#define NAMES_MAX 512 /* bytes of all names in a message */

static const struct {
	const char *name;
	size_t at;
} keys[] = {
	{ "device_url", offsetof(struct endpoints, device_url) },
	{ "token_url", offsetof(struct endpoints, token_url) },
	{ "scope", offsetof(struct endpoints, scope) },
	{ "tenant", offsetof(struct endpoints, tenant) },
	{ "client_id", offsetof(struct endpoints, client_id) },
	{ "hosts", offsetof(struct endpoints, hosts) },
};
#define KEYS (sizeof keys / sizeof *keys)

struct search {
	const char *provider, *hosts;
	struct endpoints section; /* being read; its provider empty: none */
	struct endpoints *found;
	struct buf names; /* of all */
};

static struct buf *
text_of(struct endpoints *e, size_t i)
{
	return (struct buf *)((char *)e + keys[i].at);
}

void
endpoints_init(struct endpoints *e)
{
	buf_init(&e->provider, INIFILE_NAME_MAX);
	for (size_t i = 0; i < KEYS; i++)
		buf_init(text_of(e, i), INIFILE_LINE_MAX);
}

void
endpoints_clear(struct endpoints *e)
{
	buf_free(&e->provider);
	for (size_t i = 0; i < KEYS; i++)
		buf_free(text_of(e, i));
}

/* Whether the word of `n` bytes is among the blank-separated ones. */
static bool
has_word(const char *words, const char *word, size_t n)
{
	size_t len;

	for (; *words != '\0'; words += len) {
		words += strspn(words, " \t");
		len = strcspn(words, " \t");
		if (len == n && ascii_equal_n(words, word, n))
			return n > 0;
	}
	return false;
}

static bool
has_any(const char *words, const char *wanted)
{
	size_t len;

	for (; *wanted != '\0'; wanted += len) {
		wanted += strspn(wanted, " \t");
		len = strcspn(wanted, " \t");
		/* a port may follow */
		if (has_word(words, wanted, strcspn(wanted, " \t:")))
			return true;
	}
	return false;
}

static bool
is_wanted(const struct search *s)
{
	if (s->section.provider.len == 0 || s->found->provider.len > 0)
		return false;
	if (s->provider != NULL)
		return strcmp(s->section.provider.data, s->provider) == 0;
	return has_any(s->section.hosts.data, s->hosts);
}

/* Keeps the section that was read, if it is the one, and makes room. */
static void
end_section(struct search *s)
{
	struct endpoints old = *s->found;

	if (s->section.provider.len > 0)
		buf_printf(&s->names, "%s%s", s->names.len > 0 ? ", " : "",
		    s->section.provider.data);
	if (is_wanted(s)) {
		*s->found = s->section;
		s->section = old;
	}
	endpoints_clear(&s->section);
}

/* Takes what inifile_parse() finds. */
static int
take_entry(void *arg, const struct inifile_entry *e, struct result *res)
{
	struct search *s = arg;

	(void)res;
	if (e->name == NULL) {
		end_section(s);
		if (strncmp(e->section, PREFIX, strlen(PREFIX)) == 0)
			buf_puts(
			    &s->section.provider, e->section + strlen(PREFIX));
		return 0;
	}
	for (size_t i = 0; i < KEYS && s->section.provider.len > 0; i++)
		if (strcmp(e->name, keys[i].name) == 0) {
			buf_reset(text_of(&s->section, i));
			buf_puts(text_of(&s->section, i), e->value);
		}
	return 0;
}

static int
search(struct search *s, const char *path, struct result *res)
{
	struct buf text;
	struct stat st;
	int status;

	buf_init(&text, PROVIDER_FILE_MAX);
	status = file_read(&text, path, &st, res);
	if (status == 0)
		status = inifile_parse(
		    path, text.data, text.len, take_entry, s, res);
	end_section(s);
	buf_free(&text);
	return status;
}

/* Whether one was found, with all that is needed. */
static int
check(const struct search *s, const char *path, struct result *res)
{
	const struct endpoints *e = s->found;

	if (e->provider.len == 0 && s->provider != NULL)
		return result_fail(res, RESULT_USAGE,
		    "there is no provider \"%s\"; %s knows %s", s->provider,
		    path, s->names.data);
	if (e->provider.len == 0)
		return result_fail(res, RESULT_USAGE,
		    "say whose server this is, with --provider: %s",
		    s->names.data);
	if (e->device_url.len == 0 || e->token_url.len == 0 ||
	    e->scope.len == 0)
		return result_fail(res, RESULT_CONFIG,
		    "%s: [" PREFIX "%s] must have device_url, token_url and "
		    "scope",
		    path, e->provider.data);
	return 0;
}

int
endpoints_load(struct endpoints *e, const char *path, const char *provider,
    const char *hosts, struct result *res)
{
	struct search s = { provider, hosts, .found = e };
	int status;

	endpoints_init(&s.section);
	buf_init(&s.names, NAMES_MAX);
	status = search(&s, path, res);
	if (status == 0)
		status = check(&s, path, res);
	endpoints_clear(&s.section);
	buf_free(&s.names);
	return status;
}

static void
expand(struct buf *url, const struct buf *tenant)
{
	const char *at = strstr(url->data, PLACE);

	if (at != NULL)
		buf_splice(url, (size_t)(at - url->data), strlen(PLACE),
		    tenant->data, tenant->len);
}

/* A domain, or a number like 9188040d-6c67-4c5b-b112-36a304b66dad. */
static bool
is_tenant(const struct buf *t)
{
	for (size_t i = 0; i < t->len; i++)
		if (!ascii_is_alnum(t->data[i]) && t->data[i] != '-' &&
		    (t->data[i] != '.' || i == 0))
			return false;
	return t->len > 0;
}

int
endpoints_expand(struct endpoints *e, struct result *res)
{
	if (strstr(e->token_url.data, PLACE) == NULL)
		return 0;
	if (!is_tenant(&e->tenant))
		return result_fail(res, RESULT_USAGE,
		    "\"%s\" is no tenant: it is a domain, or the number that "
		    "the provider gave",
		    e->tenant.data);
	expand(&e->device_url, &e->tenant);
	expand(&e->token_url, &e->tenant);
	if (buf_failed(&e->device_url) || buf_failed(&e->token_url))
		return result_fail(
		    res, RESULT_SYSTEM, "the provider's URLs are too long");
	return 0;
}
