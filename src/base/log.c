#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/log.h"
#include "base/text.h"

#define LINE_MAX_BYTES 6144 /* sender, recipients and reply at their longest */

static const struct {
	const char *name;
	int code;
} facilities[] = {
	{ "mail", LOG_MAIL },
	{ "daemon", LOG_DAEMON },
	{ "user", LOG_USER },
	{ "cron", LOG_CRON },
	{ "auth", LOG_AUTH },
	{ "syslog", LOG_SYSLOG },
	{ "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 },
	{ "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 },
};

static struct {
	int facility; /* -1: no syslog */
	int file; /* -1: no file */
	char tag[LOG_TAG_MAX + 1];
} target = { LOG_MAIL, -1, "outpost" };

static int
facility_code(const char *name)
{
	for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++)
		if (ascii_equal(facilities[i].name, name))
			return facilities[i].code;
	return -1;
}

bool
log_is_facility(const char *name)
{
	return facility_code(name) != -1;
}

void
log_tag(const char *tag)
{
	size_t n = 0;

	for (; *tag != '\0' && n < LOG_TAG_MAX; tag++)
		if (ascii_is_visible(*tag) && *tag != '[' && *tag != ':')
			target.tag[n++] = *tag;
	if (n > 0)
		target.tag[n] = '\0';
}

int
log_open(const char *facility, const char *path, struct result *res)
{
	if (target.file != -1)
		close(target.file);
	target.file = -1;
	target.facility = facility == NULL ? -1 : facility_code(facility);
	if (path == NULL)
		return 0;
	target.file = open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    0600);
	if (target.file == -1)
		return result_fail(res, RESULT_CONFIG, "log file %s: %s", path,
		    strerror(errno));
	return 0;
}

/* RFC 3164 form, as local programs send it: <PRI>Mmm dd hh:mm:ss tag[pid]: */
static void
send_syslog(enum log_level level, const char *text)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char packet[LINE_MAX_BYTES + 128], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int fd, n;

	if (localtime_r(&now, &tm) == NULL ||
	    strftime(stamp, sizeof stamp, "%b %e %H:%M:%S", &tm) == 0)
		return;
	n = snprintf(packet, sizeof packet, "<%d>%s %s[%ld]: %s",
	    target.facility | (int)level, stamp, target.tag, (long)getpid(),
	    text);
	if (n < 0 || (size_t)n >= sizeof packet)
		return;
	if ((fd = socket(
		 AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return;
	strlcpy(sun.sun_path, "/dev/log", sizeof sun.sun_path);
	/* nobody to tell when this fails: the log is what failed */
	(void)!sendto(fd, packet, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&sun, sizeof sun);
	close(fd);
}

static void
append_file(const char *text)
{
	char line[LINE_MAX_BYTES + 128], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return;
	n = snprintf(line, sizeof line, "%s %s[%ld]: %s\n", stamp, target.tag,
	    (long)getpid(), text);
	if (n > 0 && (size_t)n < sizeof line)
		(void)!write(target.file, line, (size_t)n);
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char raw[LINE_MAX_BYTES], text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(raw, sizeof raw, fmt, ap) < 0)
		raw[0] = '\0';
	va_end(ap);
	text_escape(text, sizeof text, raw, strlen(raw));
	if (target.facility != -1)
		send_syslog(level, text);
	if (target.file != -1)
		append_file(text);
}
