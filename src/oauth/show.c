#include "config.h"

#include <time.h>

#include "base/text.h"
#include "oauth/show.h"

#define SHOWN_MAX 8192

static void
show(struct buf *out, const char *label, const struct buf *text)
{
	char shown[SHOWN_MAX];

	if (text->len > 0)
		buf_printf(out, "%-10s %s\n", label,
		    text_escape(shown, sizeof shown, text->data, text->len));
}

static void
show_time(struct buf *out, int64_t expires, int64_t now)
{
	time_t at = (time_t)expires;
	char when[64];
	struct tm tm;

	buf_printf(out, "%-10s ", "token");
	if (expires <= 0 || gmtime_r(&at, &tm) == NULL ||
	    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		buf_puts(out, "is renewed each time\n");
	else if (expires <= now)
		buf_printf(out,
		    "was valid until %s, and is renewed when it is "
		    "needed\n",
		    when);
	else
		buf_printf(out, "valid until %s\n", when);
}

void
show_token(
    struct buf *out, const struct token *t, const char *path, int64_t now)
{
	show(out, "user", &t->user);
	show(out, "provider", &t->provider);
	show(out, "tenant", &t->tenant);
	show(out, "client id", &t->client_id);
	show_time(out, t->expires, now);
	show(out, "scopes", t->granted.len > 0 ? &t->granted : &t->scope);
	buf_printf(out, "%-10s %s\n", "file", path);
}
