/*
 * http: one POST of a form over HTTPS, by libcurl.
 *
 * Certificates are verified, TLS is 1.2 or later, redirects are not followed
 * (what is sent is for this server alone), and nothing but https is spoken.
 * SSL_CERT_FILE and SSL_CERT_DIR name other authorities, as for curl(1);
 * proxies are those of libcurl's environment variables.
 */
#ifndef OAUTH_HTTP_H
#define OAUTH_HTTP_H

#include "base/buf.h"
#include "base/result.h"
#include "net/deadline.h"

#define HTTP_BODY_MAX (64 * 1024)
#define HTTP_SERVER_MAX 256

struct http_answer {
	char server[HTTP_SERVER_MAX]; /* its name, for messages */
	long status;
	struct buf body;
};

void http_init(struct http_answer *a);

/*
 * Posts `form` to `url`, and waits for the answer until `until`.  Kinds
 * CONFIG: the URL is none of https; RESOLVE, CONNECT, TIMEOUT, LOST, TLS,
 * CERTIFICATE; PROTOCOL: it is no HTTP, or longer than HTTP_BODY_MAX.
 */
int http_post(struct http_answer *a, const char *url, const struct buf *form,
    struct deadline until, struct result *res)
    __attribute__((warn_unused_result));

void http_clear(struct http_answer *a);

#endif
