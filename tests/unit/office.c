#include "config.h"

#include <arpa/inet.h>
#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "office.h"
#include "spool/names.h"
#include "spools.h"

#define PATIENCE 20 /* s: a test that waits so long has failed */

static void
say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
	(void)!send(fd, "\r\n", 2, MSG_NOSIGNAL);
}

static const char *
usual(const char *line)
{
	if (strncmp(line, "EHLO", 4) == 0)
		return "250-here\r\n250-PIPELINING\r\n250 AUTH PLAIN";
	if (strncmp(line, "AUTH", 4) == 0)
		return "235 in";
	if (strcmp(line, "DATA") == 0)
		return "354 go on";
	if (strcmp(line, "QUIT") == 0)
		return "221 bye";
	return "250 ok";
}

/* Answers one line; false: the connection is over. */
static bool
answer(struct smarthost *h, int fd, const char *line)
{
	const char *reply;

	strlcat(h->heard, line, sizeof h->heard);
	strlcat(h->heard, "\n", sizeof h->heard);
	if (strncmp(line, "MAIL", 4) == 0)
		h->mails++;
	reply = h->answer == NULL ? NULL : h->answer(h, line);
	if (reply == NULL)
		reply = usual(line);
	if (*reply != '\0')
		say(fd, reply);
	return *reply != '\0' && strcmp(line, "QUIT") != 0;
}

static void
serve(struct smarthost *h, int fd)
{
	bool goes_on = true, in_data = false;
	FILE *in = fdopen(fd, "r");
	char line[4096];

	say(fd, "220 here");
	while (goes_on && fgets(line, sizeof line, in) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (in_data && strcmp(line, ".") != 0) {
			strlcat(h->bodies, line, sizeof h->bodies);
			strlcat(h->bodies, "\n", sizeof h->bodies);
			continue;
		}
		goes_on = answer(h, fd, line);
		in_data = strcmp(line, "DATA") == 0;
	}
	fclose(in);
}

static void *
run(void *arg)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	struct smarthost *h = arg;
	int fd;

	while ((fd = accept(h->fd, NULL, NULL)) != -1) {
		setsockopt(
		    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		h->connections++;
		h->mails = 0;
		strlcat(h->heard, "|", sizeof h->heard);
		serve(h, fd);
	}
	return NULL;
}

void
smarthost_start(struct smarthost *h,
    const char *(*answer_with)(struct smarthost *h, const char *line))
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof sa;

	*h = (struct smarthost){ .answer = answer_with };
	h->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(h->fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(h->fd, 8), 0);
	assert_int_equal(getsockname(h->fd, (struct sockaddr *)&sa, &n), 0);
	h->port = ntohs(sa.sin_port);
	assert_int_equal(pthread_create(&h->thread, NULL, run, h), 0);
}

void
smarthost_stop(struct smarthost *h)
{
	shutdown(h->fd, SHUT_RDWR);
	pthread_join(h->thread, NULL);
	close(h->fd);
}

size_t
office_count(const char *text, const char *what)
{
	size_t count = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		count++;
	}
	return count;
}

static void
load(struct office *o, int port, const char *more)
{
	static const char list[] = "root: admin@x.example\nfile: /var/mail/x\n"
				   "nobody: none:;\n";
	static const struct secret_places none;
	struct result res;
	char text[2048];
	int n;

	n = snprintf(text, sizeof text,
	    "[smarthost]\nhost = 127.0.0.1\nport = %d\ntls = off\n"
	    "auth = plain\nuser = me@x.example\npassword = pass word\n"
	    "[sender]\ndomain = d.example\n%s",
	    port, more);
	if (conf_parse(&o->conf, "test.ini", text, (size_t)n, &res) == -1 ||
	    secret_load(&o->secret, &o->conf, &none, &res) == -1 ||
	    identity_load(&o->id, &o->conf, getuid(), &res) == -1)
		fail_msg("%s", res.text);
	assert_int_equal(
	    aliases_parse(&o->aliases, "aliases", list, strlen(list), &res), 0);
}

void
office_open(struct office *o, int port, const char *more)
{
	char path[300];
	struct result res;

	memset(o, 0, sizeof *o);
	umask(077);
	secret_init(&o->secret);
	load(o, port, more);
	spools_make(o->dir);
	assert_int_equal(chmod(o->dir, 0711), 0);
	snprintf(path, sizeof path, "%s/drop", o->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 03733), 0);
	if (spool_open(&o->spool, o->dir, &res) == -1)
		fail_msg("%s", res.text);
	snprintf(o->log, sizeof o->log, "%s/log", o->dir);
	assert_int_equal(log_open(NULL, o->log, &res), 0);
	o->rewrite = (struct rewrite){ &o->conf, &o->id, &o->aliases,
		&o->senders };
	o->routes = (struct routes){ .at = { { &o->conf, &o->id } },
		.count = 1 };
	o->bounce = (struct bounce){ &o->rewrite, &o->spool };
	o->settle.bounce = &o->bounce;
	o->settle.judge = &o->judge;
	o->delivery = (struct delivery){ .conf = &o->conf,
		.secret = &o->secret,
		.id = &o->id,
		.judge = &o->judge,
		.cancel = -1 };
	account_init(&o->account, &o->conf, &o->spool, &o->delivery);
}

void
office_close(struct office *o)
{
	struct result res;

	account_clear(&o->account);
	judge_clear(&o->judge);
	assert_int_equal(log_open(NULL, NULL, &res), 0);
	spool_close(&o->spool);
	spools_remove(o->dir);
	aliases_clear(&o->aliases);
	identity_clear(&o->id);
	secret_clear(&o->secret);
	conf_clear(&o->conf);
}

const char *
office_log(struct office *o)
{
	FILE *f = fopen(o->log, "r+");
	size_t n;

	assert_non_null(f);
	n = fread(o->text, 1, sizeof o->text - 1, f);
	o->text[n] = '\0';
	assert_int_equal(ftruncate(fileno(f), 0), 0);
	fclose(f);
	return o->text;
}

static void
add_recipients(struct envelope *env, const char *list)
{
	char copy[1024], *rest = copy, *one;
	struct result res;

	strlcpy(copy, list, sizeof copy);
	while ((one = strsep(&rest, ",")) != NULL)
		assert_int_equal(envelope_add(env, one, NULL, &res), 0);
}

void
office_put(struct office *o, const char *recipients,
    void (*change)(struct entry *e), char id[ENTRY_ID_MAX])
{
	struct source text = spools_text(SPOOLS_MESSAGE, SPOOLS_HEADER);
	struct result res;
	struct entry e;

	entry_init(&e);
	e.created = time(NULL) - 60;
	e.return_to = strdup("me@y.example");
	e.message_id = strdup("<one@x.example>");
	assert_int_equal(envelope_set_sender(&e.env, "me@x.example", &res), 0);
	add_recipients(&e.env, recipients);
	if (change != NULL)
		change(&e);
	if (spool_keep(&o->spool, SPOOL_QUEUE, &e, &text, &res) == -1)
		fail_msg("%s", res.text);
	if (id != NULL)
		strlcpy(id, e.id, ENTRY_ID_MAX);
	entry_clear(&e);
}

void
office_take(
    struct office *o, enum spool_folder folder, const char *id, struct entry *e)
{
	struct result res;

	assert_int_equal(
	    spool_take(&o->spool, folder, id, ENTRY_WHOLE, e, &res),
	    SPOOL_TAKEN);
	for (size_t i = 0; i < e->env.count; i++)
		e->env.rcpts[i].earlier = e->env.rcpts[i].state != RCPT_PENDING;
}

void
office_take_only(struct office *o, enum spool_folder folder, struct entry *e)
{
	struct names names;
	struct result res;

	assert_int_equal(names_list(&names, &o->spool, folder, "", &res), 0);
	assert_int_equal(names.count, 1);
	office_take(o, folder, names.names[0], e);
	names_clear(&names);
}

const char *
office_message(struct office *o, struct entry *e)
{
	const struct source s = entry_message(e);
	struct result res;
	size_t got;

	assert_true(s.size < sizeof o->text);
	assert_int_equal(
	    s.read(s.arg, 0, o->text, (size_t)s.size, &got, &res), 0);
	assert_int_equal(got, s.size);
	o->text[got] = '\0';
	return o->text;
}
