/* What the tests of the spool have in common. */
#ifndef TESTS_SPOOLS_H
#define TESTS_SPOOLS_H

#include "spool/spool.h"

#define SPOOLS_MESSAGE "Subject: one\r\nX-Y: z\r\n\r\nbody\r\n.\r\n"
#define SPOOLS_HEADER 24 /* bytes of its header, with the blank line */

/* A source of the string `text`, whose first `header` bytes are a header. */
struct source spools_text(const char *text, size_t header);

/* A source of `size` octets that differ from place to place, in clean lines
 * unless `size` is 1 more than a multiple of 61; header 0. */
struct source spools_octets(uint64_t *size);

/* The octet of that at `off`. */
char spools_octet(uint64_t size, uint64_t off);

/* Makes `e` a mail with every field set, for two recipients. */
void spools_entry(struct entry *e);

/* Fails unless the two say the same in every field that was said once. */
void spools_assert_same(const struct entry *a, const struct entry *b);

/* Makes a directory and puts its name in `dir`; removes it and all in it. */
void spools_make(char dir[256]);
void spools_remove(const char *dir);

/* A spool that has nothing but its state/. */
struct spools_place {
	char dir[256];
	struct spool spool;
};
void spools_open_place(struct spools_place *p);
void spools_close_place(struct spools_place *p);

/* How many names there are in the directory `dir`/`folder`. */
size_t spools_count(const char *dir, const char *folder);

#endif
