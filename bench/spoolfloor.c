/*
 * spoolfloor: the least that keeping a mail for later can cost.
 *
 *	spoolfloor FOLDER [RECIPIENT ...] < mail
 *
 * The mail goes to a new file, the file is synced, gets its name, and the
 * folder is synced: whatever leaves out one of these may lose the mail.  No
 * configuration, no header parsing, no envelope.  Not a mail program.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PIECE 65536

/* A name that sorts by time. */
static void
make_name(char *name, size_t size)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	snprintf(name, size, "%lld.%09ld.%ld", (long long)t.tv_sec, t.tv_nsec,
	    (long)getpid());
}

static int
copy(int fd)
{
	static char piece[PIECE];
	ssize_t n;

	while ((n = read(STDIN_FILENO, piece, sizeof piece)) > 0)
		if (write(fd, piece, (size_t)n) != n)
			return -1;
	return (int)n;
}

int
main(int argc, char **argv)
{
	char name[64], hidden[80];
	int dir, fd;

	if (argc < 2)
		return 64;
	make_name(name, sizeof name);
	snprintf(hidden, sizeof hidden, ".%s", name);
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return 75;
	fd = openat(dir, hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || copy(fd) == -1 || fsync(fd) == -1 ||
	    renameat(dir, hidden, dir, name) == -1 || fsync(dir) == -1)
		return 75;
	return 0;
}
