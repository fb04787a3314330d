#include "config.h"

#include "base/percent.h"
#include "oauth/grant.h"
#include "oauth/http.h"

#define FORM_MAX (64 * 1024)
#define DEVICE_CODE "urn:ietf:params:oauth:grant-type:device_code"

enum hidden { CODE, CLIENT, HIDDEN };

/* A question, and what must not come back in what is shown. */
struct question {
	struct buf form;
	struct http_answer answer;
	struct secret hidden[HIDDEN];
};

static void
hide(struct secret *s, const struct buf *text)
{
	secret_init(s);
	if (text != NULL)
		buf_add(&s->password, text->data, text->len);
	secret_note(s, "");
}

static void
add_bytes(struct question *q, const char *name, const void *p, size_t n)
{
	if (n == 0)
		return;
	buf_printf(&q->form, "%s%s=", q->form.len > 0 ? "&" : "", name);
	percent_encode(&q->form, p, n);
}

static void
add(struct question *q, const char *name, const struct buf *value)
{
	add_bytes(q, name, value->data, value->len);
}

/* `code` is the secret in it beside the client's, or NULL. */
static void
begin(struct question *q, const struct token *t, const struct buf *code)
{
	buf_init(&q->form, FORM_MAX);
	http_init(&q->answer);
	hide(&q->hidden[CODE], code);
	hide(&q->hidden[CLIENT], &t->client_secret);
	add(q, "client_id", &t->client_id);
}

static void
end(struct question *q)
{
	buf_free(&q->form);
	http_clear(&q->answer);
	for (int i = 0; i < HIDDEN; i++)
		secret_clear(&q->hidden[i]);
}

static struct answer
answer_of(const struct question *q)
{
	return (struct answer){ q->answer.server, q->answer.status,
		&q->answer.body, q->hidden, HIDDEN };
}

int
grant_device(struct answer_device *d, const char *device_url,
    const struct token *t, struct deadline until, struct result *res)
{
	struct question q;
	struct answer a;
	int status;

	begin(&q, t, NULL);
	add(&q, "scope", &t->scope);
	status = http_post(&q.answer, device_url, &q.form, until, res);
	a = answer_of(&q);
	if (status == 0)
		status = answer_device(d, &a, res);
	end(&q);
	return status;
}

/* Asks the token endpoint, and ends the question. */
static int
ask(struct question *q, struct answer_grant *g, enum answer_verdict *verdict,
    const struct token *t, struct deadline until, struct result *res)
{
	struct answer a;
	int status;

	add(q, "client_secret", &t->client_secret);
	status = http_post(&q->answer, t->token_url.data, &q->form, until, res);
	a = answer_of(q);
	if (status == 0)
		status = answer_grant(g, verdict, &a, res);
	end(q);
	return status;
}

int
grant_poll(struct answer_grant *g, enum answer_verdict *verdict,
    const struct answer_device *d, const struct token *t, struct deadline until,
    struct result *res)
{
	struct question q;

	begin(&q, t, &d->code);
	add_bytes(&q, "grant_type", DEVICE_CODE, sizeof DEVICE_CODE - 1);
	add(&q, "device_code", &d->code);
	return ask(&q, g, verdict, t, until, res);
}

int
grant_refresh(struct answer_grant *g, const struct token *t,
    struct deadline until, struct result *res)
{
	static const char type[] = "refresh_token";
	enum answer_verdict verdict;
	struct question q;

	begin(&q, t, &t->refresh);
	add_bytes(&q, "grant_type", type, sizeof type - 1);
	add(&q, "refresh_token", &t->refresh);
	add(&q, "scope", &t->scope);
	if (ask(&q, g, &verdict, t, until, res) == -1)
		return -1;
	if (verdict == ANSWER_GRANTED)
		return 0;
	return result_fail(res, RESULT_DEFERRED,
	    "%s: the server wants to be asked later", t->token_url.data);
}
