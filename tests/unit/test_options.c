#include "config.h"

#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"
#include "cli/options_table.h"
#include "cmdline.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* What a command line became, as one line of text. */
static void
describe(const struct options *o, char *out, size_t size)
{
	static const char *const modes[] = { "deliver", "list", "aliases",
		"smtp", "verify", "check", "run", "nothing", "version",
		"help" };
	static const char *const urgencies[] = { "now", "force", "due" };
	struct buf b;

	buf_init(&b, size - 1);
	buf_puts(&b, modes[o->mode]);
	buf_puts(&b, o->from_header ? " t" : "");
	buf_puts(&b, o->ignore_dots ? " i" : "");
	buf_puts(&b, o->verbose ? " v" : "");
	buf_puts(&b, o->gateway ? " G" : "");
	if (o->errors != OPTIONS_ERRORS_PRINT)
		buf_printf(&b, " e%c", "pqmwe"[o->errors]);
	if (o->delivery != OPTIONS_DELIVERY_CONFIGURED)
		buf_printf(&b, " d%c", "-ibq"[o->delivery]);
	if (o->mode == OPTIONS_RUN_QUEUE)
		buf_printf(&b, " %s", urgencies[o->urgency]);
	if (o->interval != 0)
		buf_printf(&b, " %ldms", o->interval);
	for (size_t i = 0; i < o->nselects; i++)
		buf_printf(&b, " %s%c=%s", o->selects[i].negated ? "!" : "",
		    o->selects[i].letter, o->selects[i].text);
	if (o->sender != NULL)
		buf_printf(&b, " f=%s", o->sender);
	if (o->name != NULL)
		buf_printf(&b, " F=%s", o->name);
	if (o->tag != NULL)
		buf_printf(&b, " L=%s", o->tag);
	if (o->envid != NULL)
		buf_printf(&b, " V=%s", o->envid);
	if (o->notify[0] != '\0')
		buf_printf(&b, " N=%s", o->notify);
	if (o->ret[0] != '\0')
		buf_printf(&b, " R=%s", o->ret);
	if (o->warnings.len > 0)
		buf_puts(&b, " warned");
	for (size_t i = 0; i < o->count; i++)
		buf_printf(&b, " [%s]", o->recipients[i]);
	assert_false(buf_failed(&b));
	memcpy(out, b.data, b.len + 1);
	buf_free(&b);
}

static void
check_parsed(const char *name, const char *line, const char *want)
{
	struct cmdline c;
	struct options o;
	struct result res;
	char got[512];

	cmdline_split(&c, line);
	if (options_parse(&o, c.argc, c.argv, &res) == -1)
		fail_msg("%s: %s", name, res.text);
	describe(&o, got, sizeof got);
	if (strcmp(got, want) != 0)
		print_error("%s:\n", name);
	assert_string_equal(got, want);
	options_clear(&o);
}

static void
check_refused(const char *line, enum result_kind kind, const char *text)
{
	struct cmdline c;
	struct options o;
	struct result res;

	cmdline_split(&c, line);
	if (options_parse(&o, c.argc, c.argv, &res) != -1)
		fail_msg("%s: was taken", line);
	if (res.kind != kind || strstr(res.text, text) == NULL)
		fail_msg("%s: %s", line, res.text);
	assert_null(strchr(res.text, '\n'));
	options_clear(&o);
}

struct parsed_case {
	const char *name;
	const char *line; /* words, with "|" between */
	const char *want;
};

static void
check_all(const struct parsed_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_parsed(cases[i].name, cases[i].line, cases[i].want);
}

/* The numbered cases that are decided by the command line alone. */
static void
test_contract(void **state)
{
	static const struct parsed_case cases[] = {
		{ "contract_01", "sendmail|x", "deliver [x]" },
		{ "contract_02 -i", "sendmail|-i|x", "deliver i [x]" },
		{ "contract_02 -oi", "sendmail|-oi|x", "deliver i [x]" },
		{ "contract_07", "sendmail|-i|-t", "deliver t i" },
		{ "contract_08 -it", "sendmail|-it", "deliver t i" },
		{ "contract_08 -ti", "sendmail|-ti", "deliver t i" },
		{ "contract_08 -oi -t", "sendmail|-oi|-t", "deliver t i" },
		{ "contract_08 -itFJoe", "sendmail|-itFJoe",
		    "deliver t i F=Joe" },
		{ "contract_09", "sendmail|-i|-t|y", "deliver t i [y]" },
		{ "contract_25", "sendmail|--|-x@a.example",
		    "deliver [-x@a.example]" },
		{ "contract_26", "sendmail|x|-t", "deliver [x] [-t]" },
		{ "contract_27 -f", "sendmail|-f|s@s|x", "deliver f=s@s [x]" },
		{ "contract_27 -fs@s", "sendmail|-fs@s|x",
		    "deliver f=s@s [x]" },
		{ "contract_27 -r", "sendmail|-r|s@s|x", "deliver f=s@s [x]" },
		{ "contract_27 -rs@s", "sendmail|-rs@s|x",
		    "deliver f=s@s [x]" },
		{ "contract_28 empty", "sendmail|-f||x", "deliver f= [x]" },
		{ "contract_28 <>", "sendmail|-f|<>|x", "deliver f=<> [x]" },
		{ "contract_28 attached", "sendmail|-f<>|x",
		    "deliver f=<> [x]" },
		{ "contract_29", "sendmail|-f|N <s@s>|x",
		    "deliver f=N <s@s> [x]" },
		{ "contract_31", "sendmail|-f|a@s|-f|b@s|x",
		    "deliver f=b@s [x]" },
		{ "contract_33", "sendmail|-F|Public, Joe|x",
		    "deliver F=Public, Joe [x]" },
		{ "contract_39", "sendmail|a@x,b@y", "deliver [a@x,b@y]" },
		{ "contract_45", "sendmail|-N|success,failure|-R|hdrs|-V|id|x",
		    "deliver V=id N=SUCCESS,FAILURE R=HDRS [x]" },
		{ "contract_46 attached", "sendmail|-B8BITMIME|x",
		    "deliver [x]" },
		{ "contract_46 detached", "sendmail|-B|8BITMIME|x",
		    "deliver [x]" },
		{ "contract_47 detached", "sendmail|-O|ErrorMode=p|x",
		    "deliver [x]" },
		{ "contract_47 attached", "sendmail|-OErrorMode=p|x",
		    "deliver [x]" },
		{ "contract_48 -oem", "sendmail|-oem|x", "deliver em [x]" },
		{ "contract_48 -oep", "sendmail|-oep|x", "deliver [x]" },
		{ "contract_48 -oeq", "sendmail|-oeq|x", "deliver eq [x]" },
		{ "contract_48 -oew", "sendmail|-oew|x", "deliver ew [x]" },
		{ "contract_48 -oee", "sendmail|-oee|x", "deliver ee [x]" },
		{ "contract_48 -em", "sendmail|-em|x", "deliver em [x]" },
		{ "contract_48 -eq", "sendmail|-eq|x", "deliver eq [x]" },
		{ "contract_48 -odb", "sendmail|-odb|x", "deliver db [x]" },
		{ "contract_48 -odi", "sendmail|-odi|x", "deliver di [x]" },
		{ "contract_48 -odq", "sendmail|-odq|x", "deliver dq [x]" },
		{ "contract_48 -odd", "sendmail|-odd|x", "deliver dq [x]" },
		{ "contract_48 last -od", "sendmail|-odb|-odi|-odq|-odb|x",
		    "deliver db [x]" },
		{ "contract_48 -om -oo -m", "sendmail|-om|-oo|-m|x",
		    "deliver [x]" },
		{ "contract_49 -odf", "sendmail|-odf|x", "deliver di [x]" },
		{ "contract_49 -o i", "sendmail|-o|i|x", "deliver i [x]" },
		{ "contract_50 flags", "sendmail|-x|-n|-U|-c|-s|-E|-J|x",
		    "deliver [x]" },
		{ "contract_50 -G", "sendmail|-G|x", "deliver G [x]" },
		{ "contract_50 values", "sendmail|-h5|-pP:h|-Ac|-Am|x",
		    "deliver [x]" },
		{ "contract_50 -L t", "sendmail|-L|t|x", "deliver L=t [x]" },
		{ "contract_50 '-L t'", "sendmail|-L t|x", "deliver L= t [x]" },
		{ "contract_52 -bp", "sendmail|-bp", "list" },
		{ "contract_52 mailq", "mailq", "list" },
		{ "contract_52 newaliases", "newaliases", "aliases" },
		{ "contract_52 -bi", "sendmail|-bi", "aliases" },
		{ "contract_53", "sendmail|-bs", "smtp" },
		{ "contract_55", "sendmail|-bv|a|b", "verify [a] [b]" },
		{ "contract_56 -bm -bp", "sendmail|-bm|-bp", "list" },
		{ "contract_56 mailq", "mailq|-bm|x", "deliver [x]" },
		{ "contract_57", "sendmail|-v|x", "deliver v di [x]" },
		{ "contract_74",
		    "sendmail|-FCronDaemon|-i|-B8BITMIME|-oem|alice",
		    "deliver i em F=CronDaemon [alice]" },
		{ "case_1_21", "sendmail|-r|a|-V|id|-U|-E|-I|-bm|-em|-pX|x",
		    "deliver em f=a V=id [x]" },
		{ "case_1_22",
		    "sendmail|-i|-oi|-odi|-B8BITMIME|-bm|-Gnm|-hN|-Ltag|-Am|-"
		    "OX=y|x",
		    "deliver i G di L=tag [x]" },
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

static void
test_forms(void **state)
{
	static const struct parsed_case cases[] = {
		{ "bundle that ends in a value", "sendmail|-tf|a",
		    "deliver t f=a" },
		{ "value that looks like an option", "sendmail|-f|-t|x",
		    "deliver f=-t [x]" },
		{ "value --", "sendmail|-f|--|x", "deliver f=-- [x]" },
		{ "-t and -i twice", "sendmail|-t|-i|-oi|-fme|-t",
		    "deliver t i f=me" },
		{ "-d bundled", "sendmail|-td99", "deliver t v di" },
		{ "-d alone", "sendmail|-d|x", "deliver v di [x]" },
		{ "-E and -J never take the next word", "sendmail|-Ea|-J|x",
		    "deliver [x]" },
		{ "-X attached", "sendmail|-t|-X/tmp/f", "deliver t" },
		{ "-X detached", "sendmail|-X|/tmp/f|x", "deliver [x]" },
		{ "-T", "sendmail|-T|1h|x", "deliver [x]" },
		{ "-oP never takes the next word", "sendmail|-oP|/x",
		    "deliver [/x]" },
		{ "-oA attached", "sendmail|-oA/etc/aliases|x", "deliver [x]" },
		{ "-oQ attached", "sendmail|-oQ/tmp|x", "deliver [x]" },
		{ "-o7 -oM", "sendmail|-o7|-oMrX|x", "deliver [x]" },
		{ "-oitrue", "sendmail|-oitrue|x", "deliver i [x]" },
		{ "-oif", "sendmail|-i|-oif|x", "deliver [x]" },
		{ "-oiFALSE", "sendmail|-oi|-oiFALSE|x", "deliver [x]" },
		{ "-ov", "sendmail|-ov|x", "deliver v di [x]" },
		{ "-v waits, whatever -od says", "sendmail|-v|-odq|x",
		    "deliver v di [x]" },
		{ "-o db", "sendmail|-o|db|x", "deliver db [x]" },
		{ "-odbackground", "sendmail|-odbackground|x",
		    "deliver db [x]" },
		{ "-e detached", "sendmail|-e|q|x", "deliver eq [x]" },
		{ "last -oe", "sendmail|-oee|-oep|x", "deliver [x]" },
		{ "empty -F", "sendmail|-F||x", "deliver F= [x]" },
		{ "8-bit -F", "sendmail|-F|J\xc3\xb6|x",
		    "deliver F=J\xc3\xb6 [x]" },
		{ "controls in -f are for the address parser",
		    "sendmail|-f|a\nb|x", "deliver f=a\nb [x]" },
		{ "dashes after --", "sendmail|-i|--|-oX@y|--",
		    "deliver i [-oX@y] [--]" },
		{ "--x after an operand", "sendmail|x|--y",
		    "deliver [x] [--y]" },
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

static void
test_modes(void **state)
{
	static const struct parsed_case cases[] = {
		{ "-bm", "sendmail|-bm|x", "deliver [x]" },
		{ "-ba", "sendmail|-ba|x", "deliver [x]" },
		{ "-b m", "sendmail|-b|m|x", "deliver [x]" },
		{ "-bpc", "sendmail|-bpc", "list" },
		{ "-bpa", "sendmail|-bpa", "list" },
		{ "-bpi", "sendmail|-bpi", "list" },
		{ "-bpr", "sendmail|-bpr", "list" },
		{ "-bpru", "sendmail|-bpru", "list" },
		{ "-I", "sendmail|-I", "aliases" },
		{ "-bs with options", "sendmail|-bs|-odb|-oem|-om|-i",
		    "smtp i em db" },
		{ "-bC", "sendmail|-bC", "check" },
		{ "-bV", "sendmail|-bV", "version" },
		{ "--version", "sendmail|--version", "version" },
		{ "--help", "sendmail|--help", "help" },
		{ "-bh", "sendmail|-bh", "nothing" },
		{ "-bH", "sendmail|-bH", "nothing" },
		{ "hoststat", "/usr/bin/hoststat", "nothing" },
		{ "purgestat", "purgestat", "nothing" },
		{ "-vbp", "sendmail|-vbp", "list v di" },
		{ "mailq -v", "mailq|-v", "list v di" },
		{ "newaliases -bp", "newaliases|-bp", "list" },
		{ "newaliases -oA", "/usr/bin/newaliases|-oA/etc/aliases",
		    "aliases" },
		{ "-bp -bm", "sendmail|-bp|-bm|x", "deliver [x]" },
		{ "smtpd -bm", "smtpd|-bm|x", "deliver [x]" },
		{ "other name", "/sbin/send-mail|x", "deliver [x]" },
		{ "empty name", "|x", "deliver [x]" },
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

static void
test_queue_runs(void **state)
{
	static const struct parsed_case cases[] = {
		{ "runq", "runq", "run now" },
		{ "runq -qf", "runq|-qf", "run force" },
		{ "-q", "sendmail|-q", "run now" },
		{ "-q bundled", "sendmail|-iq", "run i now" },
		{ "-qf", "sendmail|-qf", "run force" },
		{ "-q0", "sendmail|-q0", "run now" },
		{ "-q0s", "sendmail|-q0s", "run now" },
		{ "-q30m", "sendmail|-q30m", "run due 1800000ms" },
		{ "-q1h30m", "sendmail|-q1h30m", "run due 5400000ms" },
		{ "-q90: minutes", "sendmail|-q90", "run due 5400000ms" },
		{ "-q1s", "sendmail|-q1s", "run due 1000ms" },
		{ "-q1w", "sendmail|-q1w", "run due 604800000ms" },
		{ "last -q", "sendmail|-q30m|-qf", "run force" },
		{ "last -q, an interval", "sendmail|-qf|-q1m",
		    "run due 60000ms" },
		{ "-bm -q", "sendmail|-bm|-q", "run now" },
		{ "-qI", "sendmail|-qIabc", "run now I=abc" },
		{ "-qR", "sendmail|-qRsite", "run now R=site" },
		{ "-qS", "sendmail|-qSme", "run now S=me" },
		{ "-qR detached", "sendmail|-qR|a@x", "run now R=a@x" },
		{ "-qR empty", "sendmail|-qR|", "run now R=" },
		{ "-qR of a dash", "sendmail|-qR|-q", "run now R=-q" },
		{ "-q!R", "sendmail|-q!Rsite", "run now !R=site" },
		{ "-q!S detached", "sendmail|-q!S|me", "run now !S=me" },
		{ "-q!I!", "sendmail|-q!I!", "run now !I=!" },
		{ "all kinds", "sendmail|-q5m|-qIa|-q!Rb|-qS|c",
		    "run due 300000ms I=a !R=b S=c" },
		{ "forced and selected", "sendmail|-qf|-qRb|-qRc",
		    "run force R=b R=c" },
		{ "eight", "sendmail|-qI1|-qI2|-qI3|-qI4|-qI5|-qI6|-qI7|-qI8",
		    "run now I=1 I=2 I=3 I=4 I=5 I=6 I=7 I=8" },
	};

	(void)state;
	check_all(cases, COUNT(cases));
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *line;
		enum result_kind kind;
	} cases[] = {
		{ "OUTPOST_CONFIG", "sendmail|-C|/tmp/f|x", RESULT_USAGE },
		{ "OUTPOST_CONFIG", "sendmail|-tC/tmp/f", RESULT_USAGE },
		{ "-D is refused", "sendmail|-D/tmp/f|x", RESULT_USAGE },
		{ "-M is refused", "sendmail|-Mx|x", RESULT_USAGE },
		{ "-Q is refused", "sendmail|-Q|x", RESULT_USAGE },
		{ "-S is refused", "sendmail|-S|x", RESULT_USAGE },
		/* contract_51 */
		{ "-Z is refused", "sendmail|-Z|x", RESULT_USAGE },
		{ "unknown mode -bX", "sendmail|-bX|x", RESULT_USAGE },
		{ "unknown option -7", "sendmail|-7|x", RESULT_USAGE },
		{ "unknown option -\\xc3", "sendmail|-\xc3|x", RESULT_USAGE },
		{ "unknown option --", "sendmail|-t-", RESULT_USAGE },
		{ "unknown option --x", "sendmail|--x|x", RESULT_USAGE },
		{ "unknown option --help=x", "sendmail|--help=x",
		    RESULT_USAGE },
		{ "no daemon mode", "sendmail|-bd", RESULT_USAGE },
		{ "no daemon mode", "sendmail|-bd|-q30m", RESULT_USAGE },
		{ "no daemon mode", "sendmail|-bD", RESULT_USAGE },
		{ "no daemon mode", "sendmail|-bl", RESULT_USAGE },
		{ "no daemon mode", "sendmail|-bdf", RESULT_USAGE },
		{ "no daemon mode", "/usr/sbin/smtpd", RESULT_USAGE },
		{ "unknown mode -be", "sendmail|-be|${run{x}}", RESULT_USAGE },
		{ "-bt is refused", "sendmail|-bt", RESULT_USAGE },
		{ "-bP is refused", "sendmail|-bP", RESULT_USAGE },
		{ "-bS is refused", "sendmail|-bS", RESULT_USAGE },
		{ "unknown mode -bpx", "sendmail|-bpx", RESULT_USAGE },
		{ "unknown mode -bmx", "sendmail|-bmx", RESULT_USAGE },
		{ "unknown mode -b", "sendmail|-b|", RESULT_USAGE },
		{ "unknown option -o-t", "sendmail|-o|-t", RESULT_USAGE },
		{ "unknown option -o", "sendmail|-o|", RESULT_USAGE },
		{ "unknown option -qx", "sendmail|-qx", RESULT_USAGE },
		{ "unknown option -qfx", "sendmail|-qfx", RESULT_USAGE },
		{ "unknown option -q!x", "sendmail|-q!x", RESULT_USAGE },
		{ "unknown option -q!", "sendmail|-q!", RESULT_USAGE },
		{ "-qG is refused", "sendmail|-qGname", RESULT_USAGE },
		{ "-qQ is refused", "sendmail|-qQ", RESULT_USAGE },
		{ "-qL is refused", "sendmail|-qL", RESULT_USAGE },
		{ "-qp is refused", "sendmail|-qp15m", RESULT_USAGE },
		{ "\"30x\" is no time", "sendmail|-q30x", RESULT_USAGE },
		{ "\"30mf\" is no time", "sendmail|-q30mf", RESULT_USAGE },
		{ "\"1ms\" is no time from 1s", "sendmail|-q1ms",
		    RESULT_USAGE },
		{ "is no time from 1s to 365d", "sendmail|-q366d",
		    RESULT_USAGE },
		{ "is no time", "sendmail|-q99999999999999999999d",
		    RESULT_USAGE },
		{ "unknown option -q-1", "sendmail|-q-1", RESULT_USAGE },
		{ "option -qR needs a value", "sendmail|-qR", RESULT_USAGE },
		{ "option -q!S needs a value", "sendmail|-q!S", RESULT_USAGE },
		{ "option -q!I: control character", "sendmail|-q!I|a\nb",
		    RESULT_USAGE },
		{ "more than 8",
		    "sendmail|-qI1|-qI2|-qI3|-qI4|-qI5|-qI6|-qI7"
		    "|-qI8|-qI9",
		    RESULT_USAGE },
		{ "option -F needs a value", "sendmail|-F", RESULT_USAGE },
		{ "option -f needs a value", "sendmail|-tf", RESULT_USAGE },
		{ "option -o needs a value", "sendmail|-o", RESULT_USAGE },
		/* contract_12 */
		{ "no recipients", "sendmail", RESULT_USAGE },
		{ "no recipients", "sendmail|-i", RESULT_USAGE },
		/* contract_43 */
		{ "empty recipient", "sendmail|", RESULT_USAGE },
		{ "empty recipient", "sendmail|x|", RESULT_USAGE },
		{ "\"-\" is no recipient", "sendmail|-", RESULT_USAGE },
		{ "\"-\" is no recipient", "sendmail|x|-", RESULT_USAGE },
		{ "neither", "sendmail|-bp|x", RESULT_USAGE },
		{ "neither", "sendmail|-bs|-t", RESULT_USAGE },
		{ "neither", "sendmail|-bs|x", RESULT_USAGE },
		{ "neither", "newaliases|x", RESULT_USAGE },
		{ "neither", "sendmail|-q|x", RESULT_USAGE },
		{ "neither", "sendmail|-q15m|x", RESULT_USAGE },
		{ "neither", "sendmail|-qRa|x", RESULT_USAGE },
		{ "neither", "sendmail|-q|-t", RESULT_USAGE },
		{ "neither", "sendmail|-bC|x", RESULT_USAGE },
		{ "-bv", "sendmail|-bv|-t", RESULT_USAGE },
		{ "-bv", "sendmail|-bv|-t|x", RESULT_USAGE },
		{ "-bv", "sendmail|-bv", RESULT_USAGE },
		{ "control character", "sendmail|-V|a\nb|x", RESULT_USAGE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_refused(cases[i].line, cases[i].kind, cases[i].text);
}

/* Every option: refused with its reason, or taking as many words as its form
 * says and no more. */
static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_letters.count; i++) {
		const struct options_row *row = &options_letters.rows[i];
		char word[] = { '-', row->letter, '\0' }, line[32];

		assert_ptr_equal(
		    options_find(&options_letters, row->letter), row);
		assert_memory_equal(row->label, word, 2);
		snprintf(line, sizeof line, "sendmail|%s", word);
		if (options_row_is_refused(row))
			check_refused(line, RESULT_USAGE, row->text);
		else if (row->form == OPTIONS_VALUE)
			check_refused(line, RESULT_USAGE, "needs a value");
		snprintf(line, sizeof line, "sendmail|%s|m", word);
		if (row->form == OPTIONS_VALUE && row->letter != 'b')
			check_refused(line, RESULT_USAGE, "no recipients");
	}
}

static void
test_wishes(void **state)
{
	static const struct parsed_case cases[] = {
		{ "-N never", "sendmail|-Nnever|x", "deliver N=NEVER [x]" },
		{ "-N order and case",
		    "sendmail|-N|DELAY,Failure,success,delay|x",
		    "deliver N=SUCCESS,FAILURE,DELAY [x]" },
		{ "-N never in a list", "sendmail|-N|never,delay|x",
		    "deliver warned [x]" },
		{ "-N empty", "sendmail|-N||x", "deliver warned [x]" },
		{ "-N comma at the end", "sendmail|-N|delay,|x",
		    "deliver warned [x]" },
		{ "-N prefix", "sendmail|-N|delayed|x", "deliver warned [x]" },
		{ "-N bad after good", "sendmail|-N|delay|-N|%n|x",
		    "deliver N=DELAY warned [x]" },
		{ "-R FULL", "sendmail|-R|FULL|x", "deliver R=FULL [x]" },
		{ "-R Hdrs", "sendmail|-RHdrs|x", "deliver R=HDRS [x]" },
		{ "-R bad", "sendmail|-R|half|x", "deliver warned [x]" },
		{ "-V two characters", "sendmail|-V|ab|x", "deliver V=ab [x]" },
		{ "-V empty", "sendmail|-V||x", "deliver warned [x]" },
		{ "-V 8-bit", "sendmail|-V|\xc3\xa9|x", "deliver warned [x]" },
		{ "-B 7bit", "sendmail|-B7bit|x", "deliver [x]" },
		{ "-B bad", "sendmail|-B|9BIT|x", "deliver warned [x]" },
		{ "-L controls", "sendmail|-L|a\x1b[31m|x",
		    "deliver warned [x]" },
		{ "-L long", "sendmail|-L|123456789012345678901234567890123|x",
		    "deliver warned [x]" },
		{ "-e bad", "sendmail|-oez|x", "deliver warned [x]" },
		{ "-od bad", "sendmail|-odz|x", "deliver warned [x]" },
		{ "-od empty", "sendmail|-od|x", "deliver warned [x]" },
		{ "-od bad after good", "sendmail|-odq|-odz|x",
		    "deliver dq warned [x]" },
	};
	char line[160];

	(void)state;
	check_all(cases, COUNT(cases));
	snprintf(line, sizeof line, "sendmail|-V|%0101d|x", 0);
	check_parsed("-V of 101 bytes", line, "deliver warned [x]");
}

/* Warnings are whole lines that show nothing raw. */
static void
test_warnings(void **state)
{
	struct cmdline c;
	struct options o;
	struct result res;

	(void)state;
	cmdline_split(&c, "sendmail|-N\x1b[2Jx\ny|-R%n|-odx|-oex|-ex|x");
	assert_int_equal(options_parse(&o, c.argc, c.argv, &res), 0);
	assert_string_equal(o.warnings.data,
	    "option -N ignored: \"\\x1b[2Jx y\" is not never, or a list of "
	    "success,failure,delay\n"
	    "option -R ignored: \"%n\" is not full or hdrs\n"
	    "option -od ignored: \"x\" is none of i, f, b, q and d\n"
	    "option -oe ignored: \"x\" is none of p, q, m, w and e\n"
	    "option -e ignored: \"x\" is none of p, q, m, w and e\n");
	options_clear(&o);
}

static void
test_program(void **state)
{
	static const struct {
		const char *argv0, *want;
	} cases[] = {
		{ "sendmail", "sendmail" },
		{ "/usr/lib/sendmail", "sendmail" },
		{ "../outpost", "outpost" },
		{ "a/b/", "sendmail" },
		{ "", "sendmail" },
		{ "/bin/x\ny", "sendmail" },
		{ "x\x1b[31m", "sendmail" },
	};
	char *none[] = { NULL };
	struct options o;
	struct result res;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[32];
		char *argv[] = { name, NULL };

		snprintf(name, sizeof name, "%s", cases[i].argv0);
		assert_string_equal(options_program(1, argv), cases[i].want);
	}
	assert_string_equal(options_program(0, none), "sendmail");
	assert_string_equal(options_program(1, none), "sendmail");
	assert_int_equal(options_parse(&o, 0, none, &res), -1);
	assert_int_equal(res.kind, RESULT_USAGE);
	options_clear(&o);
}

/* A long command line takes linear time, and a bounded memory. */
static void
test_many(void **state)
{
	enum { MANY = 100000, BIG = 128 * 1024 };
	static char flag[] = "-t", bad[] = "-Nx", value[] = "-f";
	char **argv = calloc(3 * MANY + 2, sizeof *argv);
	char *big = malloc(BIG);
	struct options o;
	struct result res;

	(void)state;
	assert_non_null(argv);
	assert_non_null(big);
	memset(big, 't', BIG - 1);
	big[0] = '-';
	big[BIG - 1] = '\0';
	argv[0] = big + 1;
	for (int i = 0; i < 3 * MANY; i += 3) {
		argv[i + 1] = flag;
		argv[i + 2] = bad;
		argv[i + 3] = i % 2 == 0 ? flag : bad;
	}
	argv[3 * MANY - 1] = value;
	argv[3 * MANY] = big;
	assert_int_equal(options_parse(&o, 3 * MANY + 1, argv, &res), 0);
	assert_true(o.from_header);
	assert_ptr_equal(o.sender, big);
	assert_true(o.warnings.len > 0 && o.warnings.len < 4096);
	options_clear(&o);
	argv[1] = big;
	assert_int_equal(options_parse(&o, 2, argv, &res), 0);
	options_clear(&o);
	free(big);
	free(argv);
}

/* --help names every row, in lines that fit a terminal. */
static void
test_help(void **state)
{
	static const struct options_family *const families[] = {
		&options_letters, &options_modes, &options_settings,
		&options_queue
	};
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	options_help(&b);
	assert_false(buf_failed(&b));
	for (const char *p = b.data; *p != '\0';) {
		size_t n = strcspn(p, "\n");

		assert_in_range(n, 0, 79);
		assert_int_equal(p[n], '\n');
		p += n + 1;
	}
	for (size_t i = 0; i < COUNT(families); i++)
		for (size_t j = 0; j < families[i]->count; j++) {
			assert_non_null(
			    strstr(b.data, families[i]->rows[j].label));
			assert_non_null(
			    strstr(b.data, families[i]->rows[j].text));
		}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_queue_runs),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
