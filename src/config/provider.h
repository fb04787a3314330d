/*
 * provider: what is known of particular providers, as data.
 *
 * providers.ini (installed with the program) lists patterns of replies with
 * advice in English and Chinese, and presets (preset.h).  It is read only when
 * a refusal needs advice, or the configuration names a preset; when it is
 * missing or broken there is no advice, and that is all.
 * A section with `match` is a rule, tried in the order of the file:
 *
 *	[163 wrong code]
 *	stage = AUTH				; or any: left out
 *	match = 535 Error: authentication failed	; a part of the reply,
 *						; `*` = anything
 *	en = ...
 *	zh = ...
 *
 * A pattern that begins with a digit begins with the reply's code, and does
 * not fit within a longer number or word.  Unknown keys are passed by, and so
 * is a section without `match`: such are for others (oauth/endpoints.h).
 */
#ifndef CONFIG_PROVIDER_H
#define CONFIG_PROVIDER_H

#include "base/buf.h"
#include "base/language.h"

#define PROVIDER_FILE_MAX (1024 * 1024)

/* The file: what OUTPOST_PROVIDERS names, else the one that was installed. */
const char *provider_path(void);

/*
 * Puts into `advice` the text of the first rule in the file `path` that fits
 * the SMTP command `stage` ("GREETING", "AUTH", "MAIL" ...) and the
 * smarthost's words in `reply` (after the code; other text may go before),
 * compared without regard to ASCII case; leaves it empty when none does.
 */
void provider_advise(const char *path, const char *stage, const char *reply,
    enum language language, struct buf *advice);

#endif
