/*
 * submit: the main path: a message from standard input to the smarthost.
 */
#ifndef CLI_SUBMIT_H
#define CLI_SUBMIT_H

#include "cli/options.h"

/* Does what -bm asks for and tells about it.  Returns the exit status. */
int submit(const struct options *o, const char *program);

#endif
