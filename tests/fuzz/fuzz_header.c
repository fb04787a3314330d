#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/address.h"
#include "mail/lines.h"
#include "mail/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_local(const char *spec, const void *arg)
{
	return arg == NULL && strlen(spec) % 2 == 0;
}

/* Parses a header; reads each field as a list, and each address again. */
static void
parse(struct header *h, const char *p, size_t n)
{
	struct address_list list;
	struct address addr, again;
	struct buf held;
	struct result res;
	size_t used, len;

	buf_init(&held, HEADER_MAX);
	header_init(h);
	if (header_push(h, p, n, &used, &held, &res) == HEADER_MORE)
		assert(header_finish(h, &held, &res) == HEADER_ENDED);
	buf_free(&held);
	for (size_t i = 0; i < h->count; i++) {
		const char *body = field_body(h, &h->fields[i], &len);

		address_list(&list, body, len);
		while (address_next(&list, &addr, &res) == ADDRESS_FOUND) {
			assert(addr.spec_end <= addr.end && addr.end <= len);
			assert(address_one(&again, addr.spec, strlen(addr.spec),
				   &res) == 0);
			assert(strcmp(addr.spec, again.spec) == 0);
		}
	}
}

/* What goes out is clean, parses as a whole, holds no Bcc, and is ASCII but
 * for addresses. */
static void
check(const char *p, size_t n, const struct message_facts *facts)
{
	struct header h;

	for (size_t i = 0, column = 0; i < n; i++) {
		assert(p[i] != '\0' && column <= LINES_MAX + 1);
		assert(facts->needs_utf8 || !ascii_is_8bit(p[i]));
		assert((p[i] == '\n') == (i > 0 && p[i - 1] == '\r'));
		column = p[i] == '\n' ? 0 : column + 1;
	}
	parse(&h, p, n);
	assert(h.raw.len == n && memcmp(h.raw.data, p, n) == 0);
	for (size_t i = 0; i < h.count; i++)
		assert(h.fields[i].name != HEADER_BCC &&
		    h.fields[i].name != HEADER_RESENT_BCC);
	header_clear(&h);
}

static const struct charset_choices charsets = { { "GB18030", "CP932" } };

/* Byte 0: the rules; then the message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_rules rules = { .date = "D",
		.id = "<i@d>",
		.from = "a@d",
		.name = "A. B",
		.domain = "d.example",
		.policy = size > 0 ? data[0] % 3 : 0,
		.account = "me@163.com",
		.account_name = "M\303\251",
		.is_local = is_local,
		.add_missing = size > 0 && data[0] / 3 % 2 == 0,
		.charsets = size > 0 && data[0] / 6 % 2 == 0 ? &charsets
							     : NULL };
	char *clean = malloc(LINES_OUT_MAX(size) + LINES_OUT_MAX(0));
	struct lines l;
	struct header h;
	struct buf out;
	struct message_facts facts;
	struct result res;
	size_t n;

	assert(clean != NULL);
	lines_init(&l, LINES_DOT_ENDS);
	n = size == 0 ? 0
		      : lines_push(&l, (const char *)data + 1, size - 1, clean);
	n += lines_end(&l, clean + n);
	parse(&h, clean, n);
	buf_init(&out, HEADER_MAX);
	if (message_header(&h, &rules, &out, &facts, &res) == 0)
		check(out.data, out.len, &facts);
	buf_free(&out);
	header_clear(&h);
	free(clean);
	return 0;
}
