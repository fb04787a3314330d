#include "config.h"

#include "config/conf.h"
#include "config/conf_internal.h"
#include "config/preset.h"
#include "config/provider.h"

static int
fail_provider(const struct conf *conf, struct result *res)
{
	return conf_context(conf, "smarthost", "provider", res);
}

/* A host that only the account's owner knows. */
static int
check_host(
    const struct conf *conf, const struct preset *preset, struct result *res)
{
	const char *what = preset_text(preset, PRESET_HOST, LANGUAGE_ENGLISH);

	if (*conf->smarthost.host != '\0' || *what == '\0')
		return 0;
	(void)result_fail(
	    res, RESULT_CONFIG, "host must be set, too: %s", what);
	return fail_provider(conf, res);
}

static int
fill(struct conf *conf, const struct preset *preset, struct result *res)
{
	const struct preset_value *value;
	unsigned *line;

	for (size_t i = 0; i < preset->count; i++) {
		value = &preset->values[i];
		line = &conf->lines[value->key - conf_keys];
		if (*line != 0)
			continue;
		*line = CONF_BY_PRESET;
		if (conf_value_set(conf, value->key, value->text, res) == -1)
			return -1;
	}
	return check_host(conf, preset, res);
}

int
conf_fill(struct conf *conf, struct result *res)
{
	const struct preset *preset;
	struct presets presets;
	int status;

	if (*conf->smarthost.provider == '\0')
		return 0;
	if (presets_load(&presets, provider_path(), res) == -1 ||
	    (preset = preset_choose(&presets, conf->smarthost.provider, res)) ==
		NULL)
		status = fail_provider(conf, res);
	else
		status = fill(conf, preset, res);
	presets_clear(&presets);
	return status;
}
