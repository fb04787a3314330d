#include "config.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "spool/state.h"

#define FIRST_ACCOUNT "default"
#define LOCK_TRIES 10
#define LOCK_REST_NS 1000000 /* between two of them */

/* Whether `c` stands for itself in a file name; capitals do not, for there
 * are file systems that take them for small letters. */
static bool
is_safe(char c)
{
	return (ascii_is_alnum(c) && !ascii_is_upper(c)) ||
	    (c != '\0' && strchr("._-", c) != NULL);
}

/* Appends an account's name, escaped.  One that is called as the first one is
 * here has its first letter escaped, too. */
static void
put_account(struct buf *out, const char *account)
{
	bool taken = strcmp(account, FIRST_ACCOUNT) == 0;

	if (*account == '\0')
		buf_puts(out, FIRST_ACCOUNT);
	for (const char *p = account; *p != '\0'; p++) {
		if (is_safe(*p) && !(taken && p == account))
			buf_putc(out, *p);
		else
			buf_printf(out, "%%%02X", (unsigned char)*p);
	}
}

int
state_name(char dst[STATE_NAME_MAX + 1], const char *what, const char *account)
{
	struct buf name;
	int rc = 0;

	buf_init(&name, STATE_NAME_MAX);
	buf_printf(&name, "%s.", what);
	put_account(&name, account);
	if (buf_failed(&name)) {
		errno = ENAMETOOLONG;
		rc = -1;
	}
	memcpy(dst, name.data, name.len + 1);
	buf_free(&name);
	return rc;
}

int
state_open(const struct spool *s, const char *name, int flags)
{
	return openat(s->fds[SPOOL_STATE], name,
	    flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
}

void
state_lock(int fd, enum state_lock how)
{
	static const int operations[] = {
		[STATE_SHARED] = LOCK_SH, [STATE_EXCLUSIVE] = LOCK_EX
	};
	const struct timespec rest = { .tv_nsec = LOCK_REST_NS };

	for (size_t i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, operations[how] | LOCK_NB) == 0 ||
		    errno != EWOULDBLOCK)
			return;
		(void)nanosleep(&rest, NULL);
	}
}

int
state_read(int fd, void *p, size_t n)
{
	ssize_t got = pread(fd, p, n, 0);

	if (got == -1)
		return errno;
	return (size_t)got == n ? 0 : EIO;
}

int
state_write(int fd, const void *p, size_t n)
{
	ssize_t wrote = pwrite(fd, p, n, 0);

	if (wrote == -1)
		return errno;
	return (size_t)wrote == n ? 0 : EIO;
}

void
state_print(const struct state_key *key, const uint8_t salt[STATE_SALT_SIZE],
    uint8_t out[SHA256_SIZE])
{
	struct sha256 ctx;

	sha256_begin(&ctx);
	sha256_add(&ctx, salt, STATE_SALT_SIZE);
	sha256_add(&ctx, key->secret, key->secret_len);
	sha256_end(&ctx, out);
	explicit_bzero(&ctx, sizeof ctx);
}

int
state_fail(
    const struct spool *s, const char *name, int error, struct result *res)
{
	return result_fail(res, RESULT_STORAGE, "%s/state/%s: %s", s->dir, name,
	    strerror(error));
}
