#include "config.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "spool/login.h"

#define WHAT "login"
#define MAGIC "login 1\n"

/* The file: as small as a write is whole. */
struct record {
	char magic[8];
	uint8_t salt[STATE_SALT_SIZE];
	uint8_t fingerprint[SHA256_SIZE]; /* of salt and secret */
	uint32_t grade;
	uint32_t check; /* its complement */
};

unsigned
login_load(const struct spool *s, const struct state_key *key)
{
	char name[STATE_NAME_MAX + 1];
	uint8_t print[SHA256_SIZE];
	struct record r;
	int fd, error;

	if (state_name(name, WHAT, key->account) == -1 ||
	    (fd = state_open(s, name, O_RDONLY)) == -1)
		return 0;
	error = state_read(fd, &r, sizeof r);
	close(fd);
	if (error != 0 || memcmp(r.magic, MAGIC, sizeof r.magic) != 0 ||
	    r.check != ~r.grade)
		return 0;
	state_print(key, r.salt, print);
	return memcmp(r.fingerprint, print, sizeof print) == 0 ? r.grade : 0;
}

int
login_note(const struct spool *s, const struct state_key *key, unsigned grade,
    struct result *res)
{
	struct record r = { .magic = MAGIC, .grade = grade, .check = ~grade };
	char name[STATE_NAME_MAX + 1] = WHAT;
	int fd = -1, error;

	arc4random_buf(r.salt, sizeof r.salt);
	state_print(key, r.salt, r.fingerprint);
	if (state_name(name, WHAT, key->account) == 0)
		fd = state_open(s, name, O_WRONLY | O_CREAT);
	error = errno;
	if (fd != -1) {
		error = state_write(fd, &r, sizeof r);
		close(fd);
	}
	return error == 0 ? 0 : state_fail(s, name, error, res);
}
