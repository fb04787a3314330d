#include "config.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <string.h>

#include "base/ascii.h"
#include "cli/wizard_answers.h"
#include "config/conf.h"
#include "delivery/identity.h"

#define USER_MAX 1024
#define NO_PORT (-1)
#define NETEASE_PORT 994 /* theirs beside 465 */
#define GROUPS 4 /* of letters, as app passwords are shown */
#define GROUP_LETTERS 4
#define GROUPED (GROUPS * (GROUP_LETTERS + 1) - 1)

void
wizard_answers_init(struct wizard_answers *a, const struct presets *presets)
{
	*a = (struct wizard_answers){ .presets = presets };
	buf_init(&a->user, USER_MAX);
	buf_init(&a->code, WIZARD_CODE_MAX);
}

/* What the preset has for a key of [smarthost]; "" without a preset. */
static const char *
preset_has(const struct wizard_answers *a, const char *name)
{
	return a->preset != NULL ? preset_value(a->preset, "smarthost", name)
				 : "";
}

bool
wizard_answers_is_address(char spec[ADDRESS_MAX], const char *text)
{
	struct result why;

	return identity_read_address(spec, text, &why) &&
	    strpbrk(address_domain(spec), ".:") != NULL;
}

enum wizard_word
wizard_answers_address(struct wizard_answers *a, const char *text)
{
	if (!wizard_answers_is_address(a->address, text))
		return WIZARD_BAD_ADDRESS;
	a->preset = preset_find_domain(a->presets, address_domain(a->address));
	return WIZARD_FINE;
}

enum wizard_word
wizard_answers_local(struct wizard_answers *a, const char *text)
{
	return wizard_answers_is_address(a->local, text) ? WIZARD_FINE
							 : WIZARD_BAD_ADDRESS;
}

enum wizard_word
wizard_answers_provider(struct wizard_answers *a, const char *text)
{
	const struct preset *preset = preset_find_name(a->presets, text);

	if (preset == NULL)
		return WIZARD_BAD_PROVIDER;
	a->preset = preset;
	a->chosen = true;
	return WIZARD_FINE;
}

/* Whether it is one that can be looked up: a word alone is more likely to be
 * the name of a provider that is not known. */
static bool
is_likely(const struct host *host)
{
	if (host->kind == HOST_NAME)
		return strchr(host->name, '.') != NULL ||
		    host_is_loopback(host);
	return host->kind == HOST_IPV4 || host->kind == HOST_IPV6;
}

enum wizard_word
wizard_answers_host(struct wizard_answers *a, const char *text)
{
	const char *rest = text;
	struct host host, more;

	if (!host_next(&rest, NO_PORT, &host) || !is_likely(&host) ||
	    host_next(&rest, NO_PORT, &more))
		return WIZARD_BAD_HOST;
	if (host.port == NO_PORT)
		host.port = 0;
	if (wizard_answers_has_host(a) && a->chosen)
		return WIZARD_HOST_KNOWN;
	if (wizard_answers_has_host(a))
		a->preset = NULL;
	a->host = host;
	return WIZARD_FINE;
}

enum wizard_word
wizard_answers_server(struct wizard_answers *a, const char *text)
{
	if (wizard_answers_provider(a, text) == WIZARD_FINE ||
	    wizard_answers_host(a, text) == WIZARD_FINE)
		return WIZARD_FINE;
	return WIZARD_BAD_SERVER;
}

enum wizard_word
wizard_answers_port(struct wizard_answers *a, const char *text)
{
	const char *wrong;
	long port = (long)strtonum(text, 1, 65535, &wrong);

	if (wrong != NULL)
		return WIZARD_BAD_PORT;
	a->host.port = port;
	return WIZARD_FINE;
}

enum wizard_word
wizard_answers_user(struct wizard_answers *a, const char *text)
{
	buf_reset(&a->user);
	buf_puts(&a->user, text);
	if (*text == '\0' || ascii_has_control(text) || buf_failed(&a->user))
		return WIZARD_BAD_USER;
	return WIZARD_FINE;
}

/* Whether it is four groups of four letters, with a blank between. */
static bool
is_grouped(const char *text, size_t n)
{
	if (n != GROUPED)
		return false;
	for (size_t i = 0; i < n; i++)
		if (i % (GROUP_LETTERS + 1) == GROUP_LETTERS
			? text[i] != ' '
			: !ascii_is_alpha(text[i]))
			return false;
	return true;
}

enum wizard_word
wizard_answers_code(struct wizard_answers *a, const char *text, size_t n)
{
	while (n > 0 && ascii_is_space(text[n - 1]))
		n--;
	for (; n > 0 && ascii_is_space(*text); n--)
		text++;
	a->spaced = a->preset != NULL && is_grouped(text, n);
	buf_reset(&a->code);
	for (size_t i = 0; i < n; i++) {
		if (ascii_is_control(text[i]))
			return WIZARD_BAD_CODE;
		if (!a->spaced || text[i] != ' ')
			buf_putc(&a->code, text[i]);
	}
	if (buf_failed(&a->code))
		return WIZARD_LONG_CODE;
	return n > 0 ? WIZARD_FINE : WIZARD_NO_CODE;
}

bool
wizard_answers_has_host(const struct wizard_answers *a)
{
	return *preset_has(a, "host") != '\0';
}

bool
wizard_answers_has_user(const struct wizard_answers *a)
{
	if (*preset_has(a, "user") != '\0')
		return true;
	return a->preset != NULL &&
	    a->preset ==
	    preset_find_domain(a->presets, address_domain(a->address));
}

bool
wizard_answers_is_implicit(const struct wizard_answers *a)
{
	return a->host.port == WIZARD_PORT || a->host.port == NETEASE_PORT;
}

bool
wizard_answers_wants_token(const struct wizard_answers *a)
{
	const char *auth = preset_has(a, "auth");

	return strcmp(auth, "xoauth2") == 0 || strcmp(auth, "oauthbearer") == 0;
}

static void
add_line(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s = ", name);
	conf_quote(out, value);
	buf_putc(out, '\n');
}

static void
add_server(const struct wizard_answers *a, struct buf *out)
{
	if (a->preset != NULL)
		add_line(out, "provider", a->preset->name);
	if (*a->host.name == '\0')
		return;
	add_line(out, "host", a->host.name);
	if (a->host.port == 0)
		return;
	buf_printf(out, "port = %ld\n", a->host.port);
	add_line(out, "tls",
	    wizard_answers_is_implicit(a) ? "implicit" : "starttls");
}

/* The name to log in with, where the preset does not say it. */
static const char *
user_of(const struct wizard_answers *a)
{
	if (a->user.len > 0)
		return a->user.data;
	return *preset_has(a, "user") == '\0' ? a->address : NULL;
}

void
wizard_answers_write(const struct wizard_answers *a,
    const struct wizard_place *place, struct buf *out)
{
	const char *user = user_of(a);

	buf_puts(out,
	    "# Made by outpost setup; outpost.ini(5) says what else there "
	    "is.\n\n[smarthost]\n");
	add_server(a, out);
	if (user != NULL)
		add_line(out, "user", user);
	if (wizard_answers_wants_token(a))
		add_line(out, "auth", preset_has(a, "auth"));
	add_line(out, place->key, place->value);
	if (user == NULL || strcmp(user, a->address) != 0) {
		buf_puts(out, "\n[sender]\n");
		add_line(out, "address", a->address);
	}
	buf_puts(out, "\n[recipients]\n");
	add_line(out, "local", a->local);
	if (*place->queue != '\0') {
		buf_puts(out, "\n[queue]\n");
		add_line(out, "directory", place->queue);
	}
}

void
wizard_answers_clear(struct wizard_answers *a)
{
	buf_free(&a->user);
	buf_free(&a->code);
}
