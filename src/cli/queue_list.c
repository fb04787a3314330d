#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

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

/* Shows the mail `id`, if it is in the folder; says whether something is. */
static bool
show(struct listing *ls, enum spool_folder folder, const char *id)
{
	struct queue_mail m = { .folder = folder, .now = ls->now };
	enum spool_take how;
	struct entry e;
	struct result res;

	how = queue_site_entry(&ls->site, folder, id, &e, &m.busy, &res);
	/* to others, what cannot be read is not theirs */
	if (how == SPOOL_BAD && ls->site.sees_all)
		tell(ls, &res);
	if (how != SPOOL_TAKEN)
		return how != SPOOL_GONE;
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

/* Shows the mail `id`, wherever it is; says whether it is anywhere. */
static bool
find(struct listing *ls, const char *id)
{
	const enum spool_folder *folder = folders(ls);

	while (*folder != SPOOL_FOLDER_COUNT &&
	    !(is_open(ls, *folder) && show(ls, *folder, id)))
		folder++;
	return *folder != SPOOL_FOLDER_COUNT;
}

/* Shows what has a name in the folder, or in own/, whose names are of mails in
 * other ones. */
static void
show_names(
    struct listing *ls, enum spool_folder folder, const struct names *names)
{
	for (size_t i = 0; i < names->count && ferror(ls->out) == 0; i++)
		if (folder == SPOOL_OWN)
			(void)find(ls, names->names[i]);
		else
			(void)show(ls, folder, names->names[i]);
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
			show_names(ls, folder, &names);
		}
		if (found > 0)
			memcpy(last, names.names[found - 1], sizeof last);
		names_clear(&names);
	} while (found == NAMES_BATCH && ferror(ls->out) == 0);
}

/* Shows all that the caller may see. */
static void
show_folders(struct listing *ls)
{
	const enum spool_folder *folder = folders(ls);

	if (!ls->site.sees_all) {
		show_all(ls, SPOOL_OWN);
		return;
	}
	for (; *folder != SPOOL_FOLDER_COUNT; folder++)
		show_all(ls, *folder);
}

/* Shows the mails that were asked for. */
static void
show_ids(struct listing *ls)
{
	for (size_t i = 0; i < ls->l->count; i++) {
		if (find(ls, ls->l->ids[i]))
			continue;
		say("%s: there is no mail %s\n", ls->l->program, ls->l->ids[i]);
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
	for (const struct conf *c = &ls->site.setup.conf; c != NULL;
	     c = c->next) {
		pause_peek(&ls->site.spool, c->account, &pause);
		if (pause_holds(&pause, ls->now, INT64_MAX))
			fprintf(ls->out, "%s%sPaused until %s: %s\n",
			    c->account, *c->account != '\0' ? ": " : "",
			    queue_time(when, pause.until), pause.why.text);
	}
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
	struct result res;

	queue_site_init(&ls.site);
	if (queue_site_look(&ls.site, l->config, l->folder, &res) == -1) {
		tell(&ls, &res);
		ls.status = result_exit_status(res.kind);
	} else {
		if (l->count > 0)
			show_ids(&ls);
		else
			show_folders(&ls);
		print_end(&ls);
	}
	queue_site_clear(&ls.site);
	return ls.status;
}
