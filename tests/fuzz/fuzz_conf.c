/* The configuration, the aliases file, ~/.netrc and presets: what is taken is
 * whole, what is written is read again, and what is refused is refused in
 * order. */
#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "cli/providers.h"
#include "config/aliases.h"
#include "config/conf.h"
#include "config/netrc.h"
#include "config/preset.h"

#define ROUND_TRIP_MAX 1500 /* quotes may double a line, up to its limit */
#define DUMP_MAX 1000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_conf(const char *p, size_t n)
{
	struct buf dumps[3];
	struct result res;
	struct conf conf;

	for (size_t i = 0; i < 3; i++)
		buf_init(&dumps[i], DUMP_MAX);
	if (conf_parse(&conf, "f", p, n, &res) == -1)
		assert(res.kind == RESULT_CONFIG && res.text[0] == 'f');
	else if (n < ROUND_TRIP_MAX) {
		conf_dump(&conf, &dumps[0]);
		for (size_t i = 0; i < 2; i++) {
			conf_clear(&conf);
			assert(conf_parse(&conf, "f", dumps[i].data,
				   dumps[i].len, &res) == 0);
			conf_dump(&conf, &dumps[i + 1]);
		}
		/* the lines that the values are from are others at first */
		assert(strcmp(dumps[1].data, dumps[2].data) == 0);
	}
	conf_clear(&conf);
	for (size_t i = 0; i < 3; i++)
		buf_free(&dumps[i]);
}

static void
fuzz_aliases(const char *p, size_t n)
{
	struct aliases a;
	struct result res;

	if (aliases_parse(&a, "f", p, n, &res) == -1)
		assert(res.kind == RESULT_CONFIG && res.text[0] == 'f');
	else
		for (size_t i = 0; i < a.count; i++) {
			assert(aliases_find(&a, a.list[i].name) == &a.list[i]);
			assert(a.list[i].ntargets > 0);
		}
	aliases_clear(&a);
}

static void
fuzz_presets(const char *p, size_t n)
{
	struct presets presets;
	struct result res;
	struct buf out;

	buf_init(&out, DUMP_MAX);
	if (presets_parse(&presets, "f", p, n, &res) == -1)
		assert(res.kind == RESULT_CONFIG && res.text[0] == 'f');
	else
		providers_table(&presets, LANGUAGE_CHINESE, &out);
	for (size_t i = 0; i < presets.count; i++) {
		assert(preset_find_name(&presets, presets.all[i].name) ==
		    &presets.all[i]);
		providers_one(&presets.all[i], LANGUAGE_ENGLISH, &out);
	}
	assert(strchr(out.data, '\033') == NULL);
	presets_clear(&presets);
	buf_free(&out);
}

static void
fuzz_netrc(const char *p, size_t n)
{
	static const struct netrc_account account = { "a.example b", "me" };
	struct buf text, password;
	struct result res;

	buf_init(&text, NETRC_FILE_MAX);
	buf_init(&password, NETRC_WORD_MAX);
	buf_add(&text, p, n);
	if (netrc_find(&text, "f", &account, &password, &res) == -1)
		assert(res.kind == RESULT_CONFIG && res.text[0] == 'f');
	else
		assert(strlen(password.data) == password.len);
	buf_free(&text);
	buf_free(&password);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_conf((const char *)data, size);
	fuzz_aliases((const char *)data, size);
	fuzz_netrc((const char *)data, size);
	fuzz_presets((const char *)data, size);
	return 0;
}
