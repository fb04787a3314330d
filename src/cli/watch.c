#include "config.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/say.h"
#include "cli/watch.h"

#define PROGRESS_MIN (1024 * 1024) /* octets; shorter ones need none */

static const struct {
	char who;
	const char *label, *colour;
} speakers[] = {
	{ 'C', "C: ", "\033[36m" },
	{ 'S', "S: ", "\033[32m" },
	{ '*', "*  ", "\033[2m" },
};

static void
end_progress(struct watch *w)
{
	if (w->on_progress_line)
		say("\r\033[K");
	w->on_progress_line = false;
}

static void
show_line(void *arg, char who, const char *text)
{
	char shown[4096];
	struct watch *w = arg;
	size_t i = 0;

	while (i < sizeof speakers / sizeof *speakers - 1 &&
	    speakers[i].who != who)
		i++;
	text_escape(shown, sizeof shown, text, strlen(text));
	end_progress(w);
	say("%s%s%s%s\n", w->colour ? speakers[i].colour : "",
	    speakers[i].label, shown, w->colour ? "\033[0m" : "");
}

static void
show_progress(void *arg, uint64_t done, uint64_t size)
{
	struct watch *w = arg;
	unsigned percent;

	if (!w->terminal || size < PROGRESS_MIN)
		return;
	percent = (unsigned)(done >= size ? 100 : done * 100 / size);
	if (w->on_progress_line && percent == w->percent)
		return;
	w->percent = percent;
	w->on_progress_line = true;
	say("\r*  %u %% of %.1f MB", percent, (double)size / 1e6);
}

struct session_watch
watch_begin(struct watch *w)
{
	*w = (struct watch){ .terminal = isatty(STDERR_FILENO) == 1 };
	w->colour = say_has_colour(STDERR_FILENO);
	return (struct session_watch){
		.line = show_line, .progress = show_progress, .arg = w
	};
}
