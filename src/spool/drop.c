#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/drop.h"
#include "spool/file.h"
#include "spool/names.h"
#include "spool/spool_parts.h"

/* What a file may have beside its message: recipients, most of all. */
#define OVERHEAD_MAX (16 * 1024 * 1024)
#define PIECE 65536

static int
fail_storage(const char *what, struct result *res)
{
	int error = errno;

	return result_fail(
	    res, RESULT_STORAGE, "cannot %s: %s", what, strerror(error));
}

/* Copies the `size` bytes of `from`, which must have them. */
static int
copy_bytes(int from, int to, uint64_t size, char *piece, struct result *res)
{
	size_t got;

	for (uint64_t off = 0; off < size; off += got) {
		uint64_t left = size - off;

		if (file_pread(from, piece, left < PIECE ? (size_t)left : PIECE,
			off, &got) == -1)
			return fail_storage("read", res);
		if (got == 0)
			return result_fail(res, RESULT_CORRUPT,
			    "it became shorter while it was read");
		if (file_write(to, piece, got) == -1)
			return fail_storage("copy to the queue", res);
	}
	return 0;
}

/* Copies the file to one in queue/ that has no name: e->fd. */
static int
copy(struct spool *s, struct entry *e, uint64_t size, struct result *res)
{
	char *piece;
	int done;

	e->fd = file_nameless(s->fds[SPOOL_QUEUE], ".");
	if (e->fd == -1)
		return fail_storage("copy to the queue", res);
	piece = malloc(PIECE);
	if (piece == NULL)
		return result_fail(
		    res, RESULT_SYSTEM, "no memory to copy the mail");
	done = copy_bytes(e->copied, e->fd, size, piece, res);
	free(piece);
	return done;
}

/* Makes `e` what the locked file e->copied says, as far as that is believed. */
static int
take_copy(
    struct spool *s, uint64_t size_max, struct entry *e, struct result *res)
{
	struct stat st;

	if (fstat(e->copied, &st) == -1)
		return fail_storage("look at it", res);
	if (st.st_size > OVERHEAD_MAX &&
	    (uint64_t)st.st_size - OVERHEAD_MAX > size_max)
		return result_fail(res, RESULT_CORRUPT,
		    "%lld bytes are more than a mail may have",
		    (long long)st.st_size);
	if (copy(s, e, (uint64_t)st.st_size, res) == -1 ||
	    entry_read(e, e->fd, ENTRY_WHOLE, res) == -1)
		return -1;
	if (e->origin != ENTRY_DROP)
		return result_fail(
		    res, RESULT_CORRUPT, "it is no mail for the drop folder");
	if (envelope_count(&e->env, RCPT_PENDING) == 0)
		return result_fail(
		    res, RESULT_CORRUPT, "it is to be sent to nobody");
	if (e->size > size_max)
		return result_fail(res, RESULT_CORRUPT,
		    "a message of %llu octets is larger than may be",
		    (unsigned long long)e->size);
	e->uid = st.st_uid;
	return 0;
}

enum spool_take
drop_take(struct spool *s, const char *id, uint64_t size_max, struct entry *e,
    struct result *res)
{
	enum spool_take how;

	entry_init(e);
	how = spool_open_locked(s, SPOOL_DROP, id, O_RDONLY, &e->copied, res);
	if (how == SPOOL_BUSY || how == SPOOL_GONE)
		return how;
	if (how == SPOOL_BAD || take_copy(s, size_max, e, res) == -1)
		return spool_refuse(s, SPOOL_DROP, id, e, res);
	strlcpy(e->id, id, sizeof e->id);
	return SPOOL_TAKEN;
}

int
drop_forget(struct spool *s, const char *id, struct result *res)
{
	if (unlinkat(s->fds[SPOOL_DROP], id, 0) == -1 && errno != ENOENT)
		return spool_fail(s, SPOOL_DROP, id, "remove", res);
	return spool_sync(s, SPOOL_DROP, res);
}

/* What drop_sweep has done. */
struct sweep {
	const struct spool *s;
	size_t moved;
	struct result *res;
	bool failed; /* res is filled */
};

static void
sweep_name(const char *name, void *arg)
{
	struct sweep *w = arg;
	char as[ENTRY_ID_MAX];
	struct result res;
	struct stat st;

	if (name[0] == '.' || names_is_id(name) ||
	    fstatat(w->s->fds[SPOOL_DROP], name, &st, AT_SYMLINK_NOFOLLOW) ==
		-1)
		return;
	names_make_id(as, st.st_ctime);
	(void)result_fail(&res, RESULT_CORRUPT, "it is nobody's mail");
	spool_set_aside(w->s, SPOOL_DROP, name, as, &res);
	if (res.kind == RESULT_CORRUPT) {
		w->moved++;
	} else {
		*w->res = res;
		w->failed = true;
	}
}

int
drop_sweep(struct spool *s, size_t *moved, struct result *res)
{
	struct sweep w = { .s = s, .res = res };
	int done = spool_each(s, SPOOL_DROP, sweep_name, &w, res);

	*moved = w.moved;
	return w.failed ? -1 : done;
}
