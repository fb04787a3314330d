/* The manual and the sample file name each key, and the sample's defaults are
 * those of the table. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "config/conf.h"
#include "config/conf_keys.h"
#include "config/file.h"
#include "dumps.h"

static const char *
top(const char *path, struct buf *out)
{
	const char *top_srcdir = getenv("top_srcdir");

	buf_reset(out);
	buf_printf(out, "%s/%s", top_srcdir != NULL ? top_srcdir : ".", path);
	return out->data;
}

static void
read_top(const char *path, struct buf *text)
{
	struct result res;
	struct buf name;
	struct stat st;

	buf_init(&name, 4096);
	buf_init(text, 1000000);
	if (file_read(text, top(path, &name), &st, &res) == -1)
		fail_msg("%s", res.text);
	buf_free(&name);
}

/* Takes the next line off *p into `line`; false when there is none. */
static bool
next_line(const char **p, char *line, size_t size)
{
	size_t n = strcspn(*p, "\n");

	if (**p == '\0')
		return false;
	assert_true(n < size);
	memcpy(line, *p, n);
	line[n] = '\0';
	*p += n + ((*p)[n] == '\n');
	return true;
}

/* Notes that the key called `name` was seen in `section`. */
static void
see(const char *section, const char *name, unsigned *seen)
{
	const struct conf_key *key = conf_key_find(section, name);

	if (key == NULL)
		fail_msg("[%s] %s is no key", section, name);
	else
		seen[key - conf_keys]++;
}

static void
assert_all_seen(const unsigned *seen)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (seen[i] != 1)
			fail_msg("[%s] %s stands there %u times",
			    conf_keys[i].section, conf_keys[i].name, seen[i]);
}

static void
test_manual(void **state)
{
	char line[512], section[64] = "", name[64];
	unsigned seen[CONF_KEYS_MAX] = { 0 };
	struct buf text;
	const char *p;

	(void)state;
	read_top("man/outpost.ini.5", &text);
	p = text.data;
	while (next_line(&p, line, sizeof line)) {
		if (strncmp(line, ".Sh", 3) == 0 ||
		    strncmp(line, ".Ss", 3) == 0)
			section[0] = '\0';
		if (sscanf(line, ".Ss [%63[a-z]]", section) == 1)
			continue;
		if (section[0] != '\0' &&
		    sscanf(line, ".It Ic %63s", name) == 1)
			see(section, name, seen);
	}
	assert_all_seen(seen);
	buf_free(&text);
}

/* Takes the "#" before each key off, and gives `host`, which has no default,
 * a value. */
static void
uncomment(const char *sample, struct buf *all)
{
	char line[512], section[64] = "", name[64], equals;
	unsigned seen[CONF_KEYS_MAX] = { 0 };

	while (next_line(&sample, line, sizeof line)) {
		if (sscanf(line, "[%63[a-z]]", section) == 1)
			buf_puts(all, line);
		if (sscanf(line, "#%63[a-z_] %c", name, &equals) == 2 &&
		    equals == '=') {
			see(section, name, seen);
			buf_puts(all, line + 1);
			if (strcmp(name, "host") == 0)
				buf_puts(all, " smtp.example.com");
		}
		buf_putc(all, '\n');
	}
	assert_all_seen(seen);
}

static void
dump(const char *text, struct buf *out)
{
	struct result res;
	struct conf conf;

	buf_init(out, 65536);
	if (conf_parse(&conf, "f", text, strlen(text), &res) == -1)
		fail_msg("%s", res.text);
	dump_values(&conf, out);
	conf_clear(&conf);
}

static void
test_sample(void **state)
{
	struct buf sample, all, got, want;
	struct result res;
	struct conf conf;

	(void)state;
	read_top("etc/outpost.ini", &sample);
	buf_init(&all, 100000);
	uncomment(sample.data, &all);
	dump(all.data, &got);
	/* The sample's directory is that of the usual --localstatedir. */
	dump("[smarthost]\nhost = smtp.example.com\n"
	     "[queue]\ndirectory = /var/spool/outpost\n",
	    &want);
	assert_string_equal(got.data, want.data);
	assert_int_equal(
	    conf_parse(&conf, "f", sample.data, sample.len, &res), -1);
	assert_string_equal(res.text,
	    "f: [smarthost] host: must be set to "
	    "the server that takes your mail, or provider to one that "
	    "`outpost providers` lists");
	conf_clear(&conf);
	buf_free(&sample);
	buf_free(&all);
	buf_free(&got);
	buf_free(&want);
}

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_key_count; i++) {
		assert_true(strlen(conf_keys[i].doc) > 0);
		assert_ptr_equal(
		    conf_key_find(conf_keys[i].section, conf_keys[i].name),
		    &conf_keys[i]);
		assert_ptr_equal(
		    conf_key_guess(conf_keys[i].section, conf_keys[i].name),
		    &conf_keys[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
