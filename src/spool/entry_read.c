#include "config.h"

#include <bsd/sys/endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "base/sha256.h"
#include "mail/address.h"
#include "mail/lines.h"
#include "spool/entry_format.h"
#include "spool/file.h"

/* A file being read, through a window of it. */
struct reader {
	struct entry *e;
	enum entry_depth depth;
	uint64_t size; /* of the file */
	uint64_t pos; /* what is read next */
	char *window;
	size_t room; /* of the window: all of a small file */
	uint64_t base; /* where in the file the window is */
	size_t len; /* bytes in it */
	uint32_t counts[FORMAT_TYPE_COUNT];
	unsigned last; /* type of the record before */
	size_t states_room;
	struct format_slot slots[FORMAT_SLOTS];
	const struct format_slot *slot; /* the current one */
	struct sha256 sha;
	struct result *res;
};

static int corrupt(struct reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Says what is wrong at the place that is read. */
static int
corrupt(struct reader *r, const char *fmt, ...)
{
	char what[128];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(what, sizeof what, fmt, ap) < 0)
		what[0] = '\0';
	va_end(ap);
	return result_fail(r->res, RESULT_CORRUPT, "byte %llu: %s",
	    (unsigned long long)r->pos, what);
}

static int
fail_memory(struct reader *r)
{
	return result_fail(r->res, RESULT_SYSTEM, "no memory to read the mail");
}

/* The next `n` bytes, which are never more than a window; NULL: `what` is not
 * there whole, or cannot be read. */
static const unsigned char *
view(struct reader *r, size_t n, const char *what)
{
	if (n > r->size - r->pos) {
		corrupt(r, "the file ends within the %s", what);
		return NULL;
	}
	if (r->pos + n > r->base + r->len) {
		r->base = r->pos;
		if (file_pread(
			r->e->fd, r->window, r->room, r->base, &r->len) == -1) {
			result_fail(r->res, RESULT_STORAGE, "cannot read: %s",
			    strerror(errno));
			return NULL;
		}
	}
	if (r->len < n) {
		result_fail(r->res, RESULT_STORAGE,
		    "cannot read: the file becomes shorter");
		return NULL;
	}
	return (const unsigned char *)r->window + (r->pos - r->base);
}

static void
cover(struct reader *r, const unsigned char *p, size_t n)
{
	if (r->depth == ENTRY_WHOLE)
		sha256_add(&r->sha, p, n);
}

/* Finds the newer one of the slots that are whole. */
static int
read_slots(struct reader *r, const unsigned char *head)
{
	for (size_t i = 0; i < FORMAT_SLOTS; i++) {
		struct format_slot *slot = &r->slots[i];

		if (format_get_slot(head + format_slot_at(i), i, slot) &&
		    (r->slot == NULL || slot->serial > r->slot->serial))
			r->slot = slot;
	}
	if (r->slot == NULL)
		return corrupt(r, "both states are damaged");
	r->e->serial = r->slot->serial;
	r->e->schedule = r->slot->schedule;
	return 0;
}

/* Whether the bytes of the head block from `from` to `to` are 0. */
static bool
is_blank(const unsigned char *head, size_t from, size_t to)
{
	while (from < to && head[from] == 0)
		from++;
	return from == to;
}

static int
read_head(struct reader *r)
{
	const unsigned char *p = view(r, FORMAT_PREFIX, "head");
	uint32_t version;

	if (p == NULL)
		return -1;
	if (memcmp(p, FORMAT_MAGIC, FORMAT_MAGIC_SIZE) != 0)
		return corrupt(r, "this is no mail of outpost's");
	version = be32dec(p + FORMAT_MAGIC_SIZE);
	if (version > ENTRY_VERSION)
		return result_fail(r->res, RESULT_NEWER,
		    "its format is version %lu, and this outpost knows %d",
		    (unsigned long)version, ENTRY_VERSION);
	if (version == 0)
		return corrupt(r, "there is no format of version 0");
	p = view(r, FORMAT_HEAD, "head");
	if (p == NULL)
		return -1;
	if (!is_blank(p, FORMAT_MAGIC_SIZE + 4, FORMAT_PREFIX) ||
	    !is_blank(p, FORMAT_HEAD - FORMAT_PREFIX, FORMAT_HEAD))
		return corrupt(r, "bytes of the head that must be 0 are not");
	cover(r, p + FORMAT_MAGIC_SIZE, FORMAT_VERSION_SIZE);
	if (read_slots(r, p) == -1)
		return -1;
	r->pos = FORMAT_HEAD;
	return 0;
}

static int
read_origin(struct reader *r, const unsigned char *p)
{
	if (p[0] > ENTRY_DROP)
		return corrupt(r, "unknown origin %u", p[0]);
	if ((p[1] & ~FORMAT_FLAGS) != 0)
		return corrupt(r, "unknown flags %u", p[1]);
	r->e->origin = (enum entry_origin)p[0];
	r->e->env.is_8bit = (p[1] & FORMAT_8BIT) != 0;
	r->e->env.is_long = (p[1] & FORMAT_LONG) != 0;
	r->e->env.is_utf8 = (p[1] & FORMAT_UTF8) != 0;
	r->e->env.require_tls = (p[1] & FORMAT_REQUIRE_TLS) != 0;
	r->e->created = (int64_t)be64dec(p + 2);
	r->e->uid = be32dec(p + 10);
	return 0;
}

/* Checks a string and copies it to `dst`, which has room for max and a NUL. */
static int
get_string(struct reader *r, const struct format_rule *rule,
    const unsigned char *p, size_t n, size_t max, enum format_chars chars,
    char *dst)
{
	const char *wrong = format_check((const char *)p, n, max, chars);

	if (wrong != NULL)
		return corrupt(r, "the %s %s", rule->name, wrong);
	memcpy(dst, p, n);
	dst[n] = '\0';
	return 0;
}

static int
read_string(struct reader *r, const struct format_rule *rule,
    const unsigned char *p, size_t n)
{
	char **member = (char **)((char *)r->e + rule->member);

	*member = malloc(n + 1);
	if (*member == NULL)
		return fail_memory(r);
	return get_string(r, rule, p, n, n, rule->chars, *member);
}

/* Makes room for the state of one more recipient. */
static int
grow_states(struct reader *r)
{
	size_t room = r->states_room == 0 ? 16 : r->states_room * 2;
	unsigned char *states;
	uint64_t *states_at;

	if (r->e->env.count < r->states_room)
		return 0;
	states = realloc(r->e->states, room * sizeof *states);
	if (states == NULL)
		return fail_memory(r);
	r->e->states = states;
	states_at = realloc(r->e->states_at, room * sizeof *states_at);
	if (states_at == NULL)
		return fail_memory(r);
	r->e->states_at = states_at;
	r->states_room = room;
	return 0;
}

static int
read_recipient(struct reader *r, const struct format_rule *rule,
    const unsigned char *p, size_t n)
{
	char address[ADDRESS_MAX + 1], asked[ADDRESS_MAX + 1];
	size_t length = be16dec(p + 1), count = r->e->env.count;

	if (format_state_of(p[0]) == -1)
		return corrupt(r, "unknown state of a recipient");
	if (length == 0 || length > n - 3)
		return corrupt(r, "the recipient has a wrong length");
	if (get_string(r, rule, p + 3, length, ADDRESS_MAX, FORMAT_TEXT,
		address) == -1 ||
	    get_string(r, rule, p + 3 + length, n - 3 - length, ADDRESS_MAX,
		FORMAT_TEXT, asked) == -1)
		return -1;
	if (grow_states(r) == -1 ||
	    envelope_add(&r->e->env, address, *asked == '\0' ? NULL : asked,
		r->res) == -1)
		return -1;
	if (r->e->env.count == count)
		return corrupt(r, "the same recipient twice");
	r->e->states[count] = p[0];
	r->e->states_at[count] = r->pos + FORMAT_RECORD;
	return 0;
}

static int
read_sizes(struct reader *r, const unsigned char *p)
{
	r->e->size = be64dec(p);
	r->e->header = be64dec(p + 8);
	if (r->e->size > ENTRY_SIZE_MAX || r->e->header > r->e->size)
		return corrupt(r, "the message has a size that cannot be");
	return 0;
}

static int
read_payload(struct reader *r, unsigned type, const unsigned char *p, size_t n)
{
	const struct format_rule *rule = format_rule(type);

	switch (type) {
	case FORMAT_ORIGIN:
		return read_origin(r, p);
	case FORMAT_RECIPIENT:
		return read_recipient(r, rule, p, n);
	case FORMAT_MESSAGE:
		return read_sizes(r, p);
	default:
		return read_string(r, rule, p, n);
	}
}

/* Whether a record may come here, and be so long. */
static int
check_rule(struct reader *r, unsigned type, uint32_t n)
{
	const struct format_rule *rule = format_rule(type);

	if (rule == NULL)
		return corrupt(r, "unknown record type %u", type);
	if (n < rule->min || n > rule->max)
		return corrupt(
		    r, "%s record of %lu bytes", rule->name, (unsigned long)n);
	if (type < r->last)
		return corrupt(r, "%s record after a %s record", rule->name,
		    format_rule(r->last)->name);
	if (r->counts[type] == rule->most)
		return corrupt(r, "more than %lu %s records",
		    (unsigned long)rule->most, rule->name);
	r->counts[type]++;
	r->last = type;
	return 0;
}

/* Adds a record to what the checksum covers: its state, if it has one, as
 * 0. */
static void
cover_record(struct reader *r, unsigned type, const unsigned char *p, size_t n)
{
	static const unsigned char open = 0;
	size_t skip = FORMAT_RECORD;

	cover(r, p, FORMAT_RECORD);
	if (type == FORMAT_RECIPIENT) {
		cover(r, &open, 1);
		skip++;
	}
	cover(r, p + skip, n - skip);
}

static int
read_record(struct reader *r)
{
	const unsigned char *p = view(r, FORMAT_RECORD, "records");
	unsigned type;
	uint32_t n;

	if (p == NULL)
		return -1;
	type = p[0];
	n = be32dec(p + 1);
	if (check_rule(r, type, n) == -1)
		return -1;
	p = view(r, FORMAT_RECORD + n, "records");
	if (p == NULL || read_payload(r, type, p + FORMAT_RECORD, n) == -1)
		return -1;
	cover_record(r, type, p, FORMAT_RECORD + n);
	r->pos += FORMAT_RECORD + n;
	return 0;
}

static int
read_records(struct reader *r)
{
	while (r->last != FORMAT_MESSAGE)
		if (read_record(r) == -1)
			return -1;
	for (unsigned type = FORMAT_ORIGIN; type < FORMAT_TYPE_COUNT; type++)
		if (r->counts[type] < format_rule(type)->least)
			return corrupt(
			    r, "no %s record", format_rule(type)->name);
	if (r->e->return_to == NULL && r->e->origin != ENTRY_DROP)
		return corrupt(
		    r, "no %s record", format_rule(FORMAT_RETURN_TO)->name);
	if (r->e->message_id == NULL && (r->e->message_id = strdup("")) == NULL)
		return fail_memory(r);
	r->e->message_at = r->pos;
	return 0;
}

/* Whether the message and the end mark are what is left of the file. */
static int
check_size(struct reader *r)
{
	uint64_t left = r->size - r->pos;
	uint64_t want = r->e->size + FORMAT_END_SIZE;

	if (left == want)
		return 0;
	return corrupt(r, "%llu bytes follow where there should be %llu",
	    (unsigned long long)left, (unsigned long long)want);
}

/* The message, whose lines go to the smarthost as they are. */
static int
check_lines(struct reader *r)
{
	struct lines_check lines = { 0 };
	const unsigned char *p;
	size_t n;

	for (uint64_t left = r->e->size; left > 0; left -= n) {
		n = left < r->room ? (size_t)left : r->room;
		p = view(r, n, "message");
		if (p == NULL)
			return -1;
		if (!lines_check_push(&lines, (const char *)p, n))
			return corrupt(r, "a line of the message is not clean");
		cover(r, p, n);
		r->pos += n;
	}
	if (!lines_check_end(&lines))
		return corrupt(r, "the last line of the message has no end");
	return 0;
}

static int
check_message(struct reader *r)
{
	unsigned char sum[SHA256_SIZE];
	const unsigned char *p;

	if (check_lines(r) == -1)
		return -1;
	p = view(r, FORMAT_END_SIZE, "end mark");
	if (p == NULL)
		return -1;
	if (memcmp(p, FORMAT_END, FORMAT_MAGIC_SIZE) != 0)
		return corrupt(r, "there is no end mark");
	sha256_end(&r->sha, sum);
	if (memcmp(p + FORMAT_MAGIC_SIZE, sum, sizeof sum) != 0)
		return corrupt(r, "the checksum is wrong");
	return 0;
}

/* Gives the recipients their states and results. */
static void
settle(struct reader *r)
{
	struct envelope *env = &r->e->env;

	for (size_t i = 0; i < env->count; i++) {
		env->rcpts[i].state = (enum rcpt_state)format_state_of(
		    r->e->states[i]);
		env->rcpts[i].result = SIZE_MAX;
	}
	for (size_t k = 0; k < r->slot->count; k++)
		for (size_t i = 0; i < env->count; i++)
			if (format_place_of(r->e->states[i]) == k + 1)
				envelope_settle(env, i, env->rcpts[i].state,
				    r->slot->results[k]);
}

static int
read_all(struct reader *r)
{
	sha256_begin(&r->sha);
	if (read_head(r) == -1 || read_records(r) == -1 || check_size(r) == -1)
		return -1;
	if (r->depth == ENTRY_WHOLE && check_message(r) == -1)
		return -1;
	settle(r);
	return 0;
}

int
entry_read(struct entry *e, int fd, enum entry_depth depth, struct result *res)
{
	struct reader *r;
	struct stat st;
	int done;

	e->fd = fd;
	if (fstat(fd, &st) == -1)
		return result_fail(res, RESULT_STORAGE, "cannot look at it: %s",
		    strerror(errno));
	if (st.st_size == 0)
		return result_fail(res, RESULT_CORRUPT, "it is empty");
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return result_fail(
		    res, RESULT_SYSTEM, "no memory to read the mail");
	r->e = e;
	r->depth = depth;
	r->res = res;
	r->size = (uint64_t)st.st_size;
	r->room = r->size < FORMAT_PIECE ? (size_t)r->size : FORMAT_PIECE;
	r->window = malloc(r->room);
	done = r->window == NULL ? fail_memory(r) : read_all(r);
	if (done == 0 && r->room == r->size)
		e->bytes = r->window;
	else
		free(r->window);
	free(r);
	return done;
}

/* Whether the lines are clean and the checksum is right of an entry that is in
 * memory. */
static bool
is_whole(const struct entry *e)
{
	const unsigned char *bytes = (const unsigned char *)e->bytes;
	uint64_t at = FORMAT_HEAD, end = e->message_at + e->size;
	unsigned char sum[SHA256_SIZE], zero = 0;
	struct lines_check lines = { 0 };
	struct sha256 sha;

	if (!lines_check_push(&lines, e->bytes + e->message_at, e->size) ||
	    !lines_check_end(&lines))
		return false;
	sha256_begin(&sha);
	sha256_add(&sha, bytes + FORMAT_MAGIC_SIZE, FORMAT_VERSION_SIZE);
	for (size_t i = 0; i < e->env.count; i++) {
		sha256_add(&sha, bytes + at, e->states_at[i] - at);
		sha256_add(&sha, &zero, 1);
		at = e->states_at[i] + 1;
	}
	sha256_add(&sha, bytes + at, end - at);
	sha256_end(&sha, sum);
	return memcmp(bytes + end, FORMAT_END, FORMAT_MAGIC_SIZE) == 0 &&
	    memcmp(bytes + end + FORMAT_MAGIC_SIZE, sum, sizeof sum) == 0;
}

int
entry_verify(struct entry *e, struct result *res)
{
	struct entry again;
	int rc;

	if (e->bytes != NULL && is_whole(e))
		return 0;
	/* too large to be in memory; or it will be said what is wrong */
	entry_init(&again);
	rc = entry_read(&again, e->fd, ENTRY_WHOLE, res);
	again.fd = -1; /* it stays that of `e`, and so does the lock */
	entry_clear(&again);
	return rc;
}
