/*
 * oauth: starts the program that does what `outpost oauth` says.
 *
 * It is a program of its own since it needs libcurl and jansson, and may be
 * missing: built without these, or packaged apart.  OUTPOST_OAUTH names
 * another one, for tests.
 */
#ifndef CLI_OAUTH_H
#define CLI_OAUTH_H

/* Becomes that program, with the configuration `path`, or NULL, and the words
 * after "oauth".  Returns the exit status when it cannot. */
int oauth_become(const char *path, int argc, char *const *argv);

#endif
