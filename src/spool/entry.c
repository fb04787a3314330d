#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/entry_format.h"
#include "spool/file.h"

void
entry_init(struct entry *e)
{
	*e = (struct entry){ .fd = -1, .copied = -1 };
	envelope_init(&e->env);
}

static int
fail_storage(const struct entry *e, const char *what, struct result *res)
{
	int error = errno;

	return result_fail(res, RESULT_STORAGE, "cannot %s the state of %s: %s",
	    what, e->id, strerror(error));
}

/* Writes the slot that is not the current one, which then is. */
static int
save_slot(struct entry *e, struct format_slot *slot, struct result *res)
{
	unsigned char bytes[FORMAT_SLOT];

	slot->serial = e->serial + 1;
	slot->schedule = e->schedule;
	format_put_slot(bytes, slot);
	if (file_pwrite(
		e->fd, bytes, sizeof bytes, format_slot_at(slot->serial)) == -1)
		return fail_storage(e, "save", res);
	e->serial = slot->serial;
	return 0;
}

/* Writes the states that changed, with the results that `slot` has. */
static int
save_states(struct entry *e, const struct format_slot *slot, struct result *res)
{
	for (size_t i = 0; i < e->env.count; i++) {
		unsigned char state = format_chosen(e, i, slot);

		if (state == e->states[i])
			continue;
		if (file_pwrite(e->fd, &state, 1, e->states_at[i]) == -1)
			return fail_storage(e, "save", res);
		e->states[i] = state;
	}
	return 0;
}

int
entry_save(struct entry *e, struct result *res)
{
	struct format_slot slot;

	format_choose(e, &slot);
	if (save_slot(e, &slot, res) == -1)
		return -1;
	return save_states(e, &slot, res);
}

int
entry_save_states(struct entry *e, struct result *res)
{
	static const struct format_slot none = { .count = 0 };

	return save_states(e, &none, res);
}

int
entry_sync(const struct entry *e, struct result *res)
{
	if (fdatasync(e->fd) == -1)
		return fail_storage(e, "sync", res);
	return 0;
}

/* Reads of the message, as struct source has it. */
static int
read_message(
    void *arg, uint64_t off, char *p, size_t n, size_t *got, struct result *res)
{
	const struct entry *e = arg;
	uint64_t left = off < e->size ? e->size - off : 0;
	int done;

	if (n > left)
		n = (size_t)left;
	*got = n;
	if (n == 0)
		return 0;
	if (e->bytes != NULL) {
		memcpy(p, e->bytes + e->message_at + off, n);
		return 0;
	}
	done = file_pread(e->fd, p, n, e->message_at + off, got);
	if (done == 0 && *got == n)
		return 0;
	return result_fail(res, RESULT_STORAGE,
	    "cannot read the message of %s: %s", e->id,
	    done == 0 ? "it was cut off" : strerror(errno));
}

struct source
entry_message(struct entry *e)
{
	return (struct source){
		.read = read_message,
		.arg = e,
		.size = e->size,
		.header = e->header,
	};
}

void
entry_clear(struct entry *e)
{
	if (e->fd != -1)
		close(e->fd);
	if (e->copied != -1)
		close(e->copied);
	envelope_clear(&e->env);
	free(e->return_to);
	free(e->message_id);
	free(e->states_at);
	free(e->states);
	free(e->bytes);
	entry_init(e);
}
