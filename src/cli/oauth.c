#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/oauth.h"
#include "cli/say.h"

#define PROGRAM "outpost"
#define WORDS_MAX 64

static const char *
helper_path(void)
{
	const char *path = getenv("OUTPOST_OAUTH");

	return path != NULL && *path != '\0' ? path : PKGLIBEXECDIR "/oauth";
}

int
oauth_become(const char *path, int argc, char *const *argv)
{
	char program[] = PROGRAM, option[] = "-c";
	const char *helper = helper_path();
	char *words[WORDS_MAX + 4] = { program };
	char *named = NULL;
	int n = 1;

	if (path != NULL && (named = strdup(path)) == NULL) {
		say(PROGRAM ": out of memory\n");
		return EX_OSERR;
	}
	if (named != NULL) {
		words[n++] = option;
		words[n++] = named;
	}
	for (int i = 0; i < argc && i < WORDS_MAX; i++)
		words[n++] = argv[i];
	(void)execv(helper, words);
	free(named);
	if (errno == ENOENT)
		say(PROGRAM ": oauth is not available: there is no %s, which "
			    "needs libcurl and jansson\n",
		    helper);
	else
		say(PROGRAM ": %s: %s\n", helper, strerror(errno));
	return EX_UNAVAILABLE;
}
