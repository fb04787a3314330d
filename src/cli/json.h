/*
 * json: strings of JSON, whatever is in them.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdio.h>

/* A string, escaped (base/text.h) and, at some 4000 bytes, cut off; null for
 * NULL. */
void json_string(FILE *out, const char *s);

/* The same as a further member of an object: ,"name":"value". */
void json_member(FILE *out, const char *name, const char *value);

#endif
