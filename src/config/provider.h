/*
 * provider: what is known of particular providers' replies, as data.
 *
 * providers.ini (installed with the program) has presets (preset.h), and
 * rules: sections with a pattern of replies, what such a reply means, and
 * advice in English and Chinese.  The first that fits counts.
 *
 *	[163 rate]
 *	stage = MAIL DOT	; of what it answers, one of these; left out: any
 *	match = MI:SFQ		; how the reply begins; `*` = anything
 *	class = wait		; left out: as its first digit says
 *	wait = 15m
 *	en = ...
 *	zh = ...
 *
 * Patterns begin where the reply does, so that nothing a reply only repeats, such
 * as an address, is taken for the server's own words: with its code, in which
 * an `x` is any digit (`5xx MI:STC`), or behind it; an enhanced status code
 * may be left out.  Unknown keys are passed by, and so is a section without
 * `match`: such are for others (preset.h, oauth/endpoints.h).
 */
#ifndef CONFIG_PROVIDER_H
#define CONFIG_PROVIDER_H

#include <stddef.h>

#include "base/language.h"
#include "base/result.h"

#define PROVIDER_FILE_MAX (1024 * 1024)
#define PROVIDER_WAIT_MAX (24 * 60 * 60) /* seconds */

struct provider_rule {
	char *section; /* its name */
	char *stages, *match; /* stages NULL: any */
	char *advice[2]; /* by enum language; NULL: none */
	enum result_kind kind; /* what its class says; OK: nothing */
	long wait; /* seconds; 0: its class has none */
};

/* Owns all.  All zero: none. */
struct provider_rules {
	struct provider_rule *rules;
	size_t count;
};

/* The file: what OUTPOST_PROVIDERS names, else the one that was installed. */
const char *provider_path(void);

/* Reads the rules of the file `path`, in its order.  On -1 there are none.
 * Kinds CONFIG (it is broken), SYSTEM, and file_read's. */
int provider_load(struct provider_rules *r, const char *path,
    struct result *res) __attribute__((warn_unused_result));

/*
 * The first rule that fits the SMTP command `stage` ("GREETING", "AUTH",
 * "MAIL" ...; a rule for "DOT" is for "BDAT", too) and the reply, which begins
 * with its code ("535 5.7.8 no"), compared without regard to ASCII case; or
 * NULL.
 */
const struct provider_rule *provider_find(
    const struct provider_rules *r, const char *stage, const char *reply);

/* The kind of results that the class `name` means, OK for one that is not
 * known; the seconds to wait that go with a kind unless a rule says so, or
 * 0. */
enum result_kind provider_class(const char *name);
long provider_usual_wait(enum result_kind kind);

void provider_clear(struct provider_rules *r);

#endif
