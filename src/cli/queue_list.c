#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <sys/stat.h>

#include "cli/queue_list.h"
#include "cli/queue_print.h"
#include "cli/queue_site.h"
#include "cli/say.h"
#include "spool/names.h"
#include "spool/pause.h"

/* A listing under way. */
struct listing {
	const struct queue_list *l;
	FILE *out;
	struct queue_site site;
	int64_t now;
	size_t count; /* mails shown */
	uint64_t bytes; /* of them */
	int status;
};

static void
tell(struct listing *ls, const struct result *res)
{
	say("%s: %s\n", ls->l->program, res->text);
}

static void
print(struct listing *ls, const struct queue_mail *m)
{
	if (ls->l->layout == QUEUE_LAYOUT_JSON) {
		queue_print_json(ls->out, m);
	} else {
		if (ls->count == 0)
			queue_print_header(ls->out);
		queue_print_mail(ls->out, m);
	}
	ls->count++;
	ls->bytes += m->entry->size;
}

/* In the drop folder anybody could have written that it is another's. */
static void
note_owner(enum spool_folder folder, struct entry *e)
{
	struct stat st;

	if (folder == SPOOL_DROP && fstat(e->fd, &st) == 0)
		e->uid = st.st_uid;
}

/* Shows the mail `id`, if it is in the folder; says whether something is. */
static bool
show(struct listing *ls, enum spool_folder folder, const char *id)
{
	struct queue_mail m = { .folder = folder, .now = ls->now };
	enum spool_take how;
	struct entry e;
	struct result res;

	how = spool_look(&ls->site.spool, folder, id, &e, &m.busy, &res);
	/* to others, what cannot be read is not theirs */
	if (how == SPOOL_BAD && ls->site.sees_all)
		tell(ls, &res);
	if (how != SPOOL_TAKEN)
		return how != SPOOL_GONE;
	note_owner(folder, &e);
	m.entry = &e;
	if (queue_site_shows(&ls->site, &e))
		print(ls, &m);
	entry_clear(&e);
	return true;
}

static bool
is_open(const struct listing *ls, enum spool_folder folder)
{
	return ls->site.spool.fds[folder] != -1;
}

/* Shows all of a folder, where it could be opened. */
static void
show_all(struct listing *ls, enum spool_folder folder)
{
	char last[ENTRY_ID_MAX] = "";
	struct names names;
	struct result res;
	size_t found;

	if (!is_open(ls, folder))
		return;
	do {
		found = 0;
		if (names_list(&names, &ls->site.spool, folder, last, &res) ==
		    -1) {
			tell(ls, &res);
			ls->status = result_exit_status(res.kind);
		} else {
			found = names.count;
		}
		for (size_t i = 0; i < found && ferror(ls->out) == 0; i++)
			(void)show(ls, folder, names.names[i]);
		if (found > 0)
			memcpy(last, names.names[found - 1], sizeof last);
		names_clear(&names);
	} while (found == NAMES_BATCH && ferror(ls->out) == 0);
}

/* The folders of a listing, SPOOL_FOLDER_COUNT after the last. */
static const enum spool_folder *
folders(const struct listing *ls)
{
	static const enum spool_folder kept[] = { SPOOL_QUEUE, SPOOL_DROP,
		SPOOL_FOLDER_COUNT },
				       failed[] = { SPOOL_FAILED,
					       SPOOL_FOLDER_COUNT };

	return ls->l->folder == SPOOL_FAILED ? failed : kept;
}

/* Shows the mails that were asked for. */
static void
show_ids(struct listing *ls)
{
	const enum spool_folder *folder;

	for (size_t i = 0; i < ls->l->count; i++) {
		const char *id = ls->l->ids[i];

		for (folder = folders(ls); *folder != SPOOL_FOLDER_COUNT;
		     folder++)
			if (is_open(ls, *folder) && show(ls, *folder, id))
				break;
		if (*folder != SPOOL_FOLDER_COUNT)
			continue;
		say("%s: there is no mail %s\n", ls->l->program, id);
		ls->status = EX_UNAVAILABLE;
	}
}

/* "20 seconds", of a time that has passed. */
static void
print_age(FILE *out, int64_t seconds)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "day", 86400 }, { "hour", 3600 }, { "minute", 60 },
		{ "second", 1 } };
	size_t i = 0;
	int64_t n;

	while (i < sizeof units / sizeof *units - 1 &&
	    seconds < 2 * units[i].seconds)
		i++;
	n = seconds > 0 ? seconds / units[i].seconds : 0;
	fprintf(out, "%" PRId64 " %s%s", n, units[i].name, n == 1 ? "" : "s");
}

/* What is known of the runs of the queue. */
static void
print_runs(struct listing *ls)
{
	int64_t last = pause_last_run(&ls->site.spool);
	char when[QUEUE_TIME_MAX];
	struct pause pause;

	if (!is_open(ls, SPOOL_STATE))
		return;
	pause_peek(&ls->site.spool, "", &pause);
	if (pause_holds(&pause, ls->now, INT64_MAX))
		fprintf(ls->out, "Paused until %s: %s\n",
		    queue_time(when, pause.until), pause.why.text);
	if (last == 0) {
		fputs("Last run: never; see outpost(8)\n", ls->out);
		return;
	}
	fputs("Last run: ", ls->out);
	print_age(ls->out, ls->now - last);
	fputs(" ago\n", ls->out);
}

static void
print_end(struct listing *ls)
{
	if (ls->l->layout == QUEUE_LAYOUT_JSON) {
		fprintf(ls->out,
		    "{\"total\":%zu,\"bytes\":%" PRIu64 ",\"last_run\":%" PRId64
		    "}\n",
		    ls->count, ls->bytes, pause_last_run(&ls->site.spool));
		return;
	}
	if (ls->count > 0)
		queue_print_total(ls->out, ls->count, ls->bytes);
	else
		fputs(ls->l->folder == SPOOL_FAILED ? "No mail has failed\n"
						    : "Mail queue is empty\n",
		    ls->out);
	if (ls->l->layout == QUEUE_LAYOUT_PEOPLE)
		print_runs(ls);
}

int
queue_list(const struct queue_list *l, FILE *out)
{
	struct listing ls = { .l = l, .out = out, .now = time(NULL) };
	const enum spool_folder *folder = folders(&ls);
	struct result res;

	queue_site_init(&ls.site);
	if (queue_site_look(&ls.site, l->config, l->folder, &res) == -1) {
		tell(&ls, &res);
		ls.status = result_exit_status(res.kind);
	} else {
		if (l->count > 0)
			show_ids(&ls);
		for (; l->count == 0 && *folder != SPOOL_FOLDER_COUNT; folder++)
			show_all(&ls, *folder);
		print_end(&ls);
	}
	queue_site_clear(&ls.site);
	return ls.status;
}
