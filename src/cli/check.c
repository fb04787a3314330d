#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/process.h"
#include "cli/check_parts.h"

#define LINES_MAX (64 * 1024) /* bytes, of a stage */
#define PORT_TEXT_MAX 24

static void
init(struct check *c, const struct check_rules *rules)
{
	*c = (struct check){ .rules = rules, .host = "" };
	setup_init(&c->setup);
	buf_init(&c->text, LINES_MAX);
	buf_init(&c->advice, LINES_MAX);
	c->now = check_clock();
}

static void
clear(struct check *c)
{
	setup_clear(&c->setup);
	buf_free(&c->text);
	buf_free(&c->advice);
}

/* What the configuration says, and what is odd in it. */
static void
note_conf(struct check *c)
{
	const struct conf *conf = &c->setup.conf;
	const struct buf *password = &c->setup.secret.password;
	char port[PORT_TEXT_MAX];

	snprintf(port, sizeof port, "%ld", conf->smarthost.port);
	check_note(
	    c, CHECK_SAYS_CONF, conf->path, conf->smarthost.host, port, NULL);
	if (c->setup.complaint.kind != RESULT_OK)
		check_warn(c, CHECK_SAYS_TEXT, c->setup.complaint.text, NULL);
	if (password->len > 0 &&
	    (ascii_is_space(password->data[0]) ||
		ascii_is_space(password->data[password->len - 1]))) {
		check_warn(c, CHECK_SAYS_BLANKS, NULL);
		check_advise(c, CHECK_DO_BLANKS, NULL);
	}
}

/* Who may not read the configuration leaves his mail in the drop folder, unless
 * it is a file that he named. */
static bool
is_for_drop(const struct check *c, const struct result *why)
{
	return why->kind == RESULT_DENIED && c->setup.uid != 0 &&
	    c->rules->config == NULL && c->rules->scope == CHECK_ALL;
}

enum course { COURSE_WAY, COURSE_DROP, COURSE_END };

static enum course
load(struct check *c)
{
	enum course course = COURSE_WAY;
	struct result res, ignored;

	check_begin(c, CHECK_STAGE_CONFIGURATION);
	if (setup_conf(&c->setup, c->rules->config, &res) == 0 &&
	    setup_load(&c->setup, &res) == 0) {
		note_conf(c);
	} else if (is_for_drop(c, &res) &&
	    setup_without(&c->setup, &ignored) == 0) {
		course = COURSE_DROP;
		check_skip(c, CHECK_SAYS_TEXT, res.text, NULL);
		check_skip(
		    c, CHECK_SAYS_DENIED, c->setup.conf.queue.directory, NULL);
	} else {
		course = COURSE_END;
		check_fail(c, &res);
		if (res.kind == RESULT_DENIED && c->setup.uid == 0)
			check_advise(c, CHECK_DO_CONF, NULL);
	}
	check_end(c);
	return course;
}

/* What this machine has prepared. */
static void
check_machine(struct check *c, enum course course)
{
	if (course == COURSE_WAY)
		check_permissions(c);
	else if (course == COURSE_DROP)
		check_drop(c);
	check_links(c);
}

/* As whoever sends the mail of this caller. */
static void
go(struct check *c)
{
	struct result res;

	if (setup_trust(&c->setup, &c->trust) == 0)
		result_ok(&c->trust);
	if (c->setup.uid == 0 && process_become(SETUP_USER, &res) == -1) {
		check_begin(c, CHECK_STAGE_PERMISSIONS);
		check_fail(c, &res);
		check_end(c);
		return;
	}
	if (c->rules->scope == CHECK_ALL)
		check_queue(c);
	check_way(c);
}

int
check_run(const struct check_rules *rules)
{
	struct check c;
	enum course course;
	int status;

	init(&c, rules);
	course = load(&c);
	if (rules->scope == CHECK_ALL)
		check_machine(&c, course);
	if (course == COURSE_WAY)
		go(&c);
	status = c.status;
	clear(&c);
	return status;
}
