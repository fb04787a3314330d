/* What servers of tokens say, and the file of a token: what is taken is fit to
 * be used, and what is kept is read again. */
#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "oauth/answer.h"
#include "oauth/token.h"

#define SECRET "hunter2"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
assert_visible(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		assert(ascii_is_visible(b->data[i]));
}

static void
fuzz_device(const struct answer *a)
{
	struct answer_device d;
	struct result res;

	answer_device_init(&d);
	if (answer_device(&d, a, &res) == 0) {
		assert(d.code.len > 0 && d.user_code.len > 0 && d.url.len > 0);
		assert_visible(&d.url);
		assert(d.interval >= 0 && d.lifetime > 0 &&
		    d.lifetime <= ANSWER_TIME_MAX);
	} else {
		assert(strstr(res.text, SECRET) == NULL);
	}
	answer_device_clear(&d);
}

static void
fuzz_grant(const struct answer *a)
{
	enum answer_verdict verdict;
	struct answer_grant g;
	struct result res;

	answer_grant_init(&g);
	if (answer_grant(&g, &verdict, a, &res) == -1) {
		assert(strstr(res.text, SECRET) == NULL);
	} else {
		assert((g.access.len > 0) == (verdict == ANSWER_GRANTED));
		assert_visible(&g.access);
	}
	answer_grant_clear(&g);
}

static void
fuzz_token(const struct buf *text)
{
	struct token t, back;
	struct result res;
	struct buf out;

	token_init(&t);
	token_init(&back);
	buf_init(&out, TOKEN_FILE_MAX);
	if (token_read(&t, text, "f", &res) == 0 &&
	    token_write(&t, &out, &res) == 0) {
		assert(token_read(&back, &out, "f", &res) == 0);
		assert(strcmp(t.access.data, back.access.data) == 0);
		assert(t.expires == back.expires);
		(void)token_is_fresh(&t, 1800000000);
	}
	token_clear(&t);
	token_clear(&back);
	buf_free(&out);
}

/* Byte 0: the status of HTTP; then the body. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long status[] = { 200, 400, 302, 500 };
	struct secret hidden;
	struct buf body;
	struct answer a = { "s", 0, &body, &hidden, 1 };

	if (size < 1)
		return 0;
	a.status = status[data[0] % 4];
	secret_init(&hidden);
	buf_puts(&hidden.password, SECRET);
	secret_note(&hidden, "");
	buf_init(&body, 65536);
	buf_add(&body, data + 1, size - 1);
	fuzz_device(&a);
	fuzz_grant(&a);
	fuzz_token(&body);
	buf_free(&body);
	secret_clear(&hidden);
	return 0;
}
