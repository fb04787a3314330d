/* Where the configuration is looked for, and who may read and change it. */
#include "config.h"

#include <fcntl.h>
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
#include "config/file.h"

#define PLAIN "[smarthost]\nhost = smtp.example.com\n"
#define SECRET PLAIN "user = u@x\npassword = hunter2\n"
#define PROXY "proxy = socks5://"
#define NOBODY 65534

static char directory[64];

static int
set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof directory, "/tmp/outpost-test-XXXXXX");
	return mkdtemp(directory) == NULL || chmod(directory, 0755) == -1;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "outpost.ini", "link.ini",
		"fifo.ini", ".config/outpost.ini", ".config", "" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		(void)remove(path);
	}
	return 0;
}

static const char *
at(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f;

	(void)unlink(at(name));
	f = fopen(at(name), "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(at(name), mode), 0);
}

static int
load(const char *name, struct result *res)
{
	struct conf conf;
	int status;

	res->text[0] = '\0';
	status = conf_load(&conf, at(name), res);
	conf_clear(&conf);
	if (status == -1) {
		assert_true(
		    res->kind == RESULT_CONFIG || res->kind == RESULT_DENIED);
		assert_null(strstr(res->text, "hunter2"));
		assert_non_null(strstr(res->text, at(name)));
	}
	return status;
}

static void
test_modes(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *want;
	} cases[] = {
		{ PLAIN, 0600, "" },
		{ PLAIN, 0644, "" },
		{ PLAIN, 0664, "run: chmod go-w /" },
		{ PLAIN, 0646, "run: chmod go-w /" },
		{ SECRET, 0600, "" },
		{ SECRET, 0400, "" },
		{ SECRET, 0640, "" },
		{ SECRET, 0644, "run: chmod g-w,o-rwx /" },
		{ PLAIN PROXY "h:1\n", 0644, "" },
		{ PLAIN PROXY "u:p@h:1\n", 0640, "" },
		{ PLAIN PROXY "u:p@h:1\n", 0644, "run: chmod g-w,o-rwx /" },
		{ SECRET, 0604, "run: chmod g-w,o-rwx /" },
		{ SECRET, 0601, "run: chmod g-w,o-rwx /" },
		{ SECRET, 0660, "run: chmod go-w /" },
	};
	struct result res;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_file("outpost.ini", cases[i].text, cases[i].mode);
		assert_int_equal(
		    load("outpost.ini", &res), *cases[i].want == '\0' ? 0 : -1);
		assert_non_null(strstr(res.text, cases[i].want));
	}
}

static void
test_owner(void **state)
{
	struct result res;

	(void)state;
	if (geteuid() != 0)
		skip();
	write_file("outpost.ini", SECRET, 0600);
	assert_int_equal(chown(at("outpost.ini"), NOBODY, (gid_t)-1), 0);
	assert_int_equal(load("outpost.ini", &res), -1);
	assert_non_null(strstr(res.text, "belongs to uid 65534"));
	assert_non_null(strstr(res.text, "run: chown 0 /"));
	assert_int_equal(seteuid(NOBODY), 0);
	assert_int_equal(load("outpost.ini", &res), 0);
	assert_int_equal(seteuid(0), 0);
	write_file("outpost.ini", PLAIN, 0600);
	assert_int_equal(chown(at("outpost.ini"), NOBODY, (gid_t)-1), 0);
	assert_int_equal(load("outpost.ini", &res), 0);
}

static void
test_denied(void **state)
{
	struct result res;
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	write_file("outpost.ini", SECRET, 0600);
	assert_int_equal(seteuid(NOBODY), 0);
	status = load("outpost.ini", &res);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(status, -1);
	assert_int_equal(res.kind, RESULT_DENIED);
	assert_non_null(strstr(res.text, "/outpost.ini: Permission denied"));
}

static void
test_kinds(void **state)
{
	struct result res;

	(void)state;
	(void)unlink(at("outpost.ini"));
	assert_int_equal(load("outpost.ini", &res), -1);
	assert_non_null(strstr(res.text, "no such file; outpost.ini(5) says"));
	assert_int_equal(load("", &res), -1);
	assert_non_null(strstr(res.text, "not a regular file"));
	assert_int_equal(mkfifo(at("fifo.ini"), 0600), 0);
	assert_int_equal(load("fifo.ini", &res), -1);
	assert_non_null(strstr(res.text, "not a regular file"));
	write_file("outpost.ini", SECRET, 0600);
	assert_int_equal(symlink("outpost.ini", at("link.ini")), 0);
	assert_int_equal(load("link.ini", &res), 0);
	assert_int_equal(chmod(at("outpost.ini"), 0604), 0);
	assert_int_equal(load("link.ini", &res), -1);
	assert_int_equal(truncate(at("outpost.ini"), CONF_FILE_MAX + 1), 0);
	assert_int_equal(load("outpost.ini", &res), -1);
	assert_non_null(strstr(res.text, "larger than 1048576 bytes"));
}

static void
test_read_limit(void **state)
{
	struct result res;
	struct buf text;
	struct stat st;

	(void)state;
	write_file("outpost.ini", PLAIN, 0600);
	for (size_t max = 0; max < 2 * strlen(PLAIN); max++) {
		buf_init(&text, max);
		assert_int_equal(file_read(&text, at("outpost.ini"), &st, &res),
		    max < strlen(PLAIN) ? -1 : 0);
		buf_free(&text);
	}
	/* A file whose size is not known beforehand. */
	buf_init(&text, 3);
	assert_int_equal(file_read(&text, "/proc/self/status", &st, &res), -1);
	assert_non_null(strstr(res.text, "larger than 3 bytes"));
	buf_free(&text);
}

static void
test_find(void **state)
{
	struct buf path;

	(void)state;
	buf_init(&path, 4096);
	conf_find("relative", directory, NULL, &path);
	assert_string_equal(path.data, "relative");
	if (!file_is_missing(CONF_DEFAULT_PATH))
		skip();
	write_file("outpost.ini", PLAIN, 0600);
	conf_find(NULL, directory, "/nowhere", &path);
	assert_string_equal(path.data, at("outpost.ini"));
	conf_find("", directory + 1, directory, &path);
	assert_string_equal(path.data, CONF_DEFAULT_PATH);
	assert_int_equal(mkdir(at(".config"), 0700), 0);
	write_file(".config/outpost.ini", PLAIN, 0600);
	conf_find(NULL, NULL, directory, &path);
	assert_string_equal(path.data, at(".config/outpost.ini"));
	conf_find("", "/nowhere", directory, &path);
	assert_string_equal(path.data, at(".config/outpost.ini"));
	conf_find(NULL, directory, directory, &path);
	assert_string_equal(path.data, at("outpost.ini"));
	conf_find(NULL, NULL, NULL, &path);
	assert_string_equal(path.data, CONF_DEFAULT_PATH);
	buf_free(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_read_limit),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
