#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "spool/rate.h"
#include "spool/state.h"

#define WHAT "rate"
#define MAGIC "rate 1\n"

struct record {
	char magic[8];
	int64_t begin; /* of the minute; seconds since 1970 */
	uint32_t count; /* of mails in it */
	uint32_t check; /* its complement */
};

static struct record
new_minute(int64_t now)
{
	return (struct record){ .magic = MAGIC, .begin = now };
}

/* The minute as it stands, or a new one. */
static struct record
read_minute(int fd, int64_t now)
{
	struct record r;

	if (state_read(fd, &r, sizeof r) != 0 ||
	    memcmp(r.magic, MAGIC, sizeof r.magic) != 0 ||
	    r.check != ~r.count || now < r.begin ||
	    now - r.begin >= RATE_MINUTE)
		return new_minute(now);
	return r;
}

static long
take(int fd, long max, int64_t now)
{
	struct record r;

	state_lock(fd, STATE_EXCLUSIVE);
	r = read_minute(fd, now);
	if (r.count >= (unsigned long)max)
		return (long)(r.begin + RATE_MINUTE - now);
	r.count++;
	r.check = ~r.count;
	(void)state_write(fd, &r, sizeof r);
	return 0;
}

long
rate_take(const struct spool *s, const char *account, long max, int64_t now)
{
	char name[STATE_NAME_MAX + 1];
	long wait;
	int fd;

	if (state_name(name, WHAT, account) == -1 ||
	    (fd = state_open(s, name, O_RDWR | O_CREAT)) == -1)
		return 0;
	wait = take(fd, max, now);
	close(fd);
	return wait;
}
