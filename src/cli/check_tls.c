#include "config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/duration.h"
#include "cli/check_way.h"

/* TLS and the certificate. */

#define DAY 86400 /* seconds */
#define SOON (14 * DAY) /* for a certificate to end */
#define SELF "/proc/self/exe"
#define DAY_MAX 32

static const char *
day(char dst[DAY_MAX], int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(dst, DAY_MAX, "%F", &tm) == 0)
		snprintf(dst, DAY_MAX, "?");
	return dst;
}

/* What the server has shown, be it accepted or not. */
static void
note_certificate(struct check_way *w)
{
	const struct tls_certificate *cert = &w->certificate;
	char from[DAY_MAX], to[DAY_MAX];

	check_note(
	    w->c, CHECK_SAYS_CERTIFICATE, cert->names, cert->issuer, NULL);
	check_note(w->c, CHECK_SAYS_DATES, day(from, cert->begins),
	    day(to, cert->ends), NULL);
	if (w->conf.smarthost.tls_pin[0] != '\0')
		check_note(w->c, CHECK_SAYS_PIN, cert->key, NULL);
}

/* Pinned keys count whatever the dates are. */
static void
weigh_dates(struct check_way *w)
{
	int64_t left = w->certificate.ends - time(NULL);
	struct buf text;

	if (left >= SOON || w->conf.smarthost.tls_pin[0] != '\0')
		return;
	buf_init(&text, DAY_MAX);
	duration_add(&text,
	    (long)(left >= DAY ? left / DAY * DAY : left / 60 * 60 + 60) *
		1000);
	check_warn(w->c, CHECK_SAYS_ENDS, text.data, NULL);
	check_advise(w->c, CHECK_DO_ENDS, NULL);
	buf_free(&text);
}

/* A clock that is behind what was written on this machine is wrong for sure.
 * Whether there is such a thing among `paths`: then it is told. */
static bool
is_clock_behind(struct check *c, const char *const *paths, size_t n)
{
	char now[DAY_MAX], then[DAY_MAX];
	time_t clock = time(NULL);
	struct stat st;

	for (size_t i = 0; i < n; i++) {
		if (stat(paths[i], &st) == -1 || st.st_mtime <= clock + DAY)
			continue;
		check_advise(c, CHECK_DO_CLOCK, day(now, clock), paths[i],
		    day(then, st.st_mtime), NULL);
		return true;
	}
	return false;
}

static void
fail(struct check_way *w, const struct result *why)
{
	const char *const paths[] = { SELF, w->conf.path, "/etc/passwd",
		"/var/lib/dpkg/status", "/var/log" };

	if (why->kind == RESULT_CERT_TIME &&
	    is_clock_behind(w->c, paths, sizeof paths / sizeof *paths))
		check_fail_bare(w->c, why);
	else
		check_fail(w->c, why);
}

/* To this machine itself, or through a tunnel of the administrator's, it may be
 * so. */
static void
weigh_clear(struct check_way *w)
{
	if (w->delivery.peer.is_loopback) {
		check_skip(w->c, CHECK_SAYS_CLEAR, NULL);
		return;
	}
	check_warn(w->c, CHECK_SAYS_CLEAR_AFAR, NULL);
	check_advise(w->c, CHECK_DO_CLEAR, NULL);
}

void
check_tls(struct check_way *w, const struct result *why)
{
	check_begin(w->c, CHECK_STAGE_TLS);
	if (w->conf.smarthost.tls == CONF_TLS_OFF)
		weigh_clear(w);
	else if (why == NULL)
		check_note(w->c, CHECK_SAYS_TEXT, w->remark, NULL);
	if (w->is_shown)
		note_certificate(w);
	if (why != NULL)
		fail(w, why);
	else if (w->is_shown)
		weigh_dates(w);
	check_end(w->c);
}
