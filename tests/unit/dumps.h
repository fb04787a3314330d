/* What conf_dump() writes, without where the values are from. */
#ifndef TESTS_UNIT_DUMPS_H
#define TESTS_UNIT_DUMPS_H

#include "base/buf.h"
#include "config/conf.h"

/* Appends it.  Each value must have a comment. */
void dump_values(const struct conf *conf, struct buf *out);

#endif
