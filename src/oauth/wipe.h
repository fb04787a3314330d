/*
 * wipe: memory of libcurl and jansson, wiped when it is given back: what they
 * hold are tokens and a client's secret.
 */
#ifndef OAUTH_WIPE_H
#define OAUTH_WIPE_H

#include "base/result.h"

/* To be called before anything else of the two libraries.  Kind SYSTEM. */
int wipe_begin(struct result *res) __attribute__((warn_unused_result));

/* Ends the use of libcurl. */
void wipe_end(void);

#endif
