/*
 * providers: what `outpost providers` shows of the presets.
 *
 * Pure: into a buffer.  The texts are in the language of who reads them; what
 * stands beside them is the names of keys.
 */
#ifndef CLI_PROVIDERS_H
#define CLI_PROVIDERS_H

#include "base/buf.h"
#include "base/language.h"
#include "config/preset.h"

/* Appends a table with a row for each: name, server, how TLS begins, what the
 * user is, domains of mail addresses. */
void providers_table(
    const struct presets *presets, enum language language, struct buf *out);

/* Appends what a person needs for an account of it, and what it gives. */
void providers_one(
    const struct preset *preset, enum language language, struct buf *out);

#endif
