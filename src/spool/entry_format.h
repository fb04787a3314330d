/*
 * entry_format: the parts of an entry's file, for the files of entry alone.
 * doc/SPOOL.md is the contract.  All integers are big endian.
 */
#ifndef SPOOL_ENTRY_FORMAT_H
#define SPOOL_ENTRY_FORMAT_H

#include "spool/entry.h"

#define FORMAT_MAGIC "outpost\n" /* 8 bytes, then the version */
#define FORMAT_END "the end\n" /* 8 bytes, then the checksum */
#define FORMAT_MAGIC_SIZE 8
#define FORMAT_VERSION_SIZE 4
#define FORMAT_HEAD 4096 /* bytes of the head block */
#define FORMAT_PREFIX 16 /* those before the first slot */
#define FORMAT_SLOT 2032 /* bytes of a slot */
#define FORMAT_SLOTS 2
#define FORMAT_RECORD 5 /* bytes of a record's type and length */
#define FORMAT_END_SIZE 40
#define FORMAT_PIECE 65536 /* bytes read or written at a time */

/* Flags of the origin. */
#define FORMAT_8BIT 1u
#define FORMAT_LONG 2u
#define FORMAT_UTF8 4u
#define FORMAT_REQUIRE_TLS 8u
#define FORMAT_FLAGS \
	(FORMAT_8BIT | FORMAT_LONG | FORMAT_UTF8 | FORMAT_REQUIRE_TLS)

/* In this order in the file. */
enum format_type {
	FORMAT_ORIGIN = 1,
	FORMAT_SENDER,
	FORMAT_RETURN_TO,
	FORMAT_MESSAGE_ID,
	FORMAT_NOTIFY,
	FORMAT_RET,
	FORMAT_ENVID,
	FORMAT_RECIPIENT,
	FORMAT_MESSAGE,
	FORMAT_TYPE_COUNT
};

enum format_chars {
	FORMAT_BINARY,
	FORMAT_TEXT, /* no controls */
	FORMAT_ASCII, /* printable characters of ASCII */
	FORMAT_WORDS /* letters and commas */
};

/* What holds for the records of a type. */
struct format_rule {
	const char *name;
	uint32_t min, max; /* bytes of the payload */
	uint32_t least, most; /* how often it comes */
	enum format_chars chars; /* of a payload that is one string */
	size_t member; /* where in struct entry that string is */
};

/* The rule for a type; NULL: there is no such type. */
const struct format_rule *format_rule(unsigned type);

/* What is wrong with the string of `n` bytes, or NULL. */
const char *format_check(
    const char *p, size_t n, size_t max, enum format_chars chars);

/* The state byte of a recipient; `place` is that of its result in the slot,
 * counted from 1, or 0 for none. */
unsigned char format_state(enum rcpt_state state, size_t place);
/* The state of a state byte: PENDING, DELIVERED or FAILED.  -1: no such. */
int format_state_of(unsigned char byte);
static inline size_t
format_place_of(unsigned char byte)
{
	return byte >> 3;
}

/* Where the slot that holds `serial` is. */
static inline uint64_t
format_slot_at(uint64_t serial)
{
	return serial % FORMAT_SLOTS == 0 ? FORMAT_PREFIX : FORMAT_HEAD / 2;
}

/* What is in a slot: borrowed when it is put, copies when it is got. */
struct format_slot {
	uint64_t serial;
	struct entry_schedule schedule;
	const struct result *results[ENTRY_RESULTS_MAX];
	struct result copies[ENTRY_RESULTS_MAX];
	size_t count;
};

/* Writes a slot; texts are cut to what fits. */
void format_put_slot(
    unsigned char bytes[FORMAT_SLOT], const struct format_slot *slot);

/* Reads the slot at `bytes`, the `which`th; false: it is damaged. */
bool format_get_slot(const unsigned char bytes[FORMAT_SLOT], size_t which,
    struct format_slot *slot);

/* Chooses the results of `e` that go into a slot, and the state byte of
 * recipient `i` that goes with them. */
void format_choose(const struct entry *e, struct format_slot *slot);
unsigned char format_chosen(
    const struct entry *e, size_t i, const struct format_slot *slot);

#endif
