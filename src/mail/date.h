/*
 * date: date-time of RFC 5322, section 3.3.  Pure: the time is handed in.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stddef.h>
#include <time.h>

#define DATE_MAX 40 /* bytes, the NUL included */

/*
 * Writes `tm`, a local time `offset` seconds east of Greenwich, as
 * "Sun, 22 Nov 2026 20:43:29 +0800" to `dst`, whatever the locale.
 */
void date_format(char dst[DATE_MAX], const struct tm *tm, long offset);

#endif
