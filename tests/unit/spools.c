#include "config.h"

#include <bsd/string.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "spools.h"

static int
read_text(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	size_t left = strlen(arg) - (size_t)off;

	(void)res;
	*got = n < left ? n : left;
	memcpy(p, (const char *)arg + off, *got);
	return 0;
}

struct source
spools_text(const char *text, size_t header)
{
	return (struct source){
		.read = read_text,
		.arg = (void *)(uintptr_t)text,
		.size = strlen(text),
		.header = header,
	};
}

/* Lines are of 61 octets with their ends, counted from the last one. */
char
spools_octet(uint64_t size, uint64_t off)
{
	uint64_t back = (size - 1 - off) % 61;

	if (back < 2)
		return back == 0 ? '\n' : '\r';
	return (char)(' ' + (off * 31 + off / 256 * 7 + off / 65536 * 3) % 95);
}

/* Never more than 1,000 at a time, as a source may. */
static int
read_octets(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	uint64_t left = *(uint64_t *)arg - off;

	(void)res;
	*got = n < left ? n : (size_t)left;
	if (*got > 1000)
		*got = 1000;
	for (size_t i = 0; i < *got; i++)
		p[i] = spools_octet(*(uint64_t *)arg, off + i);
	return 0;
}

struct source
spools_octets(uint64_t *size)
{
	return (struct source){
		.read = read_octets,
		.arg = size,
		.size = *size,
	};
}

void
spools_entry(struct entry *e)
{
	struct result res;

	entry_init(e);
	e->origin = ENTRY_REPORT;
	e->created = 1700000000;
	e->uid = 4294967295U;
	e->return_to = strdup("back@x.example");
	e->message_id = strdup("<id@x.example>");
	assert_int_equal(
	    envelope_set_sender(&e->env, "from@x.example", &res), 0);
	assert_int_equal(
	    envelope_add(&e->env, "one@x.example", "root", &res), 0);
	assert_int_equal(
	    envelope_add(&e->env, "zw\xc3\xb6@x.example", NULL, &res), 0);
	e->env.dsn.notify = strdup("SUCCESS,DELAY");
	e->env.dsn.ret = strdup("HDRS");
	e->env.dsn.envid = strdup("an id");
	e->env.is_8bit = e->env.is_utf8 = true;
	e->schedule = (struct entry_schedule){
		.next = 1700000060,
		.last = -1,
		.attempts = 4000000000U,
		.held = true,
	};
}

static void
assert_same_string(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_true(a == b);
	else
		assert_string_equal(a, b);
}

void
spools_assert_same(const struct entry *a, const struct entry *b)
{
	assert_int_equal(a->origin, b->origin);
	assert_true(a->created == b->created);
	assert_int_equal(a->uid, b->uid);
	assert_same_string(a->return_to, b->return_to);
	assert_same_string(a->message_id, b->message_id);
	assert_same_string(a->env.sender, b->env.sender);
	assert_same_string(a->env.dsn.notify, b->env.dsn.notify);
	assert_same_string(a->env.dsn.ret, b->env.dsn.ret);
	assert_same_string(a->env.dsn.envid, b->env.dsn.envid);
	assert_int_equal(a->env.is_8bit, b->env.is_8bit);
	assert_int_equal(a->env.is_long, b->env.is_long);
	assert_int_equal(a->env.is_utf8, b->env.is_utf8);
	assert_int_equal(a->env.require_tls, b->env.require_tls);
	assert_int_equal(a->env.count, b->env.count);
	for (size_t i = 0; i < a->env.count; i++) {
		assert_string_equal(
		    a->env.rcpts[i].address, b->env.rcpts[i].address);
		assert_same_string(
		    a->env.rcpts[i].asked, b->env.rcpts[i].asked);
	}
	assert_true(a->size == b->size && a->header == b->header);
}

void
spools_make(char dir[256])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(
	    dir, 256, "%s/outpost-spool.XXXXXX", tmp == NULL ? "/tmp" : tmp);
	assert_non_null(mkdtemp(dir));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void
spools_remove(const char *dir)
{
	assert_int_equal(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

size_t
spools_count(const char *dir, const char *folder)
{
	char path[512];
	DIR *listing;
	size_t count = 0;

	snprintf(path, sizeof path, "%s/%s", dir, folder);
	listing = opendir(path);
	assert_non_null(listing);
	while (readdir(listing) != NULL)
		count++;
	closedir(listing);
	return count - 2;
}

void
spools_open_place(struct spools_place *p)
{
	spools_make(p->dir);
	p->spool = (struct spool){ .dir = p->dir,
		.fds = { -1, -1, -1, -1, -1 } };
	p->spool.fds[SPOOL_STATE] = open(p->dir, O_RDONLY | O_DIRECTORY);
	assert_int_not_equal(p->spool.fds[SPOOL_STATE], -1);
}

void
spools_close_place(struct spools_place *p)
{
	close(p->spool.fds[SPOOL_STATE]);
	spools_remove(p->dir);
}
