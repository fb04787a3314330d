#include "config.h"

#include <bsd/string.h>
#include <bsd/sys/endian.h>
#include <string.h>

#include "base/ascii.h"
#include "base/sha256.h"
#include "base/text.h"
#include "spool/entry_format.h"

#define FIXED 30 /* bytes before the results */
#define RESULT_FIXED 7 /* bytes of a result beside its strings */
#define CHECKSUM 8 /* bytes, at the end */

static void
checksum(const unsigned char *slot, unsigned char sum[SHA256_SIZE])
{
	struct sha256 sha;

	sha256_begin(&sha);
	sha256_add(&sha, slot, FORMAT_SLOT - CHECKSUM);
	sha256_end(&sha, sum);
}

/* Appends `s` behind its length in one byte. */
static unsigned char *
put_short(unsigned char *p, const char *s)
{
	size_t n = strlen(s);

	*p++ = (unsigned char)n;
	memcpy(p, s, n);
	return p + n;
}

/* Appends a result whose text may have `room` bytes. */
static unsigned char *
put_result(unsigned char *p, const struct result *res, size_t room)
{
	char text[RESULT_TEXT_MAX];
	size_t n = strlen(res->text);

	if (room >= sizeof text)
		room = sizeof text - 1;
	text_escape(text, room + 1, res->text, n);
	n = strlen(text);
	p = put_short(p, result_kind_name(res->kind));
	be16enc(p, (uint16_t)res->reply);
	p = put_short(p + 2, res->status);
	p = put_short(p, res->stage);
	be16enc(p, (uint16_t)n);
	memcpy(p + 2, text, n);
	return p + 2 + n;
}

/* How long each text may be, for all results to fit. */
static size_t
text_room(const struct format_slot *slot)
{
	size_t room = FORMAT_SLOT - CHECKSUM - FIXED, texts = 0;

	for (size_t k = 0; k < slot->count; k++) {
		const struct result *res = slot->results[k];

		room -= RESULT_FIXED + strlen(result_kind_name(res->kind)) +
		    strlen(res->status) + strlen(res->stage);
		texts += strlen(res->text);
	}
	return texts <= room ? RESULT_TEXT_MAX : room / slot->count;
}

void
format_put_slot(
    unsigned char bytes[FORMAT_SLOT], const struct format_slot *slot)
{
	unsigned char sum[SHA256_SIZE], *p = bytes + FIXED;
	size_t room = text_room(slot);

	memset(bytes, 0, FORMAT_SLOT);
	be64enc(bytes, slot->serial);
	be64enc(bytes + 8, (uint64_t)slot->schedule.next);
	be64enc(bytes + 16, (uint64_t)slot->schedule.last);
	be32enc(bytes + 24, slot->schedule.attempts);
	bytes[28] = slot->schedule.held;
	bytes[29] = (unsigned char)slot->count;
	for (size_t k = 0; k < slot->count; k++)
		p = put_result(p, slot->results[k], room);
	checksum(bytes, sum);
	memcpy(bytes + FORMAT_SLOT - CHECKSUM, sum, CHECKSUM);
}

/* What is left to read of a slot. */
struct cursor {
	const unsigned char *p;
	size_t n;
};

/* Reads a string and its length, of `width` bytes, into `dst` of `size`; it
 * must fit and be text of the class. */
static bool
get_string(struct cursor *c, size_t width, char *dst, size_t size,
    enum format_chars chars)
{
	size_t n;

	if (c->n < width)
		return false;
	n = width == 1 ? c->p[0] : be16dec(c->p);
	c->p += width;
	c->n -= width;
	if (n > c->n ||
	    format_check((const char *)c->p, n, size - 1, chars) != NULL)
		return false;
	memcpy(dst, c->p, n);
	dst[n] = '\0';
	c->p += n;
	c->n -= n;
	return true;
}

static bool
get_reply(struct cursor *c, int *reply)
{
	if (c->n < 2)
		return false;
	*reply = be16dec(c->p);
	c->p += 2;
	c->n -= 2;
	return *reply <= 999;
}

static bool
get_result(struct cursor *c, struct result *res)
{
	struct result raw;
	char kind[32];

	if (!get_string(c, 1, kind, sizeof kind, FORMAT_ASCII) ||
	    kind[0] == '\0' || !get_reply(c, &raw.reply) ||
	    !get_string(c, 1, raw.status, sizeof raw.status, FORMAT_ASCII) ||
	    !get_string(c, 1, raw.stage, sizeof raw.stage, FORMAT_ASCII) ||
	    !get_string(c, 2, raw.text, sizeof raw.text, FORMAT_TEXT))
		return false;
	(void)result_fail(res, result_kind_find(kind), "%s", raw.text);
	res->reply = raw.reply;
	strlcpy(res->status, raw.status, sizeof res->status);
	strlcpy(res->stage, raw.stage, sizeof res->stage);
	return true;
}

static bool
is_zero(const struct cursor *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->p[i] != 0)
			return false;
	return true;
}

bool
format_get_slot(const unsigned char bytes[FORMAT_SLOT], size_t which,
    struct format_slot *slot)
{
	struct cursor c = { bytes + FIXED, FORMAT_SLOT - CHECKSUM - FIXED };
	unsigned char sum[SHA256_SIZE];

	checksum(bytes, sum);
	if (memcmp(bytes + FORMAT_SLOT - CHECKSUM, sum, CHECKSUM) != 0)
		return false;
	slot->serial = be64dec(bytes);
	slot->schedule.next = (int64_t)be64dec(bytes + 8);
	slot->schedule.last = (int64_t)be64dec(bytes + 16);
	slot->schedule.attempts = be32dec(bytes + 24);
	slot->schedule.held = bytes[28] == 1;
	slot->count = bytes[29];
	if (slot->serial % FORMAT_SLOTS != which || slot->serial > INT64_MAX ||
	    bytes[28] > 1 || slot->count > ENTRY_RESULTS_MAX)
		return false;
	for (size_t k = 0; k < slot->count; k++) {
		if (!get_result(&c, &slot->copies[k]))
			return false;
		slot->results[k] = &slot->copies[k];
	}
	return is_zero(&c);
}
