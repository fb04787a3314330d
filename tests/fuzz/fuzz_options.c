/* Random command lines: the words are ended by NUL, argv[0] first. */
#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);
	char **argv = calloc(size + 2, sizeof *argv);
	struct options o;
	struct result res;
	int argc = 0, status;

	assert(text != NULL && argv != NULL);
	if (size > 0)
		memcpy(text, data, size);
	for (size_t at = 0; at < size; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	status = options_parse(&o, argc, argv, &res);
	assert(status == 0 || res.kind == RESULT_USAGE);
	assert(status == 0 || strpbrk(res.text, "\r\n\033") == NULL);
	if (status == 0 && o.mode == OPTIONS_DELIVER)
		assert(o.from_header || o.count > 0);
	assert(o.count == 0 || o.recipients + o.count == argv + argc);
	for (size_t i = 0; i < o.count && status == 0; i++)
		assert(o.recipients[i][0] != '\0');
	assert(o.nselects <= OPTIONS_SELECTS_MAX && o.interval >= 0);
	for (size_t i = 0; i < o.nselects; i++)
		assert(strpbrk(o.selects[i].text, "\r\n\033") == NULL);
	assert(o.envid == NULL || strlen(o.envid) <= 100);
	assert(strpbrk(o.warnings.data, "\r\033\177") == NULL);
	options_clear(&o);
	free(argv);
	free(text);
	return 0;
}
