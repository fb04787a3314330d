#include "config.h"

#include <stdio.h>

#include "mail/date.h"

static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
	"Sat" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

void
date_format(char dst[DATE_MAX], const struct tm *tm, long offset)
{
	/* the zone has room for four digits */
	long minutes = (offset < 0 ? -(offset / 60) : offset / 60) % 6000;

	snprintf(dst, DATE_MAX, "%s, %02d %s %ld %02d:%02d:%02d %c%02ld%02ld",
	    days[(unsigned)tm->tm_wday % 7], tm->tm_mday,
	    months[(unsigned)tm->tm_mon % 12], tm->tm_year + 1900L, tm->tm_hour,
	    tm->tm_min, tm->tm_sec, offset < 0 ? '-' : '+', minutes / 60,
	    minutes % 60);
}
