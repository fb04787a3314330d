/*
 * replay: runs a fuzz target over files, as an ordinary test.
 *
 * The files are those named as arguments, else all of the target's corpus,
 * $top_srcdir/tests/fuzz/corpus/NAME, where NAME is the program's own name
 * without "fuzz_".  An empty input always comes first.
 */
#include "config.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Hands over a copy of exactly the right size, so that a sanitizer sees the
 * first byte read beyond it. */
static void
replay_bytes(const char *p, size_t n)
{
	uint8_t *copy = calloc(n > 0 ? n : 1, 1);

	if (copy == NULL)
		abort();
	memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static int
replay_file(const char *path)
{
	char *bytes = NULL, chunk[4096];
	size_t len = 0, n;
	FILE *f = fopen(path, "rb");
	FILE *all = open_memstream(&bytes, &len);

	if (f == NULL || all == NULL) {
		perror(path);
		return -1;
	}
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		fwrite(chunk, 1, n, all);
	fclose(f);
	fclose(all);
	replay_bytes(bytes, len);
	free(bytes);
	return 0;
}

static char *
join(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) == -1)
		abort();
	return path;
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Returns how many files there were, or -1. */
static int
replay_folder(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_visible, alphasort);
	int status = count;

	if (count == -1) {
		perror(folder);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		char *path = join(folder, entries[i]->d_name);

		if (status >= 0 && replay_file(path) == -1)
			status = -1;
		free(path);
		free(entries[i]);
	}
	free(entries);
	return status;
}

static const char *
target_name(const char *program)
{
#ifdef FUZZ_NAME
	(void)program;
	return FUZZ_NAME;
#else
	const char *name = strstr(program, "/fuzz_"), *next;

	while (name != NULL && (next = strstr(name + 1, "/fuzz_")) != NULL)
		name = next;
	if (name != NULL)
		return name + strlen("/fuzz_");
	return strncmp(program, "fuzz_", 5) == 0 ? program + 5 : program;
#endif
}

static int
replay_corpus(const char *name)
{
	const char *top = getenv("top_srcdir");
	char *all = join(top == NULL ? "." : top, "tests/fuzz/corpus");
	char *folder = join(all, name);
	int count = replay_folder(folder);

	free(folder);
	free(all);
	return count;
}

int
main(int argc, char *argv[])
{
	const char *name = target_name(argv[0]);
	int count = 0;

	replay_bytes("", 0);
	if (argc < 2)
		count = replay_corpus(name);
	for (int i = 1; i < argc && count >= 0; i++)
		count = replay_file(argv[i]) == -1 ? -1 : count + 1;
	if (count < 1) {
		fprintf(stderr, "%s: no corpus\n", name);
		return 1;
	}
	printf("%s: %d files\n", name, count);
	return 0;
}
