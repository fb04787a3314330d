#include "config.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/pause.h"

#define WHAT "pause"
#define RUN_FILE "run"
#define RUN_SIZE 21 /* bytes of it: 20 digits and a line end */
#define MAGIC "pause 1\n"

/* The file: numbers as this machine has them, for it goes to no other, and
 * nothing between the members. */
struct record {
	char magic[8];
	uint8_t salt[STATE_SALT_SIZE];
	uint8_t fingerprint[SHA256_SIZE]; /* of salt and secret */
	int64_t until, since;
	uint32_t cause, failures;
	int32_t reply;
	char kind[32], status[RESULT_STATUS_MAX], stage[RESULT_STAGE_MAX];
	char text[RESULT_TEXT_MAX], filler[4];
	uint8_t sum[SHA256_SIZE]; /* of all that stands before */
};

_Static_assert(sizeof(struct record) == 944, "no holes in a record");

static void
sum_up(const struct record *r, uint8_t out[SHA256_SIZE])
{
	struct sha256 ctx;

	sha256_begin(&ctx);
	sha256_add(&ctx, r, offsetof(struct record, sum));
	sha256_end(&ctx, out);
}

static bool
is_string(const char *p, size_t size)
{
	return memchr(p, '\0', size) != NULL;
}

static bool
is_sound(const struct record *r)
{
	uint8_t sum[SHA256_SIZE];

	sum_up(r, sum);
	return memcmp(r->magic, MAGIC, sizeof r->magic) == 0 &&
	    memcmp(r->sum, sum, sizeof sum) == 0 &&
	    (r->cause == PAUSE_HOST || r->cause == PAUSE_LOGIN ||
		r->cause == PAUSE_RATE) &&
	    is_string(r->kind, sizeof r->kind) &&
	    is_string(r->status, sizeof r->status) &&
	    is_string(r->stage, sizeof r->stage) &&
	    is_string(r->text, sizeof r->text);
}

static bool
is_for(const struct record *r, const struct state_key *key)
{
	uint8_t print[SHA256_SIZE];

	state_print(key, r->salt, print);
	return memcmp(r->fingerprint, print, sizeof print) == 0;
}

static void
unpack(const struct record *r, struct pause *p)
{
	p->cause = (enum pause_cause)r->cause;
	p->until = r->until;
	p->since = r->since;
	p->failures = r->failures;
	(void)result_fail(&p->why, result_kind_find(r->kind), "%s", r->text);
	p->why.reply = r->reply;
	strlcpy(p->why.status, r->status, sizeof p->why.status);
	strlcpy(p->why.stage, r->stage, sizeof p->why.stage);
}

static void
pack(const struct pause *p, const struct state_key *key, struct record *r)
{
	*r = (struct record){ .magic = MAGIC,
		.cause = (uint32_t)p->cause,
		.until = p->until,
		.since = p->since,
		.failures = p->failures,
		.reply = p->why.reply };
	arc4random_buf(r->salt, sizeof r->salt);
	state_print(key, r->salt, r->fingerprint);
	strlcpy(r->kind, result_kind_name(p->why.kind), sizeof r->kind);
	strlcpy(r->status, p->why.status, sizeof r->status);
	strlcpy(r->stage, p->why.stage, sizeof r->stage);
	strlcpy(r->text, p->why.text, sizeof r->text);
	sum_up(r, r->sum);
}

/* `key` may be NULL: whatever it was for. */
static void
load(int fd, const struct state_key *key, struct pause *p)
{
	struct record r;

	*p = (struct pause){ .cause = PAUSE_NONE };
	result_ok(&p->why);
	if (state_read(fd, &r, sizeof r) == 0 && is_sound(&r) &&
	    (key == NULL || is_for(&r, key)))
		unpack(&r, p);
}

/* Opens the file of the account, whose name goes to `name`. */
static int
open_file(const struct spool *s, const char *account, int flags,
    char name[STATE_NAME_MAX + 1])
{
	if (state_name(name, WHAT, account) == -1)
		return -1;
	return state_open(s, name, flags);
}

static void
load_account(const struct spool *s, const char *account,
    const struct state_key *key, struct pause *p)
{
	char name[STATE_NAME_MAX + 1];
	int fd = open_file(s, account, O_RDONLY, name);

	if (fd != -1)
		state_lock(fd, STATE_SHARED);
	load(fd, key, p);
	if (fd != -1)
		close(fd);
}

void
pause_load(const struct spool *s, const struct state_key *key, struct pause *p)
{
	load_account(s, key->account, key, p);
}

void
pause_peek(const struct spool *s, const char *account, struct pause *p)
{
	load_account(s, account, NULL, p);
}

bool
pause_holds(const struct pause *p, int64_t now, int64_t max)
{
	return p->cause != PAUSE_NONE && p->until > now &&
	    (uint64_t)p->until - (uint64_t)now <= (uint64_t)max;
}

/* One more failure of `cause`, after what `p` says. */
static void
add_failure(struct pause *p, enum pause_cause cause, int64_t now)
{
	if (p->cause != cause) {
		p->cause = cause;
		p->failures = 0;
		p->since = now;
	}
	if (p->failures < UINT32_MAX)
		p->failures++;
}

int
pause_note(const struct spool *s, const struct state_key *key, struct pause *p,
    enum pause_cause cause, const struct result *why, int64_t now,
    int64_t (*seconds)(uint32_t failures, const void *arg), const void *arg,
    struct result *res)
{
	char name[STATE_NAME_MAX + 1];
	int fd = open_file(s, key->account, O_RDWR | O_CREAT, name);
	int error = errno;
	struct record r;

	if (fd != -1)
		state_lock(fd, STATE_EXCLUSIVE);
	load(fd, key, p);
	add_failure(p, cause, now);
	p->until = now + seconds(p->failures, arg);
	p->why = *why;
	if (fd != -1) {
		pack(p, key, &r);
		error = state_write(fd, &r, sizeof r);
		close(fd);
	}
	return error == 0 ? 0 : state_fail(s, name, error, res);
}

int
pause_clear(
    const struct spool *s, const struct state_key *key, struct result *res)
{
	char name[STATE_NAME_MAX + 1];

	if (state_name(name, WHAT, key->account) == 0 &&
	    (unlinkat(s->fds[SPOOL_STATE], name, 0) == 0 || errno == ENOENT))
		return 0;
	return state_fail(s, name, errno, res);
}

int64_t
pause_last_run(const struct spool *s)
{
	int fd = state_open(s, RUN_FILE, O_RDONLY);
	char line[RUN_SIZE];
	const char *error = "none";
	int64_t at = 0;

	if (fd == -1)
		return 0;
	if (state_read(fd, line, RUN_SIZE) == 0 && line[RUN_SIZE - 1] == '\n') {
		line[RUN_SIZE - 1] = '\0';
		at = strtonum(line, 0, INT64_MAX, &error);
	}
	close(fd);
	return error == NULL ? at : 0;
}

int
pause_note_run(const struct spool *s, int64_t now, struct result *res)
{
	char line[RUN_SIZE + 1];
	int fd = state_open(s, RUN_FILE, O_WRONLY | O_CREAT), error = errno;

	if (fd != -1) {
		snprintf(line, sizeof line, "%020lld\n", (long long)now);
		error = state_write(fd, line, RUN_SIZE);
		close(fd);
	}
	return error == 0 ? 0 : state_fail(s, RUN_FILE, error, res);
}
