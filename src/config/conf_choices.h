/*
 * conf_choices: what the configuration's keys of few values can be, and lists
 * of times.  conf.h includes it.
 */
#ifndef CONFIG_CONF_CHOICES_H
#define CONFIG_CONF_CHOICES_H

#include <stddef.h>

enum conf_protocol { CONF_PROTOCOL_SMTP, CONF_PROTOCOL_LMTP };

enum conf_tls { CONF_TLS_IMPLICIT, CONF_TLS_STARTTLS, CONF_TLS_OFF };

enum conf_auth {
	CONF_AUTH_AUTO,
	CONF_AUTH_LOGIN,
	CONF_AUTH_PLAIN,
	CONF_AUTH_CRAM_MD5,
	CONF_AUTH_SCRAM_SHA_1,
	CONF_AUTH_SCRAM_SHA_256,
	CONF_AUTH_XOAUTH2,
	CONF_AUTH_OAUTHBEARER,
	CONF_AUTH_EXTERNAL,
	CONF_AUTH_OFF
};

enum conf_rewrite {
	CONF_REWRITE_ALWAYS,
	CONF_REWRITE_LOCAL,
	CONF_REWRITE_NEVER
};

/* Values of tls_min. */
enum conf_tls_min { CONF_TLS_1_2, CONF_TLS_1_3 };

/* Values of [queue] delivery. */
enum conf_delivery {
	CONF_DELIVERY_WAIT,
	CONF_DELIVERY_BACKGROUND,
	CONF_DELIVERY_QUEUE
};

/* Values of [log] language. */
enum conf_language {
	CONF_LANGUAGE_AUTO,
	CONF_LANGUAGE_ENGLISH,
	CONF_LANGUAGE_CHINESE
};

#define CONF_TIMES_MAX 16

/* A list of times. */
struct conf_times {
	long ms[CONF_TIMES_MAX];
	size_t count; /* at least 1 */
};

#endif
