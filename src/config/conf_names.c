#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "config/conf_keys.h"

/* What keys are called in the configuration of other programs (ssmtp, msmtp,
 * dma, Postfix, git and others), and by people: without "-" and "_". */
static const struct {
	const char *section, *name, *others;
} keys[] = {
	{ "smarthost", "host",
	    "dcsmarthost emailhost hostname mailhost mailhub mailserver relay "
	    "relayhost server smarthost smtp smtphost smtpserver" },
	{ "smarthost", "port", "emailport serverport smtpport smtpserverport" },
	{ "smarthost", "tls",
	    "emailusessl emailusetls encryption secure securetransfer "
	    "smtpencryption smtpsecure smtptls ssl starttls tlsstarttls "
	    "usessl usestarttls usetls" },
	{ "smarthost", "auth", "authmechanism authmethod smtpauth" },
	{ "smarthost", "user",
	    "authuser emailhostuser login smtpauthuser smtplogin "
	    "smtpuser smtpusername username" },
	{ "smarthost", "password",
	    "authcode authpass authpassword code emailhostpassword pass "
	    "passwd secret smtpauthpassword smtppass smtppassword" },
	{ "smarthost", "password_command", "passcmd passwordeval" },
	{ "smarthost", "ca_file",
	    "smtpsslcertpath smtptlscafile tlscafile tlstrustfile" },
	{ "smarthost", "tls_pin", "fingerprint tlsfingerprint" },
	{ "smarthost", "tls_cert", "certfile clientcert tlscertfile" },
	{ "smarthost", "tls_key", "clientkey keyfile tlskeyfile" },
	{ "smarthost", "ehlo", "helo helodomain heloname myhostname" },
	{ "smarthost", "source_address",
	    "bindaddress smtpbindaddress sourceip" },
	{ "sender", "address",
	    "defaultfrom email envelopefrom from fromaddress mailfrom "
	    "sender" },
	{ "sender", "name", "displayname fromname fullname realname" },
	{ "sender", "rewrite",
	    "allowfromoverride forcefrom fromlineoverride setfromheader" },
	{ "sender", "domain",
	    "defaultdomain maildomain mailname masquerade myorigin "
	    "rewritedomain" },
	{ "recipients", "local", "adminaddr postmaster root" },
	{ "recipients", "aliases", "aliasesfile aliasfile aliasmaps" },
	{ "queue", "directory", "queuedir queuedirectory spooldir" },
	{ "log", "file", "logfile maillog" },
};

static const struct {
	const char *name, *others;
} sections[] = {
	{ "smarthost",
	    "account default defaults email general global host mail mailhub "
	    "outpost relay sendmail server smtp" },
	{ "sender", "from identity" },
	{ "recipients", "aliases recipient rcpt to" },
	{ "queue", "spool" },
	{ "log", "logging syslog" },
};

/* Whether `name` is the `n` bytes at `other`, whatever its case, but for "-"
 * and "_". */
static bool
is_like(const char *name, const char *other, size_t n)
{
	size_t i = 0;

	for (; *name != '\0'; name++) {
		if (*name == '-' || *name == '_')
			continue;
		if (i == n || ascii_lower(*name) != other[i])
			return false;
		i++;
	}
	return i == n;
}

/* Whether it is like one of a list with blanks between. */
static bool
is_among(const char *name, const char *list)
{
	size_t n;

	for (; *list != '\0'; list += n + strspn(list + n, " ")) {
		n = strcspn(list, " ");
		if (is_like(name, list, n))
			return true;
	}
	return false;
}

const struct conf_key *
conf_key_by_other_name(const char *name)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (is_among(name, keys[i].others))
			return conf_key_find(keys[i].section, keys[i].name);
	return NULL;
}

const char *
conf_section_guess(const char *name)
{
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		if (is_among(name, sections[i].others) ||
		    is_among(name, sections[i].name))
			return sections[i].name;
	return NULL;
}
