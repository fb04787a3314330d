/*
 * endpoints: where to ask for tokens, as data: the sections [oauth NAME] of
 * providers.ini.
 *
 *	[oauth microsoft]
 *	hosts = smtp.office365.com		; blank-separated
 *	device_url = https://... %TENANT% ...
 *	token_url = https://... %TENANT% ...
 *	scope = ...
 *	tenant = common
 *	client_id =				; or not set
 *
 * Unknown keys are passed by, and so are all other sections.
 */
#ifndef OAUTH_ENDPOINTS_H
#define OAUTH_ENDPOINTS_H

#include "base/buf.h"
#include "base/result.h"

struct endpoints {
	struct buf provider; /* NAME */
	struct buf device_url, token_url; /* after endpoints_expand() */
	struct buf scope, tenant, client_id; /* the last two may be empty */
	struct buf hosts;
};

void endpoints_init(struct endpoints *e);
void endpoints_clear(struct endpoints *e);

/*
 * Fills `e` from the file `path` with the section of `provider`, or, where
 * that is NULL, with the first whose hosts have one of `hosts`, as in
 * outpost.ini, among them.  Kind CONFIG: the file cannot be read; USAGE: no
 * section is of this provider, or of these hosts.
 */
int endpoints_load(struct endpoints *e, const char *path, const char *provider,
    const char *hosts, struct result *res) __attribute__((warn_unused_result));

/* Puts the tenant into the URLs.  Kind USAGE: it is none; SYSTEM. */
int endpoints_expand(struct endpoints *e, struct result *res)
    __attribute__((warn_unused_result));

#endif
