/*
 * source: where a message is read from, whoever holds it: a draft, a spool
 * entry, memory.  Clean lines (lines.h), not stuffed.
 */
#ifndef MAIL_SOURCE_H
#define MAIL_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

struct source {
	/* Reads up to `n` bytes at `off`, fewer only at the end; 0 or -1. */
	int (*read)(void *arg, uint64_t off, char *p, size_t n, size_t *got,
	    struct result *res);
	void *arg; /* borrowed */
	uint64_t size; /* octets in all: header, blank line and body */
	uint64_t header; /* those of the header, with its blank line */
};

#endif
