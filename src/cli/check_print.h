/*
 * check_print: shows what a check (check.h) finds, stage by stage, for people
 * or as JSON.
 *
 * For people: a line for each stage, what was found and advice below it, in
 * the width of a terminal, with characters of East Asian scripts counted as
 * two columns, and in colour where `out` is a terminal that has it.  Whether
 * it could be written is for whoever owns `out` to check.
 */
#ifndef CLI_CHECK_PRINT_H
#define CLI_CHECK_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/check.h"
#include "config/conf.h"

#define CHECK_PRINT_WIDTH 80 /* columns */

enum check_layout { CHECK_LAYOUT_TEXT, CHECK_LAYOUT_JSON };

struct check_print {
	FILE *out;
	enum check_layout layout;
	enum language language;
	bool colour;
	char account[CONF_ACCOUNT_NAME_MAX + 1]; /* of the last stage */
	size_t count; /* stages shown */
	size_t verdicts[CHECK_VERDICT_COUNT]; /* how many there were of each */
};

/* Colour as the terminal behind `out`, NO_COLOR and TERM allow. */
void check_print_begin(struct check_print *p, FILE *out,
    enum check_layout layout, enum language language);

/* One stage: the `done` of struct check_rules; `arg` is the struct. */
void check_print_stage(void *arg, const struct check_result *r);

/* After the last one: a line that sums up, or the end of the JSON object.
 * `status` is check_run's. */
void check_print_end(struct check_print *p, int status);

#endif
