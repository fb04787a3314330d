#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/conf.h"
#include "config/preset.h"

#define A "[provider a]\n"
#define B "[provider b]\n"

static const char text[] =
    "[163 wrong code]\nstage = AUTH\nmatch = 535\nen = x\n"
    "[oauth a]\nhost = elsewhere.example\n"
    "[provider alpha] ; c\n"
    "title = Alpha Mail\n"
    "domains =  a.example  Aa.example\n"
    "host = smtp.a.example [::1]:994\n"
    "port = 587\n"
    "tls = starttls\n"
    "rewrite = local\n"
    "later = a key of a later version\n"
    "user_en = address\n"
    "user_zh = \xe5\x9c\xb0\xe5\x9d\x80\n"
    "code_en = in the settings\n"
    "[provider   beta.2]\n"
    "domains = b.example b.*.example a.example\n"
    "host_en = HOST, with the region\n"
    "[other]\nprovider = alpha\n"
    "[provider c]\n";

static int
parse(struct presets *p, const char *in, struct result *res)
{
	return presets_parse(p, "p.ini", in, strlen(in), res);
}

static void
test_read(void **state)
{
	const struct preset *a, *b;
	struct result res;
	struct presets p;

	(void)state;
	if (parse(&p, text, &res) == -1)
		fail_msg("%s", res.text);
	assert_int_equal(p.count, 3);
	a = &p.all[0];
	b = &p.all[1];
	assert_string_equal(a->name, "alpha");
	assert_string_equal(a->title, "Alpha Mail");
	assert_int_equal(a->count, 4);
	assert_string_equal(a->values[0].key->name, "host");
	assert_string_equal(
	    preset_value(a, "smarthost", "host"), "smtp.a.example [::1]:994");
	assert_string_equal(preset_value(a, "smarthost", "port"), "587");
	assert_string_equal(preset_value(a, "sender", "rewrite"), "local");
	assert_string_equal(preset_value(a, "smarthost", "timeout"), "5m");
	assert_string_equal(preset_value(a, "smarthost", "later"), "");
	assert_string_equal(b->name, "beta.2");
	assert_string_equal(b->title, "");
	assert_string_equal(preset_value(b, "smarthost", "host"), "");
	assert_string_equal(
	    preset_text(a, PRESET_USER, LANGUAGE_ENGLISH), "address");
	assert_string_equal(preset_text(a, PRESET_USER, LANGUAGE_CHINESE),
	    "\xe5\x9c\xb0\xe5\x9d\x80");
	assert_string_equal(
	    preset_text(a, PRESET_CODE, LANGUAGE_CHINESE), "in the settings");
	assert_string_equal(preset_text(b, PRESET_CODE, LANGUAGE_CHINESE), "");
	presets_clear(&p);
	presets_clear(&p);
}

static void
test_find(void **state)
{
	static const struct {
		const struct preset *(*find)(
		    const struct presets *, const char *);
		const char *what, *name; /* NULL: none */
	} cases[] = {
		{ preset_find_name, "alpha", "alpha" },
		{ preset_find_name, "Beta.2", "beta.2" },
		{ preset_find_name, "c", "c" },
		{ preset_find_name, "", NULL },
		{ preset_find_name, "alph", NULL },
		{ preset_find_name, "a.example", NULL },
		{ preset_find_domain, "a.example", "alpha" },
		{ preset_find_domain, "AA.EXAMPLE", "alpha" },
		{ preset_find_domain, "b.example", "beta.2" },
		{ preset_find_domain, "me@b.example", "beta.2" },
		{ preset_find_domain, "\"a@a.example\"@b.example", "beta.2" },
		{ preset_find_domain, "me@b.co.Example", "beta.2" },
		{ preset_find_domain, "b.example.org", NULL },
		{ preset_find_domain, "example", NULL },
		{ preset_find_domain, "a.exampl", NULL },
		{ preset_find_domain, "", NULL },
		{ preset_find_domain, "me@", NULL },
		{ preset_find_domain, "a.example  Aa.example", NULL },
		{ preset_find_domain, "*", NULL },
		{ preset_guess, "alhpa", "alpha" },
		{ preset_guess, "beta", "beta.2" },
		{ preset_guess, "a.example", "alpha" },
		{ preset_guess, "x@b.example", "beta.2" },
		{ preset_guess, "d", NULL },
		{ preset_guess, "gamma", NULL },
	};
	const struct preset *found;
	struct result res;
	struct presets p;

	(void)state;
	assert_int_equal(parse(&p, text, &res), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		found = cases[i].find(&p, cases[i].what);
		if (found == NULL ? cases[i].name != NULL
				  : cases[i].name == NULL ||
			    strcmp(found->name, cases[i].name) != 0)
			fail_msg("%s: %s", cases[i].what,
			    found != NULL ? found->name : "none");
	}
	presets_clear(&p);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ A B "[provider A]\n", "p.ini:3: there is a provider of thi" },
		{ A "title = x\ntitle = y\n", "p.ini:3: title is set twice" },
		{ A "host = x\nport = 1\nhost = y\n",
		    "p.ini:4: host is set twice" },
		{ A "password = x\n", "p.ini:2: password cannot be set by a" },
		{ A "password_file = /x\n", "p.ini:2: password_file cannot" },
		{ A "password_command = x\n", "p.ini:2: password_command ca" },
		{ A "provider = b\n", "p.ini:2: provider cannot be set by a" },
		{ A "host smtp\n", "p.ini:2: expected `name = value`" },
		{ "[provider a\n", "p.ini:1: a section is written" },
	};
	struct result res;
	struct presets p;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (parse(&p, cases[i].in, &res) != -1)
			fail_msg("%s: taken", cases[i].in);
		assert_int_equal(res.kind, RESULT_CONFIG);
		if (strstr(res.text, cases[i].want) == NULL)
			fail_msg("%s", res.text);
		presets_clear(&p);
	}
}

/* What is in the file that the environment names. */
struct file {
	char path[64];
};

static void
write_file(const struct file *f, const char *content, mode_t mode)
{
	FILE *stream;

	unlink(f->path);
	if ((stream = fopen(f->path, "w")) == NULL)
		fail_msg("%s", f->path);
	fputs(content, stream);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(chmod(f->path, mode), 0);
}

static int
make_file(void **state)
{
	static struct file f;
	int fd;

	strcpy(f.path, "/tmp/outpost-presets-XXXXXX");
	if ((fd = mkstemp(f.path)) == -1)
		return -1;
	close(fd);
	*state = &f;
	return setenv("OUTPOST_PROVIDERS", f.path, 1);
}

static int
remove_file(void **state)
{
	const struct file *f = *state;

	return unlink(f->path);
}

#define USER "user = me@a.example\npassword = pw\n"

/* Configurations that name a preset, and the line of the dump they have. */
static void
test_filled(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "[smarthost]\nprovider = alpha\n" USER,
		    "\nhost = smtp.a.example [::1]:994 ; provider alpha\n" },
		{ "[smarthost]\n" USER "provider = ALPHA\n",
		    "\nport = 587 ; provider ALPHA\n" },
		{ "[smarthost]\nprovider = alpha\n" USER,
		    "\nuser = me@a.example ; t.ini:3\n" },
		{ "[smarthost]\nprovider = alpha\n" USER,
		    "\nauth = auto ; default\n" },
		{ "[smarthost]\nprovider = alpha\n" USER "port = 25\n",
		    "\nport = 25 ; t.ini:5\n" },
		/* the same as the default, but set */
		{ "[smarthost]\nport = 465\nprovider = alpha\n" USER,
		    "\nport = 465 ; t.ini:2\n" },
		{ "[smarthost]\nhost = x\nprovider = alpha\n" USER,
		    "\nhost = x ; t.ini:2\n" },
		{ "[smarthost]\nprovider = alpha\n" USER,
		    "\nrewrite = local ; provider alpha\n" },
		{ "[sender]\nrewrite = never\n[smarthost]\nprovider = alpha\n",
		    "\nrewrite = never ; t.ini:2\n" },
		{ "[smarthost]\nprovider = beta.2\nhost = x\n" USER,
		    "\nhost = x ; t.ini:3\n" },
		/* each account has its own */
		{ "[smarthost]\nhost = x\n" USER
		  "[smarthost w]\nprovider = alpha\n" USER,
		    "\nport = 465 ; default\n" },
		{ "[smarthost]\nhost = x\n" USER
		  "[smarthost w]\nprovider = alpha\n" USER,
		    "\nport = 587 ; provider alpha\n" },
	};
	const char *at, *p;
	struct result res;
	struct buf all, squeezed;
	struct conf conf;

	write_file(*state, text, 0644);
	buf_init(&all, 100000);
	buf_init(&squeezed, 100000);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&all);
		buf_reset(&squeezed);
		if (conf_parse(&conf, "/x/t.ini", cases[i].in,
			strlen(cases[i].in), &res) == -1)
			fail_msg("%s: %s", cases[i].in, res.text);
		conf_dump(&conf, &all);
		for (p = all.data; *p != '\0'; p++)
			if (p[0] != ' ' || p[1] != ' ')
				buf_putc(&squeezed, *p);
		at = strstr(squeezed.data, cases[i].want);
		if (at == NULL)
			fail_msg("%s%s", cases[i].want, all.data);
		conf_clear(&conf);
	}
	buf_free(&all);
	buf_free(&squeezed);
}

/* What is wrong with a configuration that names a preset, or with that. */
static void
test_faults(void **state)
{
	static const struct {
		const char *presets, *in, *want;
		mode_t mode;
	} cases[] = {
		{ text, "[smarthost]\nprovider = alhpa\n",
		    "t.ini:2: [smarthost] provider: there is no provider of "
		    "this "
		    "name; was alpha meant?",
		    0644 },
		{ text, "[smarthost]\nprovider = unheard\n",
		    "t.ini:2: [smarthost] provider: there is no provider of "
		    "this "
		    "name; `outpost providers` lists them",
		    0644 },
		{ text, "[smarthost w]\nprovider = unheard\n",
		    "t.ini:2: [smarthost w] provider: there is no", 0644 },
		{ text, "[smarthost]\nprovider = beta.2\n" USER,
		    "t.ini:2: [smarthost] provider: host must be set, too: "
		    "HOST, with the region",
		    0644 },
		{ text, "[smarthost]\nprovider = c\n" USER,
		    "t.ini: [smarthost] host: must be set", 0644 },
		{ A "host = x\nport = smtp\n", "[smarthost]\nprovider = a\n",
		    "t.ini: provider a: [smarthost] port: must be a number",
		    0644 },
		{ A "host = x y/z\n", "[smarthost]\nprovider = a\n",
		    "t.ini: provider a: [smarthost] host: not a host name",
		    0644 },
		{ A "host = x\ntls = off\n", "[smarthost]\nprovider = a\n" USER,
		    "t.ini: provider a: [smarthost] tls: off would send",
		    0644 },
		{ A "host = x\npassword = x\n", "[smarthost]\nprovider = a\n",
		    "t.ini:2: [smarthost] provider: /tmp/outpost-presets-",
		    0644 },
		{ A "host = x\n", "[smarthost]\nprovider = a\n",
		    "others than its owner may write to it", 0666 },
		{ NULL, "[smarthost]\nprovider = a\n",
		    "t.ini:2: [smarthost] provider: /tmp/outpost-presets-", 0 },
		{ NULL, "[smarthost]\nprovider = a\n", ": No such file", 0 },
	};
	static const char none[] = "[smarthost]\nhost = x\nprovider =\n";
	const struct file *f = *state;
	struct result res;
	struct conf conf;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_file(f, cases[i].presets != NULL ? cases[i].presets : "",
		    cases[i].mode);
		if (cases[i].presets == NULL)
			assert_int_equal(unlink(f->path), 0);
		if (conf_parse(&conf, "t.ini", cases[i].in, strlen(cases[i].in),
			&res) != -1)
			fail_msg("%s: taken", cases[i].in);
		assert_int_equal(res.kind, RESULT_CONFIG);
		if (strstr(res.text, cases[i].want) == NULL)
			fail_msg("%s", res.text);
		conf_clear(&conf);
	}
	/* without a preset the file is not asked for */
	assert_int_equal(
	    conf_parse(&conf, "t.ini", none, strlen(none), &res), 0);
	conf_clear(&conf);
	write_file(f, "", 0600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_filled),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
