/*
 * conf_values: what the configuration of an account holds.  conf.h includes it.
 */
#ifndef CONFIG_CONF_VALUES_H
#define CONFIG_CONF_VALUES_H

#include <limits.h>

#include "config/conf_choices.h"

#define CONF_KEYS_MAX 64 /* at least as many as there are */
#define CONF_ACCOUNTS_MAX 16
#define CONF_ACCOUNT_NAME_MAX 32
#define CONF_BY_PRESET UINT_MAX /* in lines[] */

struct conf {
	char *path; /* file read */
	/* of the account; "": [smarthost] without a name */
	char account[CONF_ACCOUNT_NAME_MAX + 1];
	struct conf *next; /* the next account, in the order of the file */
	struct {
		char *provider; /* name of a preset (preset.h), or "" */
		char *host; /* names or addresses, blank-separated */
		long protocol; /* enum conf_protocol */
		long port;
		long tls; /* enum conf_tls */
		long auth; /* enum conf_auth */
		char *user;
		char *password; /* NULL once secret_load() took it */
		char *password_file, *password_command;
		char *ca_file, *ca_path;
		char *tls_pin, *tls_cert, *tls_key; /* base/pin.h; paths */
		long tls_min; /* enum conf_tls_min */
		long insecure_auth; /* 0 or 1 */
		char *ehlo;
		char *source_address; /* one of a family at most */
		char *proxy; /* base/proxy.h */
		long connect_timeout, timeout, wait_timeout; /* ms */
		long max_connections, messages_per_connection;
		long messages_per_minute; /* 0: any number */
		long recipients_per_message;
		char *senders; /* patterns of who sends through it */
		long fallback; /* 0 or 1 */
	} smarthost;
	struct {
		char *address, *name;
		long rewrite; /* enum conf_rewrite */
		char *map; /* path, or "" */
		char *domain;
	} sender;
	struct {
		char *local, *aliases;
	} recipients;
	struct {
		long received; /* 0 or 1 */
		char *charset;
		long require_tls; /* 0 or 1 */
	} message;
	struct {
		char *directory; /* of the spool; "": no queue */
		long delivery; /* enum conf_delivery */
		struct conf_times retry;
		long lifetime, keep_failed; /* ms */
	} queue;
	struct {
		char *syslog; /* facility, or "off" */
		char *file;
		long language; /* enum conf_language */
	} log;
	/* by key index: line it was set on; 0: default; CONF_BY_PRESET */
	unsigned lines[CONF_KEYS_MAX];
};

#endif
