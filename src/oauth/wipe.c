#include "config.h"

#include <bsd/string.h>
#include <curl/curl.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "oauth/wipe.h"

static void
give_back(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *
resize(void *p, size_t size)
{
	size_t old = p != NULL ? malloc_usable_size(p) : 0;
	void *q;

	if (p != NULL && size <= old && size > 0)
		return p;
	if ((q = malloc(size)) == NULL || p == NULL)
		return q;
	memcpy(q, p, old < size ? old : size);
	give_back(p);
	return q;
}

int
wipe_begin(struct result *res)
{
	json_set_alloc_funcs(malloc, give_back);
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, give_back, resize,
		strdup, calloc) == CURLE_OK)
		return 0;
	return result_fail(res, RESULT_SYSTEM, "libcurl cannot be used");
}

void
wipe_end(void)
{
	curl_global_cleanup();
}
