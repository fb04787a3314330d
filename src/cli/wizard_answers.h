/*
 * wizard_answers: what `outpost setup` was told of an account, judged, and
 * made a configuration.
 *
 * What is wrong with an answer is told as the word (wizard_words.h) that says
 * so; WIZARD_FINE: it was taken.  Pure: nothing is opened or printed.
 */
#ifndef CLI_WIZARD_ANSWERS_H
#define CLI_WIZARD_ANSWERS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/language.h"
#include "cli/wizard_words.h"
#include "config/host.h"
#include "config/preset.h"
#include "mail/address.h"

#define WIZARD_CODE_MAX \
	1024 /* bytes of a password; a terminal's line has
				* 4095 and cuts off what is longer */
#define WIZARD_CODE_MAX_TEXT "1024"
#define WIZARD_PORT 465 /* TLS from the start, in place of STARTTLS */
#define WIZARD_PORT_TEXT "465"

struct wizard_answers {
	const struct presets *presets; /* borrowed */
	char address[ADDRESS_MAX];
	const struct preset *preset; /* NULL: none, but a host */
	bool chosen; /* the preset, and not found by the address */
	struct host host; /* no name: that of the preset */
	struct buf user; /* empty: that of the preset, else the address */
	struct buf code; /* secret */
	bool spaced; /* blanks within the code were left out */
	char local[ADDRESS_MAX];
};

void wizard_answers_init(
    struct wizard_answers *a, const struct presets *presets);

/* Takes the mail address; the preset becomes that of its domain. */
enum wizard_word wizard_answers_address(
    struct wizard_answers *a, const char *text);

/* Take the name of a preset, HOST[:PORT], either, or the port (0: none was
 * named).  A host takes the place of a preset that has one. */
enum wizard_word wizard_answers_provider(
    struct wizard_answers *a, const char *text);
enum wizard_word wizard_answers_host(
    struct wizard_answers *a, const char *text);
enum wizard_word wizard_answers_server(
    struct wizard_answers *a, const char *text);
enum wizard_word wizard_answers_port(
    struct wizard_answers *a, const char *text);

enum wizard_word wizard_answers_user(
    struct wizard_answers *a, const char *text);
enum wizard_word wizard_answers_local(
    struct wizard_answers *a, const char *text);

/* Takes the password that the `n` bytes at `text` are but for blanks at both
 * ends; and, where the provider shows it in groups of letters, within. */
enum wizard_word wizard_answers_code(
    struct wizard_answers *a, const char *text, size_t n);

/* The preset's server is the same for all. */
bool wizard_answers_has_host(const struct wizard_answers *a);

/* The user's name need not be asked for: the preset has it, or it gave the
 * address. */
bool wizard_answers_has_user(const struct wizard_answers *a);

/* The port that was named has TLS from the start. */
bool wizard_answers_is_implicit(const struct wizard_answers *a);

/* Reads an address that can be reached from elsewhere. */
bool wizard_answers_is_address(char spec[ADDRESS_MAX], const char *text);

/* The account logs in with tokens and has no password. */
bool wizard_answers_wants_token(const struct wizard_answers *a);

/* How the configuration says where the password is. */
struct wizard_place {
	const char *key; /* of [smarthost] */
	const char *value;
	const char *queue; /* [queue] directory; "": the default */
};

/* Appends the configuration. */
void wizard_answers_write(const struct wizard_answers *a,
    const struct wizard_place *place, struct buf *out);

/* Wipes the password. */
void wizard_answers_clear(struct wizard_answers *a);

#endif
