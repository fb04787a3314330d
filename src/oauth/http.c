#include "config.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "oauth/http.h"

#define SCHEME "https://"
#define CONNECT_TIME 10000L /* ms; 0 would mean for ever */

#if LIBCURL_VERSION_NUM >= 0x075500
#define PROTOCOLS CURLOPT_PROTOCOLS_STR
#define ONLY_HTTPS "https"
#else
#define PROTOCOLS CURLOPT_PROTOCOLS
#define ONLY_HTTPS CURLPROTO_HTTPS
#endif

static const struct {
	CURLcode code;
	enum result_kind kind;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, RESULT_RESOLVE },
	{ CURLE_COULDNT_RESOLVE_PROXY, RESULT_RESOLVE },
	{ CURLE_COULDNT_CONNECT, RESULT_CONNECT },
	{ CURLE_OPERATION_TIMEDOUT, RESULT_TIMEOUT },
	{ CURLE_SSL_CONNECT_ERROR, RESULT_TLS },
	{ CURLE_PEER_FAILED_VERIFICATION, RESULT_CERTIFICATE },
	{ CURLE_SSL_CACERT_BADFILE, RESULT_CERTIFICATE },
	{ CURLE_UNSUPPORTED_PROTOCOL, RESULT_PROTOCOL },
	{ CURLE_WEIRD_SERVER_REPLY, RESULT_PROTOCOL },
	{ CURLE_URL_MALFORMAT, RESULT_CONFIG },
	{ CURLE_OUT_OF_MEMORY, RESULT_SYSTEM },
};

void
http_init(struct http_answer *a)
{
	a->server[0] = '\0';
	a->status = 0;
	buf_init(&a->body, HTTP_BODY_MAX);
}

void
http_clear(struct http_answer *a)
{
	buf_free(&a->body);
}

/* libcurl's write function: less than all ends the transfer. */
static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *body = arg;

	buf_add(body, p, size * n);
	return buf_failed(body) ? 0 : size * n;
}

static int
fail(const struct http_answer *a, CURLcode code, const char *words,
    struct result *res)
{
	enum result_kind kind = RESULT_LOST;

	if (code == CURLE_WRITE_ERROR)
		return result_fail(res, RESULT_PROTOCOL,
		    "%s: the answer is longer than %d bytes", a->server,
		    HTTP_BODY_MAX);
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].code == code)
			kind = failures[i].kind;
	return result_fail(res, kind, "%s: %s", a->server,
	    *words != '\0' ? words : curl_easy_strerror(code));
}

/* An option that cannot be set is one that libcurl was built without, and
 * nothing is sent without it. */
#define SET(option, value) \
	(*code = *code == CURLE_OK ? curl_easy_setopt(curl, option, value) \
				   : *code)

static void
set_trust(CURL *curl, CURLcode *code)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *directory = getenv("SSL_CERT_DIR");

	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (file != NULL && *file != '\0')
		SET(CURLOPT_CAINFO, file);
	if (directory != NULL && *directory != '\0')
		SET(CURLOPT_CAPATH, directory);
}

static void
set_limits(CURL *curl, long ms, CURLcode *code)
{
	SET(PROTOCOLS, ONLY_HTTPS);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* nor does a resolver that hangs outlast the time */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	SET(CURLOPT_TIMEOUT_MS, ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_TIME ? ms : CONNECT_TIME);
}

static CURLcode
exchange(CURL *curl, struct http_answer *a, const char *url,
    const struct buf *form, const struct curl_slist *fields, long ms)
{
	CURLcode result = CURLE_OK, *code = &result;

	set_limits(curl, ms, code);
	set_trust(curl, code);
	SET(CURLOPT_URL, url);
	SET(CURLOPT_USERAGENT, "outpost/" PACKAGE_VERSION);
	SET(CURLOPT_HTTPHEADER, fields);
	SET(CURLOPT_POSTFIELDSIZE, (long)form->len);
	SET(CURLOPT_POSTFIELDS, form->data);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, &a->body);
	if (*code == CURLE_OK)
		*code = curl_easy_perform(curl);
	if (*code == CURLE_OK)
		*code = curl_easy_getinfo(
		    curl, CURLINFO_RESPONSE_CODE, &a->status);
	return *code;
}

static int
post(struct http_answer *a, const char *url, const struct buf *form, long ms,
    struct result *res)
{
	/* without libcurl's "Expect: 100-continue" */
	struct curl_slist expect = { (char[]){ "Expect:" }, NULL };
	struct curl_slist fields = { (char[]){ "Accept: application/json" },
		&expect };
	char words[CURL_ERROR_SIZE] = "";
	CURLcode code = CURLE_OUT_OF_MEMORY;
	CURL *curl = curl_easy_init();

	if (curl != NULL &&
	    (code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words)) ==
		CURLE_OK)
		code = exchange(curl, a, url, form, &fields, ms);
	curl_easy_cleanup(curl);
	return code == CURLE_OK ? 0 : fail(a, code, words, res);
}

int
http_post(struct http_answer *a, const char *url, const struct buf *form,
    struct deadline until, struct result *res)
{
	long left = deadline_left(until);

	buf_reset(&a->body);
	a->status = 0;
	if (!ascii_begins(url, SCHEME))
		return result_fail(res, RESULT_CONFIG,
		    "%s: no address that begins with " SCHEME, url);
	snprintf(a->server, sizeof a->server, "%.*s",
	    (int)strcspn(url + strlen(SCHEME), "/?#"), url + strlen(SCHEME));
	if (buf_failed(form))
		return result_fail(res, RESULT_SYSTEM, "out of memory");
	if (left == 0)
		return result_fail(
		    res, RESULT_TIMEOUT, "%s: no answer in time", a->server);
	return post(a, url, form, left, res);
}
