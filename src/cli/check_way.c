#include "config.h"

#include <bsd/string.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check_way.h"
#include "smtp/client_login.h"

/* From the name of the smarthost to the log-in. */

#define PORT_BLOCKED 25
#define OFFERS_MAX 512

static void
watch_line(void *arg, char who, const char *text)
{
	struct check_way *w = arg;

	if (who == '*' && w->at == CHECK_STAGE_TLS)
		strlcpy(w->remark, text, sizeof w->remark);
}

static void
watch_certificate(void *arg, const struct tls_certificate *cert)
{
	struct check_way *w = arg;

	w->certificate = *cert;
	w->is_shown = true;
}

/* The name led to addresses, unless there is none to ask for. */
static void
pass_name(struct check_way *w)
{
	const struct dial *peer = &w->delivery.peer;

	w->at = CHECK_STAGE_TCP;
	if (peer->found_at == 0)
		return;
	check_begin(w->c, CHECK_STAGE_DNS);
	check_note(
	    w->c, CHECK_SAYS_FOUND, w->conf.smarthost.host, peer->found, NULL);
	check_end_at(w->c, peer->found_at);
}

/* The connection is there. */
static void
connected(struct check_way *w)
{
	pass_name(w);
	check_begin(w->c, CHECK_STAGE_TCP);
	check_note(w->c, CHECK_SAYS_CONNECTED, w->delivery.relay, NULL);
	check_end(w->c);
	w->at = CHECK_STAGE_TLS;
	if (w->conf.smarthost.tls != CONF_TLS_OFF)
		return;
	check_tls(w, NULL);
	w->at = CHECK_STAGE_EHLO;
}

static const struct {
	const char *name;
	enum caps_flag flag;
} keywords[] = {
	{ "PIPELINING", CAPS_PIPELINING },
	{ "8BITMIME", CAPS_8BITMIME },
	{ "SMTPUTF8", CAPS_SMTPUTF8 },
	{ "CHUNKING", CAPS_CHUNKING },
	{ "DSN", CAPS_DSN },
	{ "REQUIRETLS", CAPS_REQUIRETLS },
};

static const enum caps_mechanism mechanisms[] = {
#define MECHANISM(id, bit, name) CAPS_AUTH_##id,
	CAPS_MECHANISMS(MECHANISM)
#undef MECHANISM
};

static void
put_word(struct buf *out, const char *word)
{
	buf_printf(out, "%s%s", out->len > 0 ? ", " : "", word);
}

/* "PIPELINING, 8BITMIME, SIZE 1000, AUTH PLAIN LOGIN" */
static void
put_offers(struct buf *out, const struct caps *caps)
{
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if ((caps->flags & (unsigned)keywords[i].flag) != 0)
			put_word(out, keywords[i].name);
	if ((caps->flags & CAPS_SIZE) != 0)
		put_word(out, "SIZE");
	if (caps->size > 0)
		buf_printf(out, " %" PRIu64, caps->size);
	if ((caps->flags & CAPS_AUTH) != 0)
		put_word(out, "AUTH");
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
		if ((caps->mechanisms & (unsigned)mechanisms[i]) != 0)
			buf_printf(
			    out, " %s", caps_mechanism_name(mechanisms[i]));
	if (out->len == 0)
		buf_putc(out, '-');
}

/* EHLO is answered, for the last time, or HELO in its place. */
static void
greeted(struct check_way *w, enum smtp_state state, const struct caps *caps)
{
	struct buf offers;

	check_begin(w->c, CHECK_STAGE_EHLO);
	buf_init(&offers, OFFERS_MAX);
	put_offers(&offers, caps);
	if (state != SMTP_HELO)
		check_note(w->c, CHECK_SAYS_OFFERS, offers.data, NULL);
	else
		check_warn(w->c, CHECK_SAYS_NO_EHLO, NULL);
	buf_free(&offers);
	check_end(w->c);
	w->at = CHECK_STAGE_AUTH;
}

static void
watch_passed(void *arg, enum smtp_state state, const struct reply *reply,
    const struct smtp_client *client)
{
	struct check_way *w = arg;

	if (reply == NULL && state == SMTP_IDLE) {
		connected(w);
	} else if (reply == NULL) {
		check_tls(w, NULL);
		w->at = CHECK_STAGE_EHLO;
	} else {
		w->answers[state].at = check_clock();
		w->answers[state].code = reply->code;
		w->login = smtp_login(client);
		if (w->at == CHECK_STAGE_EHLO && reply->code / 100 == 2 &&
		    (state == SMTP_EHLO || state == SMTP_HELO ||
			state == SMTP_LHLO))
			greeted(w, state, smtp_offers(client));
	}
}

/* Silence on the port that most clouds close. */
static bool
is_blocked(const struct check_way *w, const struct result *why)
{
	return why->kind == RESULT_CONNECT &&
	    w->delivery.place.host.port == PORT_BLOCKED &&
	    w->delivery.peer.found_at != 0 &&
	    check_clock() - w->delivery.peer.found_at >=
	    w->conf.smarthost.connect_timeout / 2;
}

/* No connection, or no log-in: `why` is of the stage under way. */
static void
fail(struct check_way *w, const struct result *why)
{
	if (w->at == CHECK_STAGE_DNS && why->kind != RESULT_RESOLVE)
		pass_name(w);
	if (w->at == CHECK_STAGE_TLS) {
		check_tls(w, why);
		return;
	}
	check_begin(w->c, w->at);
	if (w->at == CHECK_STAGE_TCP && is_blocked(w, why)) {
		check_fail_bare(w->c, why);
		check_advise(w->c, CHECK_DO_PORT_25, NULL);
	} else {
		check_fail(w->c, why);
	}
	check_end(w->c);
}

static void
logged_in(struct check_way *w)
{
	check_begin(w->c, CHECK_STAGE_AUTH);
	if (*w->login != '\0')
		check_note(w->c, CHECK_SAYS_AUTH, w->login,
		    w->conf.smarthost.user, NULL);
	else
		check_skip(w->c, CHECK_SAYS_NO_AUTH, NULL);
	check_end(w->c);
}

static void
go(struct check_way *w)
{
	struct result res;

	account_recall(&w->account);
	w->delivery.watch = (struct session_watch){ .line = watch_line,
		.certificate = watch_certificate,
		.passed = watch_passed,
		.arg = w };
	w->until = deadline_in(w->conf.smarthost.wait_timeout, -1);
	if (deliver_open(&w->delivery, w->until, &res) == -1) {
		fail(w, &res);
		return;
	}
	logged_in(w);
	check_ask(w);
	deliver_close(&w->delivery);
}

static void
go_to(struct check *c, char *host)
{
	const struct way *way = setup_way(&c->setup);
	struct check_way w = { .c = c,
		.conf = *way->conf,
		.at = CHECK_STAGE_DNS,
		.login = "",
		.delivery = { .secret = &way->secret,
		    .id = &way->identity,
		    .tls = way->tls,
		    .judge = &c->setup.judge,
		    .cancel = -1 } };

	w.conf.smarthost.host = host;
	w.delivery.conf = &w.conf;
	account_init(&w.account, way->conf, &c->spool, &w.delivery);
	c->host = host;
	c->now = check_clock();
	go(&w);
	account_clear(&w.account);
}

/* What fails before anybody is asked. */
static void
fail_early(struct check *c, enum check_stage stage, const struct result *why)
{
	c->host = setup_way(&c->setup)->conf->smarthost.host;
	check_begin(c, stage);
	check_fail(c, why);
	check_end(c);
}

/* Whether the log-in was refused: so it would be by the other hosts, and
 * failures that are repeated get accounts and addresses locked. */
static bool
is_refused(const struct check *c)
{
	return c->stage == CHECK_STAGE_AUTH && c->why.kind == RESULT_AUTH;
}

static void
go_to_each(struct check *c)
{
	char *hosts = strdup(setup_way(&c->setup)->conf->smarthost.host);
	char *rest = hosts, *host;
	struct result res;
	bool refused = false;

	if (hosts == NULL) {
		(void)result_fail(&res, RESULT_SYSTEM, "out of memory");
		fail_early(c, CHECK_STAGE_DNS, &res);
	}
	while (!refused && (host = strsep(&rest, " \t")) != NULL) {
		if (*host == '\0')
			continue;
		go_to(c, host);
		refused = is_refused(c);
	}
	free(hosts);
}

void
check_way(struct check *c)
{
	const struct result *trust = &c->accounts[c->setup.at].trust;
	struct way *way = setup_way(&c->setup);
	struct result res;

	c->account = way->conf->account;
	c->now = check_clock();
	if (trust->kind != RESULT_OK)
		fail_early(c, CHECK_STAGE_TLS, trust);
	else if (way_ask(way, &res) == -1)
		fail_early(c, CHECK_STAGE_AUTH, &res);
	else
		go_to_each(c);
	c->host = c->account = "";
}
