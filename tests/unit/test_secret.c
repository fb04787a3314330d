#include "config.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/secret.h"

#define HOST "[smarthost]\nhost = a.example\nuser = u@example.com\n"
#define WORK "host = a.example\nuser = u@example.com\n"

#define DIRECTORY "/tmp/outpost-secret-XXXXXX"
static char directory[] = DIRECTORY;
static char path[sizeof DIRECTORY + 32]; /* of the file that is written */

/* Makes `name` in the directory the file that is written. */
static void
choose(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", directory, name);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	choose("secret");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(directory);
}

static void
write_file(const char *p, size_t n, mode_t mode)
{
	FILE *f;

	/* A mode of before may forbid writing. */
	(void)unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Loads what `text`, of the file `name`, configures. */
static int
load_from(struct secret *s, const char *name, const char *text,
    const struct secret_places *places, struct result *res)
{
	struct conf conf;
	int status;

	if (conf_parse(&conf, name, text, strlen(text), res) == -1)
		fail_msg("%s", res->text);
	status = secret_load(s, &conf, places, res);
	if (status == 0)
		status = secret_ask(s, &conf, res);
	conf_clear(&conf);
	return status;
}

static int
load(struct secret *s, const char *text, struct result *res)
{
	static const struct secret_places none;

	return load_from(s, "t.ini", text, &none, res);
}

static int
load_file(struct secret *s, struct result *res)
{
	char text[256];

	snprintf(text, sizeof text, "%spassword_file = %s\n", HOST, path);
	return load(s, text, res);
}

static void
test_files(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *password, *want;
	} cases[] = {
#define FILE_OF(text) text, sizeof text - 1
		{ FILE_OF("hunter2"), "hunter2", NULL },
		{ FILE_OF("hunter2\n"), "hunter2", NULL },
		{ FILE_OF("hunter2\r\n"), "hunter2", NULL },
		{ FILE_OF("hunter2\nmore\n"), "hunter2", NULL },
		{ FILE_OF(" \"a;#=\\ \n"), " \"a;#=\\ ", NULL },
		{ FILE_OF("\xe5\xaf\x86\xff"), "\xe5\xaf\x86\xff", NULL },
		{ FILE_OF(""), NULL, "is empty" },
		{ FILE_OF("\n"), NULL, "is empty" },
		{ FILE_OF("\r\nhunter2\n"), NULL, "is empty" },
		{ FILE_OF("hunter2\0\n"), NULL, "a NUL byte" },
		{ FILE_OF("hunter2\n\0"), NULL, "a NUL byte" },
	};
	struct result res;
	struct secret s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_file(cases[i].in, cases[i].n, 0600);
		assert_int_equal(
		    load_file(&s, &res), cases[i].want == NULL ? 0 : -1);
		if (cases[i].want == NULL) {
			assert_string_equal(s.password.data, cases[i].password);
		} else {
			assert_int_equal(res.kind, RESULT_CONFIG);
			assert_int_equal(s.password.len, 0);
			assert_non_null(strstr(res.text, cases[i].want));
			assert_non_null(strstr(res.text, path));
			assert_null(strstr(res.text, "hunter2"));
		}
		secret_clear(&s);
	}
}

static void
test_sizes(void **state)
{
	static char text[SECRET_FILE_MAX + 1];
	struct result res;
	struct secret s;

	(void)state;
	memset(text, 'x', sizeof text);
	write_file(text, SECRET_MAX, 0600);
	assert_int_equal(load_file(&s, &res), 0);
	assert_int_equal(s.password.len, SECRET_MAX);
	secret_note(&s, "u@example.com");
	assert_int_equal(s.nforms, 8);
	secret_clear(&s);
	write_file(text, SECRET_MAX + 1, 0600);
	assert_int_equal(load_file(&s, &res), -1);
	assert_non_null(strstr(res.text, "longer than 4096 bytes"));
	secret_clear(&s);
	write_file(text, sizeof text, 0600);
	assert_int_equal(load_file(&s, &res), -1);
	assert_non_null(strstr(res.text, "larger than 65536 bytes"));
	secret_clear(&s);
}

static void
test_modes(void **state)
{
	static const struct {
		mode_t mode;
		int want;
	} cases[] = { { 0600, 0 }, { 0400, 0 }, { 0640, 0 }, { 0700, 0 },
		{ 0644, -1 }, { 0604, -1 }, { 0602, -1 }, { 0620, -1 },
		{ 0660, -1 } };
	struct result res;
	struct secret s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_file("hunter2", 7, cases[i].mode);
		assert_int_equal(load_file(&s, &res), cases[i].want);
		if (cases[i].want == -1)
			assert_non_null(
			    strstr(res.text, "run: chmod g-w,o-rwx /tmp"));
		secret_clear(&s);
	}
	assert_int_equal(load(&s, HOST "password_file = /\n", &res), -1);
	assert_string_equal(res.text, "password_file: /: not a regular file");
	secret_clear(&s);
	assert_int_equal(
	    load(&s, HOST "password_file = /nowhere/x\n", &res), -1);
	assert_string_equal(res.text,
	    "password_file: /nowhere/x: no such file; its first line must be "
	    "the password");
	secret_clear(&s);
}

static void
test_configured(void **state)
{
	static const char text[] = HOST "password = hunter2\n";
	static const struct secret_places none;
	struct result res;
	struct secret s;
	struct conf conf;
	struct buf out;

	(void)state;
	assert_int_equal(
	    conf_parse(&conf, "t.ini", text, strlen(text), &res), 0);
	assert_int_equal(secret_load(&s, &conf, &none, &res), 0);
	assert_null(conf.smarthost.password);
	assert_string_equal(s.password.data, "hunter2");
	buf_init(&out, 4096);
	conf_dump(&conf, &out);
	assert_non_null(strstr(out.data, "\npassword = ******** "));
	buf_free(&out);
	secret_clear(&s);
	secret_clear(&s);
	conf_clear(&conf);
	assert_int_equal(load(&s, HOST "auth = off\npassword = x\n", &res), 0);
	assert_int_equal(s.password.len, 0);
	secret_note(&s, "u");
	assert_int_equal(s.nforms, 0);
	secret_clear(&s);
	assert_int_equal(load(&s, "[smarthost]\nhost = a\n", &res), 0);
	assert_int_equal(s.password.len, 0);
	secret_clear(&s);
}

static void
test_commands(void **state)
{
	static const struct {
		const char *line, *password, *want;
	} cases[] = {
		{ "echo hunter2", "hunter2", NULL },
		{ "printf 'hunter2\\r\\nmore\\n'", "hunter2", NULL },
		{ "printf hunter2; echo no >&2", "hunter2", NULL },
		{ "cat; echo hunter2", "hunter2", NULL },
		{ "yes hunter2 | head -c 1000000", "hunter2", NULL },
		{ ":", NULL, ": its output: the first line, which is the p" },
		{ "echo; echo hunter2", NULL, ": its output: the first line" },
		{ "printf 'hunter2\\0'", NULL, ": its output: a NUL byte" },
		{ "head -c 4097 /dev/zero | tr '\\0' x", NULL,
		    ": its output: the password is longer than 4096 bytes" },
		{ "echo hunter2; exit 3", NULL, ": its exit status is 3" },
		{ "echo hunter2; echo 'no hunter2 aHVudGVyMg==' >&2; exit 3",
		    NULL, ": its exit status is 3: no ******* ************" },
		{ "printf 'a\\033[2Jb\\nc\\n\\n' >&2; exit 1", NULL,
		    ": its exit status is 1: a\\x1b[2Jb c" },
		{ "kill -9 $$", NULL, ": it was killed by signal 9" },
	};
	char text[256];
	struct result res;
	struct secret s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(text, sizeof text, "%spassword_command = %s\n", HOST,
		    cases[i].line);
		assert_int_equal(
		    load(&s, text, &res), cases[i].want == NULL ? 0 : -1);
		if (cases[i].want == NULL) {
			assert_string_equal(s.password.data, cases[i].password);
		} else {
			assert_int_equal(res.kind, RESULT_COMMAND);
			assert_int_equal(s.password.len, 0);
			if (strstr(res.text, cases[i].want) == NULL)
				fail_msg("%s", res.text);
			assert_ptr_equal(strstr(res.text,
					     "t.ini:4: [smarthost] "
					     "password_command: it"),
			    res.text);
			assert_null(strstr(res.text, "hunter2"));
		}
		secret_clear(&s);
	}
	assert_int_equal(
	    load(&s, HOST "auth = off\npassword_command = false\n", &res), 0);
	secret_clear(&s);
}

/* What a failing command wrote is cut; a password that is cut with it, and its
 * longest form, are not shown up to there. */
static void
test_words(void **state)
{
	char text[256];
	struct result res;
	struct secret s;

	(void)state;
	for (int before = 380; before <= 400; before++) {
		snprintf(text, sizeof text,
		    "%spassword_command = echo hunter2; printf '%%%ds%%s' '' "
		    "hunter2hunter2 >&2; exit 1\n",
		    HOST, before);
		assert_int_equal(load(&s, text, &res), -1);
		assert_true(strlen(res.text) < 500);
		assert_null(strstr(res.text, "hu"));
		assert_true(before > 399 || strstr(res.text, " *") != NULL);
		secret_clear(&s);
	}
}

#define NETRC "machine a.example login u@example.com password netrc-pw\n"

static void
test_places(void **state)
{
	static const struct {
		const char *name, *conf, *file, *text, *want;
		mode_t mode;
		enum { FOUND, REFUSED } how;
	} cases[] = {
		{ "outpost.password", "t.ini", "", "cred\n", "cred", 0400,
		    FOUND },
		{ "outpost.password", CONF_DEFAULT_PATH, "", "cred\n", "cred",
		    0400, FOUND },
		{ "outpost.password", "t.ini", "", "cred\n",
		    "run: chmod g-w,o-rwx ", 0444, REFUSED },
		{ "outpost.password", "t.ini", "", "", "is empty", 0400,
		    REFUSED },
		{ "outpost.password.work", "t.ini", "[smarthost work]\n" WORK,
		    "cred\n", "cred", 0400, FOUND },
		{ "outpost.password", "t.ini", "[smarthost work]\n" WORK,
		    "cred\n", "[smarthost work] password: must be set, or",
		    0400, REFUSED },
		{ ".netrc", "t.ini", "", NETRC, "netrc-pw", 0600, FOUND },
		{ ".netrc", "t.ini", "", NETRC, "run: chmod g-w,o-rwx ", 0644,
		    REFUSED },
		{ ".netrc", CONF_DEFAULT_PATH, "", NETRC,
		    "[smarthost] password: must be set, or", 0600, REFUSED },
		{ ".netrc", "t.ini", "", "machine b login u password p",
		    "t.ini: [smarthost] password: must be set, or", 0600,
		    REFUSED },
		{ ".netrc", "t.ini", "", "machine \"a\n", "/.netrc:1: ", 0600,
		    REFUSED },
		{ ".netrc", "t.ini", "password = own\n", NETRC, "own", 0600,
		    FOUND },
		{ ".netrc", "t.ini", "password_command = echo own\n", NETRC,
		    "own", 0600, FOUND },
		{ "other", "t.ini", "", "x",
		    "t.ini: [smarthost] password: must be set, or", 0600,
		    REFUSED },
	};
	const struct secret_places places = { directory, directory };
	char text[256];
	struct result res;
	struct secret s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		choose(cases[i].name);
		write_file(cases[i].text, strlen(cases[i].text), cases[i].mode);
		snprintf(text, sizeof text, "%s%s[sender]\nrewrite = never\n",
		    cases[i].file[0] == '[' ? "" : HOST, cases[i].file);
		assert_int_equal(
		    load_from(&s, cases[i].conf, text, &places, &res),
		    cases[i].how == FOUND ? 0 : -1);
		if (cases[i].how == FOUND)
			assert_string_equal(s.password.data, cases[i].want);
		else if (strstr(res.text, cases[i].want) == NULL)
			fail_msg("%s", res.text);
		secret_clear(&s);
		assert_int_equal(unlink(path), 0);
	}
	choose("secret");
}

/* Credentials come before ~/.netrc, and no relative path counts. */
static void
test_places_order(void **state)
{
	const struct secret_places both = { directory, directory },
				   relative = { ".", "." };
	struct result res;
	struct secret s;

	(void)state;
	choose(".netrc");
	write_file(NETRC, strlen(NETRC), 0600);
	choose(SECRET_CREDENTIAL);
	write_file("cred", 4, 0600);
	assert_int_equal(load_from(&s, "t.ini", HOST, &both, &res), 0);
	assert_string_equal(s.password.data, "cred");
	secret_clear(&s);
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(load_from(&s, "t.ini", HOST, &relative, &res), -1);
	secret_clear(&s);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(unlink(path), 0);
	choose(".netrc");
	assert_int_equal(unlink(path), 0);
	choose("secret");
}

static void
note(struct secret *s, const char *user, const char *password)
{
	secret_init(s);
	buf_puts(&s->password, password);
	secret_note(s, user);
}

static const struct {
	const char *user, *password, *in, *want;
} masked[] = {
	{ "u", "hunter2", "no hunter2, hunter2hunter2",
	    "no *******, "
	    "**************" },
	{ "u", "hunter2", "hunter", "hunter" },
	{ "u", "hunter2", "", "" },
	{ "u", "abab", "xabababx", "x******x" },
	{ "u", "abc", "abc YWJj 616263", "abc **** ******" },
	{ "u", "hunter2", "334 aHVudGVyMg== x", "334 ************ x" },
	{ "u", "hunter2", "68756e74657232 68756E74657232",
	    "************** "
	    "**************" },
	{ "u", "p ss/w", "p%20ss%2Fw p ss/w", "********** ******" },
	{ "me", "hunter2", "AUTH PLAIN AG1lAGh1bnRlcjI=",
	    "AUTH PLAIN "
	    "****************" },
	{ "u", "a", "a YQ== AHUAYQ==", "a **** ********" },
	{ "u", "\xe5\xaf\x86", "%E5%AF%86", "*********" },
};

static void
test_mask(void **state)
{
	char text[256];
	struct secret s;

	(void)state;
	for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
		note(&s, masked[i].user, masked[i].password);
		snprintf(text, sizeof text, "%s", masked[i].in);
		secret_mask(&s, text, strlen(text));
		assert_string_equal(text, masked[i].want);
		secret_clear(&s);
	}
	secret_init(&s);
	snprintf(text, sizeof text, "nothing");
	secret_mask(&s, text, strlen(text));
	assert_string_equal(text, "nothing");
	secret_clear(&s);
}

#define AROUND_MAX 64

/* The base64 of `n` bytes at `p` between others that are all `filler`. */
static size_t
encode(unsigned char *out, int filler, const char *p, size_t n, size_t before,
    size_t after)
{
	unsigned char in[AROUND_MAX];

	memset(in, filler, sizeof in);
	memcpy(in + before, p, n);
	return (size_t)EVP_EncodeBlock(out, in, (int)(before + n + after));
}

/* What does not change with the neighbours is masked, and nothing else. */
static void
check_between(const char *password, size_t before, size_t after)
{
	unsigned char one[2 * AROUND_MAX], two[2 * AROUND_MAX];
	size_t n = strlen(password), len;
	char text[2 * AROUND_MAX], want;
	struct secret s;

	note(&s, "u", password);
	len = encode(one, 0, password, n, before, after);
	assert_int_equal(encode(two, 0xff, password, n, before, after), len);
	memcpy(text, one, len);
	secret_mask(&s, text, len);
	for (size_t i = 0; i < len; i++) {
		want = (char)one[i];
		if (one[i] == two[i] && one[i] != '=')
			want = '*';
		assert_int_equal(text[i], want);
	}
	secret_clear(&s);
}

static void
test_mask_base64(void **state)
{
	static const char whole[] = "q7\x80 hunter?\xff";
	char password[sizeof whole];

	(void)state;
	for (size_t n = 4; n < sizeof whole; n++) {
		snprintf(password, n + 1, "%s", whole);
		for (size_t before = 0; before < 7; before++)
			for (size_t after = 1; after < 5; after++)
				check_between(password, before, after);
	}
}

/* Wherever a text is cut, what is left of it is masked or passed whole. */
static void
test_mask_cut(void **state)
{
	static const char whole[] = "535 hunter2 aHVudGVyMg== 68756e74657232";
	struct secret s;
	char text[64];

	(void)state;
	note(&s, "u", "hunter2");
	for (size_t n = 0; n <= strlen(whole); n++) {
		memcpy(text, whole, sizeof whole);
		secret_mask(&s, text, n);
		assert_string_equal(text + n, whole + n);
		text[n] = '\0';
		assert_null(strstr(text, "hunter2"));
		assert_null(strstr(text, "aHVudGVyMg"));
		assert_null(strstr(text, "68756e74657232"));
	}
	secret_clear(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_places_order),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_mask_base64),
		cmocka_unit_test(test_mask_cut),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
