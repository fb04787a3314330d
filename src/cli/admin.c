#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/admin.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/setup.h"

static const char usage[] = "usage: outpost [-c file] config\n"
			    "       outpost --version | --help\n";

static int
print(const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		return EX_IOERR;
	return EX_OK;
}

static int
show_config(const char *path)
{
	struct report rep = { .program = "outpost" };
	struct setup setup;
	struct result res;
	struct buf out;
	int status;

	setup_init(&setup);
	buf_init(&out, 1024 * 1024);
	if (setup_conf(&setup, path, &res) == -1) {
		status = report_failure(&rep, &res);
	} else {
		conf_dump(&setup.conf, &out);
		status = print(out.data);
	}
	buf_free(&out);
	setup_clear(&setup);
	return status;
}

int
admin_main(int argc, char *const *argv)
{
	const char *path = NULL;
	int opt;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return print("outpost " PACKAGE_VERSION "\n");
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return print(usage);
	while ((opt = getopt(argc, argv, "+:c:")) != -1) {
		if (opt != 'c') {
			say("%s", usage);
			return EX_USAGE;
		}
		path = optarg;
	}
	if (argc - optind != 1 || strcmp(argv[optind], "config") != 0) {
		say("%s", usage);
		return EX_USAGE;
	}
	return show_config(path);
}
