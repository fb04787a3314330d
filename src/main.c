#include "config.h"

#include <string.h>

#include "base/process.h"
#include "cli/admin.h"
#include "cli/options.h"
#include "cli/say.h"
#include "cli/sendmail.h"

int
main(int argc, char **argv)
{
	struct result res;

	if (process_setup(&res) == -1) {
		say("sendmail: %s\n", res.text);
		return result_exit_status(res.kind);
	}
	if (strcmp(options_program(argc, argv), "outpost") == 0)
		return admin_main(argc, argv);
	return sendmail_main(argc, argv);
}
