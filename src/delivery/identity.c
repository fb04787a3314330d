#include "config.h"

#include <fcntl.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "delivery/identity.h"
#include "mail/address.h"
#include "mail/idn.h"

#define NAME_MAX_BYTES 256 /* of a login, full name, host or domain */
#define MAILNAME_PATH "/etc/mailname"

/* Whether the `n` bytes at `s` can be a domain on the wire. */
static bool
is_domain(const char *s, size_t n)
{
	if (n == 0 || n > 255 || s[0] == '.' || s[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!ascii_is_alnum(s[i]) && s[i] != '-' && s[i] != '.' &&
		    s[i] != '_')
			return false;
	return true;
}

/* Whether `s` can stand as a local part without further ado. */
static bool
is_login(const char *s)
{
	if (s == NULL || *s == '\0' || strlen(s) > 64 || *s == '-')
		return false;
	for (; *s != '\0'; s++)
		if (!ascii_is_alnum(*s) && strchr("._-+", *s) == NULL)
			return false;
	return true;
}

/* The full name: GECOS up to the first comma, "&" being the login with a
 * capital letter, controls left out. */
static void
put_full_name(struct buf *out, const char *gecos, const char *login)
{
	for (; *gecos != '\0' && *gecos != ','; gecos++) {
		if (*gecos == '&' && *login != '\0') {
			buf_putc(out, ascii_upper(login[0]));
			buf_puts(out, login + 1);
		} else if (!ascii_is_control(*gecos)) {
			buf_putc(out, *gecos);
		}
	}
}

static void
load_caller(struct identity *id, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);
	const char *login = pw != NULL ? pw->pw_name : NULL;
	bool self = uid == getuid();

	if (pw == NULL && self && is_login(getenv("LOGNAME")))
		login = getenv("LOGNAME");
	else if (pw == NULL && self && is_login(getenv("USER")))
		login = getenv("USER");
	if (is_login(login))
		buf_puts(&id->login, login);
	else
		buf_printf(&id->login, "uid-%lu", (unsigned long)uid);
	if (pw != NULL && pw->pw_gecos != NULL)
		put_full_name(&id->name, pw->pw_gecos, id->login.data);
	if (buf_failed(&id->name))
		buf_reset(&id->name);
}

/* Whether `name` is one of the names of `entry`. */
static bool
entry_has_name(const struct hostent *entry, const char *name)
{
	if (ascii_equal(entry->h_name, name))
		return true;
	for (char **alias = entry->h_aliases; *alias != NULL; alias++)
		if (ascii_equal(*alias, name))
			return true;
	return false;
}

/* The qualified form of `host` by /etc/hosts alone: asking the DNS for one's
 * own name could take longer than the mail. */
static void
put_qualified(struct buf *out, const char *host)
{
	const struct hostent *entry;

	sethostent(0);
	while ((entry = gethostent()) != NULL) {
		if (strchr(entry->h_name, '.') == NULL ||
		    ascii_begins(entry->h_name, "localhost") ||
		    !is_domain(entry->h_name, strlen(entry->h_name)) ||
		    !entry_has_name(entry, host))
			continue;
		buf_puts(out, entry->h_name);
		break;
	}
	endhostent();
}

static void
load_host(struct identity *id)
{
	char name[256];

	if (gethostname(name, sizeof name) == -1)
		name[0] = '\0';
	name[sizeof name - 1] = '\0';
	if (!is_domain(name, strlen(name)))
		name[0] = '\0';
	if (name[0] != '\0' && strchr(name, '.') == NULL)
		put_qualified(&id->host, name);
	if (id->host.len == 0)
		buf_puts(&id->host, name[0] != '\0' ? name : "localhost");
}

/* The first line of /etc/mailname, when it is a domain. */
static void
put_mailname(struct buf *out)
{
	char text[256];
	ssize_t n;
	int fd;

	if ((fd = open(MAILNAME_PATH, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return;
	n = read(fd, text, sizeof text);
	close(fd);
	for (ssize_t i = 0; i < n; i++)
		if (ascii_is_space(text[i]))
			n = i;
	if (n > 0 && is_domain(text, (size_t)n))
		buf_add(out, text, (size_t)n);
}

/* What a value must be; `why` knows it better where it is a matter of IDNA. */
static const char *
wanted(const struct result *why, const char *what)
{
	return why->kind == RESULT_UTF8_ADDRESS ? why->text : what;
}

/* [sender] domain, in ASCII; else the mail name, else the host. */
static int
load_domain(struct identity *id, const struct conf *conf, struct result *res)
{
	const char *given = conf->sender.domain;
	char at[ADDRESS_MAX], domain[ADDRESS_MAX];
	struct result why;

	if (*given == '\0') {
		buf_puts(&id->domain,
		    id->mailname.len > 0 ? id->mailname.data : id->host.data);
		return 0;
	}
	snprintf(at, sizeof at, "@%s", given);
	result_ok(&why);
	if (idn_to_ascii(at, domain, sizeof domain, &why) == -1 ||
	    !is_domain(domain + 1, strlen(domain + 1)))
		return conf_fail(conf, "sender", "domain", res,
		    wanted(&why, "this must be a domain, as in example.com"));
	buf_puts(&id->domain, domain + 1);
	return 0;
}

static void
put_ehlo(struct identity *id, const struct conf *conf)
{
	if (conf->smarthost.ehlo[0] != '\0')
		buf_puts(&id->ehlo, conf->smarthost.ehlo);
	else if (strchr(id->host.data, '.') != NULL)
		buf_puts(&id->ehlo, id->host.data);
}

bool
identity_read_address(
    char spec[ADDRESS_MAX], const char *text, struct result *why)
{
	struct address addr;

	result_ok(why);
	return address_one(&addr, text, strlen(text), why) == 0 &&
	    addr.has_domain && addr.local_len > 0 &&
	    idn_to_ascii(addr.spec, spec, ADDRESS_MAX, why) == 0;
}

/* Checks that `value` is one full address, and copies its spec. */
static int
load_address(const struct conf *conf, const char *section, const char *key,
    const char *value, struct buf *out, struct result *res)
{
	char spec[ADDRESS_MAX];
	struct result why;

	if (!identity_read_address(spec, value, &why))
		return conf_fail(conf, section, key, res,
		    wanted(&why,
			"this must be a full mail address, as in "
			"someone@163.com"));
	buf_puts(out, spec);
	return 0;
}

static int
load_account(struct identity *id, const struct conf *conf, struct result *res)
{
	struct result ignored;
	char spec[ADDRESS_MAX];

	if (conf->sender.address[0] != '\0')
		return load_address(conf, "sender", "address",
		    conf->sender.address, &id->account, res);
	if (identity_read_address(spec, conf->smarthost.user, &ignored))
		buf_puts(&id->account, spec);
	return 0;
}

static void
identity_init(struct identity *id)
{
	buf_init(&id->login, NAME_MAX_BYTES);
	buf_init(&id->name, NAME_MAX_BYTES);
	buf_init(&id->host, NAME_MAX_BYTES);
	buf_init(&id->mailname, NAME_MAX_BYTES);
	buf_init(&id->domain, NAME_MAX_BYTES);
	buf_init(&id->account, ADDRESS_MAX);
	buf_init(&id->local, ADDRESS_MAX);
	buf_init(&id->ehlo, NAME_MAX_BYTES);
}

int
identity_load(
    struct identity *id, const struct conf *conf, uid_t uid, struct result *res)
{
	identity_init(id);
	load_caller(id, uid);
	load_host(id);
	put_mailname(&id->mailname);
	put_ehlo(id, conf);
	if (load_domain(id, conf, res) == -1 ||
	    load_account(id, conf, res) == -1)
		return -1;
	if (conf->recipients.local[0] != '\0' &&
	    load_address(conf, "recipients", "local", conf->recipients.local,
		&id->local, res) == -1)
		return -1;
	if (buf_failed(&id->login) || buf_failed(&id->host) ||
	    buf_failed(&id->mailname) || buf_failed(&id->domain) ||
	    buf_failed(&id->account) || buf_failed(&id->local) ||
	    buf_failed(&id->ehlo))
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	return 0;
}

/* Whether `domain`, which begins with this machine's short name and a dot, is
 * this machine.  The name of a domain may begin so, too (the host "mycorp" in
 * mycorp.com), and must not: the mail name counts only where it has more. */
static bool
is_qualified(const struct identity *id, const char *domain, size_t dot)
{
	const char *rest = domain + dot + 1;

	return ascii_equal(rest, id->domain.data) ||
	    (strchr(rest, '.') != NULL &&
		ascii_equal(domain, id->mailname.data));
}

bool
identity_is_local(const struct identity *id, const char *spec)
{
	const char *domain = address_domain(spec);
	size_t n;

	if (domain == NULL)
		return true;
	n = strcspn(id->host.data, ".");
	if (ascii_equal(domain, "localhost") ||
	    ascii_equal(domain, "localhost.localdomain") ||
	    ascii_equal(domain, id->host.data))
		return true;
	if (strcspn(domain, ".") != n ||
	    !ascii_equal_n(domain, id->host.data, n))
		return false;
	return domain[n] == '\0' || is_qualified(id, domain, n);
}

void
identity_clear(struct identity *id)
{
	buf_free(&id->login);
	buf_free(&id->name);
	buf_free(&id->host);
	buf_free(&id->mailname);
	buf_free(&id->domain);
	buf_free(&id->account);
	buf_free(&id->local);
	buf_free(&id->ehlo);
}
