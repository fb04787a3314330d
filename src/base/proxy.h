/*
 * proxy: where a proxy is, and how to log in there, as text.
 *
 * Pure; the way through it is net/socks.h's.
 */
#ifndef BASE_PROXY_H
#define BASE_PROXY_H

#define PROXY_TEXT_MAX 256 /* of each part, NUL included (RFC 1929) */

struct proxy {
	char host[PROXY_TEXT_MAX]; /* name or address, without brackets */
	int port;
	char user[PROXY_TEXT_MAX]; /* "": no login */
	char password[PROXY_TEXT_MAX];
};

/*
 * Reads "socks5://[user[:password]@]host:port", an IPv6 address in brackets;
 * in user and password %XX stands for a byte, and the last "@" ends them.
 * Whether the host can be one is for others to say.  -1: it is something
 * else.  Wipe it after use.
 */
int proxy_parse(struct proxy *p, const char *text)
    __attribute__((warn_unused_result));

#endif
