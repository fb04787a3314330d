#include "config.h"

#include <stddef.h>
#include <string.h>

#include "base/distance.h"
#include "base/duration.h"
#include "config/conf.h"
#include "config/conf_keys.h"

/* clang-format off */
#define AT(member) offsetof(struct conf, member)
#define TEXT(type, section, name, fallback, doc) \
	{ #section, #name, type, AT(section.name), fallback, NULL, 0, 0, doc }
#define CHOICE(section, name, fallback, choices, doc) \
	{ #section, #name, CONF_ENUM, AT(section.name), fallback, choices, 0, \
	    0, doc }
#define SWITCH(section, name, fallback, doc) \
	{ #section, #name, CONF_BOOL, AT(section.name), fallback, "no|yes", \
	    0, 1, doc }
#define RANGE(type, section, name, fallback, min, max, doc) \
	{ #section, #name, type, AT(section.name), fallback, NULL, min, max, \
	    doc }

const struct conf_key conf_keys[] = {
	TEXT(CONF_STRING, smarthost, provider, "",
	    "whose account it is; gives what is not set"),
	TEXT(CONF_STRING, smarthost, host, "",
	    "names or addresses of the smarthost, tried in this order"),
	CHOICE(smarthost, protocol, "smtp", "smtp|lmtp",
	    "what is spoken"),
	RANGE(CONF_NUMBER, smarthost, port, "465", 1, 65535,
	    "TCP port"),
	CHOICE(smarthost, tls, "implicit", "implicit|starttls|off",
	    "how TLS begins"),
	CHOICE(smarthost, auth, "auto",
	    "auto|login|plain|cram-md5|scram-sha-1|scram-sha-256|xoauth2|"
	    "oauthbearer|external|off",
	    "how to log in"),
	TEXT(CONF_STRING, smarthost, user, "",
	    "name of the account"),
	TEXT(CONF_SECRET, smarthost, password, "",
	    "password, or authorisation code, of the account"),
	TEXT(CONF_PATH, smarthost, password_file, "",
	    "file whose first line is the password"),
	TEXT(CONF_STRING, smarthost, password_command, "",
	    "command line whose first line of output is the password"),
	TEXT(CONF_PATH, smarthost, ca_file, "",
	    "PEM file of the authorities to trust"),
	TEXT(CONF_PATH, smarthost, ca_path, "",
	    "hashed directory of the authorities to trust"),
	TEXT(CONF_STRING, smarthost, tls_pin, "",
	    "keys to trust, and nothing else"),
	TEXT(CONF_PATH, smarthost, tls_cert, "",
	    "PEM file of the certificate to show"),
	TEXT(CONF_PATH, smarthost, tls_key, "",
	    "PEM file of its key, if that is not in the same"),
	CHOICE(smarthost, tls_min, "1.2", "1.2|1.3",
	    "oldest version of TLS to speak"),
	SWITCH(smarthost, insecure_auth, "no",
	    "log in without TLS to a host that is not this machine"),
	TEXT(CONF_STRING, smarthost, ehlo, "",
	    "name to greet the smarthost with"),
	TEXT(CONF_STRING, smarthost, source_address, "",
	    "addresses of this machine to connect from"),
	TEXT(CONF_URL, smarthost, proxy, "",
	    "SOCKS5 proxy to go through"),
	RANGE(CONF_TIME, smarthost, connect_timeout, "10s", 1, DURATION_DAY,
	    "longest wait for a connection"),
	RANGE(CONF_TIME, smarthost, timeout, "5m", 1, DURATION_DAY,
	    "longest wait for an answer"),
	RANGE(CONF_TIME, smarthost, wait_timeout, "20s", 1, DURATION_DAY,
	    "longest wait of the caller until the message is asked for"),
	RANGE(CONF_NUMBER, smarthost, max_connections, "1", 1, 100,
	    "most connections at a time"),
	RANGE(CONF_NUMBER, smarthost, messages_per_connection, "10", 1, 100000,
	    "most transactions of one connection"),
	RANGE(CONF_NUMBER, smarthost, messages_per_minute, "0", 0, 100000,
	    "most mails in a minute; 0: any number"),
	RANGE(CONF_NUMBER, smarthost, recipients_per_message, "50", 1, 1000,
	    "most recipients of one transaction"),
	TEXT(CONF_STRING, smarthost, senders, "",
	    "who sends through this account: addresses, with * for anything"),
	SWITCH(smarthost, fallback, "no",
	    "take mail of an account whose smarthost cannot be had"),
	TEXT(CONF_STRING, sender, address, "",
	    "the account's mail address"),
	TEXT(CONF_STRING, sender, name, "",
	    "display name to go with it"),
	CHOICE(sender, rewrite, "always", "always|local|never",
	    "which senders become the account's address"),
	TEXT(CONF_PATH, sender, map, "",
	    "file of who local senders are outside"),
	TEXT(CONF_STRING, sender, domain, "",
	    "domain of names without one"),
	TEXT(CONF_STRING, recipients, local, "",
	    "where mail for local users without an alias goes"),
	TEXT(CONF_PATH, recipients, aliases, "/etc/aliases",
	    "the aliases file"),
	SWITCH(message, received, "yes",
	    "whether Received names this machine and the user id"),
	TEXT(CONF_STRING, message, charset, "",
	    "what 8-bit text is in that says nothing, and is not UTF-8"),
	SWITCH(message, require_tls, "no",
	    "whether TLS is wanted on all of a mail's way"),
	TEXT(CONF_PATH, queue, directory, LOCALSTATEDIR "/spool/outpost",
	    "where mail is kept; empty: no mail is"),
	CHOICE(queue, delivery, "wait", "wait|background|queue",
	    "what the caller waits for"),
	RANGE(CONF_TIMES, queue, retry, "1m 5m 15m 30m 1h 2h 4h", 1,
	    30 * DURATION_DAY, "waits between attempts; the last one stays"),
	RANGE(CONF_TIME, queue, lifetime, "5d", 1, 365 * DURATION_DAY,
	    "how long a mail is tried"),
	RANGE(CONF_TIME, queue, keep_failed, "7d", DURATION_SECOND,
	    365 * DURATION_DAY, "how long failed mail is kept"),
	TEXT(CONF_STRING, log, syslog, "mail",
	    "syslog facility, or off"),
	TEXT(CONF_PATH, log, file, "",
	    "file to append the log to"),
	CHOICE(log, language, "auto", "auto|en|zh",
	    "language of advice"),
};
/* clang-format on */

const size_t conf_key_count = sizeof conf_keys / sizeof *conf_keys;

_Static_assert(sizeof conf_keys / sizeof *conf_keys <= CONF_KEYS_MAX,
    "struct conf has a line for each key");

const struct conf_key *
conf_key_find(const char *section, const char *name)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (strcmp(conf_keys[i].section, section) == 0 &&
		    strcmp(conf_keys[i].name, name) == 0)
			return &conf_keys[i];
	return NULL;
}

bool
conf_key_is_of_account(const struct conf_key *key)
{
	static const char *const of_sender[] = { "address", "name", "rewrite" };

	if (strcmp(key->section, "smarthost") == 0)
		return true;
	if (strcmp(key->section, "sender") != 0)
		return false;
	for (size_t i = 0; i < sizeof of_sender / sizeof *of_sender; i++)
		if (strcmp(key->name, of_sender[i]) == 0)
			return true;
	return false;
}

bool
conf_section_exists(const char *section)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (strcmp(conf_keys[i].section, section) == 0)
			return true;
	return false;
}

const struct conf_key *
conf_key_guess(const char *section, const char *name)
{
	const struct conf_key *key, *best = NULL;
	size_t cost, least = 6;

	if ((key = conf_key_by_other_name(name)) != NULL)
		return key;
	for (size_t i = 0; i < conf_key_count; i++) {
		key = &conf_keys[i];
		cost = 2 * distance(name, key->name);
		/* Half the letters wrong is no likeness. */
		if (cost >= strlen(key->name))
			continue;
		if (strcmp(key->section, section) != 0)
			cost++;
		if (cost < least) {
			least = cost;
			best = key;
		}
	}
	return best;
}
