/*
 * intake: reads the whole message from standard input before anything else
 * happens: header into memory, body into a draft.
 */
#ifndef CLI_INTAKE_H
#define CLI_INTAKE_H

#include <stdbool.h>

#include "base/result.h"
#include "mail/body.h"
#include "mail/header.h"
#include "mail/lines.h"
#include "spool/draft.h"

struct intake {
	struct header header;
	struct draft body;
	struct buf held; /* the line that ended the header */
	struct lines lines;
	struct body_scan scan;
	struct body_facts facts; /* once all is read */
	bool in_body;
	bool is_empty; /* not one byte was read */
};

/* Makes `in` ready; `dir` is where a large body waits. */
void intake_init(struct intake *in, enum lines_dot dot, const char *dir);

/*
 * Reads `fd` to its end.  After a dot line that ends the message the rest is
 * read and dropped, so that the writer gets no SIGPIPE (not from a
 * terminal).  Kinds: NOINPUT (closed, a directory, not readable), INPUT
 * (reading failed in the middle), DATA, STORAGE, SYSTEM.
 */
int intake_read(struct intake *in, int fd,
    const struct charset_choices *charsets, struct result *res)
    __attribute__((warn_unused_result));

void intake_clear(struct intake *in);

#endif
